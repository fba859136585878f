import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  fileOf,
  forgetLogin,
  isKey,
  type Login,
  prepare,
  readLogin,
  saveLogin,
} from '../../../../demo/cli/store.ts';

const LOGIN: Login = {
  ...{ api: 'https://api.acme.test', issuer: 'https://keys.acme.test' },
  ...{ keyId: 'acme_test_1', key: 'acme_test_1_secret', scope: 'items:read', deviceName: 'laptop' },
  loggedInAt: '2026-11-26T10:00:00.000Z',
};

const modeOf = (path: string): number => statSync(path).mode & 0o777;

let home: string;
let file: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'acme-cli-'));
  file = fileOf({ XDG_CONFIG_HOME: home });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A login that was kept as it should be. */
const keep = (): void => {
  expect(prepare(file)).toEqual({ ok: true, value: null });
  expect(saveLogin(file, LOGIN)).toEqual({ ok: true, value: null });
};

describe('where a login is kept', () => {
  it('is $XDG_CONFIG_HOME, else ~/.config; a path that is not absolute is ignored', () => {
    expect(fileOf({ XDG_CONFIG_HOME: '/etc/x' })).toBe('/etc/x/acme-cli/credentials.json');
    const usual = join(homedir(), '.config/acme-cli/credentials.json');
    for (const each of [{}, { XDG_CONFIG_HOME: '' }, { XDG_CONFIG_HOME: 'here' }])
      expect(fileOf(each)).toBe(usual);
  });

  it('is a folder of 0700 and a file of 0600, whatever the umask', () => {
    const umask = process.umask(0);
    try {
      keep();
    } finally {
      process.umask(umask);
    }
    expect([modeOf(dirname(file)), modeOf(file)]).toEqual([0o700, 0o600]);
  });

  it('is closed to others where the folder was open before', () => {
    mkdirSync(dirname(file), { mode: 0o755 });
    keep();
    expect(modeOf(dirname(file))).toBe(0o700);
  });

  it('that cannot be made is told before there is a key', () => {
    writeFileSync(dirname(file), '');
    expect(prepare(file)).toMatchObject({ ok: false, problem: expect.stringContaining('EEXIST') });
  });
});

describe('a login that is kept', () => {
  it('is read as it was written', () => {
    keep();
    expect(readLogin(file)).toMatchObject({ ok: true, value: LOGIN });
  });

  it('is not put over another, leaves no draft behind, and is not told', () => {
    keep();
    const saved = saveLogin(file, { ...LOGIN, keyId: 'acme_test_2' });
    expect(saved).toMatchObject({ ok: false, problem: expect.stringContaining('EEXIST') });
    expect(JSON.stringify(saved)).not.toContain(LOGIN.key);
    expect(readLogin(file)).toMatchObject({ ok: true, value: { keyId: LOGIN.keyId } });
    expect(readdirSync(dirname(file))).toEqual(['credentials.json']);
  });

  it('leaves one file, and nothing of how it was written', () => {
    keep();
    expect(readdirSync(dirname(file))).toEqual(['credentials.json']);
    expect(statSync(file).nlink).toBe(1);
  });

  it('is gone when it is forgotten, and so is one that was not there', () => {
    keep();
    for (const _ of [1, 2]) expect(forgetLogin(file)).toEqual({ ok: true, value: null });
    expect(existsSync(file)).toBe(false);
    expect(readLogin(file)).toEqual({ ok: true, value: null });
  });
});

describe('a file that is not believed', () => {
  it.each(['640', '604', '660', '644', '601', '620'])('mode %s: others can get at it', (mode) => {
    keep();
    chmodSync(file, Number.parseInt(mode, 8));
    const read = readLogin(file);
    expect(read).toMatchObject({ ok: false, exitCode: 1 });
    expect(read.ok ? '' : read.problem).toMatch(
      /^Others on this machine can get at .*credentials\.json\. Revoke/,
    );
    expect(JSON.stringify(read)).not.toContain(LOGIN.key);
  });

  it('a link to another file', () => {
    keep();
    const other = join(home, 'other.json');
    writeFileSync(other, readFileSync(file), { mode: 0o600 });
    rmSync(file);
    symlinkSync(other, file);
    expect(readLogin(file)).toMatchObject({ ok: false, problem: expect.stringContaining('ELOOP') });
  });

  it.each([
    ['nothing', ''],
    ['half of it', JSON.stringify({ version: 1, ...LOGIN }).slice(0, -20)],
    ['null', 'null'],
    ['another version', JSON.stringify({ ...LOGIN, version: 2 })],
    ['no issuer', JSON.stringify({ version: 1, ...LOGIN, issuer: undefined })],
    ['a key that is a number', JSON.stringify({ version: 1, ...LOGIN, key: 1 })],
    ['a key that ends a line', JSON.stringify({ version: 1, ...LOGIN, key: `${LOGIN.key}\r\nx: y` })],
  ])('%s in it', (_, text) => {
    prepare(file);
    writeFileSync(file, text, { mode: 0o600 });
    const read = readLogin(file);
    expect(read).toMatchObject({ ok: false, problem: expect.stringContaining('is damaged') });
    expect(JSON.stringify(read)).not.toContain(LOGIN.key);
  });
});

describe('a key', () => {
  it('is what can stand behind Bearer (RFC 6750 §2.1)', () => {
    for (const good of [LOGIN.key, 'a.b-c_d~e+f/g==']) expect(isKey(good)).toBe(true);
    for (const bad of ['', 'a b', 'a\n', 'ä', 'a=b', 'x'.repeat(1025)]) expect(isKey(bad)).toBe(false);
  });
});
