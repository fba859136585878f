import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from '../axe.ts';
import { missingBrowser, newVisitor, openBrowser } from '../browser.ts';
import { faintExamples, shifts, sticksOut, tabbable, tabThrough, withoutEdge } from '../in-page.ts';
import { openPage, PORTAL_PAGES, type PortalPage, signInBrowser, VIEWS } from '../pages.ts';
import { type Story, tellStory } from '../story.ts';

/** What holds for every page of the portal, in Debian's Chromium. */
const PATIENCE_MS = 180_000;

/** The letters of a browser that nobody has set, in pixels. */
const USUAL_LETTERS = 16;

type Options = NonNullable<Parameters<typeof newVisitor>[1]>;
type Visitor = Awaited<ReturnType<typeof newVisitor>>;

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

  /** A browser for each person, and in it one page after the other. */
  const visitsWith = (options: Options, letters = USUAL_LETTERS) => {
    const visitors = new Map<PortalPage['who'], Visitor>();
    afterAll(async () => {
      await Promise.all([...visitors.values()].map(({ close }) => close()));
    });

    const begin = async (who: PortalPage['who']): Promise<Visitor> => {
      const visitor = await newVisitor(browser, options);
      visitors.set(who, visitor);
      const tools = await visitor.page.context().newCDPSession(visitor.page);
      await tools.send('Page.setFontSizes', { fontSizes: { standard: letters, fixed: letters } });
      if (who !== null) await signInBrowser(visitor.page.context(), story, who);
      return visitor;
    };

    return async (portalPage: PortalPage) => {
      const { page, complaints } = visitors.get(portalPage.who) ?? (await begin(portalPage.who));
      const requests: string[] = [];
      const note = (request: { readonly url: () => string }): void => void requests.push(request.url());
      page.on('request', note);
      await openPage(portalPage, page, story);
      page.off('request', note);
      return { page, requests, complaints: complaints.splice(0) };
    };
  };

  describe.each(VIEWS)('$name', ({ colorScheme, viewport }) => {
    const visit = visitsWith({ colorScheme, viewport });

    test.each(PORTAL_PAGES)(
      '$name: axe finds nothing, nothing moves, all is from here, and the browser complains of nothing',
      async (portalPage) => {
        const { page, requests, complaints } = await visit(portalPage);
        expect(await violations(page)).toEqual([]);
        expect(await faintExamples(page)).toEqual([]);
        expect(await shifts(page)).toEqual([]);
        const { desk, login } = story.world.places;
        const known = [desk, new URL(login).origin, story.organization.desk];
        expect(requests.filter((url) => !known.includes(new URL(url).origin))).toEqual([]);
        // A refusal that is a page is one all the same.
        expect(
          complaints.filter((each) => !each.includes('the server responded with a status of 4')),
        ).toEqual([]);
      },
      PATIENCE_MS,
    );
  });

  describe.each([
    ['320 px wide', { viewport: { width: 320, height: 640 } }, USUAL_LETTERS],
    ['in letters of twice the size', { viewport: { width: 1280, height: 900 } }, 2 * USUAL_LETTERS],
    ['in letters of twice the size on a phone', { viewport: { width: 390, height: 844 } }, 2 * USUAL_LETTERS],
  ] as const)('%s', (_, options, letters) => {
    const visit = visitsWith(options, letters);

    test.each(PORTAL_PAGES)(
      '$name does not scroll sideways, and nothing stands out or is cut off',
      async (portalPage) => {
        const { page } = await visit(portalPage);
        expect(await sticksOut(page)).toEqual([]);
      },
      PATIENCE_MS,
    );
  });

  describe('in colours that the reader forces', () => {
    const visit = visitsWith({ forcedColors: 'active' });

    test.each(PORTAL_PAGES)(
      '$name: what can be pressed or filled in has an edge',
      async (portalPage) => {
        const { page } = await visit(portalPage);
        expect(await withoutEdge(page)).toEqual([]);
      },
      PATIENCE_MS,
    );
  });

  describe('by keyboard', () => {
    const visit = visitsWith({});

    // The app's page is the app's own.
    test.each(PORTAL_PAGES.filter(({ name }) => name !== 'sign-in'))(
      '$name: Tab comes to everything, and it can be seen where it is',
      async (portalPage) => {
        const { page } = await visit(portalPage);
        const stops = await tabThrough(page);
        expect(stops.map(({ place }) => place).toSorted()).toEqual((await tabbable(page)).toSorted());
        expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([]);
        // The first of a page leads past what all pages have.
        while ((await page.evaluate('document.activeElement.className')) !== 'skip')
          await page.keyboard.press('Shift+Tab');
        await page.keyboard.press('Enter');
        expect(await page.evaluate('document.activeElement.id')).toBe('page');
      },
      PATIENCE_MS,
    );
  });
});
