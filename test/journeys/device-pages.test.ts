import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { begin, given, poll } from '../devices.ts';
import { asOperator } from '../operators.ts';
import { fieldOf, newPerson, newUserOfApp, openCode, stytchSession, textOf } from '../person.ts';
import { logged } from '../secrets.ts';
import settings from '../settings.ts';
import {
  API,
  atStytch,
  beginAfresh,
  call,
  DESK,
  emulator,
  fault,
  isolate,
  later,
  refusalOf,
  rooms,
  stytchCalls,
} from '../world.ts';

/** SECURITY.md 1.6, OA-15, and RFC 8628 §3.3: what a person sees and does, and what comes of it. */
const APP = 'https://app.test/login?from=desk&return_to=';

beginAfresh();

/** How often Stytch was asked for a session. */
const asked = async () => (await stytchCalls())['sessions.authenticate'] ?? 0;

describe('the way in', () => {
  it('leads somebody without a session to the app, and from there back to the code', async () => {
    const { user_code, verification_uri_complete } = await begin({ device_name: "Ada's laptop" });
    const person = newPerson();
    const sent = await person.get(verification_uri_complete.slice(DESK.length));
    const login = sent.headers.get('location') ?? '';
    expect([sent.status, login.startsWith(APP)]).toEqual([303, true]);
    const comeBack = new URL(login).searchParams.get('return_to') ?? '';
    expect(comeBack).toMatch(new RegExp(`^${DESK}/signed-in\\?state=[A-Za-z0-9_-]{32}$`));

    person.cookies.set('stytch_session', (await stytchSession()).token);
    const back = await person.get(comeBack.slice(DESK.length));
    expect([back.status, back.headers.get('location')]).toEqual([303, `/device?user_code=${user_code}`]);
    expect([...person.cookies.keys()].sort()).toEqual(['__Host-latchkey', 'stytch_session']);
    const page = await person.get(back.headers.get('location') ?? '');
    expect([page.status, await fieldOf(page, 'user_code')]).toEqual([200, user_code]);
  });

  it('takes the cookie of the app once: from then on ours says who it is, for five minutes', async () => {
    const person = await newUserOfApp();
    const before = await asked();
    const first = await person.get('/device');
    expect([first.status, await textOf(first)]).toEqual([200, expect.stringContaining(person.user.email)]);
    person.cookies.delete('stytch_session');
    for (const path of ['/device', '/device?user_code=x', '/device']) {
      const again = await person.get(path);
      expect([again.status, again.headers.getSetCookie()]).toEqual([200, []]);
    }
    expect((await asked()) - before).toBe(1);
    await later(301);
    const renewed = await person.get('/device');
    expect([renewed.status, renewed.headers.getSetCookie().length]).toEqual([200, 1]);
    expect((await asked()) - before).toBe(2);
  });

  it('a form that was open when the session was renewed is still good', async () => {
    const person = await newUserOfApp();
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    await later(301);
    await person.get('/device');
    const answer = await person.post('/device', { csrf, user_code: 'BCDF-GHJK' });
    expect(await textOf(answer)).toContain('No device waits for you with this code');
  });

  it('without a sign-in page of the app, tells how to sign in', async () => {
    const { portal: _, ...without } = settings;
    const here = isolate({}, latchkeyFor(without));
    const answer = await newPerson(here.fetch).get('/device');
    expect([answer.status, await textOf(answer)]).toEqual([
      401,
      expect.stringContaining('Sign in to Acme in this browser, then open this page again.'),
    ]);
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="${DESK}"`);
  });

  it('who comes back without a session is told so, and not sent around', async () => {
    const person = newPerson();
    const login = new URL((await person.get('/device')).headers.get('location') ?? '');
    const answer = await person.get((login.searchParams.get('return_to') ?? '').slice(DESK.length));
    expect([answer.status, answer.headers.get('location')]).toEqual([401, null]);
    expect(await textOf(answer)).toContain('Please sign in');
  });
});

describe('a device', () => {
  it('is shown as it is, let in, and gets a key that works', async () => {
    const { user_code, device_code } = await begin(
      { device_name: "Ada's laptop", scope: 'items:read' },
      { 'user-agent': 'curl/8.5.0', 'cf-connecting-ip': '192.0.2.7' },
    );
    const person = await newUserOfApp();
    const { page, form } = await openCode(person, user_code.toLowerCase().replace('-', ' '));
    const text = await textOf(page);
    for (const said of [user_code, 'Acme CLI', 'acme-cli', 'Read items', 'items:read', '192.0.2.7', 'curl'])
      expect(text).toContain(said);
    expect(text).toContain('Acme CLI on Ada&#39;s laptop');
    for (const asked of [
      'Is this the code on your device?',
      'Compare letter by letter.',
      'Approve only what you have',
    ])
      expect(text).toContain(asked);
    expect(text).toContain(`Signed in as ${person.user.email}`);
    expect(await poll(device_code).then(({ status }) => status)).toBe(400);

    const done = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([done.status, done.headers.get('location')]).toEqual([303, '/device/approved']);
    expect(await textOf(await person.get('/device/approved'))).toContain('Your device is connected');
    await later(6);
    const key = await given(await poll(device_code));
    expect((await call(key.access_token)).status).toBe(200);
  });

  it('is denied, and gets none', async () => {
    const { user_code, device_code } = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, user_code);
    const done = await person.post('/device/decision', { ...form, decision: 'deny' });
    expect([done.status, done.headers.get('location')]).toEqual([303, '/device/denied']);
    expect(await textOf(await person.get('/device/denied'))).toContain('Denied');
    expect(await (await poll(device_code)).json()).toMatchObject({ error: 'access_denied' });
  });

  it('that asks for what its user cannot give is shown so, and there is no yes', async () => {
    const { user_code } = await begin({ scope: 'items:write' });
    const { roles: _, ...others } = settings;
    const here = isolate({}, latchkeyFor({ ...others, roles: { stytch_user: ['items:read'] } }));
    const person = await newUserOfApp(60, here.fetch);
    const { page, form } = await openCode(person, user_code);
    expect(await textOf(page)).toContain('which you cannot give and it will not get: Change items');
    expect(await page.clone().text()).not.toContain('value="approve"');
    const forced = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([forced.status, await textOf(forced)]).toEqual([
      403,
      expect.stringContaining('Nothing to approve'),
    ]);
  });

  it('whose key ends is shown with the day', async () => {
    const { user_code } = await begin({ client_id: 'acme-reader' });
    const { page } = await openCode(await newUserOfApp(), user_code);
    const day = new Date(Date.now() + 30 * 86_400_000).toLocaleDateString('en', {
      dateStyle: 'medium',
      timeZone: 'UTC',
    });
    expect(await textOf(page)).toContain(`The key ends ${day}`);
  });

  it.each(['approve', 'deny'])(
    'decided by %s is decided: to send it again changes nothing',
    async (decision) => {
      const { user_code, device_code } = await begin();
      const person = await newUserOfApp();
      const { form } = await openCode(person, user_code);
      await person.post('/device/decision', { ...form, decision });
      for (const other of ['approve', 'deny']) {
        const again = await person.post('/device/decision', { ...form, decision: other });
        expect([again.status, again.headers.get('location')]).toEqual([404, null]);
      }
      const reopened = await person.post('/device', form);
      expect([reopened.status, await textOf(reopened)]).toEqual([
        404,
        expect.stringContaining('No device waits'),
      ]);
      const outcome = (await (await poll(device_code)).json()) as { error?: string };
      expect(outcome.error).toBe(decision === 'approve' ? undefined : 'access_denied');
    },
  );

  it.each([
    ['what can be no code', 'hello', 'That is no code'],
    ['vowels and digits', 'AEIO-1234', 'That is no code'],
    ['nothing', '', 'That is no code'],
    ['a code that nobody waits with', 'BCDF-GHJK', 'No device waits for you with this code'],
  ])('is not found by %s: the form is there again, with a word on it', async (_, user_code, said) => {
    const person = await newUserOfApp();
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    const answer = await person.post('/device', { csrf, user_code });
    expect([answer.status, await textOf(answer)]).toEqual([404, expect.stringContaining(said)]);
    expect(await answer.clone().text()).toContain('aria-invalid="true"');
  });

  it('is not looked for any more after five wrong codes', async () => {
    const { user_code } = await begin();
    const person = await newUserOfApp();
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    for (let i = 0; i < 5; i++) await person.post('/device', { csrf, user_code: 'BCDF-GHJK' });
    const answer = await person.post('/device', { csrf, user_code });
    expect([answer.status, await textOf(answer)]).toEqual([
      429,
      expect.stringContaining('Too many wrong codes'),
    ]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('a session', () => {
  it('that was ended at Stytch is over within five minutes: nothing is decided in it', async () => {
    const { user_code, device_code } = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, user_code);
    await atStytch('POST', '/v1/sessions/revoke', { session_token: person.token });
    await later(301);
    const refused = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([refused.status, await textOf(refused)]).toEqual([401, expect.stringContaining('Please sign in')]);
    expect(person.cookies.has('__Host-latchkey')).toBe(false);
    expect(await (await poll(device_code)).json()).toMatchObject({ error: 'authorization_pending' });
    expect((await person.get('/device')).headers.get('location')).toContain(APP);
  });

  it('that was ended at Stytch a moment ago approves nothing: what outlives it asks there first', async () => {
    const { user_code, device_code } = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, user_code);
    await atStytch('POST', '/v1/sessions/revoke', { session_token: person.token });
    const refused = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([refused.status, await textOf(refused)]).toEqual([401, expect.stringContaining('Please sign in')]);
    expect(await (await poll(device_code)).json()).toMatchObject({ error: 'authorization_pending' });
  });

  it('of which Stytch says nothing approves nothing, and denies', async () => {
    const { user_code, device_code } = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, user_code);
    await fault('sessions.authenticate', { kind: 'status', status: 500 });
    const approved = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([approved.status, approved.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(await (await poll(device_code)).json()).toMatchObject({ error: 'authorization_pending' });
    expect((await person.post('/device/decision', { ...form, decision: 'deny' })).status).toBe(303);
  });

  it('that Stytch has another of, of another user, is not continued as his', async () => {
    const person = await newUserOfApp();
    await person.get('/device');
    await atStytch('POST', '/v1/sessions/revoke', { session_token: person.token });
    const other = await newUserOfApp();
    person.cookies.set('stytch_session', other.token);
    await later(301);
    expect(await textOf(await person.get('/device'))).toContain(`Signed in as ${other.user.email}`);
  });

  it('ends when Stytch said that it does', async () => {
    const person = await newUserOfApp(5);
    await person.get('/device');
    person.cookies.delete('stytch_session');
    const before = await asked();
    await later(301);
    expect((await person.get('/device')).status).toBe(303);
    expect(await asked()).toBe(before);
  });

  it.each([
    ['does not answer', { kind: 'status', status: 503 }],
    ['answers nonsense', { kind: 'html' }],
  ])(
    'cannot begin while Stytch %s, nor go on after five minutes: 503, and nothing is decided',
    async (_, more) => {
      const { user_code, device_code } = await begin();
      const person = await newUserOfApp();
      const { form } = await openCode(person, user_code);
      await fault('sessions.authenticate', more);
      expect((await person.get('/device')).status).toBe(200);
      const stranger = await newUserOfApp();
      const refused = await stranger.get('/device');
      expect([refused.status, await textOf(refused)]).toEqual([
        503,
        expect.stringContaining('We cannot tell right now'),
      ]);
      expect([Number(refused.headers.get('retry-after')) > 0, refused.headers.getSetCookie()]).toEqual([
        true,
        [],
      ]);
      await later(301);
      const undecided = await person.post('/device/decision', { ...form, decision: 'approve' });
      expect(undecided.status).toBe(503);
      expect(await (await poll(device_code)).json()).toMatchObject({ error: 'authorization_pending' });
      await emulator('DELETE', '/faults');
      expect((await person.post('/device/decision', { ...form, decision: 'approve' })).status).toBe(303);
    },
  );

  it('of a suspended user denies, and lets nobody in', async () => {
    const { user_code, device_code } = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, user_code);
    await asOperator('PUT', `/v1/users/${person.userId}/suspension`, { reason: 'abuse' });
    const refused = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([refused.status, await textOf(refused)]).toEqual([
      403,
      expect.stringContaining('Your account is suspended'),
    ]);
    expect(await (await poll(device_code)).json()).toMatchObject({ error: 'authorization_pending' });
    expect((await person.post('/device/decision', { ...form, decision: 'deny' })).status).toBe(303);
  });
});

describe('a sign-in of yesterday', () => {
  const DAYS = 3 * 1440;

  it('opens no code; the way over the app ends here again, whatever the app does', async () => {
    const { user_code } = await begin();
    const person = await newUserOfApp(DAYS);
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    await later(86_401);
    const codes = await begin();
    const refused = await person.post('/device', { csrf, user_code: codes.user_code });
    expect([refused.status, await textOf(refused)]).toEqual([401, expect.stringContaining('Sign in again')]);
    expect(refused.headers.get('www-authenticate')).toContain('max_age="86400"');
    const [, href = ''] = /class="button" href="([^"]*)"/.exec(await refused.text()) ?? [];
    const login = new URL((await person.get(href.replaceAll('&amp;', '&'))).headers.get('location') ?? '');
    expect([login.origin, login.searchParams.get('max_age')]).toEqual(['https://app.test', '86400']);

    // The app sends him straight back, with the session of yesterday.
    const comeBack = (login.searchParams.get('return_to') ?? '').slice(DESK.length);
    const circled = await person.get(comeBack);
    expect([circled.status, circled.headers.get('location')]).toEqual([401, null]);
    expect(await textOf(circled)).toContain('sign out in the app first');

    // The app asks him for his password.
    const again = new URL((await person.get(href.replaceAll('&amp;', '&'))).headers.get('location') ?? '');
    person.cookies.set('stytch_session', (await stytchSession(DAYS, person.user)).token);
    const back = await person.get((again.searchParams.get('return_to') ?? '').slice(DESK.length));
    expect([back.status, back.headers.get('location')]).toEqual([
      303,
      `/device?user_code=${codes.user_code}`,
    ]);
    expect((await openCode(person, codes.user_code)).page.status).toBe(200);
    expect(user_code).not.toBe(codes.user_code);
  });

  it('that grew old since the code was opened denies, and approves no more', async () => {
    const person = await newUserOfApp(DAYS);
    await later(86_300);
    const { user_code, device_code } = await begin();
    const { form } = await openCode(person, user_code);
    await later(200);
    const refused = await person.post('/device/decision', { ...form, decision: 'approve' });
    expect([refused.status, await textOf(refused)]).toEqual([401, expect.stringContaining('Sign in again')]);
    expect(await (await poll(device_code)).json()).toMatchObject({ error: 'authorization_pending' });
    expect((await person.post('/device/decision', { ...form, decision: 'deny' })).status).toBe(303);
  });

  it('is as old as desk.maxAuthAgeSeconds allows, where the operator says so', async () => {
    const here = isolate({}, latchkeyFor({ ...settings, desk: { maxAuthAgeSeconds: 60 } }));
    const { user_code } = await begin();
    const person = await newUserOfApp(DAYS, here.fetch);
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    await later(61);
    const refused = await person.post('/device', { csrf, user_code });
    expect([refused.status, await textOf(refused)]).toEqual([
      401,
      expect.stringContaining('at most 60 seconds ago'),
    ]);
  });
});

describe('the pages', () => {
  it('of strangers are throttled by address, and those of who is signed in are not', async () => {
    const person = await newUserOfApp();
    await person.get('/device');
    const STRANGERS = { limit: async () => ({ success: false }) };
    const here = isolate({ STRANGERS });
    const signedIn = newPerson(here.fetch);
    for (const [name, value] of person.cookies) signedIn.cookies.set(name, value);
    expect((await signedIn.get('/device')).status).toBe(200);
    const stranger = await newUserOfApp(60, here.fetch);
    const before = await asked();
    for (const path of ['/device', '/sign-in', '/signed-in?state=x']) {
      const refused = await stranger.get(path);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    }
    expect((await stranger.post('/device', { csrf: 'x', user_code: 'x' })).status).toBe(429);
    // Nor is an old cookie of ours a way to have Stytch asked without end.
    await later(301);
    expect((await signedIn.get('/device')).status).toBe(429);
    expect(await asked()).toBe(before);
  });

  it('are one line each in the log, without code, claim, cookie or query', async () => {
    const before = logged().length;
    const { user_code } = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, user_code);
    await person.post('/device/decision', { ...form, decision: 'approve' });
    const lines = logged()
      .slice(before)
      .filter(({ route }) => String(route).startsWith('/device'));
    expect(lines.map(({ method, route, status, decision }) => [method, route, status, decision])).toEqual([
      ['GET', '/device', 200, 'answered'],
      ['POST', '/device', 200, 'answered'],
      ['POST', '/device/decision', 303, 'answered'],
    ]);
    // The eavesdropper listens for the others (test/secrets.ts).
    expect(JSON.stringify(lines)).not.toContain(form.claim);
  });

  it('are refused as early data, by other methods, and leave all else to the Desk', async () => {
    const person = newPerson();
    const early = await person.get('/device', { 'early-data': '1' });
    expect([early.status, early.headers.get('content-type')]).toEqual([425, 'text/html; charset=utf-8']);
    const { fetch } = isolate();
    const put = await fetch(`${DESK}/device`, { method: 'PUT' });
    expect([put.status, put.headers.get('allow'), await textOf(put)]).toEqual([
      405,
      'GET, POST',
      expect.stringContaining('This is no page'),
    ]);
    const head = await fetch(`${DESK}/device`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([303, '']);
    expect(await refusalOf(await person.get('/device/'))).toMatchObject({ status: 404, code: 'not_found' });
    await rooms.ORIGIN.reset();
    expect((await fetch(`${API}/device`)).status).toBe(404);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('of a bug are pages as well: 500, and the log has a stack and no words of it', async () => {
    const LOBBY = {
      getByName: () => {
        throw new RangeError('a secret word');
      },
    };
    const person = await newUserOfApp(60, isolate({ LOBBY }).fetch);
    const csrf = await fieldOf(await person.get('/device'), 'csrf');
    const answer = await person.post('/device', { csrf, user_code: 'BCDF-GHJK' });
    expect([answer.status, await textOf(answer)]).toEqual([
      500,
      expect.stringContaining('Something went wrong'),
    ]);
    const line = logged().at(-1);
    expect(line).toMatchObject({ decision: 'failed', reason: 'internal', error: 'RangeError', status: 500 });
    expect(JSON.stringify(line)).not.toContain('secret word');
  });
});
