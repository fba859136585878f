import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bearer, textOf } from '../../demo/http.ts';
import { type Account, demand, signInAs, signUp } from '../../demo/world.ts';
import { GRACE } from '../../tools/dev/emulator-project.ts';
import {
  another,
  bringSession,
  fillKey,
  follow,
  missingBrowser,
  newVisitor,
  openBrowser,
  press,
  signIn,
  signInAt,
} from '../browser.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** What people do in the portal: Debian's Chromium, and Latchkey as `npm run dev` starts it. */
const PATIENCE_MS = 180_000;

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

const SCREEN = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** Everything is done by each of them. */
const READERS = [
  ['on a screen, with scripts', { viewport: SCREEN, javaScriptEnabled: true }],
  ['on a screen, without scripts', { viewport: SCREEN, javaScriptEnabled: false }],
  ['on a phone, with scripts', { viewport: PHONE, javaScriptEnabled: true }],
  ['on a phone, without scripts', { viewport: PHONE, javaScriptEnabled: false }],
] as const;

describe.skipIf(missing !== null)(`the portal in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let latchkey: OwnLatchkey;
  let desk: string;
  let api: string;

  beforeAll(async () => {
    [latchkey, browser] = await Promise.all([startLatchkey(), openBrowser()]);
    ({ desk, api } = latchkey.world.places);
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop()]);
  }, PATIENCE_MS);

  /** What the API says to a key. */
  const statusOf = async (key: string): Promise<number> =>
    (await ask(`${api}/v1/items/1`, { headers: bearer(key) })).status;

  const isDead = (key: string) => expect.poll(() => statusOf(key), { timeout: 30_000 }).toBe(401);

  const makeKey = async (account: Account, body: object) => {
    const { session } = await signInAs(latchkey.world, account);
    const made = await ask(`${desk}/v1/keys`, { headers: bearer(session), body });
    demand(made, 201);
    return { id: textOf(made.json, 'key_id'), key: textOf(made.json, 'key') };
  };

  describe.each(READERS)('%s', (_, options) => {
    /** A new user in a browser of his own, who is signed in at the app. */
    const newUser = async () => {
      const account = await signUp(latchkey.world);
      const visitor = await newVisitor(browser, options);
      await bringSession(visitor.page.context(), latchkey.world, account);
      return { ...visitor, account };
    };

    /** Chooses from a list that is a filter. */
    const choose = async (page: Page, label: string, option: string): Promise<void> => {
      await another(page, async () => {
        await page.getByLabel(label, { exact: true }).selectOption({ label: option });
        if (!options.javaScriptEnabled) await page.getByRole('button', { name: 'Apply' }).click();
      });
    };

    test(
      'who is not signed in is led to the app and comes back to the page that he wanted; who is, is in; and out again',
      async () => {
        const account = await signUp(latchkey.world);
        const { page, complaints, close } = await newVisitor(browser, options);
        await signInAt(page, `${desk}/audit`, account);
        expect([page.url(), await headingOf(page)]).toEqual([`${desk}/audit`, 'Activity']);
        expect(await page.locator('header').innerText()).toContain(account.email);
        const cookies = await page.context().cookies(desk);
        expect(cookies.find(({ name }) => name === '__Host-latchkey')).toMatchObject({
          ...{ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' },
        });
        await press(page, 'Sign out');
        expect([page.url(), await headingOf(page)]).toEqual([`${desk}/signed-out`, 'You are signed out']);
        // Neither our cookie nor the app's lets him in again.
        await page.goto(`${desk}/`);
        expect(new URL(page.url()).pathname).toBe('/_emulator/login');
        expect(complaints.filter((each) => each.startsWith(desk))).toEqual([]);
        await close();

        const other = await newUser();
        const visited: string[] = [];
        other.page.on('framenavigated', (frame) => visited.push(frame.url()));
        await other.page.goto(`${desk}/usage`);
        expect(visited).toEqual([`${desk}/usage`]);
        await other.close();
      },
      PATIENCE_MS,
    );

    test(
      'the first key: taught, made, shown once, used',
      async () => {
        const { page, complaints, close } = await newUser();
        await page.goto(`${desk}/`);
        expect(await page.getByRole('heading', { level: 2 }).innerText()).toBe('No keys yet');
        await follow(page, 'Create a key');
        await fillKey(page, 'Nightly backup');
        await page.getByLabel(/^Description/).fill('Copies every item');
        await page.getByRole('radio', { name: 'In 30 days' }).check();
        await page.getByText('Where from, and how much').click();
        await page.getByLabel(/^Only from these addresses/).fill('127.0.0.0/8\n::1');
        await press(page, 'Create key');

        expect(await headingOf(page)).toBe('Your new key');
        const key = await page.locator('#key').innerText();
        expect(key).toMatch(/^acme_test_[0-9A-Za-z]{28}_[0-9A-Za-z]{28,}$/);
        expect(await page.locator('#env').innerText()).toBe(`ACME_API_KEY=${key}`);
        const curl = await page.locator('#curl').innerText();
        expect(curl).toBe(`curl -H "Authorization: Bearer ${key}" ${desk}/v1/whoami`);
        expect(await statusOf(key)).toBe(200);

        await follow(page, 'I have copied it');
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Nightly backup');
        expect(page.url()).toBe(`${desk}/keys/${key.slice(0, key.lastIndexOf('_'))}`);
        const facts = await page.locator('main').innerText();
        for (const said of ['Copies every item', 'Read items', '127.0.0.0/8', `ends in ${key.slice(-4)}`])
          expect(facts).toContain(said);
        expect(facts).not.toContain('Change items');
        await follow(page, 'All keys');
        expect(await namesOf(page)).toEqual(['Nightly backup']);
        expect(complaints).toEqual([]);
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'a form that is not right is given back with what was typed, and says at each field what is wrong',
      async () => {
        const { page, close } = await newUser();
        await page.goto(`${desk}/keys/new`);
        await page.getByLabel('Name', { exact: true }).fill(' ');
        await page.getByLabel(/^Description/).fill('kept as it was');
        await press(page, 'Create key');
        expect(await page.getByRole('alert').innerText()).toContain('Not saved yet');
        const name = page.getByLabel('Name', { exact: true });
        expect(await name.getAttribute('aria-invalid')).toBe('true');
        expect(await name.getAttribute('aria-describedby')).toContain('name-problem');
        expect(await page.getByLabel(/^Description/).inputValue()).toBe('kept as it was');
        await fillKey(page, 'Now it is right');
        await press(page, 'Create key');
        expect(await headingOf(page)).toBe('Your new key');
        await page.goto(`${desk}/`);
        expect(await namesOf(page)).toEqual(['Now it is right']);
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'a list is searched, narrowed and put in order',
      async () => {
        const { page, account, close } = await newUser();
        const [, website] = [
          await makeKey(account, { name: 'Backup', scopes: ['items:read', 'items:write'] }),
          await makeKey(account, { name: 'Website', scopes: ['items:read'], description: 'shop and blog' }),
          await makeKey(account, { name: 'Archive', scopes: ['items:read'] }),
        ];
        expect(await statusOf(website.key)).toBe(200);
        await page.goto(`${desk}/`);
        expect(await namesOf(page)).toEqual(['Archive', 'Website', 'Backup']);

        await choose(page, 'Order', 'By name');
        expect(await namesOf(page)).toEqual(['Archive', 'Backup', 'Website']);
        await choose(page, 'Order', 'Last used first');
        expect((await namesOf(page))[0]).toBe('Website');
        await choose(page, 'Scope', 'Change items');
        expect(await namesOf(page)).toEqual(['Backup']);
        await choose(page, 'Scope', 'Any scope');
        await page.getByLabel('Search').fill('BLOG');
        await another(page, () => page.keyboard.press('Enter'));
        expect(await namesOf(page)).toEqual(['Website']);
        // What was chosen before is still chosen.
        expect(new URL(page.url()).searchParams.get('sort')).toBe('used');
        await choose(page, 'Status', 'Revoked');
        expect(await page.locator('main').innerText()).toContain('No key fits.');
        await follow(page, 'Show all active keys');
        expect(await namesOf(page)).toHaveLength(3);
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'a key is changed; who comes with an older page is told, and changes nothing',
      async () => {
        const { page, account, close } = await newUser();
        const { id, key } = await makeKey(account, { name: 'Before', scopes: ['items:read', 'items:write'] });
        await page.goto(`${desk}/keys/${id}`);
        await follow(page, 'Change');
        const other = await page.context().newPage();
        await other.goto(page.url());
        await page.getByLabel('Name', { exact: true }).fill('After');
        await page.getByRole('checkbox', { name: 'Change items' }).uncheck();
        await press(page, 'Save');
        expect(await page.getByRole('status').first().innerText()).toContain('Saved.');
        const write = () => ask(`${api}/v1/items/1`, { method: 'PUT', headers: bearer(key), body: {} });
        await expect.poll(async () => (await write()).status, { timeout: 30_000 }).toBe(403);
        expect(await statusOf(key)).toBe(200);

        await other.getByLabel('Name', { exact: true }).fill('Too late');
        await press(other, 'Save');
        expect(await other.getByRole('alert').innerText()).toContain('changed meanwhile');
        expect(await other.getByLabel('Name', { exact: true }).inputValue()).toBe('After');
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'a key is rotated: both secrets are good, then the new one alone; or the old one again',
      async () => {
        const { page, account, close } = await newUser();
        const { id, key } = await makeKey(account, { name: 'Website', scopes: ['items:read'] });
        const rotate = async () => {
          await page.goto(`${desk}/keys/${id}`);
          await follow(page, 'Rotate');
          await page.getByRole('radio', { name: '7 days' }).check();
          await press(page, 'Make a new secret');
          expect(await headingOf(page)).toBe('Your new secret');
          const next = await page.locator('#key').innerText();
          await follow(page, 'I have copied it');
          return next;
        };
        const second = await rotate();
        expect([await statusOf(key), await statusOf(second)]).toEqual([200, 200]);
        const panel = page.getByRole('region', { name: 'Two secrets are good' });
        for (const said of [`ends in ${key.slice(-4)}`, `ends in ${second.slice(-4)}`])
          expect(await panel.innerText()).toContain(said);
        await press(page, 'Finish now');
        expect(await page.getByRole('status').first().innerText()).toContain('The rotation is finished.');
        await isDead(key);
        expect(await statusOf(second)).toBe(200);

        const third = await rotate();
        expect(await statusOf(third)).toBe(200);
        await press(page, 'Cancel rotation');
        expect(await page.getByRole('status').first().innerText()).toContain('The rotation is cancelled.');
        await isDead(third);
        expect(await statusOf(second)).toBe(200);

        await follow(page, 'All activity of this key');
        const rows = await page.locator('main').innerText();
        for (const said of ['Rotation started', 'Rotation finished', 'Rotation cancelled', 'Key created'])
          expect(rows).toContain(said);
        await choose(page, 'What', 'Rotation cancelled');
        expect(await page.locator('tbody tr').count()).toBe(1);
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'a key is revoked, after a question, and is dead',
      async () => {
        const { page, account, close } = await newUser();
        const { id, key } = await makeKey(account, { name: 'Leaked', scopes: ['items:read'] });
        await page.goto(`${desk}/keys/${id}`);
        await follow(page, 'Revoke');
        await follow(page, 'Keep it');
        expect(await statusOf(key)).toBe(200);
        await follow(page, 'Revoke');
        await press(page, 'Revoke the key');
        expect(await page.getByRole('status').first().innerText()).toContain('Revoked.');
        await isDead(key);
        // What is over can be looked at and no more.
        expect(await page.getByRole('link', { name: 'Rotate' }).count()).toBe(0);
        await page.goto(`${desk}/`);
        expect(await page.locator('.keys').count()).toBe(0);
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'use is drawn, and told in numbers',
      async () => {
        const { page, account, close } = await newUser();
        const { id, key } = await makeKey(account, { name: 'Busy', scopes: ['items:read'] });
        for (let i = 0; i < 3; i++) expect(await statusOf(key)).toBe(200);
        for (const path of ['/usage', `/keys/${id}`]) {
          await page.goto(`${desk}${path}`);
          for (const range of ['7 days', '90 days', '24 hours']) {
            await follow(page, range);
            const chart = page.getByRole('img', { name: `requests in ${range}` });
            // What is out on lease counts as used until it is told of.
            const [, count] =
              /^([\d,]+) requests/.exec((await chart.locator('title').first().textContent()) ?? '') ?? [];
            expect(Number(count?.replaceAll(',', ''))).toBeGreaterThanOrEqual(3);
            await page.getByText('Exact numbers').click();
            const numbers = page.locator('.chart-numbers tbody');
            expect(await numbers.isVisible()).toBe(true);
            expect(await numbers.locator('td').first().innerText()).toBe(count);
          }
          expect(await page.locator('meter').first().getAttribute('max')).toBe('600');
        }
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'who operates finds a user, suspends and lifts, changes the plan, ends all keys; and the user sees it',
      async () => {
        const user = await newUser();
        const { key } = await makeKey(user.account, { name: 'Watched', scopes: ['items:read'] });
        const { page, close } = await newVisitor(browser, options);
        await bringSession(page.context(), latchkey.world, GRACE);
        await page.goto(`${desk}/`);
        await follow(page, 'Operators');
        await page.getByRole('textbox').fill(user.account.email);
        await press(page, 'Find');
        expect(await headingOf(page)).toBe('API keys of an owner');
        expect(await namesOf(page)).toEqual(['Watched']);

        await follow(page, 'Suspend');
        await page.getByLabel('Why').fill('The last invoice <b>');
        await press(page, 'Suspend');
        expect(await page.locator('.done').innerText()).toContain('In force everywhere by');
        await expect.poll(() => statusOf(key), { timeout: 30_000 }).toBe(403);
        await user.page.goto(`${desk}/`);
        expect(await user.page.locator('main').innerText()).toContain('Your account is suspended');
        await follow(page, 'Lift the suspension');
        await press(page, 'Lift');
        await expect.poll(() => statusOf(key), { timeout: 30_000 }).toBe(200);

        await follow(page, 'Plan and number of keys');
        await page.getByLabel('Plan').selectOption('pro');
        await page.getByLabel('Number of keys').fill('3');
        await press(page, 'Save');
        await user.page.goto(`${desk}/`);
        expect(await user.page.locator('main').innerText()).toContain('1 of 3 keys in use');
        await follow(page, 'Revoke all keys');
        await press(page, 'Revoke all');
        await isDead(key);

        await user.page.goto(`${desk}/audit`);
        const rows = await user.page.locator('tbody tr').allInnerTexts();
        for (const said of ['Account suspended', 'Suspension lifted', 'Limits changed', 'Key revoked'])
          expect(rows.find((row) => row.includes(said))).toContain(GRACE.userId);
        // And to him there are no such pages.
        await user.page.goto(`${desk}/operators`);
        expect(await headingOf(user.page)).toBe('There is no such page');
        await user.close();
        await close();
      },
      PATIENCE_MS,
    );

    test(
      'who signed in long ago signs in again before he makes a key, and then comes back to it',
      async () => {
        const account = await signUp(latchkey.world);
        const { page, close } = await newVisitor(browser, options);
        const clock = `${latchkey.world.places.stytch}/_emulator/clock`;
        demand(await ask(clock, { body: { advanceSeconds: -90_000 } }), 200);
        await bringSession(page.context(), latchkey.world, account, 4_320);
        demand(await ask(clock, { body: { reset: true } }), 200);
        await page.goto(`${desk}/`);
        await follow(page, 'Create a key');
        expect(await headingOf(page)).toBe('Sign in again');
        await follow(page, 'Sign in again');
        await signIn(page, account);
        await page.waitForURL(`${desk}/keys/new`);
        await fillKey(page, 'After all');
        await press(page, 'Create key');
        expect(await headingOf(page)).toBe('Your new key');
        await close();
      },
      PATIENCE_MS,
    );
  });
});

const headingOf = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();

/** The names of the keys that the list shows, in its order. */
const namesOf = (page: Page): Promise<readonly string[]> => page.locator('.keys h2').allInnerTexts();
