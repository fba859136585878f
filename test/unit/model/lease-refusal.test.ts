import { describe, expect, it } from 'vitest';
import {
  isRefusing,
  type LocalRefusal,
  lifted,
  refusedFor,
  refusing,
} from '../../../src/model/lease-refusal.ts';

const NOW = 1_000_000;
const LIMITED = { retryMs: 900, floorMs: 400, by: ['owner'] } as const;
const REFUSAL: LocalRefusal = { cost: 5, until: NOW + 900, retryAt: NOW + 900, by: ['owner'] };

describe('what an isolate refuses by itself', () => {
  it.each([
    ['until the Ring said it would fit', LIMITED, 0, 900],
    ['not for less than the Ring’s floor', { ...LIMITED, retryMs: 100 }, 0, 400],
    ['for no more than five seconds', { ...LIMITED, retryMs: 60_000 }, 0, 5_000],
    ['for longer than that where the floor is', { ...LIMITED, retryMs: 60_000, floorMs: 7_000 }, 0, 7_000],
    ['spread by up to half a floor', LIMITED, 0.5, 1_000],
  ])('it refuses %s', (_, limited, jitter, pauseMs) => {
    expect(refusing(null, 5, limited, NOW, jitter)).toEqual({
      ...{ cost: 5, until: NOW + pauseMs, retryAt: NOW + limited.retryMs, by: ['owner'] },
    });
  });

  it('a cheaper cost that was refused before stays the one, while it is refused', () => {
    expect(refusing(REFUSAL, 7, LIMITED, NOW + 899, 0)).toBe(REFUSAL);
    expect(refusing(REFUSAL, 5, LIMITED, NOW + 100, 0)).toMatchObject({ cost: 5, until: NOW + 1_000 });
    expect(refusing(REFUSAL, 3, LIMITED, NOW + 100, 0)).toMatchObject({ cost: 3, until: NOW + 1_000 });
    expect(refusing(REFUSAL, 7, LIMITED, NOW + 900, 0)).toMatchObject({ cost: 7 });
  });

  it('is over at its end, to the millisecond', () => {
    expect([NOW, NOW + 899, NOW + 900].map((now) => isRefusing(REFUSAL, now))).toEqual([true, true, false]);
    expect(isRefusing(null, NOW)).toBe(false);
  });

  it('is lifted when the Ring admits as dear a cost, and not by a cheaper one', () => {
    expect([4, 5, 6].map((cost) => lifted(REFUSAL, cost))).toEqual([REFUSAL, null, null]);
    expect(lifted(null, 5)).toBeNull();
  });

  it('is that cost and dearer ones, for what is left of the time', () => {
    const refused = { retryAfterMs: 800, by: ['owner'] };
    expect([4, 5, 6].map((cost) => refusedFor(REFUSAL, cost, NOW + 100))).toEqual([null, refused, refused]);
    expect(refusedFor(REFUSAL, 5, NOW + 900)).toBeNull();
    expect(refusedFor(null, 5, NOW)).toBeNull();
  });

  it('tells the later of the two times: when it asks again, or when the Ring said it would fit', () => {
    expect(refusedFor({ ...REFUSAL, until: NOW + 1_200 }, 5, NOW)?.retryAfterMs).toBe(1_200);
    expect(refusedFor({ ...REFUSAL, retryAt: NOW + 60_000 }, 5, NOW)?.retryAfterMs).toBe(60_000);
  });
});
