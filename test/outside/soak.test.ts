import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP } from '../../bench/soak/options.ts';
import { asMarkdown } from '../../bench/soak/report.ts';
import { runSoak, type SoakRun } from '../../bench/soak/run.ts';

const MINUTES = 60_000;

describe('a short soak: mixed traffic over two isolates while keys come and go', () => {
  let run: SoakRun;

  beforeAll(async () => {
    run = await runSoak({
      ...{ requests: 50_000, keys: 48, users: 8, seconds: 25, seed: 1, isolates: 2, connections: 8 },
      ...{ deedsPerSecond: 8, tell: () => undefined, signal: new AbortController().signal },
    });
  }, 5 * MINUTES);

  it('every answer is its own and allowed, and what is left is what must be', () => {
    expect(run.tally.violations, asMarkdown(run)).toEqual([]);
  });

  it('did what it says: requests were let in and refused, and what was taken away was tried', () => {
    const { answers, admitted, takings, desk } = run.tally;
    expect(admitted).toBeGreaterThan(0);
    expect([...answers.keys()]).toEqual(
      expect.arrayContaining([
        'bearer',
        'x-api-key',
        'basic',
        'session',
        'body',
        'made up',
        'odd path',
        'public',
      ]),
    );
    expect(takings.length).toBeGreaterThan(0);
    expect([...desk.keys()]).toEqual(expect.arrayContaining(['issue', 'token', 'revoke']));
    const { auditTrails, assertionsProven, clientsAtStytch, keysLiving } = run.findings;
    expect(auditTrails).toBe(8);
    expect(assertionsProven).toBeGreaterThan(0);
    expect(clientsAtStytch).toBe(keysLiving);
  });
});

describe('npm run soak', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-soak-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const command = (...args: readonly string[]) => {
    const child = spawn(process.execPath, ['bench/soak/index.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    const code = once(child, 'close').then(([status]) => status as number);
    return { child, said, code };
  };

  it('says what it is for, and what it was called wrongly with', async () => {
    const help = command('--help');
    expect([await help.code, help.said.out.trim()]).toEqual([0, HELP.trim()]);
    const wrong = command('--requests', 'many');
    expect(await wrong.code).toBe(2);
    expect(wrong.said.err).toContain('--requests must be a whole number');
    const unknown = command('--sessions', '1');
    expect(await unknown.code).toBe(2);
  });

  it('ends early on Ctrl-C, and reports what was done until then', { timeout: 3 * MINUTES }, async () => {
    const size = [
      '--keys',
      '10',
      '--users',
      '4',
      '--isolates',
      '1',
      '--connections',
      '2',
      '--report',
      folder,
    ];
    const { child, said, code } = command(...size);
    await expect.poll(() => said.err, { timeout: MINUTES }).toMatch(/ requests, /);
    child.kill('SIGINT');
    expect([await code, said.err]).toEqual([0, expect.stringContaining('Ctrl-C')]);
    const report = JSON.parse(readFileSync(join(folder, 'soak.json'), 'utf8'));
    expect(report).toMatchObject({ stoppedBy: 'signal', violation_count: 0 });
    expect(report.admitted).toBeGreaterThan(0);
    expect(readFileSync(join(folder, 'soak.md'), 'utf8')).toBe(`${said.out.trimEnd()}\n`);
  });
});
