import { describe, expect, it } from 'vitest';
import { begin, poll } from '../devices.ts';
import { fieldOf, newPerson, newUserOfApp, openCode, stytchSession, textOf } from '../person.ts';
import { spellings } from '../spellings.ts';
import { beginAfresh, DESK, emulator, later, send, stytchCalls } from '../world.ts';

/** SECURITY.md 1.7, WEB-01 to WEB-12, and OA-15, at the pages for people. */
beginAfresh();

/** Somebody with a code open, the form that decides, and the device that waits. */
const opened = async () => {
  const codes = await begin();
  const person = await newUserOfApp();
  return { codes, person, ...(await openCode(person, codes.user_code)) };
};

/** Whether the device still waits: nothing was decided. */
const waits = async (deviceCode: string) => {
  await later(6);
  return ((await (await poll(deviceCode)).json()) as { error?: string }).error === 'authorization_pending';
};

const refusedAs = async (response: Response, status: number, said: string) => {
  expect([response.status, await textOf(response)]).toEqual([status, expect.stringContaining(said)]);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
};

/** A page without what may stand in it: one script, ours, by its hash and with nothing in it; and the logo. */
const withoutOurs = (html: string) =>
  html
    .replace(/<script defer="" src="\/portal\.js\?v=[\w-]{16}" integrity="sha384-[^"]{64}"><\/script>/, '')
    .replace(/<img src="\/portal-logo\?v=[\w-]{16}" alt="" width="\d+" height="28"\/>/, '');

