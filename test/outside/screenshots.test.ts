import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { missingBrowser } from '../browser.ts';

const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

const run = async (...args: readonly string[]) => {
  const env = { ...process.env, NODE_ENV: undefined, VITEST: undefined, NODE_OPTIONS: undefined };
  const child = spawn(process.execPath, ['tools/screenshots.ts', ...args], { env, stdio: 'pipe' });
  child.stdin.end();
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
};

/** Of a PNG (ISO/IEC 15948 §11.2.2). */
const widthOf = (file: string): number => {
  const bytes = readFileSync(file);
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  return bytes.readUInt32BE(16);
};

describe('npm run screenshots', () => {
  test('says what it does and which pages there are, and knows no other', async () => {
    const helped = await run('--help');
    expect([helped.code, helped.stdout]).toEqual([0, expect.stringContaining('  device-compare\n')]);
    const refused = await run('--only', 'no-such-page');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('No such page: no-such-page'),
    ]);
  });

  test.skipIf(missing !== null)(
    `takes a page in both themes and both widths, and shows them side by side${NOT_HERE}`,
    async () => {
      const out = mkdtempSync(join(tmpdir(), 'latchkey-screenshots-'));
      const { code, stdout } = await run('--only', 'usage-90-days', '--only', 'signed-out', '--out', out);
      expect([code, stdout]).toEqual([0, expect.stringContaining('2/2  signed-out  4 pictures')]);
      const views = ['phone-dark', 'phone-light', 'screen-dark', 'screen-light'];
      const pictures = ['signed-out', 'usage-90-days'].flatMap((page) =>
        views.map((view) => `${page}-${view}.png`),
      );
      expect(readdirSync(out).toSorted()).toEqual(['index.html', ...pictures]);
      // Two dots for each pixel of the style.
      for (const picture of pictures)
        expect(widthOf(join(out, picture))).toBe(2 * (picture.includes('phone') ? 390 : 1280));
      const shown = readFileSync(join(out, 'index.html'), 'utf8');
      for (const picture of pictures) expect(shown).toContain(`src="${picture}"`);
      rmSync(out, { recursive: true, force: true });
    },
    PATIENCE_MS,
  );
});
