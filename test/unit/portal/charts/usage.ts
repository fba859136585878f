import type { UsageBucket } from '../../../../src/model/life.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

type Used = Partial<Omit<UsageBucket, 'at'>>;

const from = (start: string, stepMs: number, used: readonly Used[]): readonly UsageBucket[] =>
  used.map((counts, i) => ({
    at: Date.parse(start) + i * stepMs,
    ...{ admitted: 0, refused: 0, limited: 0, ...counts },
  }));

/** Hours, or days, one after the other from a time on. */
export const hours = (start: string, used: readonly Used[]) => from(start, HOUR_MS, used);
export const days = (start: string, used: readonly Used[]) => from(start, DAY_MS, used);
