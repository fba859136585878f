import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bodyRefusal, type CountedBody, countBody } from '../../../../src/gate/forward/body.ts';

const announced = (length: string | null, maxBytes: number | null): boolean =>
  bodyRefusal(new Headers(length === null ? {} : { 'content-length': length }), maxBytes) === null;

const streamOf = (chunks: readonly number[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      for (const size of chunks) controller.enqueue(new Uint8Array(size));
      controller.close();
    },
  });

/** How many bytes came through, or that the body was broken off. */
const passed = async (stream: ReadableStream | null): Promise<number | 'broken off'> => {
  let bytes = 0;
  try {
    for await (const chunk of (stream ?? []) as AsyncIterable<Uint8Array>) bytes += chunk.byteLength;
    return bytes;
  } catch {
    return 'broken off';
  }
};

describe('the announced length', () => {
  it.each([
    [null, 10, true],
    ['10', 10, true],
    ['0', 0, true],
    ['11', 10, false],
    ['1000000000000000', 10, false],
    ['99999999', null, true],
    ['-1', 10, false],
    ['1e1', 100, false],
    ['5, 5', 100, false],
    ['0x5', 100, false],
    ['', 100, false],
    ['five', 100, false],
  ])('%j under a limit of %j passes: %s', (length, maxBytes, expected) => {
    expect(announced(length, maxBytes)).toBe(expected);
  });
});

describe('a body without a length', () => {
  it('passes up to the limit and is broken off beyond it, however it is cut', async () => {
    const chunks = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 0, max: 120 }), async (sizes, maxBytes) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const breakOff = vi.fn();
        const counted = countBody(streamOf(sizes), false, maxBytes, breakOff);
        expect(await passed(counted.stream)).toBe(total > maxBytes ? 'broken off' : total);
        expect(counted.isOver()).toBe(total > maxBytes);
        expect(breakOff.mock.calls.length > 0).toBe(total > maxBytes);
      }),
    );
  });

  it('is not read further than to the limit', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(1_000));
      },
    });
    expect(await passed(countBody(endless, false, 2_500, () => undefined).stream)).toBe('broken off');
    expect(pulled).toBeLessThan(8);
  });

  it('that breaks off by itself ends the request to the origin, and is not over the limit', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('reset')),
    });
    const counted = await new Promise<CountedBody>((resolve) => {
      const made = countBody(broken, false, 10, () => resolve(made));
    });
    expect(counted.isOver()).toBe(false);
  });

  it('tells that it breaks off before the stream fails', async () => {
    const order: string[] = [];
    const { stream } = countBody(streamOf([20]), false, 10, () => order.push('told'));
    await passed(stream);
    order.push('failed');
    expect([order[0], order.at(-1)]).toEqual(['told', 'failed']);
  });
});

describe('a body that needs no counting', () => {
  it.each([
    ['none', null, false, 10],
    ['of known length', streamOf([5]), true, 1],
    ['on a route without a limit', streamOf([5]), false, null],
  ])('passes untouched: %s', (_, body, hasLength, maxBytes) => {
    const counted = countBody(body, hasLength, maxBytes, () => undefined);
    expect([counted.stream === body, counted.isOver()]).toEqual([true, false]);
  });
});
