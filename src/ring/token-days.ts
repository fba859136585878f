import { dayOf, savedOf, type TokenDay, type TokenQuery } from '../model/token-days.ts';
import { within } from '../model/within.ts';
import type { RingParts } from './parts.ts';

/** A Ring tells how many tokens it spent once in so long, at the most; milliseconds. */
const TOLD_APART_MS = 3_600_000;

/** For how many days what a Lobby did not take is told again. */
export const TOKENS_TOLD_DAYS = 9;

/** How long a Lobby is waited for, in milliseconds. */
const LOBBY_DEADLINE_MS = 5_000;

/**
 * Writes down that Stytch gave a token, at once: what was bought is bought. A Lobby is told when a token is bought, and when
 * the Ring wakes: never of a request, so that the meter costs a small part of what it counts.
 */
export const spendToken = async (parts: RingParts): Promise<void> => {
  const { tables, now } = parts;
  if (!tables.exists()) return;
  tables.addToken(dayOf(now()));
  const toldAt = tables.tokensToldAt();
  if (toldAt === null || Math.abs(now() - toldAt) >= TOLD_APART_MS) await tellTokens(parts);
};

/**
 * Tells the Lobby of this Ring what its days come to so far. What is not taken is told again the next time, and so is
 * what was taken unheard: a day is told whole, and counts once.
 */
export const tellTokens = async (parts: RingParts): Promise<void> => {
  await parts.join('tokens', () => tell(parts)).value;
};

const tell = async (parts: RingParts): Promise<void> => {
  const { tables, ring, now, lobbies, log } = parts;
  if (!tables.exists()) return;
  tables.addUpPresented();
  const days = tables.untoldTokenDays(dayOf(now()) - TOKENS_TOLD_DAYS);
  if (days.length === 0) return;
  const isTaken = await isTakenBy(lobbies(ring).tellTokens(ring, days));
  if (!tables.exists()) return;
  const { spent, presented } = days.at(-1) ?? NONE;
  const counts = { spent, saved: savedOf({ spent, presented }) };
  log({ event: 'tokens', ring, outcome: isTaken ? 'told' : 'not taken', ...counts });
  if (!isTaken) return;
  tables.markTokensTold(days, now());
  // Of an owner who was deleted nothing stays that is not needed.
  if (tables.deletion() !== null) tables.forgetToldTokenDays();
};

const NONE = { spent: 0, presented: 0 };

/** Whether a Lobby took what it was told. Its silence is no fault of whoever is served meanwhile. */
const isTakenBy = async (told: Promise<void>): Promise<boolean> => {
  try {
    return (
      (await within(
        told.then(() => true),
        LOBBY_DEADLINE_MS,
      )) === true
    );
  } catch (error) {
    // What goes wrong between objects is an Error; everything else is a bug.
    if (error instanceof Error) return false;
    throw error;
  }
};

/** Tokens of the owner by day, up to this moment. */
export const tokenDays = ({ tables }: RingParts, { fromDay, toDay }: TokenQuery): readonly TokenDay[] => {
  if (tables.exists()) tables.addUpPresented();
  return tables.tokenDays(fromDay, toDay);
};
