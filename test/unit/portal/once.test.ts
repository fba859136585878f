import { describe, expect, it } from 'vitest';
import { newOnce, openedAt } from '../../../src/portal/once.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const DAY_MS = 86_400_000;

const onceAt = (at: number) =>
  newOnce({ now: () => at, randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)) });

describe('the name of a form that is sent once', () => {
  it('is another with each form, opened at the same moment too', () => {
    const names = Array.from({ length: 100 }, () => onceAt(NOW));
    expect(new Set(names).size).toBe(100);
  });

  it.each([0, 1, 90_000, DAY_MS - 1])('tells when it was opened, %i ms later', (later) => {
    expect(openedAt(onceAt(NOW), NOW + later)).toBe(NOW);
  });

  it('is of the clock of another isolate, which may be ahead, but not by hours', () => {
    expect(openedAt(onceAt(NOW + 60_000), NOW)).toBe(NOW + 60_000);
    expect(openedAt(onceAt(NOW + 60_001), NOW)).toBeNull();
  });

  it.each([DAY_MS, 8 * DAY_MS])('is none any more %i ms later: nobody would know a repeat', (later) => {
    expect(openedAt(onceAt(NOW), NOW + later)).toBeNull();
  });

  it.each(['', 'x', '-', onceAt(NOW).slice(1), `${onceAt(NOW)}A`, onceAt(NOW).toUpperCase(), 'toString'])(
    'is not %j',
    (text) => {
      expect(openedAt(text, NOW)).toBeNull();
    },
  );
});
