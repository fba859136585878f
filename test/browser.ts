import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { type Account, signInAs, type World } from '../demo/world.ts';
import type { Places } from '../tools/dev/places.ts';
import { missingPackages, PACKAGES } from './packages.ts';

/** What has to be installed for tests in a browser; null where it is. Nothing is downloaded. */
export const missingBrowser = (): string | null => missingPackages('browser')[0] ?? null;

/**
 * Starts Chromium. In a container there is no second sandbox to be had, and every page is our own. Playwright keeps it from
 * keeping pages that were left (bfcache), unless that is asked for.
 */
export const openBrowser = ({ keepsPages = false } = {}): Promise<Browser> =>
  chromium.launch({
    ...{ executablePath: PACKAGES.browser.chromium, args: ['--no-sandbox'] },
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
  });

/** Somebody's browser: with cookies of its own, and one page. What the page complains of is remembered. */
export const newVisitor = async (browser: Browser, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${message.location().url}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints, close: () => context.close() };
};

/** Gives a browser what a sign-in at the app leaves in it; the token that it is. */
export const bringSession = async (
  context: BrowserContext,
  world: World,
  account: Account,
  minutes?: number,
): Promise<string> => {
  const { sessionToken } = await signInAs(world, account, minutes);
  await bringToken(context, world.places.desk, sessionToken);
  return sessionToken;
};

/** The same of a session that is there. */
export const bringToken = (context: BrowserContext, desk: string, sessionToken: string): Promise<void> =>
  context.addCookies([
    { name: 'stytch_session', value: sessionToken, domain: new URL(desk).hostname, path: '/' },
  ]);

/** Opens a page of the Desk as somebody who is not signed in, and signs in at the app, which leads back to it. */
export const signInAt = async (page: Page, url: string, user: Account): Promise<void> => {
  await page.goto(url);
  await signIn(page, user);
  await page.waitForURL((at) => at.href.startsWith(new URL(url).origin));
};

/** Fills in the app's sign-in, and sends it. */
export const signIn = async (page: Page, { email, password }: Account): Promise<void> => {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

/** Types a code into the device page. */
export const enterCode = async (page: Page, { desk }: Pick<Places, 'desk'>, code: string): Promise<void> => {
  if (!page.url().startsWith(`${desk}/device`)) await page.goto(`${desk}/device`);
  await page.getByLabel('Code', { exact: true }).fill(code);
  await goOn(page);
};

/** Sends the code that is in the field. */
export const goOn = (page: Page): Promise<void> => press(page, 'Continue');

/** Presses a button that sends a form, and waits for the page that comes of it. */
export const press = (page: Page, button: string): Promise<void> =>
  another(page, () => page.getByRole('button', { name: button, exact: true }).click());

/** Follows a link, and waits for the page that it leads to. */
export const follow = (page: Page, link: string): Promise<void> =>
  another(page, () => page.getByRole('link', { name: link, exact: true }).click());

/** Does what leads to another page, and waits for it. The address may stay the same: only the page says that it is another. */
export const another = async (page: Page, lead: () => Promise<unknown>): Promise<void> => {
  const loaded = page.waitForEvent('load');
  await lead();
  await loaded;
};

/** Fills the form of a new key: its name, and that it may read. */
export const fillKey = async (page: Page, name: string): Promise<void> => {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('checkbox', { name: 'Read items' }).check();
};

/** The code that the page asks to be compared. */
export const comparedCode = (page: Page): Promise<string> => page.locator('.code').innerText();

/** Says yes or no, and waits for what comes of it; gives the heading of the page that does. */
export const decide = async (page: Page, decision: 'Approve' | 'Deny'): Promise<string> => {
  await page.getByRole('button', { name: decision }).click();
  await page.waitForURL(/\/device\/(approved|denied)$/);
  return page.getByRole('heading', { level: 1 }).innerText();
};
