import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../outages/drive.ts';
import { missesOf, NOT_NOTICED, WITHOUT_STYTCH } from '../../outages/expected.ts';
import { asLine, asMarkdown } from '../../outages/report.ts';
import type { Figures, Row } from '../../outages/tally.ts';

const figure = (row: Row, availability: number, phase = 'an hour'): Figures => ({
  ...{ phase, row, requests: 1_000, admitted: 999, refused: 0, limited: 0, unavailable: 1 },
  ...{ availability, longestRefusalSeconds: 12.4 },
});

describe('what is not as expected', () => {
  it('is told with what was expected, and what is as expected is not', () => {
    const figures = [figure('API key', 99.99), figure('made up', 0), figure('own pair', 100)];
    expect(missesOf(NOT_NOTICED, figures)).toEqual(['an hour: API key: 99.9 %, expected 100 %']);
    expect(missesOf(WITHOUT_STYTCH, [figure('key never used before', 0.1)])).toEqual([
      'an hour: key never used before: 0.1 %, expected 0 %',
    ]);
  });

  it('is nothing where nothing is expected', () => {
    expect(missesOf({}, [figure('session', 50)])).toEqual([]);
  });
});

describe('the report', () => {
  const outcome: Outcome = {
    ...{ name: 'KV fails', seed: 7, simulatedSeconds: 4_000, tookSeconds: 9, steps: 80 },
    figures: [figure('API key', 99.99), figure('session', 33.333), figure('API key', 100, 'before')],
    ...{ wrong: ['200, and right is 401'], unkept: [], missed: [] },
  };

  it('has a row for each phase and kind, the seed, and what was wrong', () => {
    const page = asMarkdown([outcome]);
    expect(page).toContain('## KV fails');
    expect(page).toContain('Seed 7, 1.1 h in 80 steps, 9 s of ours. Wrong decisions: 1;');
    expect(page).toContain('- 200, and right is 401');
    expect(page).toMatch(
      /\| an hour +\| API key +\| +1000 \| +999 \| +0 \| +0 \| +1 \| 99\.9 % +\| 12 s +\|/,
    );
  });

  it('never rounds up to 100, and sums up the outages without what was around them', () => {
    const summary = asMarkdown([outcome]).split('## Availability')[1] ?? '';
    expect(summary).toMatch(/\| KV fails: an hour \| 99\.9 +\|/);
    expect(summary).toContain('33.3');
    expect(summary).not.toContain('KV fails: before');
  });

  it('is a line for who waits', () => {
    expect(asLine(outcome)).toBe(
      'KV fails: 1.1 h in 80 steps, 9 s of ours. Wrong decisions: 1; promises not kept: 0; figures not as expected: 0.',
    );
  });
});
