import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StillGood, watch, watchLeaseMs, watchPatienceMs } from '../../../../src/gate/forward/watch.ts';
import { LEASE_SLACK_MS } from '../../../../src/model/meter.ts';
import { err, ok, type Refusal, type Result } from '../../../../src/model/refusal.ts';
import { clock, sleep } from '../../../../src/runtime.ts';

const now = clock(0);

const NO: Result<number> = err({ reason: 'credential_invalid', because: 'revoked', scheme: 'bearer' });
const NOBODY_KNOWS: Result<number> = err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
const SILENCE = new Promise<never>(() => undefined);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Something under watch, from time 0 on; every time in this file is counted from there. */
const start = (
  answer: (at: number) => ReturnType<StillGood>,
  { leaseMs = 5_000, askedAt = 0, patienceMs = 0 } = {},
) => {
  const since = now();
  const at = (): number => now() - since;
  const asked: number[] = [];
  const events: (readonly [what: string, at: number])[] = [];
  const stillGood = vi.fn<StillGood>((oldest) => {
    asked.push(at());
    expect(oldest).toBeLessThanOrEqual(now());
    return answer(at());
  });
  const leave = { leaseMs, patienceMs, stillGood, askedAt: since + askedAt };
  const stop = watch(
    leave,
    { now, sleep },
    {
      open: () => void events.push(['open', at()]),
      close: ({ reason }: Refusal) => void events.push([reason, at()]),
    },
  );
  return { asked, events, stop, at };
};

