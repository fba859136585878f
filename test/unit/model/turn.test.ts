import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurn } from '../../../src/model/turn.ts';

const PATIENCE_MS = 10_000;

/** Turns under a clock that moves only when everybody sleeps. */
const world = () => {
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  let now = 1_000_000;
  let sleeps = 0;
  const turn = createTurn({
    now: () => now,
    sleep: (ms) => {
      sleeps++;
      return new Promise((wake) => sleepers.push({ at: now + ms, wake }));
    },
    patienceMs: PATIENCE_MS,
  });
  return {
    turn,
    now: () => now,
    sleeps: () => sleeps,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ at: now + ms, wake })),
    /** Lets `ms` go by, waking everybody in his order. */
    pass: async (ms: number) => {
      const end = now + ms;
      for (;;) {
        for (let i = 0; i < 10; i++) await Promise.resolve();
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers[0];
        if (next === undefined || next.at > end) break;
        sleepers.shift();
        now = Math.max(now, next.at);
        next.wake();
      }
      now = end;
    },
  };
};

const NEVER = new Promise<never>(() => undefined);

describe('a turn', () => {
  it('is one: the others wait and take its value', async () => {
    const { turn, sleep, pass } = world();
    let works = 0;
    const work = async () => {
      works++;
      await sleep(50);
      return { made: works };
    };
    const all = Promise.all(Array.from({ length: 100 }, () => turn('a', work)));
    await pass(100);
    expect([works, new Set((await all).map(({ made }) => made))]).toEqual([1, new Set([1])]);
  });

  it('is by name: others do not wait for it', async () => {
    const { turn, pass } = world();
    void turn('a', () => NEVER);
    let other: string | null = null;
    void turn('b', async () => 'b').then((value) => {
      other = value;
    });
    await pass(0);
    expect(other).toBe('b');
  });

  it('is over when it is done: who comes later works anew', async () => {
    const { turn } = world();
    expect([await turn('a', async () => 1), await turn('a', async () => 2)]).toEqual([1, 2]);
  });

  it('of somebody who vanished is taken over by exactly one', async () => {
    const { turn, sleep, pass } = world();
    void turn('a', () => NEVER);
    let works = 0;
    const all = Promise.all(
      Array.from({ length: 20 }, () =>
        turn('a', async () => {
          works++;
          await sleep(50);
          return works;
        }),
      ),
    );
    await pass(PATIENCE_MS - 1);
    expect(works).toBe(0);
    await pass(200);
    expect([works, new Set(await all)]).toEqual([1, new Set([1])]);
  });

  it('that comes to its end late does not disturb the one that took over', async () => {
    const { turn, sleep, pass } = world();
    const slow = turn('a', async () => {
      await sleep(PATIENCE_MS + 100);
      return 'slow';
    });
    const second = turn('a', async () => {
      await sleep(5_000);
      return 'second';
    });
    await pass(PATIENCE_MS + 200);
    const third = turn('a', async () => 'third');
    await pass(6_000);
    expect(await Promise.all([slow, second, third])).toEqual(['slow', 'second', 'second']);
  });

  it('that fails fails for its worker alone: the next one tries', async () => {
    const { turn, sleep, pass } = world();
    let tries = 0;
    const work = async () => {
      const mine = ++tries;
      await sleep(20);
      if (mine < 3) throw new Error(`try ${mine}`);
      return mine;
    };
    const all = Promise.allSettled(Array.from({ length: 10 }, () => turn('a', work)));
    await pass(200);
    const settled = await all;
    expect(tries).toBe(3);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    expect(new Set(settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])))).toEqual(
      new Set([3]),
    );
  });

  it('leaves nothing behind, whatever happened', async () => {
    const { turn } = world();
    await expect(turn('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turn('a', async () => undefined)).toBeUndefined();
    expect(await turn('a', async () => 'again')).toBe('again');
  });

  it('shares no promise: each who waits has a timer of his own', async () => {
    const { turn, sleep, sleeps, pass } = world();
    const promises = [1, 2, 3].map(() => turn('a', () => sleep(1)));
    await pass(20);
    expect(sleeps()).toBeGreaterThanOrEqual(2);
    expect(new Set(promises).size).toBe(3);
  });

  it('whenever they come, nobody works while another does, and everybody gets a value', async () => {
    const comers = fc.array(
      fc.record({ at: fc.nat(60), takes: fc.integer({ min: 1, max: 30 }), fails: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(comers, async (list) => {
        const { turn, sleep, pass } = world();
        let working = 0;
        const all = Promise.allSettled(
          list.map(async ({ at, takes, fails }) => {
            await sleep(at);
            return turn('a', async () => {
              expect(++working).toBe(1);
              await sleep(takes);
              working--;
              if (fails) throw new Error('failed');
              return 'done';
            });
          }),
        );
        await pass(2_000);
        const failures = (await all).filter(({ status }) => status === 'rejected');
        expect(failures.every((each) => 'reason' in each && each.reason.message === 'failed')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