describe('WEB-01 › a form is taken from a page of ours in its own session alone', () => {
  const NOT_OURS = 'This did not come from our page';

  it.each([
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['of a sibling host', { 'sec-fetch-site': 'same-site', origin: 'https://app.test' }],
    ['typed or bookmarked', { 'sec-fetch-site': 'none' }],
    ['whose browser says another site, and an Origin of ours', { 'sec-fetch-site': 'cross-site' }],
    ['with a word that no browser says', { 'sec-fetch-site': 'Same-Origin' }],
    ['with two words', { 'sec-fetch-site': 'same-origin, cross-site' }],
    ['without either header', { 'sec-fetch-site': undefined, origin: undefined }],
    ['with an Origin alone, of another site', { 'sec-fetch-site': undefined, origin: 'https://evil.test' }],
    ['with an Origin alone, that is null', { 'sec-fetch-site': undefined, origin: 'null' }],
    [
      'with an Origin alone, that begins like ours',
      { 'sec-fetch-site': undefined, origin: `${DESK}.evil.test` },
    ],
    ['with an Origin alone, of ours over http', { 'sec-fetch-site': undefined, origin: 'http://desk.test' }],
  ])('one %s decides nothing', async (_, headers) => {
    const { codes, person, form } = await opened();
    const answer = await person.post('/device/decision', { ...form, decision: 'approve' }, headers);
    await refusedAs(answer, 403, NOT_OURS);
    expect(await waits(codes.device_code)).toBe(true);
    // Nor does it open a code, or count as one that was wrong.
    await refusedAs(await person.post('/device', form, headers), 403, NOT_OURS);
  });

  it('one of a browser that says only its Origin is taken', async () => {
    const { person, form } = await opened();
    const old = { 'sec-fetch-site': undefined };
    expect((await person.post('/device/decision', { ...form, decision: 'approve' }, old)).status).toBe(303);
  });

  it.each([
    ['no token', ''],
    ['a token that was made up', 'A'.repeat(24)],
  ])('one with %s decides nothing', async (_, csrf) => {
    const { codes, person, form } = await opened();
    const answer = await person.post('/device/decision', { ...form, csrf, decision: 'approve' });
    await refusedAs(answer, 403, NOT_OURS);
    expect(await waits(codes.device_code)).toBe(true);
  });

  it("one with another session's token decides nothing, not even of the same user", async () => {
    const { codes, person, form } = await opened();
    const other = await newUserOfApp();
    const same = newPerson();
    same.cookies.set('stytch_session', (await stytchSession(60, person.user)).token);
    for (const each of [other, same]) {
      const csrf = await fieldOf(await each.get('/device'), 'csrf');
      const answer = await person.post('/device/decision', { ...form, csrf, decision: 'approve' });
      await refusedAs(answer, 403, NOT_OURS);
    }
    expect(await waits(codes.device_code)).toBe(true);
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }],
    ['text', { 'content-type': 'text/plain' }],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no type', { 'content-type': '' }],
    ['two types', { 'content-type': 'text/plain, application/x-www-form-urlencoded' }],
  ])('one that is sent as %s decides nothing', async (_, headers) => {
    const { codes, person, form } = await opened();
    const answer = await person.post('/device/decision', { ...form, decision: 'approve' }, headers);
    await refusedAs(answer, 400, 'This form is not complete');
    expect(await waits(codes.device_code)).toBe(true);
  });

  it.each([
    ['two decisions', (form: string) => `${form}&decision=deny&decision=approve`],
    ['two tokens', (form: string) => `${form}&decision=approve&csrf=x`],
    ['no decision', (form: string) => form],
    ['another decision', (form: string) => `${form}&decision=APPROVE`],
    ['what is no UTF-8', (form: string) => `${form}&decision=approve&x=%FF`],
  ])('one with %s decides nothing', async (_, write) => {
    const { codes, person, form } = await opened();
    const answer = await person.post('/device/decision', write(new URLSearchParams(form).toString()));
    expect(answer.status).toBe(400);
    expect(await waits(codes.device_code)).toBe(true);
  });

  it('one that is too long is not read', async () => {
    const { person, form } = await opened();
    const answer = await person.post('/device/decision', {
      ...form,
      decision: 'approve',
      x: 'x'.repeat(70_000),
    });
    expect(answer.status).toBe(413);
  });

  it('the cookie of the app alone sends no form: it is nobody, and Stytch is not asked', async () => {
    const codes = await begin();
    const person = await newUserOfApp();
    const before = await stytchCalls();
    const answer = await person.post('/device', { csrf: '', user_code: codes.user_code });
    await refusedAs(answer, 401, 'Please sign in');
    expect((await stytchCalls())['sessions.authenticate']).toBe(before['sessions.authenticate']);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('nothing is decided by GET', async () => {
    const { codes, person, form } = await opened();
    const query = new URLSearchParams({ ...form, decision: 'approve' });
    expect((await person.get(`/device/decision?${query}`)).status).toBe(405);
    expect(await waits(codes.device_code)).toBe(true);
  });
});

/** The way to the app, and the address that it sends back to. */
const ledAway = async (person: ReturnType<typeof newPerson>, path = '/device') => {
  const login = new URL((await person.get(path)).headers.get('location') ?? '');
  return (login.searchParams.get('return_to') ?? '').slice(DESK.length);
};

