import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Attempt,
  BUDGET_WINDOW_MS,
  MAX_FAILURES_IN_ALL,
  MAX_FAILURES_OF_ADDRESS,
  MAX_FAILURES_OF_CLIENT,
  throttle,
} from '../../../src/model/budget.ts';

const NOW = Date.UTC(2026, 10, 1, 12);

/** So many refused attempts a second apart, the last of them just now. */
const failures = (count: number, more: (i: number) => Partial<Attempt> = () => ({})): readonly Attempt[] =>
  Array.from({ length: count }, (_, i) => ({
    at: NOW - (count - 1 - i) * 100,
    clientId: `c${i}`,
    address: `a${i}`,
    outcome: 'refused' as const,
    ...more(i),
  }));

const NEXT = { clientId: 'client', address: 'address' };

describe('the budget', () => {
  it('lets ten wrong secrets of one client pass in a minute, and the eleventh when the first is a minute old', () => {
    const of = (count: number) => failures(count, () => ({ clientId: 'client' }));
    expect(throttle(of(MAX_FAILURES_OF_CLIENT - 1), NEXT, NOW)).toBeNull();
    const full = of(MAX_FAILURES_OF_CLIENT);
    const wait = (full[0]?.at ?? 0) + BUDGET_WINDOW_MS - NOW;
    expect(throttle(full, NEXT, NOW)).toEqual({ scopes: ['client'], waitMs: wait });
    expect(throttle(full, NEXT, NOW + wait - 1)).toEqual({ scopes: ['client'], waitMs: 1 });
    expect(throttle(full, NEXT, NOW + wait)).toBeNull();
    expect(throttle(full, { ...NEXT, clientId: 'other' }, NOW)).toBeNull();
  });

  it('lets twenty wrong pairs from one address pass in a minute', () => {
    const of = (count: number) => failures(count, () => ({ address: 'address' }));
    expect(throttle(of(MAX_FAILURES_OF_ADDRESS - 1), NEXT, NOW)).toBeNull();
    expect(throttle(of(MAX_FAILURES_OF_ADDRESS), NEXT, NOW)?.scopes).toEqual(['address']);
    expect(throttle(of(MAX_FAILURES_OF_ADDRESS), { ...NEXT, address: 'other' }, NOW)).toBeNull();
  });

  it('lets 120 pass in all', () => {
    expect(throttle(failures(MAX_FAILURES_IN_ALL - 1), NEXT, NOW)).toBeNull();
    expect(throttle(failures(MAX_FAILURES_IN_ALL), NEXT, NOW)?.scopes).toEqual(['all']);
  });

  it('of an address is nobody’s where the address is not known', () => {
    const unknown = failures(MAX_FAILURES_OF_ADDRESS, () => ({ address: null }));
    expect(throttle(unknown, { ...NEXT, address: null }, NOW)).toBeNull();
  });

  it('counts what is undecided, and says to come back soon', () => {
    const pending = failures(MAX_FAILURES_OF_CLIENT, () => ({ clientId: 'client', outcome: 'pending' }));
    expect(throttle(pending, NEXT, NOW)).toEqual({ scopes: ['client'], waitMs: 1_000 });
  });

  it('holds what Stytch did not answer against nobody, but counts the call', () => {
    const unanswered = (count: number) =>
      failures(count, () => ({ ...NEXT, outcome: 'unanswered' }) as const);
    expect(throttle(unanswered(MAX_FAILURES_IN_ALL - 1), NEXT, NOW)).toBeNull();
    expect(throttle(unanswered(MAX_FAILURES_IN_ALL), NEXT, NOW)?.scopes).toEqual(['all']);
  });

  it('is exceeded by no sequence of attempts, and whoever waits as long as he is told may try', () => {
    const attempt = fc.record({
      after: fc.integer({ min: 0, max: 4_000 }),
      clientId: fc.constantFrom('x', 'y'),
      address: fc.constantFrom('p', 'q', null),
    });
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 300, size: 'max' }), (sequence) => {
        const made: Attempt[] = [];
        let now = NOW;
        for (const { after, ...next } of sequence) {
          now += after;
          const stopped = throttle(made, next, now);
          if (stopped === null) made.push({ ...next, at: now, outcome: 'refused' });
          else expect(throttle(made, next, now + stopped.waitMs)).toBeNull();
        }
        for (const { at, clientId, address } of made) {
          const window = made.filter((each) => each.at > at - BUDGET_WINDOW_MS && each.at <= at);
          expect(window.filter((each) => each.clientId === clientId).length).toBeLessThanOrEqual(10);
          const near = window.filter((each) => address !== null && each.address === address);
          expect(near.length).toBeLessThanOrEqual(20);
          expect(window.length).toBeLessThanOrEqual(120);
        }
      }),
    );
  });
});
