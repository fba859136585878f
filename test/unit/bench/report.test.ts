import { describe, expect, it } from 'vitest';
import { type Rounds, summarize, summarizePaced } from '../../../bench/figures.ts';
import { judge } from '../../../bench/goals.ts';
import { asJson } from '../../../bench/json.ts';
import type { Sample } from '../../../bench/measure.ts';
import { pictures } from '../../../bench/pictures.ts';
import { asMarkdown, limitOf, type Measured, type Run } from '../../../bench/report.ts';
import { roundsOf, sample } from './samples.ts';

const FULL = roundsOf({
  pass: [sample({ rps: 1_000, cpu_us: 90 }), sample({ rps: 1_200, cpu_us: 95 })],
  warm_api_key: [sample({ rps: 920, cpu_us: 100 }), sample({ rps: 1_080, cpu_us: 105 })],
  made_up_key: [sample({ rps: 1_500, cpu_us: 60 }), sample({ rps: 1_500, cpu_us: 61 })],
  haproxy_jwt: [sample({ rps: 300, client_cores: 0.95 }), sample({ rps: 300, client_cores: 0.97 })],
});
const PACED = roundsOf({
  pass: [sample({ p50_ms: 1 }), sample({ p50_ms: 1 })],
  warm_api_key: [sample({ p50_ms: 1.5 }), sample({ p50_ms: 1.3 })],
});

const measured = (name: string, group: Measured['group'], base?: string): Measured => ({
  ...{ name, says: `what ${name} is`, group, base },
  full: summarize(FULL, name, base),
  paced: PACED.has(name) ? summarizePaced(PACED, name) : null,
});

const RUN: Run = {
  ...{ date: '2026-11-26T12:00:00.000Z', command: 'npm run bench', rounds: 2, seconds: 3, per_second: 1_000 },
  machine: { cpu: 'X', cores: 2, memory_gb: 8, kernel: '6', node: 'v24', workerd: '1' },
  ...{ load_before: 0.5, alone: { rps: 90_000, client_us: 10.25 } },
  skipped: { apache_jwt: 'Apache is not installed' },
  goals: judge(FULL, PACED),
  variants: [
    measured('pass', 'floor'),
    measured('warm_api_key', 'latchkey'),
    measured('made_up_key', 'refusal'),
    measured('haproxy_jwt', 'peer', 'haproxy'),
  ],
};

describe('the report', () => {
  it('goals come first, met or not', () => {
    const [goals = ''] = asMarkdown(RUN).split('## Bare Workers');
    expect(goals).toMatch(
      /a warm key, of the bare pass-through's +\| at least 0\.90 \| +0\.91 \(0\.90–0\.92\) \| +yes \| +0\.95: \*\*no\*\*/,
    );
    expect(goals).toMatch(/p50 of a warm key .* at most 1\.25 \| +1\.40 \(1\.30–1\.50\) \| +\*\*no\*\*/);
    expect(goals).toMatch(/a warm M2M token, of the bare .* not measured/);
  });

  it('has a section for each group that was measured, and says what each variant is', () => {
    const page = asMarkdown(RUN);
    expect(page.match(/^## .*/gm)).toEqual([
      ...['## Goals', '## Bare Workers', '## Latchkey', '## Latchkey, refusals'],
      ...['## What users would pick instead', '## At 1000 requests/s', '## Not measured here'],
    ]);
    expect(page).toContain('- `made_up_key`: what made_up_key is');
    expect(page).toContain('- `apache_jwt`: Apache is not installed');
  });

  it('a table is one: as many cells in each line', () => {
    for (const table of asMarkdown(RUN)
      .split('\n\n')
      .filter((block) => block.startsWith('|'))) {
      const counts = table.split('\n').map((line) => line.split('|').length);
      expect(new Set(counts).size).toBe(1);
    }
  });

  it.each<[Partial<Sample>, string]>([
    [{}, 'its CPU'],
    [{ client_cores: 0.9 }, 'the client'],
    [{ server_cores: 0.5 }, 'waiting'],
    [{ server_cores: 0.5, foreign_cores: 0.3 }, 'others'],
  ])('a load of %j was limited by %s', (said, limit) => {
    const rounds: Rounds = roundsOf({ mine: [sample(said)] });
    expect(limitOf(summarize(rounds, 'mine'))).toBe(limit);
  });

  it('says when the machine was not quiet', () => {
    expect(asMarkdown(RUN)).not.toContain('not quiet');
    const noisy = roundsOf({ pass: [sample({ foreign_cores: 0.4 })] });
    const variants = [{ ...measured('pass', 'floor'), full: summarize(noisy, 'pass') }];
    expect(asMarkdown({ ...RUN, variants })).toContain('others took up to 0.40 cores');
  });

  it('a rate that was the client’s is marked', () => {
    expect(asMarkdown(RUN)).toMatch(/`haproxy_jwt` .* the client \|/);
  });
});

describe('the file', () => {
  const file = JSON.parse(asJson(RUN));

  it('has a version, and everything by its name', () => {
    expect(file).toMatchObject({
      version: 2,
      command: 'npm run bench',
      alone: { rps: 90_000, client_us: 10.25 },
      skipped: { apache_jwt: 'Apache is not installed' },
    });
    expect(file.variants.warm_api_key).toMatchObject({
      ...{ group: 'latchkey', base: null, rps: 1_000, ratio: 0.91 },
      spread: { rps: [920, 1_080], ratio: [0.9, 0.92] },
      paced: { p50_ms: 1.4, p50_ratio: 1.4, spread: { p50_ms: [1.3, 1.5] } },
    });
    expect(file.variants.haproxy_jwt.base).toBe('haproxy');
  });

  it('what there is no figure for is left out, or null where it was asked for', () => {
    expect(file.variants.haproxy_jwt).not.toHaveProperty('ratio');
    expect(file.variants.haproxy_jwt).not.toHaveProperty('paced');
    const goals = Object.fromEntries(file.goals.map((goal: { says: string }) => [goal.says, goal]));
    expect(goals["throughput of a warm M2M token, of the bare pass-through's"]).toMatchObject({
      ...{ measured: null, spread: null, met: null, stretch_met: null },
    });
  });
});

describe('the plots', () => {
  it('show every variant under its group', () => {
    const { 'throughput.svg': throughput = '', 'cpu.svg': cpu = '' } = pictures(RUN);
    expect(throughput).toContain('pass: Bare Workers 1.00.');
    expect(throughput).toContain('warm_api_key: Latchkey 0.91 (0.90–0.92).');
    expect(throughput).toContain('haproxy_jwt (of haproxy): not measured.');
    expect(cpu).toContain('made_up_key: Latchkey, refusals 61 (60–61).');
  });

  it('of latencies only where a load was paced', () => {
    expect(pictures(RUN)['paced.svg']).toContain('warm_api_key: p50 1.40 (1.30–1.50)');
    const bare = { ...RUN, variants: [measured('made_up_key', 'refusal')] };
    expect(Object.keys(pictures(bare))).toEqual(['throughput.svg', 'cpu.svg']);
  });
});
