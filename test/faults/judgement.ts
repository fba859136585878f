import type { Called } from './calls.ts';
import type { Kind } from './kinds.ts';
import type { Seen } from './play.ts';

/** What may be seen when a call fails in a way: one answer, and one state of things afterwards. */
export type Rule = (call: Called, kind: Kind, good: Seen) => Seen;

/** How a refusal is worded: as a problem, as RFC 6749 §5.2 has it, or as a page, which has a status alone. */
export interface Words {
  readonly unavailable: string;
  readonly limited: string;
}

export const PROBLEM: Words = { unavailable: '503 unavailable', limited: '429 rate_limited' };
export const OAUTH: Words = {
  unavailable: '503 temporarily_unavailable',
  limited: '429 rate_limited',
};
export const PAGE: Words = { unavailable: '503', limited: '429' };

export interface Traits {
  /** Calls whose failure nobody notices: what they are to find out is known, or is asked again at once. */
  readonly unseen?: RegExp;
  /** Calls whose answer says enough with half of it. */
  readonly halfIsEnough?: RegExp;
  readonly words?: Words;
  /** The calls that do what is asked for: when it is one of them whose answer is lost, it is done. */
  readonly work?: RegExp;
  /** What is seen afterwards where nothing was done; where it is not given, nothing ever is. */
  readonly undone?: string;
  /** What is seen afterwards where it was done, and nobody was told; where it is not given, as after a good one. */
  readonly lost?: string;
}

/** Kinds in which the work was done, and its answer was lost. */
const DONE: ReadonlySet<Kind> = new Set(['truncated', 'cut', 'lost']);

/** That a Lobby is told of tokens is in the background, and told again: nobody waits for it. */
const METER = /→ Lobby tellTokens( \(\d+\))?$/;

/** DESIGN 12, "Origin": what it answers is its own, however odd; what it does not is 502, and what is late 504. */
const OF_ORIGIN: Readonly<Partial<Record<Kind, string>>> = {
  throw: '502 origin_failed',
  hang: '504 origin_timed_out',
  500: '500',
  text: '200',
  truncated: '200, broken off',
};

/**
 * DESIGN 12: whoever is silent is no verdict on anybody, and refused is what cannot be known, with when to come back. KV
 * is never missed; the strangers' limit lets through; a Ring that is overloaded is its owner's doing.
 */
export const asDesigned =
  ({ unseen, halfIsEnough, words = PROBLEM, work, undone, lost }: Traits = {}): Rule =>
  ({ name, kind: port }, kind, good) => {
    if (port === 'read' || port === 'write' || port === 'limit') return good;
    if (port === 'origin' || port === 'socket') return { ...good, answer: OF_ORIGIN[kind] ?? 'never' };
    if (unseen?.test(name) === true || METER.test(name)) return good;
    if (kind === 'truncated' && halfIsEnough?.test(name) === true) return good;
    const isLimited = kind === 'overloaded' && name.includes('→ Ring');
    const isDone = DONE.has(kind) && work?.test(name) === true;
    return {
      answer: isLimited ? words.limited : words.unavailable,
      after: (isDone ? lost : undone) ?? good.after,
    };
  };
