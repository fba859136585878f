import { describe, expect, it } from 'vitest';
import { csrfOf, formTo, madeKey, newHolder, newKeyForm, PLACES, routesOf, shownKey } from '../key-pages.ts';
import { asOperator, newOperatingPerson } from '../operators.ts';
import { newPerson, type Person, stytchSession, textOf } from '../person.ts';
import { PORTAL_ROUTES } from '../portal-routes.ts';
import { inUse, logged } from '../secrets.ts';
import { spellings } from '../spellings.ts';
import { beginAfresh, call, DESK, desk, isolate, issueKey, later, stytchCalls } from '../world.ts';

/** SECURITY.md 1.7, MG and WEB, at the pages of keys. What their forms take is in `portal-keys-forms.test.ts`. */
beginAfresh();

type PlaceName = keyof typeof PLACES;
const PLACE_NAMES = Object.keys(PLACES) as readonly PlaceName[];

/** An answer but for what is new with each: its id, the time, and where the sign-in would lead. */
const shown = async (answer: Response) => {
  const id = answer.headers.get('x-request-id') ?? '';
  return JSON.stringify({
    status: answer.status,
    // A session that Stytch was asked for anew is closed anew.
    headers: [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'set-cookie'),
    cookies: answer.headers.getSetCookie().map((line) => line.split('=')[0]),
    body: (await answer.text()).replaceAll(id, '…').replace(/data-now="\d+"/, ''),
  });
};

/** Every page and form of a key at a place, with this id in it. */
const ofKey = (place: PlaceName, keyId: string) =>
  routesOf(place)
    .filter(({ path }) => path.includes(':key_id'))
    .map(({ method, path }) => ({ method, path: path.replace(':key_id', keyId) }));

/** Asks for a page, or sends a form that is right but for what it is about. */
const ask = (person: Person, csrf: string, { method, path }: ReturnType<typeof ofKey>[number]) => {
  const once = `${Date.now().toString(36)}-AAAAAAAAAAAAAAAA`;
  const form = {
    csrf,
    once,
    revision: '1',
    name: 'x',
    'scope.items:read': '1',
    expires: 'none',
    overlap: '0',
  };
  return method === 'GET' ? person.get(path) : person.post(path, form);
};