describe('WEB-02 › a sign-in ends where it began', () => {
  const OVER = 'This sign-in is over';

  it('the way back of somebody else signs nobody in', async () => {
    const theirs = await ledAway(newPerson());
    const victim = await newUserOfApp();
    await refusedAs(await victim.get(theirs), 400, OVER);
    await ledAway(victim, '/sign-in');
    await refusedAs(await victim.get(theirs), 400, OVER);
    expect(victim.cookies.has('__Host-latchkey')).toBe(false);
  });

  it.each(['/signed-in', '/signed-in?state=', '/signed-in?state=AAAA', '/signed-in?state=%00'])(
    '%s signs nobody in, with a sign-in under way or without',
    async (path) => {
      const person = await newUserOfApp();
      await refusedAs(await person.get(path), 400, OVER);
      await ledAway(person, '/sign-in');
      await refusedAs(await person.get(path), 400, OVER);
    },
  );

  it('the way back is good once, and for a quarter of an hour', async () => {
    const person = await newUserOfApp();
    const back = await ledAway(person, '/sign-in');
    expect((await person.get(back)).status).toBe(303);
    await refusedAs(await person.get(back), 400, OVER);
    const late = await ledAway(person, '/sign-in');
    await later(901);
    await refusedAs(await person.get(late), 400, OVER);
  });

  it('a cookie for one thing is none for another', async () => {
    const person = await newUserOfApp();
    await person.get('/device');
    const back = await ledAway(person, '/sign-in');
    const [session = '', signIn = ''] = ['__Host-latchkey', '__Host-latchkey-sign-in'].map((name) =>
      person.cookies.get(name),
    );
    const mixed = newPerson();
    mixed.cookies.set('__Host-latchkey', signIn).set('__Host-latchkey-sign-in', session);
    await refusedAs(await mixed.get(back), 400, OVER);
    expect((await mixed.get('/device')).status).toBe(303);
  });

  it('a session that somebody put there before ends with the sign-in: another cookie, another token', async () => {
    const attacker = await newUserOfApp();
    const csrf = await fieldOf(await attacker.get('/device'), 'csrf');
    const victim = await newUserOfApp();
    const planted = attacker.cookies.get('__Host-latchkey') ?? '';
    victim.cookies.set('__Host-latchkey', planted);
    expect((await victim.get(await ledAway(victim, '/sign-in'))).status).toBe(303);
    expect(victim.cookies.get('__Host-latchkey')).not.toBe(planted);
    const page = await victim.get('/device');
    expect(await textOf(page)).toContain(`Signed in as ${victim.user.email}`);
    expect(await fieldOf(page, 'csrf')).not.toBe(csrf);
  });
});

describe('WEB-03 › after a sign-in there is no way out', () => {
  it.each([
    '//evil.test',
    '//evil.test/device',
    '/\\evil.test',
    '/\\/evil.test/device',
    '\\/evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '/%0d%0aset-cookie:a=b',
    'https://evil.test/device',
    'https://desk.test@evil.test/device',
    'https://desk.test/device',
    'http:/device',
    'javascript:alert(1)',
    'device',
    '',
    '/v1/keys',
    '/signed-in?state=x',
    '/sign-in',
    '/device/approved',
    '/device/../v1/keys',
    '/./device/decision',
    '/device\u0000',
    '/device?a=\u00e9',
    `/device?${'x'.repeat(2_100)}`,
    '/keys/x/rotate/finish',
    '/operators/users/../../v1/keys',
    '/organizations',
  ])('%j is not gone to', async (returnTo) => {
    const person = await newUserOfApp();
    const back = await ledAway(person, `/sign-in?${new URLSearchParams({ return_to: returnTo })}`);
    const answer = await person.get(back);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
  });

  it.each([
    ['/', '/'],
    ['/keys/new?name=CI', '/keys/new?name=CI'],
    ['/organization/keys/x/rotate', '/organization/keys/x/rotate'],
    ['/device', '/device'],
    ['/device?user_code=BCDF-GHJK', '/device?user_code=BCDF-GHJK'],
    ['/x/../device', '/device'],
    ['/device#//evil.test', '/device'],
  ])('%s is', async (returnTo, expected) => {
    const person = await newUserOfApp();
    const back = await ledAway(person, `/sign-in?${new URLSearchParams({ return_to: returnTo })}`);
    expect((await person.get(back)).headers.get('location')).toBe(expected);
  });

  it('the app is told of no address but ours, whatever Host and headers say', async () => {
    const headers = {
      'x-forwarded-host': 'evil.test',
      forwarded: 'host=evil.test',
      'x-original-url': '//evil.test',
    };
    const login = (await newPerson().get('/device', headers)).headers.get('location') ?? '';
    expect(new URL(login).searchParams.get('return_to')).toMatch(/^https:\/\/desk\.test\/signed-in\?state=/);
  });
});

