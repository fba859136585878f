import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import type { Logo } from '../../src/model/logo.ts';
import { accentOn } from '../../src/portal/accent.ts';
import { HEADERS } from '../../src/portal/answer.ts';
import { type Assets, createAssets } from '../../src/portal/assets.ts';
import { backgrounds } from '../../src/portal/brand-style.ts';
import { Layout } from '../../src/portal/layout.tsx';
import { missingBrowser, newVisitor, openBrowser } from '../browser.ts';

/** The head of a page in Debian's Chromium, with a logo that no check has seen: what is to be safe of it by itself. */
const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

const EVIL = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32" onload="fetch('/stolen?onload')">
  <script>fetch('/stolen?script')</script>
  <style>@import url(/stolen?import); rect { fill: #ff0000 }</style>
  <image href="/stolen?image" width="1" height="1"/>
  <foreignObject width="64" height="32"><iframe xmlns="http://www.w3.org/1999/xhtml" src="/stolen?frame"/></foreignObject>
  <a href="javascript:fetch('/stolen?link')"><rect width="64" height="32"/></a></svg>`;

const LOGO: Logo = { type: 'image/svg+xml', bytes: utf8(EVIL), width: 64, height: 32 };

describe.skipIf(missing !== null)(`the look of the portal in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let server: Server;
  let assets: Assets;
  let here: string;
  const asked: string[] = [];
  /** Holds the logo back until a test lets it come. */
  let gate = Promise.resolve();

  const page = async () => {
    const nobody = { signedInAs: null, csrf: null, returnTo: '/', places: [], whose: null, ways: [] };
    const frame = { brand: 'Acme', logo: LOGO, assets, now: Date.now(), ...nobody };
    return `<!doctype html>${await (
      <Layout title="Keys" frame={frame}>
        <h1>Keys</h1>
      </Layout>
    )}`;
  };

  const answer = async (url: string, response: ServerResponse) => {
    const asset = [assets.style, assets.script, assets.icon].find(({ href }) => href === url);
    const send = (headers: Readonly<Record<string, string>>, body: string | Uint8Array) =>
      response.writeHead(200, { ...HEADERS, ...headers }).end(body);
    if (asset === undefined) return send({ 'content-type': 'text/html; charset=utf-8' }, await page());
    if (asset !== assets.icon) return send(asset.headers, asset.body);
    await gate;
    return send(asset.headers, asset.body);
  };

  beforeAll(async () => {
    assets = await createAssets({ logo: LOGO, accent: '#ffd400' })();
    browser = await openBrowser();
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      void answer(request.url ?? '', response);
    });
    await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
    here = `http://localhost:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  test('the logo takes its place before it comes, and nothing in it runs or is asked for', async () => {
    const { page, complaints, close } = await newVisitor(browser);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gate = promise;
    await page.goto(here, { waitUntil: 'domcontentloaded' });
    const boxes = () =>
      Promise.all([page.locator('.brand img').boundingBox(), page.locator('h1').boundingBox()]);
    const before = await boxes();
    expect(before[0]).toMatchObject({ width: 56, height: 28 });
    const loaded = page.waitForEvent('load');
    release();
    await loaded;
    expect(await boxes()).toEqual(before);
    expect(await page.evaluate(`document.querySelector('.brand img').naturalWidth`)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    expect(asked.filter((url) => url.startsWith('/stolen'))).toEqual([]);
    await close();
  });

  test('nor in one that is opened by itself, not even by a click', async () => {
    const { page, close } = await newVisitor(browser);
    await page.goto(here + assets.icon.href);
    await page.mouse.click(200, 200);
    await page.goto('about:blank');
    expect(asked.filter((url) => url.startsWith('/stolen'))).toEqual([]);
    await close();
  });

  test.each(['light', 'dark'] as const)('the accent is in force, %s', async (colorScheme) => {
    const { link, on } = accentOn('#ffd400', backgrounds()[colorScheme]);
    const { page, close } = await newVisitor(browser, { colorScheme });
    await page.goto(here);
    const shown = (name: string) =>
      page.evaluate(`(() => { const p = document.createElement('p'); p.style.color = '${name}';
        document.body.append(p); return getComputedStyle(p).color; })()`);
    expect(await shown('var(--link)')).toBe(await shown(link));
    expect(await shown('var(--on)')).toBe(await shown(on));
    await close();
  });
});
