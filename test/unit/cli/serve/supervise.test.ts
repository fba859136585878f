import { expect, test } from 'vitest';
import { pauseMs, type Running, type Supervision, supervise } from '../../../../cli/serve/supervise.ts';

/** A server that runs until it is told how it ended. */
const server = () => {
  let end: (how: string) => void = () => undefined;
  const ended = new Promise<string>((done) => {
    end = done;
  });
  const stops: (readonly [string, number])[] = [];
  const stop: Running['stop'] = async (signal, patienceMs) => {
    stops.push([signal, patienceMs]);
    end(signal);
  };
  return { running: { ended, stop }, end, stops };
};

/** A supervisor for whom time passes only when he sleeps. */
const stage = (lives: readonly (Running | Error)[], more: Partial<Supervision> = {}) => {
  const [asked, askedTwice] = [new AbortController(), new AbortController()];
  const told: string[] = [];
  const slept: number[] = [];
  const left = [...lives];
  let now = 0;
  const supervision: Supervision = {
    start: async () => {
      const next = left.shift() ?? new Error('nothing more');
      if (next instanceof Error) throw next;
      return next;
    },
    isAlive: async () => true,
    doWhatIsDue: async () => undefined,
    ...{ asked: asked.signal, askedTwice: askedTwice.signal },
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
      await new Promise((next) => setImmediate(next));
    },
    nowMs: () => now,
    tell: (line) => void told.push(line),
    drainSeconds: 30,
    ...more,
  };
  return { supervision, asked, askedTwice, told, slept, left };
};

test('a first start that fails is the end, and says why', async () => {
  const { supervision, told } = stage([new Error('no such luck')]);
  expect(await supervise(supervision)).toBe(false);
  expect(told).toEqual([expect.stringContaining('no such luck')]);
});

test('one that dies is started again, after longer and longer pauses', async () => {
  const lives = [server(), server(), server()];
  const { supervision, asked, told, slept, left } = stage(lives.map(({ running }) => running));
  for (const { end } of lives.slice(0, 2)) end('SIGKILL');
  const over = supervise({
    ...supervision,
    doWhatIsDue: async () => {
      if (left.length === 0) asked.abort();
    },
  });
  expect(await over).toBe(true);
  expect(told.filter((line) => line.includes('SIGKILL'))).toHaveLength(2);
  expect(slept.filter((ms) => ms < 10_000)).toEqual([pauseMs(1), pauseMs(2)]);
  expect(lives[2]?.stops).toEqual([['SIGTERM', 30_000]]);
});

test('one that does not answer three times in a row is killed and started again', async () => {
  const [silent, next] = [server(), server()];
  let asks = 0;
  const { supervision, asked, told } = stage([silent.running, next.running], {
    // Once is no silence yet.
    isAlive: async () => {
      asks += 1;
      return asks === 2 || asks > 5;
    },
    doWhatIsDue: async () => {
      if (asks > 5) asked.abort();
    },
  });
  expect(await supervise(supervision)).toBe(true);
  expect(silent.stops).toEqual([['SIGKILL', 0]]);
  expect(told[0]).toContain('does not answer');
  expect(next.stops).toEqual([['SIGTERM', 30_000]]);
});

test('who asks twice waits for nobody', async () => {
  const { running, end } = server();
  const stops: string[] = [];
  const stop: Running['stop'] = async (signal) => {
    stops.push(signal);
    // A request that does not end.
    if (signal === 'SIGTERM') askedTwice.abort();
    else end(signal);
    await running.ended;
  };
  const { supervision, asked, askedTwice } = stage([{ ...running, stop }], {
    doWhatIsDue: async () => asked.abort(),
  });
  expect(await supervise(supervision)).toBe(true);
  expect(stops).toEqual(['SIGTERM', 'SIGKILL']);
});

test('pauses have a longest', () => {
  expect([1, 2, 3, 7, 100].map(pauseMs)).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
});
