import type { BrowserContext, Page } from 'playwright-core';
import { ask, bearer, member, textOf } from '../demo/http.ts';
import { signInAs } from '../demo/world.ts';
import { ADA } from '../tools/dev/emulator-project.ts';
import { bringSession, bringToken, decide, enterCode, fillKey, press } from './browser.ts';
import { LIN } from './organization.ts';
import { HOSTILE_NAMES, type Person, type Story } from './story.ts';

/** A page of the portal as somebody sees it: for pictures, and for tests that hold for all of them. */
export interface PortalPage {
  /** Of its pictures as well. */
  readonly name: string;
  /** Who looks at it; null for nobody who is signed in. */
  readonly who: Person | null;
  /** What stands at its top. */
  readonly heading: string;
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

/** What the owner asks the API for, besides what he does in pages. */
const asOwner = async ({ world, people }: Story, path: string, method = 'GET') => {
  const { session } = await signInAs(world, people.owner);
  return ask(`${world.places.desk}${path}`, { method, headers: bearer(session) });
};

/** Longer ago than a sign-in may be with which somebody makes a key. */
const LONG_AGO_SECONDS = 90_000;

/** A name that nothing but these pages gives to a key. */
const MADE_HERE = 'Weather station';

/** A page of the owner's as an operator sees it. */
const ownersPage = (path: (story: Story) => string): PortalPage['open'] =>
  at((story) => `/operators/users/${ADA.userId}${path(story)}`);

/** A page of an organisation's keys. */
const organizationPage =
  (path: (story: Story) => string): PortalPage['open'] =>
  async (page, story) => {
    await page.goto(`${story.organization.desk}/organization${path(story)}`);
  };

/** What was made by a visit before goes: a user has no more than so many keys. */
const makeKey: PortalPage['open'] = async (page, story) => {
  const { json } = await asOwner(story, `/v1/keys?search=${encodeURIComponent(MADE_HERE)}`);
  for (const made of member(json, 'data') as readonly unknown[])
    await asOwner(story, `/v1/keys/${textOf(made, 'key_id')}`, 'DELETE');
  await page.goto(`${story.world.places.desk}/keys/new`);
  await fillKey(page, MADE_HERE);
  await press(page, 'Create key');
};

const rotateKey: PortalPage['open'] = async (page, story) => {
  const { id } = story.keys.ci;
  await asOwner(story, `/v1/keys/${id}/rotate/cancel`, 'POST');
  await page.goto(`${story.world.places.desk}/keys/${id}/rotate`);
  await press(page, 'Make a new secret');
};

/** Every page that there is, those that change something last. */
export const PORTAL_PAGES: readonly PortalPage[] = [
  { name: 'keys', who: 'owner', heading: 'API keys', open: at(() => '/') },
  { name: 'keys-all', who: 'owner', heading: 'API keys', open: at(() => '/?status=all&sort=used') },
  { name: 'keys-none', who: 'owner', heading: 'API keys', open: at(() => '/?search=nothing+like+it') },
  { name: 'keys-empty', who: 'newcomer', heading: 'API keys', open: at(() => '/') },
  { name: 'key', who: 'owner', heading: 'Nightly backup', open: at(({ keys }) => `/keys/${keys.backup.id}`) },
  {
    name: 'key-rotating',
    who: 'owner',
    heading: 'Website',
    open: at(({ keys }) => `/keys/${keys.website.id}`),
  },
  {
    name: 'key-narrow',
    who: 'owner',
    heading: 'Dashboard in the hall',
    open: at(({ keys }) => `/keys/${keys.dashboard.id}`),
  },
  {
    name: 'key-revoked',
    who: 'owner',
    heading: 'Old website',
    open: at(({ keys }) => `/keys/${keys.old.id}`),
  },
  {
    name: 'key-script',
    who: 'owner',
    heading: HOSTILE_NAMES.script,
    open: at(({ keys }) => `/keys/${keys.script.id}`),
  },
  {
    name: 'key-right-to-left',
    who: 'owner',
    heading: HOSTILE_NAMES.rightToLeft,
    open: at(({ keys }) => `/keys/${keys.rightToLeft.id}`),
  },
  {
    name: 'key-long',
    who: 'owner',
    heading: HOSTILE_NAMES.long,
    open: at(({ keys }) => `/keys/${keys.long.id}`),
  },
  { name: 'create', who: 'owner', heading: 'Create a key', open: at(() => '/keys/new') },
  {
    ...{ name: 'create-problems', who: 'owner', heading: 'Create a key' },
    open: async (page, { world: { places } }) => {
      await page.goto(`${places.desk}/keys/new`);
      await page.getByLabel('Name', { exact: true }).fill(' ');
      await page.getByText('Where from, and how much').click();
      await page.getByLabel(/^Only from these addresses/).fill('203.0.113.7\nnowhere');
      await press(page, 'Create key');
    },
  },
  {
    name: 'change',
    who: 'owner',
    heading: 'Change “Dashboard in the hall”',
    open: at(({ keys }) => `/keys/${keys.dashboard.id}/change`),
  },
  {
    name: 'rotate',
    who: 'owner',
    heading: 'Rotate “Nightly backup”',
    open: at(({ keys }) => `/keys/${keys.backup.id}/rotate`),
  },
  {
    name: 'revoke',
    who: 'owner',
    heading: `Revoke “${HOSTILE_NAMES.long}”?`,
    open: at(({ keys }) => `/keys/${keys.long.id}/revoke`),
  },
  {
    ...{ name: 'key-90-days', who: 'owner', heading: 'Nightly backup' },
    open: at(({ keys }) => `/keys/${keys.backup.id}?range=90d`),
  },
  { name: 'usage', who: 'owner', heading: 'Usage', open: at(() => '/usage') },
  { name: 'usage-7-days', who: 'owner', heading: 'Usage', open: at(() => '/usage?range=7d') },
  { name: 'usage-90-days', who: 'owner', heading: 'Usage', open: at(() => '/usage?range=90d') },
  { name: 'activity', who: 'owner', heading: 'Activity', open: at(() => '/audit') },
  {
    name: 'activity-of-key',
    who: 'owner',
    heading: 'Activity',
    open: at(({ keys }) => `/audit?key_id=${keys.script.id}`),
  },
  {
    ...{ name: 'organization', who: 'member', heading: "Your organisation's API keys" },
    open: organizationPage(() => ''),
  },
  {
    ...{ name: 'organization-key', who: 'member', heading: 'Warehouse' },
    open: organizationPage(({ organization: { keyId } }) => `/keys/${keyId}`),
  },
  {
    ...{ name: 'organization-create', who: 'member', heading: 'Create a key' },
    open: organizationPage(() => '/keys/new'),
  },
  {
    ...{ name: 'organization-usage', who: 'member', heading: 'Usage' },
    open: organizationPage(() => '/usage'),
  },
  {
    ...{ name: 'organization-activity', who: 'member', heading: 'Activity' },
    open: organizationPage(() => '/audit'),
  },
  { name: 'keys-suspended', who: 'suspended', heading: 'API keys', open: at(() => '/') },
  { name: 'operators', who: 'operator', heading: 'Find an owner', open: at(() => '/operators') },
  {
    ...{ name: 'operators-nobody', who: 'operator', heading: 'Find an owner' },
    open: async (page, { world: { places } }) => {
      await page.goto(`${places.desk}/operators`);
      await page.getByRole('textbox').fill('nobody@example.com');
      await press(page, 'Find');
    },
  },
  {
    name: 'operators-health',
    who: 'operator',
    heading: 'Health and usage',
    open: at(() => '/operators/health'),
  },
  { name: 'owner', who: 'operator', heading: 'API keys of an owner', open: ownersPage(() => '') },
  {
    ...{ name: 'owner-suspended', who: 'operator', heading: 'API keys of an owner' },
    open: async (page, { world: { places }, people }) => {
      await page.goto(`${places.desk}/operators`);
      await page.getByRole('textbox').fill(people.suspended.email);
      await press(page, 'Find');
    },
  },
  {
    ...{ name: 'owner-key', who: 'operator', heading: 'Nightly backup' },
    open: ownersPage(({ keys }) => `/keys/${keys.backup.id}`),
  },
  {
    name: 'owner-usage',
    who: 'operator',
    heading: 'Usage',
    open: ownersPage(() => '/usage?range=90d'),
  },
  { name: 'owner-activity', who: 'operator', heading: 'Activity', open: ownersPage(() => '/audit') },
  {
    ...{ name: 'owner-suspend', who: 'operator', heading: 'Suspend this owner?' },
    open: ownersPage(() => '/suspend'),
  },
  {
    ...{ name: 'owner-limits', who: 'operator', heading: 'Plan and number of keys' },
    open: ownersPage(() => '/limits'),
  },
  {
    ...{ name: 'owner-revoke-all', who: 'operator', heading: 'Revoke every key?' },
    open: ownersPage(() => '/revoke-all'),
  },
  { name: 'device', who: 'owner', heading: 'Connect a device', open: at(() => '/device') },
  {
    ...{ name: 'device-wrong-code', who: 'owner', heading: 'Connect a device' },
    // No code at all: of wrong ones that could be one, nobody has more than a few tries.
    open: (page, { world: { places } }) => enterCode(page, places, 'ABC'),
  },
  { name: 'device-compare', who: 'owner', heading: 'Is this the code on your device?', open: compare },
  {
    ...{ name: 'device-denied', who: 'owner', heading: 'Denied' },
    open: async (page, story) => {
      await compare(page, story);
      await decide(page, 'Deny');
    },
  },
  {
    name: 'device-approved',
    who: 'owner',
    heading: 'Your device is connected',
    open: at(() => '/device/approved'),
  },
  /** The emulator's own page, in place of the app's. */
  { name: 'sign-in', who: null, heading: 'Sign in', open: at(() => '/device') },
  {
    name: 'sign-in-over',
    who: null,
    heading: 'This sign-in is over',
    open: at(() => '/signed-in?state=none'),
  },
  { name: 'signed-out', who: null, heading: 'You are signed out', open: at(() => '/signed-out') },
  {
    // Of a browser of its own: he is somebody from here on.
    ...{ name: 'sign-in-again', who: null, heading: 'Sign in again' },
    open: async (page, { world, people }) => {
      const clock = `${world.places.stytch}/_emulator/clock`;
      await ask(clock, { body: { advanceSeconds: -LONG_AGO_SECONDS } });
      await bringSession(page.context(), world, people.owner, (2 * LONG_AGO_SECONDS) / 60);
      await ask(clock, { body: { reset: true } });
      await page.goto(`${world.places.desk}/keys/new`);
    },
  },
  { name: 'not-there', who: 'owner', heading: 'There is no such page', open: at(() => '/keys/none') },
  { name: 'not-a-page', who: 'owner', heading: 'This is no page', open: at(() => '/device/decision') },
  { name: 'created', who: 'owner', heading: 'Your new key', open: makeKey },
  { name: 'rotated', who: 'owner', heading: 'Your new secret', open: rotateKey },
];

/** Brings a page before who looks at it; throws where another one comes instead. */
export const openPage = async (
  { name, heading, open }: PortalPage,
  page: Page,
  story: Story,
): Promise<void> => {
  await open(page, story);
  const found = await page.getByRole('heading', { level: 1 }).innerText();
  // Beside a key's name stands how it is.
  if (!found.startsWith(heading)) throw new Error(`${name} shows "${found}" and not "${heading}"`);
};

/** Gives a browser the session of one of the story's people. */
export const signInBrowser = async (context: BrowserContext, story: Story, who: Person): Promise<void> => {
  if (who === 'member')
    await bringToken(context, story.organization.desk, await story.organization.sessionTokenOf(LIN));
  else await bringSession(context, story.world, story.people[who]);
};

/** The themes and widths that every page is seen in. */
export const VIEWS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [
    { device: 'screen', viewport: { width: 1280, height: 900 } },
    { device: 'phone', viewport: { width: 390, height: 844 } },
  ].map((view) => ({ name: `${view.device}-${colorScheme}`, colorScheme, ...view })),
);
