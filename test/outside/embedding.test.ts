import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bearer } from '../../demo/http.ts';
import { type Account, signInAs, signUp } from '../../demo/world.ts';
import { tool } from '../../tools/check/project.ts';
import { missingBrowser, newVisitor, openBrowser, signInAt } from '../browser.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** For a machine that has much else to do. */
const PATIENCE_MS = 180_000;

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');

const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

/** What the document says, block by block: those with a file's name, the setting, the policy and the link. */
const files = new Map(
  [...PAGE.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => [name, code]),
);
const [, settingOrigin = ''] = /^desk: \{ origins: \['([^']+)'\] \},$/m.exec(PAGE) ?? [];
const [, policy = ''] = /^Content-Security-Policy: (.+)$/m.exec(PAGE) ?? [];
const DESK_IN_PAGE = 'https://keys.acme.com';

/** What the document leaves to the app: Stytch's client, as far as it is called, and a sign-in that the test counts. */
const OF_THE_APP: Readonly<Record<string, string>> = {
  './stytch': `
    let session_jwt = null;
    const renew = async () => { session_jwt = await (await fetch('/session')).text(); };
    export const stytch = { session: {
      getTokens: () => (session_jwt === null ? { session_jwt: 'one.that.ended' } : { session_jwt }),
      authenticate: async () => { window.renewed = (window.renewed ?? 0) + 1; await renew(); },
    } };`,
  './sign-in': `
    export const signInAgain = async () => { window.signedInAgain = (window.signedInAgain ?? 0) + 1; };`,
};

/** The types of what the document leaves to the app, as Stytch's SDK has them. */
const TYPES_OF_THE_APP: Readonly<Record<string, string>> = {
  'stytch.ts': `export declare const stytch: { session: {
    getTokens: () => { session_token: string; session_jwt: string } | null;
    authenticate: (options?: { session_duration_minutes?: number }) => Promise<object>;
  } };`,
  'sign-in.ts': 'export declare const signInAgain: () => Promise<void>;',
};

/** What the compiler says to the pieces, as strict as it is with ours. */
const checked = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedding-'));
  const compilerOptions = {
    ...{ lib: ['es2024', 'dom', 'dom.iterable'], types: ['node'] },
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: { 'latchkey/client': [join(ROOT, 'src/client/index.ts')] },
  };
  const settings = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  for (const [name, code] of [...files, ...Object.entries(TYPES_OF_THE_APP)])
    writeFileSync(join(folder, name), code);
  const { output } = await tool('typescript', 'tsc', '-p', folder, '--pretty', 'false');
  rmSync(folder, { recursive: true, force: true });
  return output;
};

