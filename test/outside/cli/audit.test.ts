import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callLatchkey } from './recorder.ts';
import { memberOf, newUser, type Stage, startStage } from './stage.ts';

let stage: Stage;
let folder: string;
let user: string;
let keyId: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-'));
  stage = await startStage();
  user = (await newUser(stage.stytch)).id;
  const who = ['--user', user];
  const { said } = await latchkey([
    'keys',
    'issue',
    ...who,
    '--name',
    'n',
    '--scope',
    'items:read',
    '--json',
  ]);
  keyId = String(memberOf(said, 'key_id'));
  await latchkey(['keys', 'issue', ...who, '--name', 'm', '--scope', 'items:read']);
  expect((await latchkey(['keys', 'revoke', keyId, '--yes'])).code).toBe(0);
});
afterAll(async () => {
  await stage?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const latchkey = (args: readonly string[]) =>
  callLatchkey([...args, ...stage.asOperator], { env: stage.env });

const list = async (...more: readonly string[]) => {
  const { code, said } = await latchkey(['audit', 'list', '--user', user, '--json', ...more]);
  expect(code).toBe(0);
  return (memberOf(said, 'data') as readonly { readonly action: string }[]).map(({ action }) => action);
};

describe('latchkey audit list', () => {
  test('is a table of who did what, newest first', async () => {
    const { code, said } = await latchkey(['audit', 'list', '--user', user]);
    const [head = '', first = '', ...rest] = said.split('\n');
    expect([code, rest.length]).toEqual([0, 2]);
    expect(head.split(/ {2,}/)).toEqual(['AT', 'ACTION', 'BY', 'KEY ID', 'FROM']);
    expect(first).toMatch(/Z {2}key\.revoked {2}operator m2m-client-test-0e0e0e0e\S+ {2}acme_test_/);
  });

  test('filters by time, key, action and who; and takes so many', async () => {
    const made = ['key.created', 'key.created'];
    expect(await list()).toEqual(['key.revoked', ...made]);
    expect(await list('--key', keyId)).toEqual(['key.revoked', 'key.created']);
    expect(await list('--action', 'key.created')).toEqual(made);
    expect(await list('--actor', user)).toEqual([]);
    expect(await list('--limit', '1')).toEqual(['key.revoked']);
    const [soon, before] = [60_000, -60_000].map((ms) => new Date(Date.now() + ms).toISOString());
    expect(await list('--after', soon ?? '')).toEqual([]);
    expect(await list('--before', before ?? '')).toEqual([]);
    expect(await list('--after', before ?? '', '--before', soon ?? '')).toHaveLength(3);
  });
});

describe('latchkey audit export', () => {
  test('is whole, for its owner alone, and good for latchkey audit verify', async () => {
    const out = join(folder, 'export.ndjson');
    const { code, said, told } = await latchkey(['audit', 'export', '--user', user, '--out', out]);
    expect([code, said]).toEqual([0, '']);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(told).toBe(`${lines.length} lines, in ${out}.`);
    expect(lines.at(-1)).toContain('"type":"end"');
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const { LATCHKEY_MASTER_KEYS = '' } = stage.secrets;
    const verify = (file: string) =>
      callLatchkey(['audit', 'verify', file], { env: { LATCHKEY_MASTER_KEYS } });
    expect(await verify(out)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^ok: 4 entries, head 4 /),
    });
    const altered = join(folder, 'altered.ndjson');
    writeFileSync(altered, readFileSync(out, 'utf8').replace('key.revoked', 'key.expired'));
    expect(await verify(altered)).toMatchObject({ code: 1, said: expect.stringContaining('altered') });
  });

  test('without a file it is what stands on stdout', async () => {
    const { code, said } = await latchkey(['audit', 'export', '--user', user]);
    const types = said.split('\n').map((line) => memberOf(line, 'type'));
    expect([code, types[0], types.at(-1)]).toEqual([0, 'owner', 'end']);
  });

  test.each([
    ['ends before its end', '{"type":"owner"}\n', true],
    ['breaks off', '{"type":"owner"}\n', false],
    ['ends within its last line', '{"type":"owner"}\n{"type":"end"', true],
  ])('one that %s is not whole: there is no file of it', async (_, text, ends) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(text);
      if (ends) response.end();
      else setImmediate(() => response.destroy());
    });
    const desk = await listening(server);
    const out = join(folder, 'broken.ndjson');
    const called = await callLatchkey(['audit', 'export', '--user', user, '--desk', desk, '--out', out], {
      env: { LATCHKEY_OPERATOR_TOKEN: 'any' },
    });
    server.close();
    expect([called.code, called.said]).toEqual([1, '']);
    expect(called.told).toContain('is not whole: export it again');
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
  });
});

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
