import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { untick } from './clock.ts';
import { type Case, type Measured, play } from './play.ts';
import { withRuns } from './with-runs.ts';
import { written } from './written.ts';

/**
 * SECURITY.md section 3, property 7, for kinds of requests: each call of each fails in every way, what is seen is what is
 * allowed, and it is what docs/faults.md says.
 */
export const faulty = (name: string, cases: readonly Case[]): void => {
  // Deadlines are real time.
  vi.setConfig({ hookTimeout: 600_000 });
  withRuns();
  let measured: readonly Measured[] = [];
  beforeAll(async () => {
    measured = await play(cases);
  });
  afterAll(untick);

  describe('whatever call fails, in whatever way', () => {
    it.each(cases)('$name: what comes of it is what DESIGN.md section 12 allows', (one) => {
      const { good, failed } = measured.find((each) => each.one === one) ?? { good: null, failed: [] };
      const wrong = failed.flatMap(({ call, kind, answer, after }) => {
        const allowed = good === null ? null : one.rule(call, kind, good);
        const isAllowed = allowed?.answer === answer && allowed.after === after;
        return isAllowed ? [] : [{ call: call.name, kind, answer, after, allowed }];
      });
      expect(wrong).toEqual([]);
    });

    it('docs/faults.md says so: npm run faults', async () => {
      await expect(written(measured)).toMatchFileSnapshot(`../faults/measured/${name}.json`);
    });
  });
};
