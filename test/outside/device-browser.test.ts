import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Places } from '../../tools/dev/places.ts';
import {
  comparedCode,
  decide,
  enterCode,
  goOn,
  missingBrowser,
  newVisitor,
  openBrowser,
  signInAt,
} from '../browser.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** The pages of the device flow as people meet them: Debian's Chromium, and Latchkey as `npm run dev` starts it. */
const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

test.runIf(process.env.BROWSER === 'required')('the browser is installed', () => {
  expect(missing).toBe(null);
});

describe.skipIf(missing !== null)(`the device pages in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let latchkey: OwnLatchkey;
  let places: Places;

  beforeAll(async () => {
    [latchkey, browser] = await Promise.all([startLatchkey(), openBrowser()]);
    places = latchkey.world.places;
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop()]);
  }, PATIENCE_MS);

  /** A device begins to wait. */
  const begin = async () => {
    const form = { client_id: 'acme-cli', device_name: "Ada's laptop", scope: 'items:read' };
    const answer = await fetch(`${places.desk}/oauth2/device_authorization`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return (await answer.json()) as Readonly<
      Record<'user_code' | 'device_code' | 'verification_uri_complete', string>
    >;
  };

  const poll = async (deviceCode: string) => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const form = { grant_type, device_code: deviceCode, client_id: 'acme-cli' };
    const answer = await fetch(`${places.desk}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return (await answer.json()) as { readonly access_token?: string; readonly error?: string };
  };

  const newUser = async () => {
    const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
    const body = JSON.stringify({ users: [user] });
    await fetch(`${places.stytch}/_emulator/seed`, { method: 'POST', body });
    return user;
  };

  const PHONE = { width: 320, height: 640 };
  const SCREEN = { width: 1280, height: 800 };

  test.each([
    ['on a phone, without scripts', { viewport: PHONE, colorScheme: 'light', javaScriptEnabled: false }],
    ['on a phone, with scripts', { viewport: PHONE, colorScheme: 'dark', javaScriptEnabled: true }],
    ['on a screen, without scripts', { viewport: SCREEN, colorScheme: 'light', javaScriptEnabled: false }],
    ['on a screen, with scripts', { viewport: SCREEN, colorScheme: 'dark', javaScriptEnabled: true }],
  ] as const)(
    'a user signs in, types the code in small letters, compares and approves: %s',
    async (_, options) => {
      const [{ user_code, device_code }, user] = [await begin(), await newUser()];
      const { page, complaints, close } = await newVisitor(browser, options);
      await signInAt(page, `${places.desk}/device`, user);
      expect(page.url()).toBe(`${places.desk}/device`);
      expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(1);
      await enterCode(page, places, user_code.toLowerCase().replace('-', ''));
      expect(await comparedCode(page)).toBe(user_code);
      const text = await page.locator('main').innerText();
      for (const said of ['Acme CLI', "Acme CLI on Ada's laptop", 'Read items', 'items:read'])
        expect(text).toContain(said);
      expect(await page.locator('header').innerText()).toContain(user.email);
      expect(await page.locator('footer').innerText()).toContain('Deny, and begin anew on your device');
      // The code is this sign-in's: another one could do nothing with it.
      expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
      expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(
        options.viewport.width,
      );
      const box = await page.getByRole('button', { name: 'Approve' }).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(options.viewport.width);
      expect(await decide(page, 'Approve')).toBe('Your device is connected');
      await page.reload();
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Your device is connected');
      expect(complaints.filter((each) => each.startsWith(places.desk))).toEqual([]);
      const { access_token } = await poll(device_code);
      const called = await fetch(`${places.api}/v1/items/1`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
      expect(called.status).toBe(200);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'the address with the code in it is a click away from the comparison, and no is no',
    async () => {
      const [{ user_code, device_code, verification_uri_complete }, user] = [await begin(), await newUser()];
      const { page, close } = await newVisitor(browser, { javaScriptEnabled: false });
      await signInAt(page, verification_uri_complete, user);
      expect(await page.getByLabel('Code', { exact: true }).inputValue()).toBe(user_code);
      expect(await page.locator('.code').count()).toBe(0);
      await goOn(page);
      expect(await comparedCode(page)).toBe(user_code);
      expect(await decide(page, 'Deny')).toBe('Denied');
      expect(await poll(device_code)).toMatchObject({ error: 'access_denied' });
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'it goes by keyboard alone: the code first, then yes',
    async () => {
      const [{ user_code }, user] = [await begin(), await newUser()];
      const { page, close } = await newVisitor(browser);
      await signInAt(page, `${places.desk}/device`, user);
      // Browsers put the focus there when the page is drawn.
      await page.locator('#code:focus').waitFor();
      await page.keyboard.type(user_code);
      await page.keyboard.press('Enter');
      expect(await comparedCode(page)).toBe(user_code);
      const focused = () => page.evaluate('document.activeElement?.textContent?.trim()');
      const path: unknown[] = [];
      for (const key of ['Tab', 'Enter', 'Tab', 'Tab']) {
        await page.keyboard.press(key);
        if (key === 'Tab') path.push(await focused());
      }
      expect(path).toEqual(['Skip to the page', 'Deny', 'Approve']);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/device\/approved$/);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'a wrong code is told at the field, and to load a page again or to begin anew does no harm',
    async () => {
      const [{ user_code, device_code }, user] = [await begin(), await newUser()];
      const { page, close } = await newVisitor(browser);
      await signInAt(page, `${places.desk}/device`, user);
      await enterCode(page, places, 'bcdf ghjk');
      expect(await page.getByRole('alert').innerText()).toContain('No device waits for you with this code');
      expect(await page.getByLabel('Code', { exact: true }).getAttribute('aria-describedby')).toBe(
        'problem hint',
      );
      await enterCode(page, places, user_code);
      await page.reload();
      expect(await comparedCode(page)).toBe(user_code);
      await page.goto(`${places.desk}/device`);
      await enterCode(page, places, user_code);
      expect(await decide(page, 'Deny')).toBe('Denied');
      await page.reload();
      expect(await poll(device_code)).toMatchObject({ error: 'access_denied' });
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'no other site frames the page, sends its forms, or reads its cookies',
    async () => {
      const user = await newUser();
      const { page, close } = await newVisitor(browser);
      await signInAt(page, `${places.desk}/device`, user);
      expect(await page.evaluate('document.cookie')).not.toContain('__Host-');
      // Another site: this machine under its other name.
      const evil = createServer((_, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(`<iframe src="${places.desk}/device/approved"></iframe>
          <form method="post" action="${places.desk}/device/decision"><button>Win a prize</button></form>`);
      });
      await new Promise<void>((listening) => evil.listen(0, '127.0.0.1', listening));
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      // The page has loaded before its frame is refused.
      await expect.poll(() => page.frames()[1]?.url()).toBe('chrome-error://chromewebdata/');
      const answer = page.waitForResponse(`${places.desk}/device/decision`);
      await page.getByRole('button').click();
      expect((await answer).status()).toBe(403);
      expect(await page.getByRole('heading').innerText()).toBe('This did not come from our page');
      await close();
      evil.close();
    },
    PATIENCE_MS,
  );
});