describe.each(PLACE_NAMES)('MG-02 › MG-16 › a key of somebody else’s, at the place %s', (place) => {
  it('is on every page and for every form as one that never was', async () => {
    const [ada, eve] = [await PLACES[place].newcomer(), await PLACES[place].newcomer()];
    const [hers, own] = [await madeKey(ada), await madeKey(eve)];
    const csrf = await csrfOf(eve);
    const ids = [
      hers.keyId,
      `${hers.keyId.slice(0, 27)}${'0'.repeat(11)}`,
      `${own.keyId.slice(0, 27)}${'0'.repeat(11)}`,
      hers.keyId.toLowerCase(),
      own.keyId.slice(0, -1),
      'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001',
      'session',
    ];
    const before = await stytchCalls();
    for (const route of ofKey(place, '{id}')) {
      const answers = new Set<string>();
      for (const id of ids) {
        const path = route.path.replace('{id}', id);
        answers.add(await shown(await ask(eve, csrf, { ...route, path })));
      }
      expect([route.path, answers.size]).toEqual([route.path, 1]);
      expect([...answers][0]).toMatch(/^{"status":404,/);
    }
    const made = Object.entries(await stytchCalls()).filter(([name]) => name.startsWith('m2m.'));
    expect(made).toEqual(Object.entries(before).filter(([name]) => name.startsWith('m2m.')));
    expect((await ada.get(hers.path)).status).toBe(200);
    expect(await textOf(await ada.get(hers.path))).not.toContain('Rotating');
  });

  it('is in no list, trail or count of his, whatever the address asks for', async () => {
    const [ada, eve] = [await PLACES[place].newcomer(), await PLACES[place].newcomer()];
    const { keyId } = await madeKey(ada, { name: 'nobody else sees it' });
    const home = eve.base === '' ? '/' : eve.base;
    for (const path of [
      `${home}?status=all`,
      `${home}?status=all&search=${keyId}`,
      `${home}?search=nobody`,
      `${eve.base}/audit?key_id=${keyId}`,
      `${eve.base}/usage?key_id=${keyId}`,
    ]) {
      const answer = await eve.get(path);
      expect([path, answer.status, (await answer.text()).includes('nobody else sees it')]).toEqual([
        ...[path, 200, false],
      ]);
    }
  });
});

describe('MG-16 › a key of another Ring', () => {
  it('is asked about nowhere, so that nobody can tell by the time that it takes', async () => {
    const here = isolate();
    const [ada, eve] = [await newHolder(), await newHolder(here.fetch)];
    const { keyId } = await madeKey(ada);
    const csrf = await csrfOf(eve);
    here.calls.length = 0;
    for (const route of ofKey('own', keyId)) expect((await ask(eve, csrf, route)).status).toBe(404);
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
  });
});

describe('a key id that can be none', () => {
  it.each([
    '%00',
    '..%2f..%2fv1%2fkeys',
    '%2F',
    '%5c',
    '%E0%A4%A',
    '%25',
    '%',
    '*',
    ':key_id',
    'new%00',
    '__proto__',
    'constructor',
    'toString',
    '%3Cscript%3Ealert(1)%3C%2Fscript%3E',
    "';DROP TABLE keys;--",
    '\u0430cme_test_x',
    'acme_test_',
    'acme_live_0W1oDTndv3rplTTSgJjz1gogY0SE',
    'x'.repeat(1_900),
    'x'.repeat(7_000),
  ])('%j is one that never was: 404, without a word of it', async (id) => {
    const ada = await newHolder();
    const csrf = await csrfOf(ada);
    for (const route of ofKey('own', id)) {
      const answer = await ask(ada, csrf, route);
      const html = await answer.text();
      expect([route.path.slice(-20), answer.status]).toEqual([route.path.slice(-20), 404]);
      expect(html).not.toMatch(/alert\(1\)|DROP TABLE|passwd/);
      expect(html.length).toBeLessThan(20_000);
    }
  });

  it('a whole key in an address is no key: it is in no page, header or log, whatever is asked', async () => {
    const ada = await newHolder();
    const { key } = await madeKey(ada);
    const csrf = await csrfOf(ada);
    const here = isolate();
    const cookie = `__Host-latchkey=${ada.cookies.get('__Host-latchkey')}`;
    for (const route of ofKey('own', key)) {
      const answer = await ask(ada, csrf, route);
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toContain(key.slice(39, 60));
      for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
        const other = await here.fetch(`${DESK}${route.path}`, { method, headers: { cookie } });
        expect([other.status, (await other.text()).includes(key)]).toEqual([405, false]);
      }
    }
    expect(JSON.stringify(logged())).not.toContain(key.slice(39, 60));
    // One that somebody pastes into the search is found by its id, and the address has no more of it.
    const searched = await ada.get(`/?status=all&search=${key}`);
    const location = searched.headers.get('location') ?? '';
    expect([searched.status, location]).toEqual([
      303,
      `/?search=${key.slice(0, 38)}&status=all&sort=created`,
    ]);
    expect(await textOf(await ada.get(location))).toContain('ends in');
  });
});

