import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBrowser, newVisitor, openBrowser } from '../browser.ts';
import { openPage, PORTAL_PAGES, signInBrowser } from '../pages.ts';
import { HOSTILE_NAMES, type Story, tellStory } from '../story.ts';

/** What a page costs whoever looks at it for the first time, and what names of keys can do to it: Debian's Chromium. */
const PATIENCE_MS = 180_000;

/** Compressed, with all that it loads. */
const MOST_BYTES = 30 * 1024;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

const FIRST_PAGES = ['keys', 'keys-empty', 'key-90-days', 'usage-90-days', 'create', 'activity', 'device'];

describe.skipIf(missing !== null)(`a first visit in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let story: Story;

  beforeAll(async () => {
    [story, browser] = await Promise.all([tellStory(), openBrowser()]);
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), story?.end()]);
  }, PATIENCE_MS);

  test.each(PORTAL_PAGES.filter(({ name }) => FIRST_PAGES.includes(name)))(
    '$name: less than 30 KB in all, compressed, from this host alone',
    async (portalPage) => {
      const { page, close } = await newVisitor(browser);
      if (portalPage.who !== null) await signInBrowser(page.context(), story, portalPage.who);
      const loaded: Promise<readonly [url: string, bytes: number]>[] = [];
      page.on('response', (response) => {
        loaded.push(response.body().then((body) => [response.url(), gzipSync(body).length] as const));
      });
      await openPage(portalPage, page, story);
      await page.waitForLoadState('networkidle');
      const parts = await Promise.all(loaded);
      const sum = parts.reduce((total, [, bytes]) => total + bytes, 0);
      const paints = (await page.evaluate(PAINTS)) as Readonly<Record<string, number>>;
      // Not asserted: a machine that has much else to do is slow.
      console.log(`${portalPage.name}: ${sum} bytes in ${parts.length} answers; ${JSON.stringify(paints)}`);
      expect(parts.map(([url]) => new URL(url).origin)).toEqual(parts.map(() => story.world.places.desk));
      // The page, its style and its script at the least: nothing was counted twice or left out.
      expect(new Set(parts.map(([url]) => new URL(url).pathname)).size).toBeGreaterThanOrEqual(3);
      expect(sum).toBeLessThan(MOST_BYTES);
      await close();
    },
    PATIENCE_MS,
  );

  test.each([true, false])(
    'names that would do harm are shown as they are, wherever they are, and do none: with scripts %s',
    async (javaScriptEnabled) => {
      const { page, complaints, close } = await newVisitor(browser, { javaScriptEnabled });
      await signInBrowser(page.context(), story, 'owner');
      const dialogs: string[] = [];
      page.on('dialog', async (dialog) => {
        dialogs.push(dialog.message());
        await dialog.dismiss();
      });
      const { desk } = story.world.places;
      const { id } = story.keys.script;
      for (const path of [
        '/',
        `/keys/${id}`,
        `/keys/${id}/change`,
        `/keys/${id}/rotate`,
        `/keys/${id}/revoke`,
        '/audit',
      ]) {
        await page.goto(`${desk}${path}`);
        const main = await page.locator('main').innerText();
        expect(main).toContain(HOSTILE_NAMES.script);
        expect(await page.locator('main :is(script, img, b[onerror], iframe)').count()).toBe(0);
      }
      await page.goto(`${desk}/?search=${encodeURIComponent('"><script>alert(1)</script>')}`);
      expect(await page.getByLabel('Search').inputValue()).toBe('"><script>alert(1)</script>');
      expect([dialogs, complaints]).toEqual([[], []]);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'a name from right to left turns nothing around it, and a long one stands out of nothing',
    async () => {
      const { page, close } = await newVisitor(browser, { viewport: { width: 320, height: 640 } });
      await signInBrowser(page.context(), story, 'owner');
      await page.goto(`${story.world.places.desk}/`);
      const row = page.locator('.keys > li').filter({ hasText: HOSTILE_NAMES.rightToLeft });
      expect(await row.locator('bdi:dir(rtl)').allInnerTexts()).toEqual([HOSTILE_NAMES.rightToLeft]);
      expect(await page.locator('.keys > li:dir(rtl)').count()).toBe(0);
      // What follows stands where it stands in every row.
      const left = async (of: typeof row) => (await of.locator('code').first().boundingBox())?.x;
      expect(await left(row)).toBe(
        await left(page.locator('.keys > li').filter({ hasText: 'Nightly backup' })),
      );
      const long = await page.getByRole('link', { name: HOSTILE_NAMES.long }).boundingBox();
      expect((long?.x ?? 0) + (long?.width ?? 0)).toBeLessThanOrEqual(320);
      await close();
    },
    PATIENCE_MS,
  );
});

/** When something of the page was seen first, since the visit began; milliseconds. */
const PAINTS = `Object.fromEntries([
  ...performance.getEntriesByType('paint').map(({ name, startTime }) => [name, Math.round(startTime)]),
  ['response-end', Math.round(performance.getEntriesByType('navigation')[0].responseEnd)],
  ['load', Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd)],
])`;
