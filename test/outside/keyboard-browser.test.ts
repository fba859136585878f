import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUp } from '../../demo/world.ts';
import { GRACE } from '../../tools/dev/emulator-project.ts';
import { another, missingBrowser, newVisitor, openBrowser } from '../browser.ts';
import { focused } from '../in-page.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** All that is done in the portal, by Tab, Enter, Space and arrows alone. */
const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

describe.skipIf(missing !== null)(`by keyboard in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let latchkey: OwnLatchkey;
  let desk: string;

  beforeAll(async () => {
    [latchkey, browser] = await Promise.all([startLatchkey(), openBrowser()]);
    ({ desk } = latchkey.world.places);
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop()]);
  }, PATIENCE_MS);

  test.each([
    ['with scripts', true],
    ['without scripts', false],
  ] as const)(
    'a key is made, changed, rotated and revoked, the list searched and narrowed, and out again: %s',
    async (_, javaScriptEnabled) => {
      const account = await signUp(latchkey.world);
      const { page, close } = await newVisitor(browser, { javaScriptEnabled });
      const keys = keysOf(page, desk);

      await page.goto(`${desk}/`);
      await keys.type('E-mail', account.email);
      await keys.type('Password', account.password);
      await another(page, () => page.keyboard.press('Enter'));
      expect(page.url()).toBe(`${desk}/`);

      await keys.enter('Create a key');
      await keys.type('Name', 'By keyboard');
      await keys.space('Read items items:read');
      await keys.to('Never, until I revoke it');
      await page.keyboard.press('ArrowDown');
      expect((await focused(page))?.name).toBe('In 7 days');
      await keys.space('Where from, and how much');
      await keys.type('Only from these addresses (optional)', '192.0.2.0/24');
      await keys.enter('Create key');
      expect(await headingOf(page)).toBe('Your new key');
      if (javaScriptEnabled) {
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: desk });
        await keys.to('Copy');
        await page.keyboard.press('Enter');
        const shown = await page.locator('#key').innerText();
        await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(shown);
        await page.evaluate('navigator.clipboard.writeText("")');
      }
      await keys.enter('I have copied it');
      expect(await page.locator('main').innerText()).toContain('192.0.2.0/24');

      await keys.enter('Change');
      await keys.type('Name', 'Changed by keyboard');
      await keys.enter('Save');
      expect(await headingOf(page)).toContain('Changed by keyboard');

      await keys.enter('Rotate');
      await keys.to('one day');
      await page.keyboard.press('ArrowDown');
      await keys.enter('Make a new secret');
      await keys.enter('I have copied it');
      await keys.enter('Finish now');
      expect(await page.locator('.done').innerText()).toContain('The rotation is finished.');

      await keys.enter('All keys');
      await keys.type('Search', 'nothing like it');
      await another(page, () => page.keyboard.press('Enter'));
      expect(await page.locator('main').innerText()).toContain('No key fits.');
      await keys.enter('Show all active keys');

      await keys.enter('Changed by keyboard');
      await keys.enter('Revoke');
      await keys.enter('Revoke the key');
      expect(await page.locator('.done').innerText()).toContain('Revoked.');

      await keys.enter('Activity');
      await keys.choose('What', 'Key revoked', 'Apply');
      expect(await page.locator('tbody tr').count()).toBe(1);
      await keys.enter('Usage');
      await keys.enter('90 days');
      await keys.enter('Sign out');
      expect(await headingOf(page)).toBe('You are signed out');
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'an operator finds a user, suspends and lifts',
    async () => {
      const account = await signUp(latchkey.world);
      const { page, close } = await newVisitor(browser);
      const keys = keysOf(page, desk);
      await page.goto(`${desk}/operators`);
      await keys.type('E-mail', GRACE.email);
      await keys.type('Password', GRACE.password);
      await another(page, () => page.keyboard.press('Enter'));
      await keys.type('User, member, organisation, e-mail address or key', account.email);
      await another(page, () => page.keyboard.press('Enter'));
      await keys.enter('Suspend');
      await keys.type('Why', 'by keyboard');
      await keys.enter('Suspend');
      await keys.enter('Lift the suspension');
      await keys.enter('Lift');
      expect(await page.locator('.done').innerText()).toContain('The suspension is lifted.');
      await close();
    },
    PATIENCE_MS,
  );
});

const headingOf = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();

/** What a hand on the keyboard does. A thing is found by what it is called, and each time the focus can be seen. */
const keysOf = (page: Page, desk: string) => {
  const to = async (name: string): Promise<void> => {
    const passed: string[] = [];
    // There may be a focus already that the page has set.
    for (let presses = 0; presses < 200; presses++) {
      const stop = await focused(page);
      // The app's page is the app's own.
      if (stop?.name === name && (stop.isSeen || !page.url().startsWith(desk))) return;
      if (stop !== null) passed.push(stop.place);
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not come to "${name}": ${passed.slice(0, 40).join(', ')}`);
  };
  const enter = async (name: string): Promise<void> => {
    await to(name);
    await another(page, () => page.keyboard.press('Enter'));
  };
  return {
    to,
    enter,
    type: async (name: string, text: string): Promise<void> => {
      await to(name);
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type(text);
    },
    space: async (name: string): Promise<void> => {
      await to(name);
      await page.keyboard.press('Space');
    },
    /** Chooses from a list by the letters that the choice begins with, and sends what is chosen. */
    choose: async (name: string, choice: string, button: string): Promise<void> => {
      await to(name);
      await page.keyboard.type(choice);
      expect(await page.evaluate('document.activeElement.selectedOptions?.[0].label')).toBe(choice);
      await enter(button);
    },
  };
};
