import { isForeignClientId } from '../../model/foreign.ts';
import { inTurns } from '../../model/in-turns.ts';
import { ringOfClientId, ringOfOwner } from '../../model/key.ts';
import { RECONCILED, type Reconciled, type ReconciledKey } from '../../model/life.ts';
import type { Found, StytchClient } from '../../model/ports.ts';
import { within } from '../../model/within.ts';
import { readMarked } from '../mark.ts';
import type { LobbyParts } from './parts.ts';

/** How long a Ring or a Lobby is waited for, in milliseconds, and how many are asked at a time. */
const DEADLINE_MS = 5_000;
const AT_A_TIME = 10;

/** What was made of a client. */
export interface Finding {
  readonly clientId: string;
  readonly found: Found;
  /** Of a living key, the master keys that it needs. */
  readonly masterKeys: readonly string[];
}

/** The master keys of a living key whose Ring did not tell them. */
const UNTOLD = ['?'];

/** Has every client of a page judged by the Ring that it belongs to. One that belongs to none is none of ours. */
export const judgePage = async (
  parts: LobbyParts,
  clients: readonly StytchClient[],
  dryRun: boolean,
): Promise<readonly Finding[]> => {
  const places = await inTurns(clients, AT_A_TIME, async (client) => ({
    client,
    place: await placeOf(parts, client.clientId),
  }));
  const byPlace = [...Map.groupBy(places, ({ place }) => place)];
  const judged = await inTurns(byPlace, AT_A_TIME, async ([place, members]): Promise<readonly Finding[]> => {
    const theirs = members.map(({ client }) => client);
    if (place !== 'foreign' && place !== 'failed') return askRing(parts, place, theirs, dryRun);
    return theirs.map(({ clientId }) => ({ clientId, found: place, masterKeys: [] }));
  });
  return judged.flat();
};

/** The Ring of a client. Of one that was made elsewhere, the Lobby where it is at home knows whose it is, if it is claimed. */
const placeOf = async (parts: LobbyParts, clientId: string): Promise<string | 'foreign' | 'failed'> => {
  const { realm, foreignClients, projectId } = parts.rules;
  const ring = ringOfClientId(clientId, realm);
  if (ring !== null) return ring;
  if (foreignClients === 'off' || !isForeignClientId(clientId, realm)) return 'foreign';
  const look = await answerOf(parts.lobbies(clientId).look({ clientId, fingerprint: null }));
  if (look === null) return 'failed';
  return look.owner === null ? 'foreign' : ringOfOwner(projectId, look.owner);
};

const askRing = async (
  parts: LobbyParts,
  ring: string,
  clients: readonly StytchClient[],
  dryRun: boolean,
): Promise<readonly Finding[]> => {
  const asked = clients.map((client) => readMarked(client, parts.rules.ownerClaim));
  const judged = readAnswer(asked, await answerOf(parts.rings(ring).reconcile(asked, dryRun, true)));
  if (judged === null) parts.log({ event: 'reconciliation', outcome: 'no answer', ring });
  return clients.map(({ clientId }, i) => ({ clientId, ...(judged?.[i] ?? FAILED) }));
};

const FAILED = { found: 'failed', masterKeys: [] } as const;

/** What an object answers in time; null for its silence and for whatever it throws: the next run asks again. */
const answerOf = async <T>(call: Promise<T>): Promise<T | null> => {
  try {
    return await within(call, DEADLINE_MS);
  } catch {
    return null;
  }
};

/** One verdict for each client, of those that are known; null for anything else: an object of another version may answer so. */
const readAnswer = (asked: readonly unknown[], answer: unknown): readonly ReconciledKey[] | null => {
  if (!Array.isArray(answer) || answer.length !== asked.length) return null;
  const read = answer.map(readOne).filter((each) => each !== null);
  return read.length === asked.length ? read : null;
};

/** A Ring of the version before answers the word alone. */
const readOne = (answer: unknown): ReconciledKey | null => {
  if (isReconciled(answer)) return { found: answer, masterKeys: isLiving(answer) ? UNTOLD : [] };
  const { found, masterKeys } = (answer ?? {}) as { readonly found?: unknown; readonly masterKeys?: unknown };
  return isReconciled(found) && Array.isArray(masterKeys)
    ? { found, masterKeys: masterKeys.map(String) }
    : null;
};

const isReconciled = (answer: unknown): answer is Reconciled => RECONCILED.some((known) => known === answer);

const isLiving = (found: Reconciled): boolean => found === 'same' || found === 'drifted';
