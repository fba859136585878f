import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../demo/world.ts';
import { fillKey, follow, missingBrowser, newVisitor, openBrowser, press } from '../browser.ts';
import { LIN, type OrganizationLatchkey, SAM, startOrganization } from '../organization.ts';

/** Keys of an organisation, as its members meet them: Debian's Chromium, workerd, and Stytch's emulator. */
const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

describe.skipIf(missing !== null)(`an organisation's keys in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let latchkey: OrganizationLatchkey;
  let desk: string;

  beforeAll(async () => {
    [latchkey, browser] = await Promise.all([startOrganization(), openBrowser()]);
    ({ desk } = latchkey);
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop()]);
  }, PATIENCE_MS);

  /** Opens a page as a member of the organisation, who signs in at the app. */
  const open = async (page: Page, path: string, member: Account): Promise<void> => {
    await page.goto(`${desk}${path}`);
    await page.getByLabel('E-mail').fill(member.email);
    await page.getByLabel('Password').fill(member.password);
    await page.getByLabel(/^Organization/).fill('example');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${desk}${path}`);
  };

  test.each([
    ['on a screen, with scripts', { viewport: { width: 1280, height: 800 }, javaScriptEnabled: true }],
    ['on a screen, without scripts', { viewport: { width: 1280, height: 800 }, javaScriptEnabled: false }],
    ['on a phone, with scripts', { viewport: { width: 390, height: 844 }, javaScriptEnabled: true }],
    ['on a phone, without scripts', { viewport: { width: 390, height: 844 }, javaScriptEnabled: false }],
  ])(
    'a member with the role makes, rotates and revokes them, apart from her own: %s',
    async (how, options) => {
      const { page, complaints, close } = await newVisitor(browser, options);
      await open(page, '/', LIN);
      await follow(page, "Your organisation's keys");
      expect([page.url(), await headingOf(page)]).toEqual([
        `${desk}/organization`,
        "Your organisation's API keys",
      ]);
      await follow(page, 'Create a key');
      await fillKey(page, `Of us all ${how}`);
      await press(page, 'Create key');
      const key = await page.locator('#key').innerText();
      expect(await whoami(key)).toMatchObject({
        ...{ user_id: null, organization_id: expect.stringMatching(/^organization-test-/) },
      });
      await follow(page, 'I have copied it');
      expect(new URL(page.url()).pathname).toMatch(/^\/organization\/keys\/acme_test_/);
      await follow(page, 'Rotate');
      await press(page, 'Make a new secret');
      await follow(page, 'I have copied it');
      await press(page, 'Cancel rotation');
      await follow(page, 'Usage');
      expect(new URL(page.url()).pathname).toBe('/organization/usage');
      await follow(page, 'Activity');
      expect(await page.locator('tbody').innerText()).toContain('Rotation cancelled');
      // Her own list has none of it.
      await follow(page, 'Your keys');
      expect(await page.locator('main').innerText()).toContain('No keys yet');
      await follow(page, "Your organisation's keys");
      await follow(page, `Of us all ${how}`);
      await follow(page, 'Revoke');
      await press(page, 'Revoke the key');
      await expect.poll(() => whoami(key), { timeout: 30_000 }).toBe(null);
      expect(complaints.filter((each) => each.startsWith(desk))).toEqual([]);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'a member without the role has her own alone',
    async () => {
      const { page, close } = await newVisitor(browser);
      await open(page, '/', SAM);
      expect(await page.getByRole('link', { name: "Your organisation's keys" }).count()).toBe(0);
      const answer = await page.goto(`${desk}/organization`);
      expect([answer?.status(), await headingOf(page)]).toEqual([403, 'Not for your role']);
      await close();
    },
    PATIENCE_MS,
  );

  /** Whose a key is, as the Desk tells whoever has it; null where it is nobody's any more. */
  const whoami = async (key: string): Promise<unknown> => {
    const answer = await fetch(`${desk}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } });
    return answer.status === 401 ? null : await answer.json();
  };
});

const headingOf = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();