/** The page's script, as the app's bundler makes it. */
const bundled = async (desk: string): Promise<string> => {
  const fromDocument: Plugin = {
    name: 'document',
    setup: ({ onResolve, onLoad }) => {
      // Packages have such paths too, in their own files.
      onResolve({ filter: /^\.\// }, ({ path, namespace, kind }) =>
        kind === 'entry-point' || namespace === 'document' ? { path, namespace: 'document' } : undefined,
      );
      onLoad({ filter: /.*/, namespace: 'document' }, ({ path }) => ({
        contents: OF_THE_APP[path] ?? files.get(`${path.slice(2)}.ts`)?.replaceAll(DESK_IN_PAGE, desk) ?? '',
        loader: 'ts',
        resolveDir: ROOT,
      }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: ['./page'],
    ...{ bundle: true, write: false, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
    plugins: [fromDocument],
  });
  return outputFiles[0]?.text ?? '';
};

const SETTINGS_PAGE = `<!doctype html><html lang="en"><title>Settings</title><h1>API keys</h1>
<ul id="keys"></ul><form id="new-key"><label>Name <input name="name" required></label> <button>Make a key</button></form>
<output id="made"></output><p role="alert" id="problem"></p><script type="module" src="/page.js"></script></html>`;

/** The app: its settings page, the script, and what renews its user's session. */
const openApp = async () => {
  const served: { script: string; policy: string; session: () => Promise<string> } = {
    ...{ script: '', policy: '', session: async () => '' },
  };
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      response.setHeader('content-security-policy', served.policy);
      if (request.url === '/session') response.end(await served.session());
      else if (request.url === '/page.js')
        response.setHeader('content-type', 'text/javascript').end(served.script);
      else response.setHeader('content-type', 'text/html').end(SETTINGS_PAGE);
    };
    void answer();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, served, port: (server.address() as AddressInfo).port };
};

test(
  'the pieces of docs/embedding.md are typed',
  async () => {
    expect(await checked()).toBe('');
  },
  PATIENCE_MS,
);

describe.skipIf(missing !== null)(`docs/embedding.md in Chromium${NOT_HERE}`, () => {
  let app: Awaited<ReturnType<typeof openApp>>;
  let latchkey: OwnLatchkey;
  let browser: Browser;
  let account: Account;
  /** Of the same site as the Desk, as `app.acme.com` and `keys.acme.com` are; and the same server under a name that is not named. */
  let named: string;
  let unnamed: string;

  beforeAll(async () => {
    app = await openApp();
    named = `http://app.localhost:${app.port}`;
    unnamed = `http://localhost:${app.port}`;
    [latchkey, browser] = await Promise.all([startLatchkey({ DESK_ORIGINS: named }), openBrowser()]);
    const { world } = latchkey;
    account = await signUp(world);
    app.served.session = async () => (await signInAs(world, account)).session;
    app.served.script = await bundled(world.places.desk);
    app.served.policy = `default-src 'self'; ${policy.replaceAll(DESK_IN_PAGE, world.places.desk)}`;
  }, PATIENCE_MS);

  afterAll(async () => {
    await Promise.all([browser?.close(), latchkey?.stop(), closed(app?.server)]);
  }, PATIENCE_MS);

  const closed = (server: Server | undefined): Promise<void> =>
    new Promise((done) => (server === undefined ? done() : server.close(() => done())));

  /** What the Desk says itself, past any browser. */
  const keysOf = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const { session } = await signInAs(latchkey.world, account);
    const { json } = await ask(`${latchkey.world.places.desk}/v1/keys`, { headers: bearer(session) });
    return (json as { readonly data: readonly Readonly<Record<string, unknown>>[] }).data;
  };

  /** Opens the page, and waits for the list: the answer that its renewed session is given. */
  const openSettings = async (page: Page): Promise<void> => {
    const listed = page.waitForResponse(
      (answer) => answer.url() === `${latchkey.world.places.desk}/v1/keys` && answer.status() === 200,
    );
    await page.goto(named);
    await listed;
  };

  const makeKey = async (page: Page, name: string): Promise<void> => {
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', { name: 'Make a key' }).click();
  };

  const items = (page: Page) => page.locator('#keys li');

  test('it says in its pieces what it says of them', () => {
    expect([...files.keys()]).toEqual(['desk.ts', 'keys.ts', 'page.ts']);
    expect(settingOrigin).toBe('https://app.acme.com');
    expect(policy).toBe(`connect-src 'self' ${DESK_IN_PAGE}`);
    expect(files.get('desk.ts')).toContain(`url: '${DESK_IN_PAGE}'`);
    // The client's own part of the page is small, and no schema or Worker is in it.
    expect(gzipSync(app.served.script).length).toBeLessThan(6_000);
  });

  test(
    'a page of the named origin lists, makes and revokes a key of its user, with a session that had to be renewed',
    async () => {
      const { page, complaints, close } = await newVisitor(browser);
      await openSettings(page);
      expect([await page.evaluate('window.renewed'), await items(page).count()]).toEqual([1, 0]);
      await makeKey(page, '<b>My script</b>');
      await items(page).waitFor();
      const [made, ...others] = await keysOf();
      expect([made?.name, made?.scopes, others]).toEqual(['<b>My script</b>', ['items:read'], []]);
      expect(await items(page).innerText()).toContain(`<b>My script</b> (${made?.key_id})`);
      const key = await page.locator('#made').innerText();
      const called = await ask(`${latchkey.world.places.api}/v1/items/1`, { headers: bearer(key) });
      expect(called.status).toBe(200);
      await page.reload();
      await items(page).waitFor();
      expect(await page.locator('#made').innerText()).toBe('');
      expect(await page.content()).not.toContain(key);
      await page.getByRole('button', { name: 'Revoke' }).click();
      await items(page).waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').innerText()).toMatch(/^Dead everywhere by \d{4}-/);
      expect(await keysOf()).toEqual([]);
      // The JWT that had ended, once for each time the page was loaded; browsers tell of every 401.
      expect(complaints.filter((each) => !each.includes('401'))).toEqual([]);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'a refusal is shown, and whoever must sign in again makes one key, with the same Idempotency-Key',
    async () => {
      const { page, close } = await newVisitor(browser);
      await openSettings(page);
      await makeKey(page, ' ');
      await page.getByText('does not have the form').waitFor();
      const attempts: (string | undefined)[] = [];
      await page.route(`${latchkey.world.places.desk}/v1/keys`, async (route) => {
        const request = route.request();
        if (request.method() !== 'POST') return route.continue();
        attempts.push(request.headers()['idempotency-key']);
        if (attempts.length > 1) return route.continue();
        return route.fulfill({
          ...{ status: 401, headers: { 'access-control-allow-origin': named } },
          contentType: 'application/problem+json',
          body: JSON.stringify({ code: 'insufficient_user_authentication', max_age: 60, detail: 'Again.' }),
        });
      });
      await makeKey(page, 'after step-up');
      await items(page).waitFor();
      expect(await page.evaluate('window.signedInAgain')).toBe(1);
      expect([attempts.length, new Set(attempts).size]).toEqual([2, 1]);
      expect((await keysOf()).map(({ name }) => name)).toEqual(['after step-up']);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'a page of another origin reads nothing and makes nothing, though its user is signed in at the Desk',
    async () => {
      const { world } = latchkey;
      const before = await keysOf();
      const { page, complaints, close } = await newVisitor(browser);
      await signInAt(page, `${world.places.desk}/device`, account);
      await page.goto(unnamed);
      await expect.poll(() => complaints.join(), { timeout: 30_000 }).toContain('CORS policy');
      await makeKey(page, 'stolen');
      const { session } = await signInAs(world, account);
      const asked = (url: string, init: string) =>
        page.evaluate(`fetch('${url}', ${init}).then((answer) => answer.text()).catch(({ name }) => name)`);
      const authorization = `{ headers: { authorization: 'Bearer ${session}' } }`;
      for (const path of ['/v1/keys', '/v1/whoami', '/v1/audit', '/v1/organization/keys', '/device']) {
        for (const init of ['{}', `{ credentials: 'include' }`, authorization])
          expect(await asked(world.places.desk + path, init)).toBe('TypeError');
        // Sent, and not even let into the browser's process (Cross-Origin-Resource-Policy).
        const blind = `{ mode: 'no-cors', credentials: 'include' }`;
        expect(await asked(world.places.desk + path, blind)).toBe('TypeError');
      }
      const json = `headers: { authorization: 'Bearer ${session}', 'content-type': 'application/json' }`;
      const body = JSON.stringify({ name: 'stolen', scopes: ['items:read'] });
      const post = (more: string) =>
        asked(`${world.places.desk}/v1/keys`, `{ method: 'POST', ${json}, body: '${body}', ${more} }`);
      expect(await post(`credentials: 'omit'`)).toBe('TypeError');
      expect(await post(`credentials: 'include'`)).toBe('TypeError');
      expect(await post(`credentials: 'include', mode: 'no-cors'`)).toBe('TypeError');
      expect(await items(page).count()).toBe(0);
      expect(await page.locator('#made').innerText()).toBe('');
      expect(await keysOf()).toEqual(before);
      await close();
    },
    PATIENCE_MS,
  );

  test(
    'the named origin itself reads no page of the portal, nothing of operators or OAuth, and nothing by a cookie',
    async () => {
      const { world } = latchkey;
      const { page, close } = await newVisitor(browser);
      await signInAt(page, `${world.places.desk}/device`, account);
      await page.goto(named);
      const { session } = await signInAs(world, account);
      const asked = (path: string, init: string) =>
        page.evaluate(
          `fetch('${world.places.desk}${path}', ${init}).then(({ status }) => status).catch(({ name }) => name)`,
        );
      const authorization = `headers: { authorization: 'Bearer ${session}' }`;
      expect(await asked('/v1/keys', `{ ${authorization} }`)).toBe(200);
      expect(await asked('/v1/keys', '{}')).toBe(401);
      expect(await asked('/v1/keys', `{ credentials: 'include' }`)).toBe('TypeError');
      expect(await asked('/v1/keys', `{ credentials: 'include', ${authorization} }`)).toBe('TypeError');
      for (const path of ['/device', '/v1/reconciliation', '/v1/users/user-test-1/keys', '/openapi.json'])
        for (const init of ['{}', `{ ${authorization} }`]) expect(await asked(path, init)).toBe('TypeError');
      for (const path of ['/oauth2/token', '/oauth2/revoke', '/v1/leaked', '/webhooks/stytch'])
        expect(await asked(path, `{ method: 'POST', body: 'a=b' }`)).toBe('TypeError');
      await close();
    },
    PATIENCE_MS,
  );
});
