import { compare, type Rounds, type Spread } from './figures.ts';
import type { Sample } from './measure.ts';
import { FLOOR } from './variant.ts';

/** What was asked for, and what it came to. */
export interface Judged {
  readonly says: string;
  /** The bound, and on which side of it the median should lie. */
  readonly goal: number;
  readonly side: 'at least' | 'at most';
  /** What would be better still. */
  readonly stretch: number | null;
  /** Null when one of the two was not measured. */
  readonly measured: Spread | null;
  readonly met: boolean | null;
  readonly stretch_met: boolean | null;
}

/** One figure of a variant, divided by that of another in the same round. */
interface Goal {
  readonly says: string;
  readonly rounds: 'full' | 'paced';
  readonly figure: keyof Sample;
  readonly of: string;
  readonly over: string;
  readonly side: Judged['side'];
  readonly goal: number;
  readonly stretch?: number;
}

const WARM = {
  warm_api_key: 'a warm key',
  warm_m2m_jwt: 'a warm M2M token',
  warm_session_jwt: 'a warm session',
} as const;

/** The benchmark's KV is not Cloudflare's: the goal is held against the same without its cost too. */
const TUTORIALS = {
  tutorial: "the tutorial's",
  tutorial_free_kv: "the tutorial's with a KV that costs nothing",
} as const;

const names = Object.entries(WARM);
/** Those whose latency is measured under a paced load. */
const paced = names.filter(([name]) => name !== 'warm_session_jwt');

const GOALS: readonly Goal[] = [
  ...names.map(
    ([of, what]): Goal => ({
      says: `throughput of ${what}, of the bare pass-through's`,
      ...{ rounds: 'full', figure: 'rps', of, over: FLOOR, side: 'at least', goal: 0.9, stretch: 0.95 },
    }),
  ),
  ...paced.flatMap(([of, what]) =>
    Object.entries(TUTORIALS).map(
      ([over, whose]): Goal => ({
        says: `throughput of ${what}, of ${whose}`,
        ...{ rounds: 'full', figure: 'rps', of, over, side: 'at least', goal: 2.5 },
      }),
    ),
  ),
  ...paced.flatMap(([of, what]) =>
    (['p50', 'p90'] as const).map(
      (part): Goal => ({
        says: `${part} of ${what} at a paced load, of the pass-through's`,
        ...{ rounds: 'paced', figure: `${part}_ms`, of, over: FLOOR, side: 'at most', goal: 1.25 },
      }),
    ),
  ),
  {
    says: "CPU of a made-up key's refusal, of a pass-through's",
    ...{ rounds: 'full', figure: 'cpu_us', of: 'made_up_key', over: FLOOR, side: 'at most', goal: 1 },
  },
];

/** Holds the medians of a run against what was asked for. */
export const judge = (full: Rounds, pacedRounds: Rounds): readonly Judged[] =>
  GOALS.map(({ says, rounds, figure, of, over, side, goal, stretch = null }) => {
    const measured = compare(rounds === 'full' ? full : pacedRounds, of, over, figure);
    const meets = (bound: number | null): boolean | null => {
      if (measured === null || bound === null) return null;
      return side === 'at least' ? measured.median >= bound : measured.median <= bound;
    };
    return { says, goal, side, stretch, measured, met: meets(goal), stretch_met: meets(stretch) };
  });
