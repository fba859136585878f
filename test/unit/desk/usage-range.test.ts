import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageRange } from '../../../src/desk/usage-range.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string): number => Date.parse(text);
const NOW = at('2026-11-26T10:20:30.456Z');

const range = (by: 'hour' | 'day', from?: string, to?: string) => {
  const asked = { from: from && at(from), to: to && at(to) } as { from: number; to: number };
  const found = usageRange(by, asked, NOW);
  return found.ok
    ? [new Date(found.value.from).toISOString(), new Date(found.value.to).toISOString()]
    : found.refusal;
};

const refused = (detail: string) => ({ reason: 'request_invalid', errors: [{ pointer: '/from', detail }] });
const BACKWARDS = refused('must be before "to", and not ahead');

describe('the range of usage', () => {
  it.each([
    ['of hours is a day, the hour that runs among it', 'hour', [], '2026-11-25T11', '2026-11-26T11'],
    ['of days is thirty, today among them', 'day', [], '2026-10-28T00', '2026-11-27T00'],
    [
      'is wider than was asked: each hour that was touched is whole',
      ...(['hour', ['2026-11-26T01:59:59Z', '2026-11-26T02:00:01Z']] as const),
      ...(['2026-11-26T01', '2026-11-26T03'] as const),
    ],
    [
      'ends where it was asked to if that is a whole hour',
      ...(['hour', ['2026-11-26T01:00:00Z', '2026-11-26T02:00:00Z']] as const),
      ...(['2026-11-26T01', '2026-11-26T02'] as const),
    ],
    [
      'of days is of days of UTC, whatever the zone of the question',
      ...(['day', ['2026-11-20T01:00:00+02:00', '2026-11-20T23:00:00-02:00']] as const),
      ...(['2026-11-19T00', '2026-11-22T00'] as const),
    ],
    [
      'goes to the hour that runs, and not beyond it',
      ...(['hour', ['2026-11-26T09:00:00Z', '2099-01-01T00:00:00Z']] as const),
      ...(['2026-11-26T09', '2026-11-26T11'] as const),
    ],
    ['from a moment on', 'hour', ['2026-11-26T09:30:00Z'], '2026-11-26T09', '2026-11-26T11'],
    [
      'to a moment is as long as usual',
      'day',
      [undefined, '2026-11-01T00:00:00Z'],
      '2026-10-02T00',
      '2026-11-01T00',
    ],
    ['of hours may be 31 days', 'hour', ['2026-10-26T11:00:00Z'], '2026-10-26T11', '2026-11-26T11'],
    ['of days may be 90', 'day', ['2026-08-29T00:00:00Z'], '2026-08-29T00', '2026-11-27T00'],
  ] as const)('%s', (_, by, [from, to], begins, ends) => {
    expect(range(by, from, to)).toEqual([`${begins}:00:00.000Z`, `${ends}:00:00.000Z`]);
  });

  it.each([
    ['that begins when it ends', 'hour', '2026-11-26T02:00:00Z', '2026-11-26T02:00:00Z', BACKWARDS],
    ['that goes backwards', 'day', '2026-11-26T00:00:00Z', '2026-11-20T00:00:00Z', BACKWARDS],
    ['that lies ahead', 'hour', '2026-11-26T11:00:00Z', '2026-11-26T12:00:00Z', BACKWARDS],
    [
      'of hours in more than 31 days',
      ...(['hour', '2026-10-26T10:59:59Z', undefined] as const),
      refused('must be at most 31 days before "to"'),
    ],
    [
      'of more than 90 days',
      ...(['day', '2026-08-28T23:59:59Z', undefined] as const),
      refused('must be at most 90 days before "to"'),
    ],
    [
      'from the year 0 on',
      ...(['day', '0000-01-01T00:00:00Z', undefined] as const),
      refused('must be at most 90 days before "to"'),
    ],
  ] as const)('is never one %s', (_, by, from, to, refusal) => {
    expect(range(by, from, to)).toEqual(refusal);
  });

  it('is whole, bounded, and has in it whatever was asked of the past', () => {
    const moment = fc.option(fc.integer({ min: NOW - 100 * DAY_MS, max: NOW + DAY_MS }), { nil: undefined });
    fc.assert(
      fc.property(fc.constantFrom('hour', 'day'), moment, moment, (by, from, to) => {
        const found = usageRange(by, { from, to }, NOW);
        if (!found.ok) return;
        const { value } = found;
        const stepMs = by === 'hour' ? HOUR_MS : DAY_MS;
        expect([value.stepMs, value.from % stepMs, value.to % stepMs]).toEqual([stepMs, 0, 0]);
        expect((value.to - value.from) / stepMs).toBeGreaterThan(0);
        expect((value.to - value.from) / stepMs).toBeLessThanOrEqual(by === 'hour' ? 31 * 24 : 90);
        if (from !== undefined) expect(value.from).toBeLessThanOrEqual(from);
        expect(value.to).toBeGreaterThanOrEqual(Math.min(to ?? NOW, NOW));
      }),
    );
  });
});
