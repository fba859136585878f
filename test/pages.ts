import type { BrowserContext, Page } from 'playwright-core';
import { signInAs } from '../demo/world.ts';
import { decide, enterCode, goOn } from './browser.ts';
import type { Person, Story } from './story.ts';

/** A page of the portal as somebody sees it: for pictures, and for tests that hold for all of them. */
export interface PortalPage {
  /** Of its pictures as well. */
  readonly name: string;
  /** Who looks at it; null for nobody who is signed in. */
  readonly who: Person | null;
  /** Brings it before him. It may be asked for again and again. */
  readonly open: (page: Page, story: Story) => Promise<void>;
}

/** A page that an address alone leads to. */
const at =
  (path: (story: Story) => string): PortalPage['open'] =>
  async (page, story) => {
    await page.goto(`${story.world.places.desk}${path(story)}`);
  };

/** A device asks for a key, and its user comes to compare the code. */
const compare: PortalPage['open'] = async (page, { world: { places } }) => {
  const form = { client_id: 'acme-cli', device_name: "Ada's laptop", scope: 'items:read items:write' };
  const answer = await fetch(`${places.desk}/oauth2/device_authorization`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { user_code } = (await answer.json()) as { readonly user_code: string };
  await page.goto(`${places.desk}/device`);
  await enterCode(page, places, user_code);
};

/** Every page that there is, those that change something last. */
export const PORTAL_PAGES: readonly PortalPage[] = [
  /** The emulator's own page, in place of the app's. */
  { name: 'sign-in', who: null, open: at(() => '/device') },
  { name: 'sign-in-over', who: null, open: at(() => '/signed-in?state=none') },
  { name: 'not-a-page', who: 'owner', open: at(() => '/device/decision') },
  { name: 'device', who: 'owner', open: at(() => '/device') },
  {
    ...{ name: 'device-wrong-code', who: 'owner' },
    open: async (page, { world: { places } }) => {
      await page.goto(`${places.desk}/device?user_code=BCDF-GHJK`);
      await goOn(page);
    },
  },
  { name: 'device-compare', who: 'owner', open: compare },
  {
    ...{ name: 'device-denied', who: 'owner' },
    open: async (page, story) => {
      await compare(page, story);
      await decide(page, 'Deny');
    },
  },
  { name: 'device-approved', who: 'owner', open: at(() => '/device/approved') },
];

/** Gives a browser what the app's sign-in leaves in it. */
export const signInBrowser = async (context: BrowserContext, story: Story, who: Person): Promise<void> => {
  const { sessionToken } = await signInAs(story.world, story.people[who]);
  const { hostname } = new URL(story.world.places.desk);
  await context.addCookies([{ name: 'stytch_session', value: sessionToken, domain: hostname, path: '/' }]);
};

/** The themes and widths that every page is seen in. */
export const VIEWS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [
    { device: 'screen', viewport: { width: 1280, height: 900 } },
    { device: 'phone', viewport: { width: 390, height: 844 } },
  ].map((view) => ({ name: `${view.device}-${colorScheme}`, colorScheme, ...view })),
);
