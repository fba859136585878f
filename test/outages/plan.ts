import type { Expected } from './expected.ts';
import type { Forecast } from './weather.ts';

/** A part of a run. */
export interface Phase {
  readonly name: string;
  /** Its length; or that it goes on to the end of the grace of those whom Stytch accepted: of the first, of the last. */
  readonly seconds: number | 'to the first end of grace' | 'to the last end of grace';
  readonly forecast: Forecast;
  /** Whether the outage is still to come. */
  readonly isBefore?: true;
  /** Whether every Ring is evicted in every step. */
  readonly evicts?: true;
  /** How long steps are, in seconds: at random between the two. */
  readonly pace: readonly [least: number, most: number];
  /** How many ask, of those who usually do: 1 by default. Steps of a second at the usual pace come near the limits. */
  readonly crowd?: number;
  /** What the figures of the phase must be. */
  readonly expects: Expected;
}

/** One outage, from before it began until after it was over. */
export interface Plan {
  readonly name: string;
  readonly phases: readonly Phase[];
  /** When keys expire, in seconds from the beginning. */
  readonly expiries: readonly number[];
}

export interface Deed {
  readonly what: 'issue' | 'revoke' | 'narrow' | 'find';
  /** Milliseconds from the beginning of the phase. */
  readonly after: number;
}

/** Shorter phases are too short for anything to be done in them. */
const LEAST_SECONDS = 200;
/** For phases of a length that nobody knows before. */
const USUAL_SECONDS = 1_800;

/**
 * What is done in a phase. What takes a session comes early: without Stytch, the app's JWT is over in a minute at the
 * earliest. Later, keys are found by somebody, for which nobody has to sign in.
 */
export const deedsOf = ({ seconds }: Phase): readonly Deed[] => {
  const length = typeof seconds === 'number' ? seconds : USUAL_SECONDS;
  if (length < LEAST_SECONDS) return [];
  const deed = (what: Deed['what'], after: number): Deed => ({ what, after: after * 1000 });
  return [
    deed('issue', 20),
    deed('revoke', 30),
    deed('narrow', 40),
    ...[1 / 3, 2 / 3].map((part) => deed('find', part * length)),
    ...[1 / 5, 2 / 5, 3 / 5, 4 / 5].map((part) => deed('issue', part * length)),
  ];
};
