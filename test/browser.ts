import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Places } from '../tools/dev/places.ts';

/** Debian's package, and the program in it. Nothing is downloaded. */
const CHROMIUM = '/usr/bin/chromium';

/** What has to be installed for tests in a browser; null where it is. */
export const missingBrowser = (): string | null => (existsSync(CHROMIUM) ? null : 'chromium');

/** Starts Chromium. In a container there is no second sandbox to be had, and every page is our own. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });

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

/** Opens a page of the Desk as somebody who is not signed in, and signs in at the app, which leads back to it. */
export const signInAt = async (
  page: Page,
  url: string,
  user: { readonly email: string; readonly password: string },
): Promise<void> => {
  await page.goto(url);
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((at) => at.href.startsWith(new URL(url).origin));
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
export const press = async (page: Page, button: string): Promise<void> => {
  // The address may stay the same: only the page says that it is another.
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: button, exact: true }).click();
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
