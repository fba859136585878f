import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBrowser, newVisitor, openBrowser } from '../browser.ts';
import { PORTAL_PAGES, signInBrowser, VIEWS } from '../pages.ts';
import { type Story, tellStory } from '../story.ts';

/** What holds for every page of the portal, in Debian's Chromium. */
const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

describe.skipIf(missing !== null)(`every page in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let story: Story;

  beforeAll(async () => {
    [story, browser] = await Promise.all([tellStory(), openBrowser()]);
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), story?.end()]);
  }, PATIENCE_MS);

  describe.each(PORTAL_PAGES)('$name', ({ who, open }) => {
    const visit = async (options: Parameters<typeof newVisitor>[1]) => {
      const visitor = await newVisitor(browser, options);
      if (who !== null) await signInBrowser(visitor.page.context(), story, who);
      await open(visitor.page, story);
      return visitor;
    };

    test.each(VIEWS)(
      'axe finds nothing: $name',
      async ({ colorScheme, viewport }) => {
        const { page, close } = await visit({ colorScheme, viewport });
        expect(await violations(page)).toEqual([]);
        await close();
      },
      PATIENCE_MS,
    );
  });
});

/** WCAG 2.2, levels A and AA, and what is good practice besides. */
const RULES = {
  runOnly: {
    type: 'tag',
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'],
  },
} as const satisfies axe.RunOptions;

/** What is wrong with a page, and what axe cannot tell: one line for each rule and element. */
const violations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  const { violations, incomplete } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify(RULES)})`,
  )) as axe.AxeResults;
  return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const why = [...any, ...all, ...none].map(({ message }) => message).join('; ');
      return `${id} ${target.join(' ')}: ${why}`;
    }),
  );
};
