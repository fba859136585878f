import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { missingBrowser, newVisitor, openBrowser } from '../test/browser.ts';
import { openPage, PORTAL_PAGES, type PortalPage, signInBrowser, VIEWS } from '../test/pages.ts';
import { type Story, tellStory } from '../test/story.ts';
import { command } from './command.ts';
import { ROOT } from './dev/commands.ts';
import { gallery } from './screenshots/gallery.ts';

const HELP = `Takes a picture of every page of the portal, light and dark, on a screen and on a phone, in Debian's Chromium.

  npm run screenshots
  npm run screenshots -- [--out screenshots] [--only NAME]…

  --out   the folder for the pictures, and for an index.html that shows them side by side
  --only  the page of that name alone; any number of them

It starts a Latchkey of its own, with a user whose keys were used for months, on free ports. The pages:
${PORTAL_PAGES.map(({ name }) => `  ${name}`).join('\n')}
`;

const main = (): Promise<number> =>
  command(readOptions(), HELP, async (asked) => {
    const missing = missingBrowser();
    if (missing !== null) {
      console.error(`There is no browser here. On Debian: apt-get install ${missing}`);
      return 1;
    }
    const stopped = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());
    const story = await tellStory((line) => console.log(`Starting ${line} …`), stopped.signal);
    const browser = await openBrowser();
    try {
      return await takeAll(browser, story, asked.pages, asked.out, stopped.signal);
    } finally {
      await Promise.all([browser.close(), story.end()]);
    }
  });

/** The exit code. A page that fails is told, and the others are taken all the same. */
const takeAll = async (
  browser: Browser,
  story: Story,
  pages: readonly PortalPage[],
  out: string,
  stopped: AbortSignal,
): Promise<number> => {
  mkdirSync(out, { recursive: true });
  const failed: string[] = [];
  for (const [i, portalPage] of pages.entries()) {
    const pictures: string[] = [];
    for (const view of VIEWS) {
      if (stopped.aborted) return 1;
      const picture = `${portalPage.name}-${view.name}.png`;
      const problem = await take(browser, story, portalPage, view, join(out, picture));
      if (problem === null) pictures.push(picture);
      else failed.push(`${picture}: ${problem}`);
    }
    console.log(`${i + 1}/${pages.length}  ${portalPage.name}  ${pictures.length} pictures`);
  }
  const names = pages.map(({ name }) => name);
  writeFileSync(join(out, 'index.html'), gallery(names, VIEWS));
  for (const line of failed) console.error(`Failed: ${line}`);
  console.log(`\n${join(out, 'index.html')} shows them all.`);
  return failed.length === 0 ? 0 : 1;
};

/** Why there is no picture, or null. */
const take = async (
  browser: Browser,
  story: Story,
  portalPage: PortalPage,
  { colorScheme, viewport }: (typeof VIEWS)[number],
  file: string,
): Promise<string | null> => {
  const { page, close } = await newVisitor(browser, { colorScheme, viewport, deviceScaleFactor: 2 });
  try {
    if (portalPage.who !== null) await signInBrowser(page.context(), story, portalPage.who);
    await openPage(portalPage, page, story);
    await page.screenshot({ path: file, fullPage: true, animations: 'disabled' });
    return null;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  } finally {
    await close();
  }
};

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: 'screenshots' },
        only: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    const unknown = values.only.filter((wanted) => !PORTAL_PAGES.some(({ name }) => name === wanted));
    if (unknown.length > 0) return `No such page: ${unknown.join(', ')}`;
    const pages = PORTAL_PAGES.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
    return { out: resolve(ROOT, values.out), pages, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

process.exitCode = await main();
// Signals are still listened to, and that keeps nothing alive; a pipe of a child that was killed could.
process.exit();
