import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bearer } from '../../demo/http.ts';
import { type Account, signInAs, signUp } from '../../demo/world.ts';
import {
  comparedCode,
  decide,
  enterCode,
  missingBrowser,
  newVisitor,
  openBrowser,
  signInAt,
} from '../browser.ts';
import { credentialsIn, runCli, startInTerminal } from './command-line.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** For a machine that has much else to do. */
const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

describe.skipIf(missing !== null)(`a terminal and Chromium side by side${NOT_HERE}`, () => {
  let latchkey: OwnLatchkey;
  let browser: Browser;
  let account: Account;
  let config: string;

  beforeAll(async () => {
    [latchkey, browser] = await Promise.all([startLatchkey(), openBrowser()]);
    account = await signUp(latchkey.world);
    config = mkdtempSync(join(tmpdir(), 'acme-cli-'));
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop()]);
    rmSync(config, { recursive: true, force: true });
  }, PATIENCE_MS);

  const keysOf = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const { session } = await signInAs(latchkey.world, account);
    const { json } = await ask(`${latchkey.world.places.desk}/v1/keys`, { headers: bearer(session) });
    return (json as { readonly data: readonly Readonly<Record<string, unknown>>[] }).data;
  };

  test(
    'a user lets a command line in, it calls the API as him, and logs out for good',
    async () => {
      const { places } = latchkey.world;
      const cli = startInTerminal(config, 'login', '--api', places.api, '--device-name', 'build-7');
      const { userCode } = await cli.code();
      const { page, close } = await newVisitor(browser);
      await signInAt(page, `${places.desk}/device`, account);
      await enterCode(page, places, userCode);
      expect(await comparedCode(page)).toBe(userCode);
      const shown = await page.locator('main').innerText();
      for (const said of ['Acme CLI on build-7', 'Read items', 'Change items']) expect(shown).toContain(said);
      // Nothing is made before he has said yes.
      expect(await keysOf()).toEqual([]);
      expect(await decide(page, 'Approve')).toBe('Your device is connected');
      expect([await cli.ended, cli.output()]).toEqual([0, expect.stringContaining('Logged in.')]);

      expect(statSync(credentialsIn(config)).mode & 0o777).toBe(0o600);
      const { key, keyId } = JSON.parse(readFileSync(credentialsIn(config), 'utf8'));
      expect(await keysOf()).toMatchObject([
        { key_id: keyId, name: 'Acme CLI on build-7', device_client: 'acme-cli', status: 'active' },
      ]);
      expect(cli.output()).not.toContain(key.slice(key.lastIndexOf('_')));
      const { id, session } = await signInAs(latchkey.world, account);
      const trail = await ask(`${places.desk}/v1/audit?key_id=${keyId}`, { headers: bearer(session) });
      expect(trail.json).toMatchObject({ data: [{ action: 'key.created', actor: { id } }] });
      expect((await runCli(config, 'whoami')).stdout).toContain(id);
      const called = await runCli(config, 'call', '/v1/items/1');
      expect(called.exitCode).toBe(0);
      expect(JSON.parse(called.stdout)).toMatchObject({ you: { userId: id, clientId: keyId } });

      expect(await runCli(config, 'logout')).toMatchObject({ exitCode: 0 });
      expect(existsSync(credentialsIn(config))).toBe(false);
      expect(await keysOf()).toEqual([]);
      const headers = bearer(key);
      await expect
        .poll(async () => (await ask(`${places.api}/v1/items/1`, { headers })).status, { timeout: 30_000 })
        .toBe(401);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'a user who did not begin it says no, and the command line is told',
    async () => {
      const { places } = latchkey.world;
      const cli = startInTerminal(config, 'login', '--api', places.api);
      const { userCode, address } = await cli.code();
      const { page, close } = await newVisitor(browser);
      await signInAt(page, address, account);
      await enterCode(page, places, userCode);
      expect(await decide(page, 'Deny')).toBe('Denied');
      expect([await cli.ended, cli.output()]).toEqual([1, expect.stringContaining('access_denied')]);
      expect(existsSync(credentialsIn(config))).toBe(false);
      expect(await keysOf()).toEqual([]);
      await close();
    },
    PATIENCE_MS,
  );
});