describe('WEB-04, WEB-05, WEB-09, WEB-10 › what every answer says of itself', () => {
  const POLICY =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

  it.each([
    ['a page', () => newUserOfApp().then((person) => person.get('/device')), 200],
    ['a redirect', () => newPerson().get('/device'), 303],
    ['what was decided', () => newPerson().get('/device/approved'), 200],
    ['a bad request', () => newPerson().get('/signed-in'), 400],
    ['a refused form', () => newPerson().post('/device', {}, { 'sec-fetch-site': 'cross-site' }), 403],
    ['another method', () => send(`${DESK}/device`, { method: 'DELETE' }), 405],
    ['early data', () => newPerson().get('/device', { 'early-data': '1' }), 425],
    ['HEAD', () => send(`${DESK}/device`, { method: 'HEAD' }), 303],
  ])('%s', async (_, answered, status) => {
    const answer = await answered();
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': POLICY,
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=63072000',
      'permissions-policy': expect.stringContaining('camera=()'),
    });
    const html = withoutOurs(await answer.text());
    expect(html).not.toMatch(/<script|<style|<iframe|<img|<base|\sstyle=|\son[a-z]+=|javascript:/i);
  });

  /** What a page loads: where, and the hash that it must have. */
  const loaded = async (tag: string) => {
    const html = await (await newPerson().get('/device/approved')).text();
    const found = new RegExp(`<${tag}[^>]* (?:href|src)="([^"]+)"(?: integrity="([^"]+)")?`).exec(html);
    return { href: found?.[1] ?? '', integrity: found?.[2] ?? '' };
  };

  it('the logo runs nothing, asks for nothing and leads nowhere, in the page and by itself', async () => {
    const { href } = await loaded('img');
    const answer = await newPerson().get(href);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(await answer.text()).toMatch(/^<svg /);
  });

  it.each([
    ['link', 'the style', 'text/css; charset=utf-8'],
    ['script', 'the script', 'text/javascript; charset=utf-8'],
  ])(
    '<%s>: %s is what the page says that it is, and kept for ever by that name alone',
    async (tag, _, type) => {
      const { href, integrity } = await loaded(tag);
      const answer = await newPerson().get(href);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('content-security-policy')).toBe(POLICY);
      expect(answer.headers.getSetCookie()).toEqual([]);
      const text = await answer.text();
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-384', new TextEncoder().encode(text)));
      expect(integrity).toBe(`sha384-${btoa(String.fromCharCode(...hash))}`);
      // Nothing in it asks for anything else, stores, or makes markup.
      expect(text).not.toMatch(
        /url\(|@import|https?:|fetch|XMLHttp|Storage|innerHTML|cookie|eval|Function\(/,
      );
      for (const other of ['', '?v=', '?v=AAAAAAAAAAAAAAAA', `?v=x&v=${href.split('=')[1]}`]) {
        const path = `${href.split('?')[0]}${other}`;
        const asked = await newPerson().get(path);
        expect([path, asked.status, asked.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
        expect(await asked.text()).toBe(text);
      }
    },
  );
});

describe('WEB-07 › a cookie that somebody else may have put there is none', () => {
  const withCookie = (cookie: string) => send(`${DESK}/device`, { headers: { cookie } });

  it('two of a name are none, of ours and of the app', async () => {
    const person = await newUserOfApp();
    await person.get('/device');
    const other = await newUserOfApp();
    await other.get('/device');
    const [a, b] = [person, other].map(({ cookies }) => cookies.get('__Host-latchkey'));
    const before = (await stytchCalls())['sessions.authenticate'];
    for (const cookie of [
      `__Host-latchkey=${a}; __Host-latchkey=${b}`,
      `__Host-latchkey=${a}; __Host-latchkey=${a}`,
      `stytch_session=${person.token}; stytch_session=${other.token}`,
    ])
      expect((await withCookie(cookie)).status).toBe(303);
    expect((await stytchCalls())['sessions.authenticate']).toBe(before);
  });

  it.each([
    ['without the prefix', (value: string) => `latchkey=${value}`],
    ['in another case', (value: string) => `__host-latchkey=${value}`],
    ['behind a space that is none', (value: string) => `\u00a0__Host-latchkey=${value}`],
    ['in quotes', (value: string) => `__Host-latchkey="${value}"`],
    ['with a comma', (value: string) => `__Host-latchkey=${value}, __Host-latchkey=${value}`],
    [
      'changed in one letter',
      (value: string) => `__Host-latchkey=${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`,
    ],
    ['cut', (value: string) => `__Host-latchkey=${value.slice(0, -4)}`],
    ['of nothing', () => '__Host-latchkey='],
    ['of dots', () => '__Host-latchkey=b1.test-1..'],
    [
      'of another master key',
      (value: string) => `__Host-latchkey=${value.replace(/^b1\.[^.]+/, 'b1.other')}`,
    ],
  ])('one %s is none', async (_, write) => {
    const person = await newUserOfApp();
    await person.get('/device');
    const value = person.cookies.get('__Host-latchkey') ?? '';
    expect((await withCookie(`__Host-latchkey=${value}`)).status).toBe(200);
    expect((await withCookie(write(value))).status).toBe(303);
  });

  it('what cannot be a token of Stytch is not sent there', async () => {
    const before = (await stytchCalls())['sessions.authenticate'];
    for (const value of ['x', 'x'.repeat(300), 'a.b.c', 'abc/../../def-ghi-jkl'])
      expect((await withCookie(`stytch_session=${value}`)).status).toBe(303);
    expect((await stytchCalls())['sessions.authenticate']).toBe(before);
  });
});

describe('WEB-08 › what signs somebody in is out of reach of scripts', () => {
  it('our cookies are HttpOnly, Secure, of this host and path alone, and under 4 KB', async () => {
    const person = await newUserOfApp();
    const lines = [
      ...(await person.get('/device')).headers.getSetCookie(),
      ...(await person.get('/sign-in')).headers.getSetCookie(),
    ];
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(
        /^__Host-latchkey(-sign-in)?=[A-Za-z0-9._-]+; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
      );
      expect(line.length).toBeLessThan(4096);
    }
  });

  it('nor longer for who has a hundred roles: those alone are kept that mean something', async () => {
    const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
    const roles = ['stytch_user', ...Array.from({ length: 99 }, (_, i) => `role-${i}-${'x'.repeat(60)}`)];
    await emulator('POST', '/seed', { users: [{ ...user, roles }] });
    const person = newPerson();
    person.cookies.set('stytch_session', (await stytchSession(60, user)).token);
    const [line = ''] = (await person.get('/device')).headers.getSetCookie();
    expect([line.startsWith('__Host-latchkey='), line.length < 1_500]).toEqual([true, true]);
    const { user_code } = await begin({ scope: 'items:read' });
    expect(await textOf((await openCode(person, user_code)).page)).toContain('Read items');
  });

  it('neither a page nor a cookie of ours has a token of Stytch in it, in any spelling', async () => {
    const { codes, person, page } = await opened();
    const seen = [...person.cookies]
      .filter(([name]) => name.startsWith('__Host-'))
      .map(([, value]) => `${value} ${value.split('.').map(decoded).join(' ')}`);
    const text = [await page.text(), await (await person.get('/device')).text(), ...seen].join('\n');
    for (const spelled of spellings(person.token)) expect(text).not.toContain(spelled);
    expect(text).not.toContain('eyJ');
    expect(text).not.toContain(codes.device_code);
  });
});

