import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { judgeSecrets } from '../../../../cli/doctor/judge-secrets.ts';
import { lookAtSecrets } from '../../../../cli/doctor/look-secrets.ts';
import type { Ran } from '../../../../cli/wrangler.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'));
  mkdirSync(join(folder, '.latchkey'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = (ran: Partial<Ran> = {}, offline = false) =>
  lookAtSecrets(
    { folder, wrangler: async () => ({ code: 0, stdout: '[]', stderr: '', ...ran }) },
    'production',
    offline,
  );

test('where there is nothing, there is nothing to see', async () => {
  expect(await look({}, true)).toEqual({
    ...{ path: '.latchkey/secrets.production.json', file: { ok: true, value: null }, isOpen: false },
    ...{ development: {}, others: {}, held: null },
  });
});

test('other environments and npm run dev are seen, and no file is taken for another', async () => {
  const write = (name: string, text: string) => writeFileSync(join(folder, '.latchkey', name), text);
  write('secrets.production.json', '{"A":"1"}');
  write('secrets.json', '{"B":"2"}');
  write('secrets.staging.json', '{"C":"3"}');
  write('secrets.broken.json', 'nothing');
  write('secrets.env', `LATCHKEY_MASTER_KEYS='[{"id":"a"}]'\nOTHER='x'\n`);
  chmodSync(join(folder, '.latchkey', 'secrets.production.json'), 0o640);
  expect(await look({ stdout: '[{"name":"STYTCH_SECRET","type":"secret_text"}]' })).toEqual({
    path: '.latchkey/secrets.production.json',
    file: { ok: true, value: { A: '1' } },
    isOpen: true,
    development: { LATCHKEY_MASTER_KEYS: '[{"id":"a"}]', OTHER: 'x' },
    others: { 'secrets.json': { B: '2' }, 'secrets.staging.json': { C: '3' } },
    held: { ok: true, value: ['STYTCH_SECRET'] },
  });
});

const NEEDED = ['STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'];

const heldOf = async (ran: Partial<Ran>, needed: readonly string[] | null = NEEDED) =>
  judgeSecrets(await look(ran), null, needed).find(({ id }) => id === 'SECRET-06');

test.each<[what: string, ran: Partial<Ran>, why: RegExp]>([
  [
    'is not signed in',
    { code: 1, stderr: '\n✘ [ERROR] You are not authenticated.\n\nhelp\n' },
    /: You are not authenticated\./,
  ],
  ['says what nobody can read', { stdout: 'hello' }, /in a way that is not known/],
  ['knows no such Worker', { code: 1, stderr: 'Worker "latchkey" not found.' }, /no such Worker/],
])('where wrangler %s, the names at Cloudflare are skipped, and why', async (_, ran, why) => {
  expect(await heldOf(ran)).toMatchObject({ verdict: 'skipped', details: [expect.stringMatching(why)] });
});

test('what the configuration needs has to be held, and nothing else', async () => {
  const stdout = JSON.stringify(NEEDED.map((name) => ({ name })));
  expect((await heldOf({ stdout }))?.verdict).toBe('ok');
  expect(await heldOf({ stdout }, [...NEEDED, 'EVENTS_SECRET'])).toMatchObject({
    ...{ verdict: 'FAIL', details: ['EVENTS_SECRET is missing'] },
  });
  expect(await heldOf({ stdout }, null)).toMatchObject({ verdict: 'skipped', details: ['CONFIG-02 first'] });
});
