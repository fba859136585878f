import { describe, expect, it } from 'vitest';
import type { LogValue } from '../../../src/model/ports.ts';
import { reach } from '../../../src/model/reach.ts';

/** A world in which the deadline comes when the test says so. */
const world = () => {
  const lines: Readonly<Record<string, LogValue>>[] = [];
  const background: Promise<unknown>[] = [];
  const timer = { due: (): void => undefined, ended: false, ms: 0 };
  const ports = {
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        timer.ms = ms;
        timer.due = resolve;
        signal?.addEventListener('abort', () => {
          timer.ended = true;
          resolve();
        });
      }),
    inBackground: (work: Promise<unknown>) => void background.push(work),
    log: (line: Readonly<Record<string, LogValue>>) => void lines.push(line),
  };
  return { ports, lines, background, timer };
};

const SILENT = { ok: false, refusal: { reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 } };

describe('reach', () => {
  it('gives the answer that comes in time, and ends its timer', async () => {
    const { ports, timer, background } = world();
    expect(await reach(ports, Promise.resolve('word'), 2_000)).toEqual({ ok: true, value: 'word' });
    expect([timer.ms, timer.ended, background]).toEqual([2_000, true, []]);
  });

  it('gives an answer that is null as an answer', async () => {
    expect(await reach(world().ports, Promise.resolve(null), 1)).toEqual({ ok: true, value: null });
  });

  it('takes silence for "we cannot tell", and waits for the late answer in the background', async () => {
    const { ports, timer, background } = world();
    let late = '';
    const answer = Promise.withResolvers<string>();
    const reached = reach(
      ports,
      answer.promise.then((value) => {
        late = value;
      }),
      2_000,
    );
    timer.due();
    expect(await reached).toEqual(SILENT);
    answer.resolve('late');
    await Promise.all(background);
    expect([background.length, late]).toEqual([1, 'late']);
  });

  it('lets a late failure pass without harm, and logs it', async () => {
    const { ports, timer, background, lines } = world();
    const answer = Promise.withResolvers<string>();
    const reached = reach(ports, answer.promise, 2_000);
    timer.due();
    await reached;
    answer.reject(new TypeError('late'));
    await Promise.all(background);
    expect(lines).toEqual([{ event: 'ring', outcome: 'failed', because: 'TypeError' }]);
  });

  it.each([
    ['an Error', new Error('the words of an error are not logged')],
    ['no Error', 'text'],
    ['nothing', undefined],
    ['an overloaded that is not true', Object.assign(new Error('x'), { overloaded: 'true' })],
  ])('takes what the Ring throws for "we cannot tell": %s', async (_, thrown) => {
    const { ports, lines } = world();
    expect(await reach(ports, Promise.reject(thrown), 2_000)).toEqual(SILENT);
    expect([lines.length, JSON.stringify(lines)]).toEqual([1, expect.not.stringContaining('the words')]);
  });

  it('takes an overloaded Ring for its owner doing too much', async () => {
    const { ports, lines } = world();
    const overloaded = Object.assign(new Error('overloaded'), { overloaded: true, retryable: true });
    expect(await reach(ports, Promise.reject(overloaded), 2_000)).toEqual({
      ok: false,
      refusal: { reason: 'rate_limited', retryAfterSeconds: 1, by: [] },
    });
    expect(lines[0]).toMatchObject({ outcome: 'overloaded' });
  });
});
