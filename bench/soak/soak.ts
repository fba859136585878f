import type { Random } from '../simulate/random.ts';
import type { Credential, Key, Owner } from './people.ts';
import type { Stage } from './stage.ts';
import type { Tally } from './tally.ts';

/** A credential from which something was just taken away, and until when it is tried all the time. */
export interface Watched {
  readonly credential: Credential;
  readonly until: number;
}

/** One run, whole. */
export interface Soak {
  readonly stage: Stage;
  readonly tally: Tally;
  readonly owners: readonly Owner[];
  /** An operator's access token. */
  readonly operator: string;
  /** Keys that are living, those of owners without a small limit. */
  readonly keys: Key[];
  /** Living keys with a limit that can be reached: of its owner, or of its own. */
  readonly small: Key[];
  readonly watched: Watched[];
  /** Credentials that ended some time ago. */
  readonly ended: Credential[];
  /** A stream of numbers for each purpose. */
  readonly random: (purpose: string) => Random;
  /** Whether to go on. */
  readonly isOver: () => boolean;
}

/** As many ended credentials are remembered. */
const MAX_ENDED = 2_000;

/** Any of them, or undefined of none. */
export const pick = <T>(random: Random, from: readonly T[]): T | undefined =>
  from[Math.floor(random() * from.length)];

/** Those at the end more rarely: some keys are used much more than others. */
export const pickUneven = <T>(random: Random, from: readonly T[]): T | undefined =>
  from[Math.floor(random() ** 2 * from.length)];

export const remove = <T>(from: T[], one: T): void => {
  const index = from.indexOf(one);
  if (index >= 0) from.splice(index, 1);
};

/**
 * Whether an answer or a WebSocket was broken off because the Ring did not say in time whether it may go on. That is what
 * must be done then, and says that the machine was too busy; it is counted.
 */
export const wasCutBySilence = ({ stage, tally }: Soak, requestId: string): boolean => {
  const line = `{"event":"closed","request_id":"${requestId}","reason":"unavailable"}`;
  const wasCut = stage.logs().includes(line);
  if (wasCut) tally.cutBySilence++;
  return wasCut;
};

/** A credential that is dead from now on, or will be in a moment. */
export const rememberEnded = (soak: Soak, credential: Credential, until: number): void => {
  soak.watched.push({ credential, until });
  if (soak.ended.length >= MAX_ENDED) soak.ended.splice(0, MAX_ENDED / 2);
  soak.ended.push(credential);
};
