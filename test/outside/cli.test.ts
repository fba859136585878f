import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, bearer, textOf } from '../../demo/http.ts';
import { revokeKey, signIn, type User } from '../../demo/world.ts';
import type { Places } from '../../tools/dev/places.ts';
import { openApproval } from './approval.ts';
import { credentialsIn, runCli, startCli } from './command-line.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** For a machine that has much else to do. */
const PATIENCE_MS = 180_000;

let latchkey: OwnLatchkey;
let places: Places;
let user: User;
let config: string;

beforeAll(async () => {
  latchkey = await startLatchkey();
  places = latchkey.world.places;
}, PATIENCE_MS);
afterAll(() => latchkey.stop());

beforeEach(async () => {
  user = await signIn(latchkey.world);
  config = mkdtempSync(join(tmpdir(), 'acme-cli-'));
});
afterEach(() => rmSync(config, { recursive: true, force: true }));

const login = (...more: readonly string[]) => startCli(config, 'login', '--api', places.api, ...more);

/** Logs in, and gives back what is kept. */
const logIn = async (...more: readonly string[]) => {
  const cli = login(...more);
  const { address } = await cli.code();
  const approval = await openApproval(places, user, address);
  expect(await approval.decide('approve')).toContain('approved');
  expect([await cli.ended, cli.output()]).toEqual([0, expect.stringContaining('Logged in.')]);
  const kept = JSON.parse(readFileSync(credentialsIn(config), 'utf8'));
  const key: string = kept.key;
  expect(cli.output()).not.toContain(key.slice(key.lastIndexOf('_')));
  return { key, keyId: String(kept.keyId), output: cli.output(), page: approval.page };
};

const keysOf = async ({ session }: User): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const { json } = await ask(`${places.desk}/v1/keys`, { headers: bearer(session) });
  return (json as { readonly data: readonly Readonly<Record<string, unknown>>[] }).data;
};

const statusWith = async (key: string): Promise<number> =>
  (await ask(`${places.api}/v1/items/1`, { headers: bearer(key) })).status;

describe('login, call, whoami, status, logout', () => {
  test(
    'a machine is let in by its user, does what it may, and is gone again',
    async () => {
      const { key, keyId, page } = await logIn('--device-name', 'build-7');
      // OA-15: what he compared.
      expect(page).toContain('Acme CLI');
      expect(page).toContain('build-7');
      expect(page).toContain('items:read');
      expect(statSync(credentialsIn(config)).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(credentialsIn(config))).mode & 0o777).toBe(0o700);
      expect(await keysOf(user)).toMatchObject([{ key_id: keyId, name: expect.stringContaining('build-7') }]);

      const status = await runCli(config, 'status');
      expect([status.exitCode, status.stdout]).toEqual([0, expect.stringContaining(keyId)]);
      const whoami = await runCli(config, 'whoami');
      expect([whoami.exitCode, whoami.stdout]).toEqual([0, expect.stringContaining(user.id)]);
      const called = await runCli(config, 'call', '/v1/items/1');
      expect([called.exitCode, called.output]).toEqual([0, expect.stringContaining('200 OK')]);
      expect(JSON.parse(called.stdout)).toMatchObject({ you: { userId: user.id, clientId: keyId } });
      const changed = await runCli(config, 'call', '/v1/items/1', '-X', 'PUT', '-d', '{"a":1}');
      expect([changed.exitCode, changed.output]).toEqual([0, expect.stringContaining('200 OK')]);
      const forbidden = await runCli(config, 'call', '/v1/payouts/1');
      expect([forbidden.exitCode, forbidden.output]).toEqual([1, expect.stringContaining('403 Forbidden')]);

      const elsewhere = await runCli(config, 'whoami', '--api', 'https://other.test');
      expect(elsewhere).toMatchObject({
        exitCode: 3,
        output: expect.stringContaining('not to https://other.test'),
      });
      const twice = await runCli(config, 'login', '--api', places.api);
      expect(twice).toMatchObject({ exitCode: 1, output: expect.stringContaining('logged in to') });

      const logout = await runCli(config, 'logout');
      expect([logout.exitCode, logout.output]).toEqual([0, expect.stringContaining('is revoked')]);
      expect(readdirSync(dirname(credentialsIn(config)))).toEqual([]);
      expect(await keysOf(user)).toEqual([]);
      await expect.poll(() => statusWith(key), { timeout: 30_000 }).toBe(401);
      expect(await runCli(config, 'call', '/v1/items/1')).toMatchObject({ exitCode: 3 });
      for (const { output } of [status, whoami, called, changed, forbidden, twice, logout])
        expect(output).not.toContain(key.slice(key.lastIndexOf('_')));
      expect(readFileSync(latchkey.logFile, 'utf8')).not.toContain(key.slice(key.lastIndexOf('_')));
    },
    PATIENCE_MS,
  );

  test(
    'a machine that asks for less gets less',
    async () => {
      await logIn('--scope', 'items:read');
      expect(await runCli(config, 'call', '/v1/items/1', '-X', 'DELETE')).toMatchObject({ exitCode: 1 });
      expect((await keysOf(user)).map(({ scopes }) => scopes)).toEqual([['items:read']]);
    },
    PATIENCE_MS,
  );

  test(
    'a key that its user revoked elsewhere is told as such, and logging out forgets it',
    async () => {
      const { key, keyId } = await logIn();
      await revokeKey(latchkey.world, user, { id: keyId, key });
      await expect.poll(() => statusWith(key), { timeout: 30_000 }).toBe(401);
      for (const command of [['call', '/v1/items/1'], ['whoami']])
        expect(await runCli(config, ...command)).toMatchObject({
          ...{ exitCode: 1, output: expect.stringContaining('The key is not good any more') },
        });
      expect(await runCli(config, 'logout')).toMatchObject({ exitCode: 0 });
      expect(existsSync(credentialsIn(config))).toBe(false);
    },
    PATIENCE_MS,
  );
});

