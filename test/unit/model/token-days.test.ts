import { describe, expect, it } from 'vitest';
import { dayOf, savedOf, tokensIn } from '../../../src/model/token-days.ts';

describe('tokens', () => {
  it.each([
    [{ spent: 0, presented: 0 }, 0],
    [{ spent: 1, presented: 1 }, 0],
    [{ spent: 24, presented: 86_400 }, 86_376],
    // Bought at the token endpoint, and used for nothing here.
    [{ spent: 3, presented: 1 }, 0],
  ])('of %o are saved %d', (counts, saved) => {
    expect(savedOf(counts)).toBe(saved);
  });

  it('are added up before it is said what was saved: one day does not make up for less than nothing', () => {
    const days = [
      { spent: 3, presented: 1 },
      { spent: 1, presented: 10 },
    ];
    expect(tokensIn(days)).toEqual({ spent: 4, presented: 11 });
    expect(savedOf(tokensIn(days))).toBe(7);
    expect(tokensIn([])).toEqual({ spent: 0, presented: 0 });
  });

  it('are of the UTC day', () => {
    expect(dayOf(Date.parse('1970-01-01T23:59:59.999Z'))).toBe(0);
    expect(dayOf(Date.parse('2026-11-26T00:00:00Z'))).toBe(20_783);
  });
});
