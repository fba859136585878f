import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clone, cloneProject } from './clone.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const SECRET = 'secret-live-planted-and-never-shown';
const [ENTER, CTRL_C, BACKSPACE] = ['\r', '\u0003', '\u007f'];

let clone: Clone;
beforeEach(() => {
  clone = cloneProject();
});
afterEach(() => clone.remove());

/** What a program wrote to its terminal, and how it ended. */
interface Typed {
  readonly code: number;
  readonly screen: string;
}

/** Types at a real terminal: each text when what it answers has been written. */
const type = async (turns: readonly (readonly [waitsFor: string, text: string])[]): Promise<Typed> => {
  const args = [
    ...[join(import.meta.dirname, 'keyboard.py'), JSON.stringify(turns)],
    ...[process.execPath, 'cli/index.ts', 'init'],
  ];
  const env = { PATH: process.env.PATH ?? '', HOME: clone.folder, TERM: 'xterm' };
  const run = promisify(execFile)('python3', args, { cwd: clone.folder, env, encoding: 'utf8' });
  const { stdout, code } = await run.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { readonly stdout: string; readonly code: number }) => error,
  );
  return { code, screen: stripVTControlCharacters(stdout) };
};

const ANSWERS = [
  ['Who signs in', ENTER],
  ['The Stytch project', `project-live-9f8e7d6c-0000-4000-8000-000000000000${ENTER}`],
  ['API clients call', `api.acme.com${ENTER}`],
  ['key management', `api.acme.com${ENTER}`],
  // Told at once, and mended where it stands.
  ["is the Desk's host", `${BACKSPACE.repeat(12)}keys.acme.com${ENTER}`],
  ['runs now', `https://origin.acme.com${ENTER}`],
  ['first word', `acme${ENTER}`],
  ['audience', ENTER],
] as const;

describe('the prompts, in a terminal', () => {
  test('init asks, tells at once what will not do, shows no secret, and writes what was agreed to', async () => {
    const { code, screen } = await type([
      ...ANSWERS,
      ["project's secret", `${SECRET}${ENTER}`],
      ['Write this?', 'y'],
    ]);
    expect([code, screen]).toEqual([0, expect.stringContaining('npm run latchkey -- setup')]);
    expect(screen).not.toContain('planted');
    expect(clone.read('latchkey.config.ts')).toContain(
      "hosts: { api: ['api.acme.com'], desk: 'keys.acme.com' }",
    );
    expect(clone.read('latchkey.config.ts')).toContain("id: 'acme-api'");
    expect(JSON.parse(clone.read('.latchkey/secrets.production.json'))).toMatchObject({
      STYTCH_SECRET: SECRET,
    });
  });

  test('Ctrl-C, and Enter where yes must be said, write nothing', async () => {
    const before = clone.read('latchkey.config.ts');
    const ended = await type([...ANSWERS.slice(0, 2), ['API clients call', CTRL_C]]);
    const denied = await type([...ANSWERS, ["project's secret", ENTER], ['Write this?', ENTER]]);
    for (const { code, screen } of [ended, denied])
      expect([code, screen]).toEqual([1, expect.stringContaining('Nothing was done.')]);
    expect(clone.read('latchkey.config.ts')).toBe(before);
    expect(existsSync(join(clone.folder, '.latchkey'))).toBe(false);
  });
});

test('npx latchkey is the command, in the clone', async () => {
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'latchkey', '--help'], { cwd: ROOT });
  expect(stdout).toMatch(/^Sets up, checks and runs Latchkey\./);
  for (const name of ['init', 'setup', 'deploy', 'doctor'])
    expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});