describe('a login that comes to nothing', () => {
  test(
    'denied: it says so, and there is neither key nor file',
    async () => {
      const cli = login();
      const approval = await openApproval(places, user, (await cli.code()).address);
      expect(await approval.decide('deny')).toContain('denied');
      expect([await cli.ended, cli.output()]).toEqual([1, expect.stringContaining('access_denied')]);
      expect(existsSync(credentialsIn(config))).toBe(false);
      expect(await keysOf(user)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'interrupted while it waits: there is neither key nor file, and the code is good for nothing',
    async () => {
      const cli = login();
      const { address } = await cli.code();
      cli.interrupt();
      expect([await cli.ended, cli.output()]).toEqual([130, expect.stringContaining('Ended.')]);
      expect(readdirSync(dirname(credentialsIn(config)))).toEqual([]);
      // Approved too late: a key is made only when it is fetched.
      const approval = await openApproval(places, user, address);
      await approval.decide('approve');
      expect(await keysOf(user)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test('a scope that it may not have', async () => {
    const cli = login('--scope', 'admin:all');
    expect([await cli.ended, cli.output()]).toEqual([1, expect.stringContaining('400 invalid_scope')]);
  });

  test('where there is no API, and where there is something else', async () => {
    const nobody = await runCli(config, 'login', '--api', 'http://127.0.0.1:1024');
    expect(nobody).toMatchObject({ exitCode: 1, output: expect.stringContaining('nobody answers there') });
    for (const url of [places.desk, places.origin, places.stytch])
      expect(await runCli(config, 'login', '--api', url)).toMatchObject({
        ...{ exitCode: 1, output: expect.stringContaining('does not say how to log in') },
      });
  });
});

describe('a logout that cannot revoke', () => {
  test(
    'keeps the key and says why, unless it is told to forget it',
    async () => {
      const { keyId } = await logIn();
      const file = credentialsIn(config);
      const kept = readFileSync(file, 'utf8');
      // An authorization server that is gone.
      writeFileSync(file, kept.replace(places.desk, 'http://localhost:1024'));
      const refused = await runCli(config, 'logout');
      expect(refused).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining(`${keyId} could not be revoked`),
      });
      expect(refused.output).toContain('nobody answers there');
      expect(existsSync(file)).toBe(true);
      const forced = await runCli(config, 'logout', '--force');
      expect(forced).toMatchObject({
        exitCode: 0,
        output: expect.stringContaining('lives until you revoke it'),
      });
      expect(existsSync(file)).toBe(false);
      expect((await keysOf(user)).map((each) => textOf(each, 'key_id'))).toEqual([keyId]);
    },
    PATIENCE_MS,
  );
});
