import { describe, expect, it } from 'vitest';
import { countedFrom, isOnce, newOnce } from '../../../src/portal/once.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const onceAt = (at: number) =>
  newOnce({ now: () => at, randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)) });

describe('the name of a form that is sent once', () => {
  it('is another with each form, opened at the same moment too', () => {
    const names = Array.from({ length: 100 }, () => onceAt(NOW));
    expect([new Set(names).size, names.every(isOnce)]).toEqual([100, true]);
  });

  it.each([0, 1, 90_000, DAY_MS - 1])('counts days from when it was opened, %i ms later', (later) => {
    expect(countedFrom(onceAt(NOW), NOW + later)).toBe(NOW);
  });

  it('counts from the same time of a later day where it was left open for longer', () => {
    expect(countedFrom(onceAt(NOW), NOW + 8 * DAY_MS + MINUTE_MS)).toBe(NOW + 8 * DAY_MS);
  });

  it.each([MINUTE_MS, 40 * DAY_MS])(
    'never counts from more than a day ahead, whatever it says (%i)',
    (ahead) => {
      const from = countedFrom(onceAt(NOW + ahead), NOW);
      expect([from >= NOW, from < NOW + DAY_MS]).toEqual([true, true]);
    },
  );
});
