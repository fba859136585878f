import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HEADERS } from '../../src/portal/answer.ts';
import { left, moment, relative } from '../../src/portal/moments.ts';
import { PORTAL_SCRIPT } from '../../src/portal/script.ts';
import { PORTAL_STYLE } from '../../src/portal/style.ts';
import { missingBrowser, newVisitor, openBrowser } from '../browser.ts';

/** The portal's script in Debian's Chromium, at a page of its own under the headers of the portal. */
const missing = missingBrowser();
const NOT_HERE = missing === null ? '' : `. Skipped: apt-get install ${missing}`;

const NOW = Date.UTC(2026, 10, 26, 12, 0, 0);
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const SECRET = 'acme_test_shown-once';

const sri = `sha384-${createHash('sha384').update(PORTAL_SCRIPT).digest('base64')}`;
const at = (ms: number) => new Date(NOW + ms).toISOString();
const whole = (body: string, now = NOW, integrity = sri) => `<!doctype html>
  <html lang="en" data-now="${now}"><head><meta charset="utf-8"><title>x</title>
  <link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon">
  <script defer src="/script.js" integrity="${integrity}"></script></head>
  <body><main>${body}</main><p class="said" role="status" data-said></p></body></html>`;

describe.skipIf(missing !== null)(`the script of the portal in Chromium${NOT_HERE}`, () => {
  let browser: Browser;
  let server: Server;
  let here: string;
  const pages = new Map<string, string>();
  const seen: { readonly method: string; readonly url: string }[] = [];
  const closing: (() => Promise<void>)[] = [];

  const bodyOf = ({ url = '' }: IncomingMessage): readonly [type: string, body: string] => {
    if (url === '/script.js') return ['text/javascript', PORTAL_SCRIPT];
    if (url === '/style.css') return ['text/css', PORTAL_STYLE];
    if (url === '/icon') return ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'];
    return ['text/html', pages.get(url.split('?')[0] ?? '') ?? whole('<h1>elsewhere</h1>')];
  };

  beforeAll(async () => {
    browser = await openBrowser();
    server = createServer((request, response) => {
      const { method = '', url = '' } = request;
      if (!/\.(js|css)$|icon/.test(url)) seen.push({ method, url });
      const [type, body] = bodyOf(request);
      // Of one page nothing comes: whoever sends something there stays where he is.
      const status = url === '/nothing' ? 204 : 200;
      response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(body);
    });
    await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
    here = `http://localhost:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    pages.clear();
    seen.length = 0;
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** A page in a browser whose clock stands still where the test puts it. */
  const visit = async (body: string, options: BrowserContextOptions & { readonly clock?: number } = {}) => {
    const { clock = NOW, ...others } = options;
    const { page, complaints, close } = await newVisitor(browser, { locale: 'de', ...others });
    closing.push(close);
    pages.set('/page', whole(body));
    await page.clock.install({ time: clock - HOUR });
    await page.clock.pauseAt(clock);
    await page.goto(`${here}/page`);
    return { page, complaints };
  };

  const textOf = (page: Page, selector: string) => page.locator(selector).innerText();

  test('what does not have its hash is not run', async () => {
    const { page, complaints } = await visit('');
    expect(complaints).toEqual([]);
    pages.set(
      '/other',
      whole('<button hidden data-copy="h1">Copy</button><h1>x</h1>', NOW, `${sri.slice(0, -8)}AAAAAAAA`),
    );
    await page.goto(`${here}/other`);
    expect(complaints.join()).toContain('integrity');
    expect(await page.locator('button').isVisible()).toBe(false);
  });

  test('no text becomes markup or a script in a page of ours: Trusted Types', async () => {
    const { page } = await visit('<p id="p"></p>');
    const refused = (code: string) =>
      page.evaluate(`(() => { try { ${code}; return 'done'; } catch (e) { return e.name; } })()`);
    expect(await refused(`document.querySelector('#p').innerHTML = '<b>x</b>'`)).toBe('TypeError');
    expect(await refused(`document.createElement('script').src = '/script.js'`)).toBe('TypeError');
    expect(await refused(`trustedTypes.createPolicy('x', {})`)).toBe('TypeError');
    expect(await page.locator('#p b').count()).toBe(0);
  });

  describe('a button that copies', () => {
    const COPY = `<pre id="key">${SECRET}</pre>
      <button type="button" hidden data-copy="#key" data-copied="Copied" data-selected="Press Ctrl+C">Copy</button>
      <button type="button" hidden data-copy="#nothing">Never</button>`;

    test('is not there without scripts', async () => {
      const { page } = await visit(COPY, { javaScriptEnabled: false });
      expect(await page.getByRole('button').count()).toBe(0);
    });

    test('copies, says so to everybody for two seconds, and is itself again', async () => {
      const { page, complaints } = await visit(COPY, { permissions: ['clipboard-read', 'clipboard-write'] });
      const button = page.getByRole('button');
      expect([await button.count(), await button.innerText()]).toEqual([1, 'Copy']);
      await button.click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await textOf(page, '[role=status]')).toBe('Copied');
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(SECRET);
      await page.clock.runFor(1_900);
      expect(await button.innerText()).toBe('Copied');
      await page.clock.runFor(200);
      expect([await button.innerText(), await textOf(page, '[role=status]')]).toEqual(['Copy', '']);
      expect(complaints).toEqual([]);
    });

    test.each([
      ['no clipboard', `Object.defineProperty(navigator, 'clipboard', { value: undefined })`],
      [
        'no leave',
        `navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))`,
      ],
    ])('where there is %s, it selects', async (_, before) => {
      const { page, complaints } = await visit(COPY);
      await page.evaluate(before);
      await page.getByRole('button').click();
      await page.getByRole('button', { name: 'Press Ctrl+C' }).waitFor();
      expect(await page.evaluate('getSelection().toString()')).toBe(SECRET);
      expect(complaints).toEqual([]);
    });
  });

  describe('times', () => {
    const time = (kind: string, ms: number) => `<p><time datetime="${at(ms)}" data-${kind}>x</time></p>`;

    test('relative ones are kept true, and tell all in the zone of the reader', async () => {
      const { page } = await visit(time('relative', -3 * MINUTE) + time('relative', 2 * HOUR), {
        timezoneId: 'Asia/Tokyo',
      });
      const texts = () => page.locator('time').allInnerTexts();
      expect(await texts()).toEqual(['3 minutes ago', 'in 2 hours']);
      expect(await page.locator('time').first().getAttribute('title')).toBe('Nov 26, 2026, 20:57 GMT+9');
      await page.clock.runFor(MINUTE);
      expect(await texts()).toEqual(['4 minutes ago', 'in 1 hour']);
    });

    test('whole ones are told in the zone of the reader', async () => {
      const { page } = await visit(time('local', 0), { timezoneId: 'America/New_York' });
      expect(await textOf(page, 'time')).toBe(moment(NOW, 'en', 'America/New_York'));
    });

    test('what is counted down goes by minutes, then by seconds, and is over', async () => {
      const { page } = await visit(time('countdown="over"', HOUR + 10 * SECOND));
      expect(await textOf(page, 'time')).toBe('1h 00m');
      await page.clock.runFor(11 * SECOND);
      expect(await textOf(page, 'time')).toBe('59m 59s');
      await page.clock.runFor(SECOND);
      expect(await textOf(page, 'time')).toBe('59m 58s');
      await page.clock.fastForward(HOUR);
      expect(await textOf(page, 'time')).toBe('over');
    });

    test('they go by our clock where the reader has a wrong one', async () => {
      const { page } = await visit(time('relative', -3 * MINUTE), { clock: NOW - 7 * HOUR });
      expect(await textOf(page, 'time')).toBe('3 minutes ago');
      await page.clock.runFor(MINUTE);
      expect(await textOf(page, 'time')).toBe('4 minutes ago');
    });

    test('nothing moves when they are told anew', async () => {
      const said = (kind: string, ms: number, text: string) =>
        `<time datetime="${at(ms)}" data-${kind}>${text}</time> <b>behind</b><br>`;
      const body =
        said('local', 0, moment(NOW, 'en', 'UTC')) +
        said('relative', -HOUR, relative(NOW - HOUR, NOW, 'en')) +
        said('countdown', MINUTE, left(NOW + MINUTE, NOW, 'en'));
      const boxes = async (options: BrowserContextOptions) => {
        const { page } = await visit(body, options);
        return Promise.all((await page.locator('b').all()).map((each) => each.boundingBox()));
      };
      const before = await boxes({ javaScriptEnabled: false });
      for (const timezoneId of ['Europe/Berlin', 'Asia/Kolkata', 'UTC'])
        expect(await boxes({ timezoneId })).toEqual(before);
    });
  });

  describe('a secret that is shown once', () => {
    const open = async (options = {}) => {
      pages.set(
        '/made',
        whole(`<div data-secret="/keys/1"><h1>made</h1><code data-secret-text>${SECRET}</code>
          <input data-secret-text value="${SECRET}"><a href="/elsewhere">on</a></div>`),
      );
      pages.set('/keys/1', whole('<h1>the key</h1>'));
      const visited = await visit('<form method="post" action="/made"><button>Make</button></form>', options);
      await visited.page.getByRole('button').click();
      await visited.page.getByRole('heading', { name: 'made' }).waitFor();
      seen.length = 0;
      return visited;
    };
    const heading = (page: Page) => page.getByRole('heading').innerText();

    test('to load the page again shows the page of the key, and sends nothing twice', async () => {
      const { page, complaints } = await open();
      expect(page.url()).toBe(`${here}/keys/1`);
      expect(await textOf(page, 'code')).toBe(SECRET);
      await page.reload();
      expect(await heading(page)).toBe('the key');
      expect(await page.content()).not.toContain(SECRET);
      expect(seen).toEqual([{ method: 'GET', url: '/keys/1' }]);
      expect(complaints).toEqual([]);
    });

    test('to come back shows the page of the key, and sends nothing twice', async () => {
      const { page } = await open();
      await page.getByRole('link').click();
      await page.getByRole('heading', { name: 'elsewhere' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { name: 'the key' }).waitFor();
      expect(await page.content()).not.toContain(SECRET);
      expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /elsewhere', 'GET /keys/1']);
    });

    test('what a browser keeps of the page has no secret in it', async () => {
      const { page } = await open();
      // As when it is put away, whether a browser would keep it or not.
      await page.evaluate(`dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))`);
      expect(await page.content()).toContain('made');
      expect(await textOf(page, 'code')).toBe('');
      expect(await page.locator('input').inputValue()).toBe('');
      expect(await page.evaluate('document.documentElement.innerText')).not.toContain(SECRET);
      await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
      await page.getByRole('heading', { name: 'the key' }).waitFor();
    });
  });

  describe('forms', () => {
    test('one is sent once, and its buttons keep their focus', async () => {
      const { page } = await visit(`<form method="post" action="/nothing">
        <button name="decision" value="yes">Yes</button><button name="decision" value="no">No</button></form>`);
      await page.getByRole('button', { name: 'Yes' }).click();
      await page.locator('button[aria-disabled=true]').first().waitFor();
      expect(await page.locator('button[aria-disabled=true]').count()).toBe(2);
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Yes');
      const [yes, no] = [page.getByRole('button', { name: 'Yes' }), page.getByRole('button', { name: 'No' })];
      for (const button of [yes, no]) await button.dispatchEvent('click');
      await page.keyboard.press('Enter');
      expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
      // Nothing came of it: it may be sent again.
      await page.clock.runFor(15_000);
      expect(await page.locator('button[aria-disabled]').count()).toBe(0);
      await no.click();
      await expect.poll(() => seen.filter(({ method }) => method === 'POST').length).toBe(2);
      // Whatever else had been sent would have come before this.
      await page.goto(`${here}/elsewhere`);
      expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(2);
    });

    test('one that says so is sent when something is chosen, with all that is in it', async () => {
      const select = '<select name="status"><option>all<option>active</select>';
      const { page } = await visit(
        `<form action="/list" data-submit-on-change><input name="q" value="a&b">${select}</form>
         <form action="/other">${select}</form>`,
      );
      await page.locator('form[action="/other"] select').selectOption('active');
      await page.locator('input').fill('c&d');
      await page.locator('form[action="/list"] select').selectOption('active');
      await page.waitForURL(`${here}/list?q=c%26d&status=active`);
      expect(seen.map(({ url }) => url)).toEqual(['/page', '/list?q=c%26d&status=active']);
    });

    test('all of a group are checked at once, and it says whether all are', async () => {
      const box = (group: string, value: string, more = '') =>
        `<input type="checkbox" name="scope" data-group="${group}" value="${value}" ${more}>`;
      const { page } =
        await visit(`<label hidden id="all"><input type="checkbox" data-check-all="items"> All</label>
        ${box('items', 'a')}${box('items', 'b', 'checked')}${box('items', 'c', 'disabled')}${box('others', 'd')}`);
      const all = page.getByRole('checkbox', { name: 'All' });
      const checked = () =>
        page
          .locator('[data-group]:checked')
          .evaluateAll((boxes) => boxes.map((each) => each.getAttribute('value')));
      const isSome = () => page.locator('[data-check-all]:indeterminate').count();
      expect([await all.isVisible(), await all.isChecked(), await isSome()]).toEqual([true, false, 1]);
      await all.check();
      expect([await checked(), await isSome()]).toEqual([['a', 'b'], 0]);
      await page.locator('[value=a]').uncheck();
      expect([await all.isChecked(), await isSome()]).toEqual([false, 1]);
      await page.locator('[value=b]').uncheck();
      expect([await all.isChecked(), await isSome()]).toEqual([false, 0]);
      await all.check();
      await all.uncheck();
      expect(await checked()).toEqual([]);
    });
  });
});
