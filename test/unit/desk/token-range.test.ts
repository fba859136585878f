import { describe, expect, it } from 'vitest';
import { tokenRange } from '../../../src/desk/token-range.ts';

const at = (text: string): number => Date.parse(text);
const NOW = at('2026-03-01T10:20:30.456Z');

const range = (by: 'day' | 'month', from?: string, to?: string) => {
  const asked = { from: from && at(from), to: to && at(to) } as { from: number; to: number };
  const found = tokenRange(by, asked, NOW);
  if (!found.ok) return found.refusal;
  const { starts, to: end } = found.value;
  const shown = [starts[0] ?? Number.NaN, starts.at(-1) ?? Number.NaN, end].map((each) =>
    new Date(each).toISOString().slice(0, 10),
  );
  return [starts.length, ...shown];
};

const refused = (detail: string) => ({ reason: 'request_invalid', errors: [{ pointer: '/from', detail }] });
const BACKWARDS = refused('must be before "to", and not ahead');
const TOO_LONG = refused('must be at most 400 days before "to"');

describe('the range of tokens', () => {
  it.each([
    ['of days is thirty, today among them', 'day', [], [30, '2026-01-31', '2026-03-01', '2026-03-02']],
    ['of months is twelve, this one among them', 'month', [], [12, '2025-04-01', '2026-03-01', '2026-04-01']],
    [
      'is wider than was asked: each month that was touched is whole',
      ...(['month', ['2026-01-31T23:59:59Z', '2026-02-01T00:00:01Z']] as const),
      [2, '2026-01-01', '2026-02-01', '2026-03-01'],
    ],
    [
      'ends before what it does not touch',
      ...(['day', ['2026-02-27T00:00:00Z', '2026-03-01T00:00:00Z']] as const),
      [2, '2026-02-27', '2026-02-28', '2026-03-01'],
    ],
    [
      'does not reach beyond what runs',
      ...(['month', ['2026-02-01T00:00:00Z', '2027-01-01T00:00:00Z']] as const),
      [2, '2026-02-01', '2026-03-01', '2026-04-01'],
    ],
    [
      'is of its time zone',
      ...(['day', ['2026-02-28T23:30:00-01:00', '2026-03-01T02:00:00+01:00']] as const),
      [1, '2026-03-01', '2026-03-01', '2026-03-02'],
    ],
  ] as const)('%s', (_, by, [from, to], expected) => {
    expect(range(by, from, to)).toEqual(expected);
  });

  it('is of 400 days at the most', () => {
    expect(range('day', '2025-01-26T00:00:00Z')).toEqual([400, '2025-01-26', '2026-03-01', '2026-03-02']);
    expect(range('day', '2025-01-25T00:00:00Z')).toEqual(TOO_LONG);
    expect(range('month', '2025-03-01T00:00:00Z')).toEqual([13, '2025-03-01', '2026-03-01', '2026-04-01']);
    expect(range('month', '2025-02-28T00:00:00Z')).toEqual(TOO_LONG);
  });

  it.each([
    ['backwards', '2026-02-02T00:00:00Z', '2026-02-01T00:00:00Z'],
    ['ahead', '2026-03-02T00:00:00Z', undefined],
  ])('is none %s', (_, from, to) => {
    expect(range('day', from, to)).toEqual(BACKWARDS);
  });
});
