import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bearer } from '../../demo/http.ts';
import { signInAs, signUp } from '../../demo/world.ts';
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

describe.skipIf(missing !== null)(`the device flow, in a terminal and in Chromium${NOT_HERE}`, () => {
  let latchkey: OwnLatchkey;
  let browser: Browser;
  let config: string;

  beforeAll(async () => {
    config = mkdtempSync(join(tmpdir(), 'acme-cli-'));
    [latchkey, browser] = await Promise.all([startLatchkey(), openBrowser()]);
  }, PATIENCE_MS);
  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop()]);
    rmSync(config, { recursive: true, force: true });
  }, PATIENCE_MS);

  test(
    'a CLI asks, its user signs in, compares and approves in a browser, and the CLI has a key that is his until it logs out',
    async () => {
      const { places } = latchkey.world;
      const account = await signUp(latchkey.world);
      const user = await signInAs(latchkey.world, account);
      const cli = startInTerminal(config, 'login', '--api', places.api, '--device-name', 'build-7');
      const { userCode } = await cli.code();

      const { page, close } = await newVisitor(browser);
      await signInAt(page, `${places.desk}/device`, account);
      await enterCode(page, places, userCode);
      expect(await comparedCode(page)).toBe(userCode);
      const shown = await page.locator('main').innerText();
      for (const said of ['Acme CLI on build-7', 'Read items', 'Change items']) expect(shown).toContain(said);
      expect(existsSync(credentialsIn(config))).toBe(false);
      expect(await decide(page, 'Approve')).toBe('Your device is connected');
      await close();

      expect([await cli.ended, cli.output()]).toEqual([0, expect.stringContaining('Logged in.')]);
      expect(statSync(credentialsIn(config)).mode & 0o777).toBe(0o600);
      const { key, keyId } = JSON.parse(readFileSync(credentialsIn(config), 'utf8'));
      expect(cli.output()).not.toContain(key.slice(key.lastIndexOf('_')));

      const called = await runCli(config, 'call', '/v1/items/1');
      expect(called.exitCode).toBe(0);
      expect(JSON.parse(called.stdout)).toMatchObject({ you: { userId: user.id, clientId: keyId } });
      const mine = await ask(`${places.desk}/v1/keys`, { headers: bearer(user.session) });
      expect(mine.json).toMatchObject({
        data: [{ key_id: keyId, name: 'Acme CLI on build-7', device_client: 'acme-cli', status: 'active' }],
      });
      const trail = await ask(`${places.desk}/v1/audit?key_id=${keyId}`, { headers: bearer(user.session) });
      expect(trail.json).toMatchObject({ data: [{ action: 'key.created', actor: { id: user.id } }] });

      expect(await runCli(config, 'logout')).toMatchObject({ exitCode: 0 });
      expect(existsSync(credentialsIn(config))).toBe(false);
      const gone = await ask(`${places.desk}/v1/keys/${keyId}`, { headers: bearer(user.session) });
      expect(gone.json).toMatchObject({ status: 'revoked' });
      // A route that takes no lease: dead with the next request.
      expect((await ask(`${places.api}/v1/payouts/1`, { headers: bearer(key) })).status).toBe(401);
    },
    PATIENCE_MS,
  );
});
