import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { drive } from './drive.ts';
import type { Plan } from './plan.ts';
import type { OutageMeta } from './report.ts';

/** Another course of events: npm run outages -- --seed 7. */
const SEED = Number((env as unknown as { OUTAGES_SEED?: string }).OUTAGES_SEED ?? 1);

/** A test for each plan. What came of it is told to the reporter, whether it is right or not. */
export const outages = (plans: readonly Plan[]): void => {
  vi.setConfig({ testTimeout: 1_200_000 });
  it.for(plans.map((plan) => [plan.name, plan] as const))(
    '%s: nobody is decided wrongly, and who section 12 says is served is served',
    async ([, plan], { task }) => {
      const outcome = await drive(plan, SEED);
      (task.meta as OutageMeta).outage = outcome;
      const { seed, wrong, unkept, missed } = outcome;
      expect({ seed, wrong, unkept, missed }).toEqual({ seed, wrong: [], unkept: [], missed: [] });
    },
  );
};