const decoded = (part: string): string => {
  try {
    return atob(part.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
};

describe('WEB-12 › what came with a request is text', () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror='alert(1)'>`;

  it('in the code that was typed', async () => {
    const person = await newUserOfApp();
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    const answer = await person.post('/device', { csrf, user_code: EVIL });
    const html = withoutOurs(await answer.text());
    expect([answer.status, html.includes('<script'), html.includes('<img')]).toEqual([404, false, false]);
    expect(html).toContain('value="&quot;&gt;&lt;script');
  });

  it('in the query of each page', async () => {
    const person = await newUserOfApp();
    const query = new URLSearchParams({
      user_code: EVIL,
      return_to: EVIL,
      state: EVIL,
      error_description: EVIL,
    });
    for (const path of ['/device', '/device/approved', '/device/denied', '/signed-in', '/sign-in']) {
      const html = await (await person.get(`${path}?${query}`)).text();
      expect(html).not.toContain('alert');
    }
  });

  it('in what a device calls itself', async () => {
    const { user_code } = await begin({ device_name: '<b>x</b>&"\'' });
    const { page } = await openCode(await newUserOfApp(), user_code);
    const html = await page.text();
    expect(html).not.toContain('<b>x');
    expect(html).toContain('&lt;b&gt;x&lt;/b&gt;&amp;&quot;&#39;');
  });
});

describe('OA-15 › a code is decided by the session that opened it', () => {
  it('another session, of the same user or another, is not shown it, and decides nothing', async () => {
    const { codes, person, form } = await opened();
    const same = newPerson();
    same.cookies.set('stytch_session', (await stytchSession(60, person.user)).token);
    for (const each of [same, await newUserOfApp()]) {
      const csrf = await fieldOf(await each.get('/device'), 'csrf');
      const shown = await each.post('/device', { csrf, user_code: codes.user_code });
      await refusedAs(shown, 404, 'No device waits for you with this code');
      for (const decision of ['approve', 'deny']) {
        const decided = await each.post('/device/decision', { ...form, csrf, decision });
        expect([decided.status, decided.headers.get('location')]).toEqual([404, null]);
      }
    }
    expect(await waits(codes.device_code)).toBe(true);
    expect((await person.post('/device/decision', { ...form, decision: 'approve' })).status).toBe(303);
  });

  it.each([
    ['none', ''],
    ['one that was made up', 'A'.repeat(22)],
  ])('with a claim that is %s nothing is decided', async (_, claim) => {
    const { codes, person, form } = await opened();
    const answer = await person.post('/device/decision', { ...form, claim, decision: 'approve' });
    expect([answer.status, answer.headers.get('location')]).toEqual([404, null]);
    expect(await waits(codes.device_code)).toBe(true);
  });

  it('a code that nobody opened is not decided', async () => {
    const codes = await begin();
    const { person, form } = await opened();
    const answer = await person.post('/device/decision', {
      ...form,
      user_code: codes.user_code,
      decision: 'approve',
    });
    expect(answer.status).toBe(404);
    expect(await waits(codes.device_code)).toBe(true);
  });

  it('the address with the code in it opens nothing: it is asked for, and another may open it', async () => {
    const codes = await begin();
    const first = await newUserOfApp();
    const page = await first.get(codes.verification_uri_complete.slice(DESK.length));
    expect(await page.clone().text()).not.toContain('name="claim"');
    expect(await fieldOf(page, 'user_code')).toBe(codes.user_code);
    expect((await openCode(await newUserOfApp(), codes.user_code)).page.status).toBe(200);
  });

  it('of twenty answers at once, one decides', async () => {
    const { codes, person, form } = await opened();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        person.post('/device/decision', { ...form, decision: i % 2 === 0 ? 'approve' : 'deny' }),
      ),
    );
    const decided = answers.filter(({ status }) => status === 303);
    expect(decided.length).toBe(1);
    const isApproved = decided[0]?.headers.get('location') === '/device/approved';
    await later(6);
    expect((await poll(codes.device_code)).status).toBe(isApproved ? 200 : 400);
  });
});