/** What may not be in a page: elements, attributes and addresses that could do something. */
const hasNoScript = async (html: string): Promise<void> => {
  const found: string[] = [];
  await new HTMLRewriter()
    .on('*', {
      element: (element) => {
        const { tagName } = element;
        const [src, type] = [element.getAttribute('src') ?? '', element.getAttribute('type') ?? ''];
        if (tagName === 'script' && !src.startsWith('/portal.js?v=')) found.push(`script ${src}`);
        if (tagName === 'img' && !src.startsWith('/portal-logo?v=')) found.push(`img ${src}`);
        if (['iframe', 'object', 'embed', 'base', 'style', 'template', 'svg:script'].includes(tagName))
          found.push(tagName);
        if (tagName === 'meta' && element.hasAttribute('http-equiv')) found.push('meta http-equiv');
        for (const [name = '', value = ''] of element.attributes) {
          if (name.startsWith('on') || name === 'style' || name === 'srcdoc')
            found.push(`${tagName} ${name}`);
          if (/^(?:href|src|action|formaction)$/.test(name) && !/^[/#](?![/\\])/.test(value) && value !== '/')
            found.push(`${tagName} ${name}=${value}`);
        }
        if (type === 'image') found.push('input image');
      },
      text: () => {},
    })
    .transform(new Response(html, { headers: { 'content-type': 'text/html' } }))
    .text();
  expect(found).toEqual([]);
};

const NAMES = [
  '<script>alert(1)</script>',
  `"><img src=x onerror='alert(1)'>`,
  `</title></textarea><script>alert(1)</script>`,
  `' onfocus=alert(1) autofocus x='`,
  '{{constructor.constructor("alert(1)")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what it says.
  '${7*7}<%= 7*7 %>',
  'javascript:alert(1)//',
  '&lt;b&gt;&amp;amp;',
  '\u05e9\u05dc\u05d5\u05dd (1) \u0645\u0631\u062d\u0628\u0627',
  '\u{1F511}'.repeat(32),
  `Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e`,
  'a\u200b\u200d\ufeffb',
  '__proto__',
  'constructor',
];

describe('MG-18 › WEB-12 › a name is text, wherever it stands', () => {
  it.each(NAMES)('%j', async (name) => {
    const ada = await newHolder();
    const typed = { name, description: name };
    const form = await newKeyForm(ada, typed);
    const made = await ada.post('/keys', form);
    const key = await shownKey(made);
    const path = `/keys/${key?.keyId}`;
    const again = await ada.post('/keys', form);
    const change = await ada.get(`${path}/change`);
    const query = new URLSearchParams({ search: name, scope: name, ...typed, allowlist: name, key_id: name });
    const refused = await ada.post(
      `${path}/change`,
      await formTo(change, `${path}/change`, { allowlist: name }),
    );
    const rotation = await ada.post(
      `${path}/rotate`,
      await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`),
    );
    expect(await shownKey(rotation)).not.toBeNull();
    const pages = [
      ...[made, again, change, refused, rotation],
      ...(await Promise.all(
        ['/', path, `${path}/revoke`, '/audit', '/usage', `/audit?key_id=${key?.keyId}`]
          .concat(['/', '/keys/new', '/audit', '/usage', path, '/device'].map((each) => `${each}?${query}`))
          .map((each) => ada.get(each)),
      )),
    ];
    for (const page of pages) {
      expect([200, 400]).toContain(page.status);
      await hasNoScript(await page.clone().text());
    }
    // What it says is what was typed, once unescaped and no more often.
    const said = (await (await ada.get(path)).text()).match(/<h1><bdi>([^<]*)<\/bdi>/)?.[1] ?? '';
    const escaped = name
      .normalize('NFC')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;');
    expect(said).toBe(escaped.replaceAll('"', '&quot;').replaceAll("'", '&#39;'));
    expect((await formTo(change, `${path}/change`)).name).toBe(name.normalize('NFC'));
  });

  it.each([
    'a\u202eb',
    'a\u2066b',
    'a\u200fb',
    'a\u0000b',
    'a\u0007b',
    'a\u2028b',
    'a\r\nb',
    '\u061c',
    'x'.repeat(65),
    '\u{1F511}'.repeat(33),
    'x'.repeat(60_000),
    ' \t ',
  ])('%j is no name', async (name) => {
    const ada = await newHolder();
    const before = await stytchCalls();
    const answer = await ada.post('/keys', await newKeyForm(ada, { name }));
    expect([answer.status, await shownKey(answer)]).toEqual([400, null]);
    expect((await stytchCalls())['m2m.create']).toBe(before['m2m.create']);
  });
});

describe('MG-10 › a secret is in one answer', () => {
  it('to the form that made it: in no later page, header, address or cookie, in any spelling', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { name: 'mine' });
    const made = await ada.post('/keys', form);
    const first = await shownKey(made);
    const path = `/keys/${first?.keyId}`;
    const rotation = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    const rotated = await ada.post(`${path}/rotate`, rotation);
    const second = await shownKey(rotated);
    const { key: apiKey } = await issueKey(ada.session);
    const secrets = [first?.key, second?.key, apiKey].map((key) => (key ?? '').split('_')[3] ?? '');
    for (const answer of [made, rotated]) {
      expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual([
        'no-store',
        'no-cache',
      ]);
      expect(answer.headers.get('referrer-policy')).toBe('same-origin');
      for (const secret of secrets) expect(JSON.stringify([...answer.headers])).not.toContain(secret);
      // It is text of the page, and in no attribute of it.
      const html = await answer.text();
      expect(html.match(/="[^"]*_test_\w{28}_\w[^"]*"/g)).toBeNull();
    }
    const csrf = form.csrf ?? '';
    const later = [
      await ada.post('/keys', form),
      await ada.post(`${path}/rotate`, rotation),
      await ada.post('/keys', { ...form, name: 'other' }),
      ...(await Promise.all(
        routesOf('own')
          .filter(({ method }) => method === 'GET')
          .map(({ path: route }) => ada.get(route.replace(':key_id', first?.keyId ?? ''))),
      )),
      await ada.get('/keys'),
      await ada.get('/audit?action=key.created'),
      await ada.post(`${path}/rotate/cancel`, { csrf }),
      await ada.post(`${path}/revoke`, { csrf }),
      await ada.get(`${path}?done=revoked`),
      await ada.post('/sign-out', { csrf }),
    ];
    const cookies = [...ada.cookies].flat().join(' ');
    for (const secret of secrets)
      for (const spelled of spellings(secret)) {
        for (const answer of later) {
          expect(JSON.stringify([...answer.headers])).not.toContain(spelled);
          expect(await answer.clone().text()).not.toContain(spelled);
        }
        expect(cookies).not.toContain(spelled);
      }
  });

  it('is not told to another browser of the same user, which sends the same form', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada);
    await shownKey(await ada.post('/keys', form));
    const other = newPerson();
    other.cookies.set('stytch_session', (await stytchSession(60, ada.user)).token);
    const csrf = await csrfOf({ ...ada, ...other });
    const answer = await other.post('/keys', { ...form, csrf });
    expect([answer.status, await shownKey(answer), await textOf(answer)]).toEqual([
      ...[200, null, expect.stringContaining('This key was made already')],
    ]);
  });

  it('nor is a form’s name another user’s', async () => {
    const [ada, eve] = [await newHolder(), await newHolder()];
    const form = await newKeyForm(ada);
    const hers = await shownKey(await ada.post('/keys', form));
    const answer = await eve.post('/keys', { ...form, csrf: await csrfOf(eve) });
    const own = await shownKey(answer);
    expect([own === null, own?.keyId === hers?.keyId]).toEqual([false, false]);
  });
});

describe('MG-01 › a key opens no page', () => {
  it('in whatever place of a request, and neither does an access token or a session JWT', async () => {
    const ada = await newHolder();
    const { key, path } = await madeKey(ada);
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    inUse(pair);
    const { cookies, ...stranger } = newPerson();
    for (const authorization of [`Bearer ${key}`, `Basic ${pair}`, `Bearer ${ada.session}`])
      for (const page of ['/', path, '/keys/new', '/audit']) {
        const answer = await stranger.get(page, { authorization, 'x-api-key': key });
        expect([page, answer.status, answer.headers.get('location')]).toEqual([
          ...[page, 303, expect.stringContaining('https://app.test/login')],
        ]);
        const made = await stranger.post('/keys', { name: 'x' }, { authorization });
        expect(made.status).toBe(401);
      }
    for (const value of [key, ada.session]) {
      cookies.set('__Host-latchkey', value).set('stytch_session', value);
      expect((await stranger.get('/')).status).toBe(303);
    }
  });
});

describe('MG-17 › a cursor leads on in its own list alone', () => {
  /** Somebody with more keys and rows than a page has, and the cursors of both. */
  const withPages = async () => {
    const ada = await newHolder();
    await asOperator('PUT', `/v1/users/${ada.userId}/limits`, { plan: null, keys_limit: 200 });
    for (let i = 0; i < 51; i++) await issueKey(ada.session, ['items:read'], { name: `key ${i}` });
    const cursorAt = async (path: string) =>
      /[?&;]cursor=([^"&]+)"/.exec(await (await ada.get(path)).text())?.[1] ?? '';
    return { ada, ofKeys: await cursorAt('/'), ofRows: await cursorAt('/audit') };
  };

  it('not in another’s, under another filter or order, in another list, or changed', async () => {
    const { ada, ofKeys, ofRows } = await withPages();
    const eve = await newHolder();
    expect([ofKeys.length > 20, ofRows.length > 20]).toEqual([true, true]);
    expect([
      (await ada.get(`/?cursor=${ofKeys}`)).status,
      (await ada.get(`/audit?cursor=${ofRows}`)).status,
    ]).toEqual([200, 200]);
    const flipped = `${ofKeys.slice(0, -1)}${ofKeys.endsWith('A') ? 'B' : 'A'}`;
    for (const [person, path] of [
      [eve, `/?cursor=${ofKeys}`],
      [eve, `/audit?cursor=${ofRows}`],
      [ada, `/?sort=name&cursor=${ofKeys}`],
      [ada, `/?status=all&cursor=${ofKeys}`],
      [ada, `/?search=key&cursor=${ofKeys}`],
      [ada, `/?cursor=${ofRows}`],
      [ada, `/audit?cursor=${ofKeys}`],
      [ada, `/audit?action=key.created&cursor=${ofRows}`],
      [ada, `/?cursor=${flipped}`],
      [ada, '/?cursor=AAAA'],
      [ada, '/?cursor='],
      [ada, `/?cursor=${'A'.repeat(2_000)}`],
      [ada, '/?cursor=%00'],
    ] as const) {
      const answer = await person.get(path);
      expect([path, answer.status]).toEqual([path, 400]);
      const text = await textOf(answer);
      expect(text).toContain('This cannot be');
      // The way on does not lead back to it.
      const [, href = ''] = /class="button" href="([^"]*)"/.exec(await answer.text()) ?? [];
      expect((await person.get(href.replaceAll('&amp;', '&'))).status).toBe(200);
    }
  });
});

describe('a parameter that is there twice, or names what every object has', () => {
  it.each([
    '/?status=all&status=revoked',
    '/?sort=__proto__&status=constructor&scope=toString',
    '/audit?key_id=a&key_id=b&action=__proto__&action=x',
    '/usage?range=__proto__&range=7d',
    '/usage?range=constructor',
    '/keys/new?name=a&name=b&expires=toString&limit_seconds=__proto__&scope=__proto__',
    '/keys/new?scope.items%3Aread=1&csrf=x&once=x',
    '/device?user_code=x&user_code=y',
    '/signed-out?until=__proto__',
  ])('%s is a page like any other', async (path) => {
    const ada = await newHolder();
    await ada.get('/');
    const answer = await ada.get(path);
    expect([path, [200, 303].includes(answer.status)]).toEqual([path, true]);
    const html = await answer.text();
    expect(html).not.toMatch(/native code|\[object|function|undefined|NaN/);
  });

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty', 'changed&done=x'])(
    'what was done, by the name %s, is said of no key',
    async (done) => {
      const ada = await newHolder();
      const { path } = await madeKey(ada);
      const html = await (await ada.get(`${path}?done=${done}&range=${done}`)).text();
      expect(html.includes('class="done"')).toBe(done.startsWith('changed'));
      expect(html).not.toMatch(/native code|\[object/);
    },
  );
});

/** Everybody who may look at something, and where he is. */
const everybody = async () => {
  const [own, organization] = [await PLACES.own.newcomer(), await PLACES.organization.newcomer()];
  const operator = await newOperatingPerson();
  const [key, ours] = [await madeKey(own), await madeKey(organization)];
  return [
    { who: own as Person, isHis: /^\/(?!organization|operators)/, ids: [own.userId, key.keyId] },
    { who: organization as Person, isHis: /^\/organization/, ids: ['', ours.keyId] },
    { who: operator as Person, isHis: /^\/operators/, ids: [own.userId, key.keyId] },
  ].map(({ who, isHis, ids: [userId = '', keyId = ''] }) => ({
    who,
    routes: PORTAL_ROUTES.filter(({ path }) => isHis.test(path)).map(({ method, path }) => ({
      method,
      route: path,
      path: path.replace(':user_id', userId).replace(':key_id', keyId).replace('*', 'nowhere'),
    })),
  }));
};

const ALWAYS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=63072000',
};

const COOKIE =
  /^__Host-latchkey(?:-sign-in)?=[A-Za-z0-9._-]*; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/;

/** What pages load: it is everybody's, and has rules of its own (`portal.test.ts`). */
const ASSETS = ['/portal.css', '/portal.js', '/portal-logo'];

describe('WEB-04 › WEB-05 › WEB-08 › WEB-09 › WEB-10 › every page that there is, whoever asks and however', () => {
  it('says all that it must, in every answer, and has nothing in it that runs', async () => {
    const all = await everybody();
    expect(all.flatMap(({ routes }) => routes)).toHaveLength(PORTAL_ROUTES.length);
    let pages = 0;
    for (const { who, routes } of all)
      for (const { method, route, path } of routes.filter((each) => !ASSETS.includes(each.path))) {
        const early = { 'early-data': '1' };
        const answers =
          method === 'GET'
            ? [await who.get(path), await newPerson().get(path), await who.get(path, early)]
            : [await who.post(path, {}), await newPerson().post(path, {}), await who.post(path, {}, early)];
        for (const answer of answers) {
          expect([route, Object.fromEntries(answer.headers)]).toEqual([
            route,
            expect.objectContaining(ALWAYS),
          ]);
          expect(answer.headers.has('access-control-allow-origin')).toBe(false);
          for (const line of answer.headers.getSetCookie()) expect(line).toMatch(COOKIE);
          const html = await answer.text();
          if (html !== '') await hasNoScript(html);
          expect(html).not.toMatch(/https?:\/\/(?!desk\.test)/);
          pages++;
        }
        expect([route, answers[2]?.status]).toEqual([route, 425]);
      }
    expect(pages).toBeGreaterThan(150);
  });

  it('is there by its own methods alone: others are told which', async () => {
    const { fetch } = isolate();
    for (const path of new Set(PORTAL_ROUTES.map((each) => each.path.replace('*', 'nowhere')))) {
      const at = path.replace(':user_id', 'user-test-1').replace(':key_id', 'x');
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        const answer = await fetch(`${DESK}${at}`, { method });
        const allow = answer.headers.get('allow') ?? '';
        expect([method, path, answer.status]).toEqual([method, path, 405]);
        expect(allow.split(', ').every((each) => ['GET', 'POST'].includes(each))).toBe(true);
        expect(Object.fromEntries(answer.headers)).toMatchObject(ALWAYS);
      }
    }
  });

  it('is found under its own spelling alone', async () => {
    const ada = await newHolder();
    const { keyId } = await madeKey(ada);
    for (const { path } of routesOf('own').filter(({ path }) => path !== '/')) {
      const at = path.replace(':key_id', keyId);
      for (const other of [`${at}/`, `/${at}`, at.toUpperCase(), `${at}.html`, `${at};x`, `${at}%2f`]) {
        const answer = await ada.get(other).catch(() => null);
        expect([other, answer === null || answer.status >= 303]).toEqual([other, true]);
      }
    }
  });
});

describe('WEB-03 › after a sign-in', () => {
  /** Where a sign-in ends that began at a path. */
  const endOf = async (path: string, via: 'page' | 'address') => {
    const person = newPerson();
    const began = via === 'page' ? path : `/sign-in?${new URLSearchParams({ return_to: path })}`;
    const led = await person.get(began);
    const login = URL.parse(led.headers.get('location') ?? '');
    if (login?.origin !== 'https://app.test') return null;
    person.cookies.set('stytch_session', (await stytchSession()).token);
    const back = await person.get((login.searchParams.get('return_to') ?? '').slice(DESK.length));
    return back.headers.get('location');
  };

  /** Pages that are nobody's: there is no sign-in on the way to them. */
  const OPEN = ['/signed-out', '/signed-in', '/sign-in', '/device/approved', '/device/denied', ...ASSETS];

  it('every page that looks is come back to, and nothing that does something', async () => {
    const gets = new Set(PORTAL_ROUTES.filter(({ method }) => method === 'GET').map(({ path }) => path));
    for (const { method, path } of PORTAL_ROUTES) {
      if (OPEN.includes(path) || path.endsWith('*')) continue;
      const at = path.replace(':user_id', 'user-test-1').replace(':key_id', 'acme_test_x');
      if (method === 'GET') {
        expect([at, await endOf(at, 'page')]).toEqual([at, at]);
        expect([at, await endOf(`${at}?a=b`, 'address')]).toEqual([at, `${at}?a=b`]);
      } else if (!gets.has(path)) expect([at, await endOf(at, 'address')]).toEqual([at, '/']);
    }
  });

  it.each([
    '//evil.test/keys/new',
    '/\\evil.test/keys/new',
    '/keys/..//evil.test',
    '/keys/%2e%2e/%2e%2e//evil.test',
    '/keys/x/../../v1/keys',
    '/organization/../v1/keys',
    '/keys/x/rotate/finish',
    '/keys/x/rotate/cancel',
    '/keys',
    '/keys/',
    '/keys/x/y',
    '/organization/keys',
    '/organizations/keys/x',
    '/usage/',
    '/audit/x',
    '/v1/keys?/keys/new',
    'https://evil.test/keys/new',
    'javascript:alert(1)//keys/new',
    '/keys/new\r\nset-cookie:a=b',
    '/keys/x\u0000',
  ])('%j is not gone to', async (path) => {
    const end = await endOf(path, 'address');
    expect([path, end]).toEqual([path, end?.startsWith('/keys/') === true ? end : '/']);
    expect(end).not.toMatch(/evil|v1|finish|cancel|set-cookie|\/\//);
  });
});

describe('WEB-07 › WEB-02 › whose session it is', () => {
  it('a cookie that was planted shows its own keys, and a sign-in ends it: its forms are good no more', async () => {
    const [eve, ada] = [await newHolder(), await newHolder()];
    const form = await newKeyForm(eve);
    const planted = eve.cookies.get('__Host-latchkey') ?? '';
    ada.cookies.set('__Host-latchkey', planted);
    const led = new URL((await ada.get('/sign-in')).headers.get('location') ?? '');
    await ada.get((led.searchParams.get('return_to') ?? '').slice(DESK.length));
    expect(ada.cookies.get('__Host-latchkey')).not.toBe(planted);
    const answer = await ada.post('/keys', form);
    expect([answer.status, await shownKey(answer)]).toEqual([403, null]);
  });

  it('many at once in one isolate are never mixed up', async () => {
    const { fetch } = isolate();
    const people = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const person = await newHolder(fetch);
        const { keyId } = await madeKey(person, { name: `of ${person.userId}` });
        return { person, keyId };
      }),
    );
    const seen = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const { person, keyId } = people[i % 5] as (typeof people)[number];
        const html = await (await person.get(i % 2 === 0 ? '/' : `/keys/${keyId}`)).text();
        const ids = new Set(html.match(/acme_test_\w{28}/g));
        return [ids.size, ids.has(keyId), html.includes(person.user.email)];
      }),
    );
    expect(seen).toEqual(Array(40).fill([1, true, true]));
  });
});

describe('WEB-09 › after a sign-out', () => {
  it('a copy of the cookie makes no secret at once, and does nothing after five minutes', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const form = await newKeyForm(ada);
    const rotate = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    const copy = newPerson();
    const cookie = ada.cookies.get('__Host-latchkey') ?? '';
    copy.cookies.set('__Host-latchkey', cookie);
    await ada.post('/sign-out', { csrf: form.csrf ?? '' });
    for (const [at, sent] of [
      ['/keys', form],
      [`${path}/rotate`, rotate],
    ] as const) {
      const answer = await copy.post(at, sent);
      expect([at, answer.status, await shownKey(answer)]).toEqual([at, 401, null]);
      copy.cookies.set('__Host-latchkey', cookie);
    }
    await later(301);
    expect((await copy.post(`${path}/revoke`, { csrf: form.csrf ?? '' })).status).toBe(401);
    for (const at of ['/', path, '/audit']) expect((await copy.get(at)).status).toBe(303);
  });
});

describe('a bug', () => {
  it('in whatever is asked of a Ring is a page: 500, without a word of it, and the log has none either', async () => {
    const broken = (method: string) => ({
      KEY_RING: {
        getByName: () => {
          throw new RangeError(`secret words of ${method}`);
        },
      },
    });
    const ada = await newHolder();
    await ada.get('/');
    const { fetch } = isolate(broken('x'));
    const here = newPerson(fetch);
    for (const [name, value] of ada.cookies) here.cookies.set(name, value);
    const csrf = await csrfOf(ada);
    const { key_id } = await issueKey(ada.session);
    for (const route of routesOf('own')) {
      const path = route.path.replace(':key_id', key_id);
      if (route.path === '/keys/new') continue;
      const answer = await ask(here, csrf, { ...route, path });
      expect([path, answer.status, await textOf(answer)]).toEqual([
        ...[path, 500, expect.stringContaining('Something went wrong')],
      ]);
      expect(await answer.text()).not.toContain('secret words');
      const line = logged().at(-1);
      expect(line).toMatchObject({ decision: 'failed', error: 'RangeError', route: route.path, status: 500 });
      expect(JSON.stringify(line)).not.toMatch(new RegExp(`secret words|${key_id}`));
    }
  });
});

describe('MG-12 › what was ended is dead', () => {
  it('though the page that ended it was of another isolate, and shows no way back', async () => {
    const ada = await newHolder();
    const { key, path } = await madeKey(ada);
    await ada.post(`${path}/revoke`, { csrf: await csrfOf(ada) });
    expect((await isolate().call(key)).status).toBe(401);
    expect((await desk(ada.session, 'GET', `/v1${path}`)).status).toBe(200);
    expect(await (await ada.get(path)).text()).not.toContain(`${path}/rotate`);
    await later(6);
    expect((await call(key)).status).toBe(401);
  });
});
