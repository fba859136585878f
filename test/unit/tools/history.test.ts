import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkHistory } from '../../../tools/check/history.ts';
import { git } from '../../../tools/check/project.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-history-'));
  git(['init', '--quiet'], folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const commit = (text: string): void => {
  writeFileSync(join(folder, 'a file'), text);
  git(['add', '--all'], folder);
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  git([...author, 'commit', '--quiet', '--message', 'change'], folder);
};

describe('what was ever committed', () => {
  test('a secret that was taken out again is found where it was, and not repeated', () => {
    const secret = `secret-${'live'}-${'A'.repeat(40)}`;
    commit('nothing\n');
    commit(`nothing\n${secret}\n`);
    commit('nothing any more\n');
    const { ok, text = '' } = checkHistory(folder);
    expect(ok).toBe(false);
    expect(text).toMatch(/^a file held a secret of Stytch \(git show [0-9a-f]{12}\)$/);
    expect(git(['show', text.slice(-13, -1)], folder).toString()).toContain(secret);
  });

  test('without one is well: empty files, and deleted ones; binary files are not read', () => {
    commit('');
    commit('\0\x01\x02');
    commit('text\n');
    git(['rm', '--quiet', 'a file'], folder);
    expect(checkHistory(folder)).toEqual({ ok: true, summary: '2 versions of files' });
  });
});