const yes = async () => ok(now());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('while it is good', () => {
  it('it is open from the start, and the next word is asked for before the one in hand is too old', async () => {
    const it = start(yes);
    expect(it.events).toEqual([['open', 0]]);
    await pass(20_000);
    expect(it.asked).toEqual([3_650, 7_300, 10_950, 14_600, 18_250]);
    expect(it.events).toEqual([['open', 0]]);
  });

  it('what is over within a tenth of a second asks nobody, late in a lease too', async () => {
    const it = start(yes, { askedAt: -4_000 });
    expect(it.events).toEqual([['open', 0]]);
    await pass(99);
    it.stop();
    await pass(60_000);
    expect(it.asked).toEqual([]);
    const longer = start(yes, { askedAt: -4_000 });
    await pass(100);
    expect(longer.asked).toHaveLength(1);
  });

  it('a word that came late is replaced at once', async () => {
    const late = () => sleep(450).then(() => ok(now() - 840));
    const it = start((at) => (at === 400 ? late() : yes()), { leaseMs: 1_000 });
    await pass(1_000);
    expect(it.asked).toEqual([400, 851]);
    await pass(20_000);
    expect(it.events).toEqual([['open', 0]]);
  });

  it('the word counts from when it was asked for, not from when the watch began', async () => {
    const it = start(yes, { askedAt: -3_000 });
    await pass(2_000);
    expect(it.asked).toEqual([650]);
  });

  it.each([
    [0, 1_000],
    [1, 1_000],
    [5, 5_000],
    [60, 60_000],
  ])('a route with leaseSeconds %i lets a word be %i ms old', (leaseSeconds, ms) => {
    expect(watchLeaseMs({ leaseSeconds })).toBe(ms);
  });

  it.each([1_000, 2_000, 5_000, 60_000])('many with a lease of %i ms share one word', async (leaseMs) => {
    let word = now();
    let calls = 0;
    const shared: StillGood = async (since) => {
      if (word < since) {
        word = now();
        calls++;
      }
      return ok(word);
    };
    const all = Array.from({ length: 50 }, () => {
      const closed = vi.fn();
      const ports = { now, sleep };
      watch({ leaseMs, patienceMs: 0, askedAt: word, stillGood: shared }, ports, {
        open: () => undefined,
        close: closed,
      });
      return closed;
    });
    await pass(leaseMs * 10);
    expect(all.filter((closed) => closed.mock.calls.length > 0)).toEqual([]);
    // Each by itself would have asked 50 times as often.
    expect(calls).toBeLessThan(40);
  });

  it('stopped, it asks nobody any more and closes nothing', async () => {
    const it = start(async () => NO);
    await pass(1_000);
    it.stop();
    await pass(60_000);
    expect([it.asked, it.events]).toEqual([[], [['open', 0]]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stopped while it asks, the answer changes nothing', async () => {
    const it = start(() => sleep(500).then(() => NO));
    await pass(3_700);
    it.stop();
    await pass(60_000);
    expect(it.events).toEqual([['open', 0]]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('when it is good no longer', () => {
  it('a no closes it at once, and nobody is asked again', async () => {
    const it = start(async (at) => (at < 5_000 ? ok(now()) : NO));
    await pass(60_000);
    expect(it.events).toEqual([
      ['open', 0],
      ['credential_invalid', 7_300],
    ]);
    expect(it.asked).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['that nobody answers', () => SILENCE],
    ['that nobody can tell', async () => NOBODY_KNOWS],
  ])('silence closes it when the word in hand is too old, not before: %s', async (_, answer) => {
    const it = start(answer);
    await pass(5_000 - LEASE_SLACK_MS - 1);
    expect(it.events).toEqual([['open', 0]]);
    await pass(1);
    expect(it.events).toEqual([
      ['open', 0],
      ['unavailable', 5_000 - LEASE_SLACK_MS],
    ]);
    await pass(60_000);
    expect(it.events).toHaveLength(2);
  });

  it('a silence that is over in time breaks nothing off', async () => {
    const it = start(async (at) => (at > 3_000 && at < 4_500 ? NOBODY_KNOWS : ok(now())));
    await pass(60_000);
    expect(it.events).toEqual([['open', 0]]);
  });

  it('a bug closes it', async () => {
    const it = start(async () => {
      throw new Error('a bug');
    });
    await pass(60_000);
    expect(it.events.at(-1)).toEqual(['internal', 3_650]);
  });
});

describe('while a silent Ring lets it go on', () => {
  const patienceMs = watchPatienceMs({ leaseSeconds: 1 }, 30_000);
  /** What `createStillGood` answers: nothing until it is known that the Ring is silent, then a word that ends with the grace. */
  const graced =
    (since: number, endsAt: number, leaseMs: number): ((at: number) => ReturnType<StillGood>) =>
    async (at) => {
      if (at < since) return ok(now());
      if (at < since + 1_000) await sleep(since + 1_000 - at);
      const late = Math.max(at, since + 1_000);
      if (late >= endsAt) return NOBODY_KNOWS;
      return ok(now() - late + Math.min(late, endsAt - leaseMs + LEASE_SLACK_MS));
    };

  it.each([1_000, 2_000, 5_000])(
    'it is open to the end of the grace and not longer: lease of %i ms',
    async (leaseMs) => {
      const it = start(graced(3_000, 20_000, leaseMs), { leaseMs, patienceMs });
      await pass(19_999);
      expect(it.events).toEqual([['open', 0]]);
      await pass(60_000);
      expect(it.events).toEqual([
        ['open', 0],
        ['unavailable', expect.toSatisfy((at: number) => at >= 20_000 && at <= 20_100)],
      ]);
      // About once a lease, and a little more often at the end.
      expect(it.asked.length).toBeLessThan(20_000 / (0.4 * leaseMs) + 12);
    },
  );

  it('without a grace nobody waits for the silence to come out', async () => {
    const it = start(() => SILENCE, { leaseMs: 1_000 });
    await pass(60_000);
    expect(it.events.at(-1)).toEqual(['unavailable', 1_000 - LEASE_SLACK_MS]);
  });

  it('a no in it closes it at once', async () => {
    const it = start(async (at) => (at < 10_000 ? graced(3_000, 20_000, 5_000)(at) : NO), { patienceMs });
    await pass(60_000);
    expect(it.events).toHaveLength(2);
    expect(it.events.at(-1)?.[0]).toBe('credential_invalid');
  });

  it.each([
    [0, 30_000, 0],
    [5, 0, 0],
    [5, 500, 500],
    [5, 30_000, 1_500],
  ])('a route with leaseSeconds %i and a grace of %i ms waits %i ms for it', (leaseSeconds, graceMs, ms) => {
    expect(watchPatienceMs({ leaseSeconds }, graceMs)).toBe(ms);
  });
});

describe('when the word was too old from the start', () => {
  const old = { askedAt: -9_000 };

  it('nothing flows before there is a new one', async () => {
    const it = start(() => sleep(300).then(() => ok(now() - 300)), old);
    await pass(299);
    expect(it.events).toEqual([]);
    await pass(1);
    expect(it.events).toEqual([['open', 300]]);
    await pass(60_000);
    expect(it.events).toHaveLength(1);
  });

  it('or while the one in hand has no time left to be replaced in: a Ring that is slow breaks nothing off', async () => {
    const it = start(() => sleep(600).then(() => ok(now() - 600)), { askedAt: -4_500 });
    await pass(600);
    expect(it.events).toEqual([['open', 600]]);
    await pass(20_000);
    expect(it.events).toEqual([['open', 600]]);
  });

  it('a new one that took longer than it is good for opens nothing', async () => {
    const it = start(() => sleep(1_700).then(() => ok(now() - 1_700)), { ...old, leaseMs: 1_000 });
    await pass(60_000);
    expect(it.events).toEqual([['unavailable', 1_700]]);
  });

  it.each([
    ['a no', async () => NO, ['credential_invalid', 0]],
    ['silence', () => SILENCE, ['unavailable', 2_000]],
  ] as const)('after %s nothing ever does', async (_, answer, ending) => {
    const it = start(answer, old);
    await pass(60_000);
    expect(it.events).toEqual([ending]);
  });
});

it('whatever the Ring does, nothing is open on a word that is older than the lease', async () => {
  const answers = fc.array(
    fc.record({ delayMs: fc.integer({ min: 0, max: 3_000 }), kind: fc.constantFrom('yes', 'unknown', 'no') }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(
      answers,
      fc.constantFrom(1_000, 2_000, 5_000),
      fc.integer({ min: -8_000, max: 0 }),
      async (script, leaseMs, askedAt) => {
        let latest = askedAt;
        const queue = [...script];
        const it = start(
          async (at) => {
            const { delayMs, kind } = queue.shift() ?? { delayMs: 0, kind: 'no' };
            await sleep(delayMs);
            if (kind === 'no') return NO;
            if (kind === 'unknown') return NOBODY_KNOWS;
            latest = Math.max(latest, at);
            return ok(now() - (it.at() - at));
          },
          { leaseMs, askedAt },
        );
        const isOpen = () => it.events.length === 1 && it.events[0]?.[0] === 'open';
        for (let i = 0; i < 400; i++) {
          await pass(100);
          if (isOpen()) expect(it.at()).toBeLessThanOrEqual(latest + leaseMs);
        }
        it.stop();
      },
    ),
    { numRuns: 200 },
  );
});
