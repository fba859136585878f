import { describe, expect, it } from 'vitest';
import { fieldOf, newPerson, newUserOfApp, stytchSession, textOf } from '../person.ts';
import { atStytch, beginAfresh, DESK, isolate, stytchCalls } from '../world.ts';

/** SECURITY.md 1.7, WEB-01 and WEB-09: nobody is signed out by somebody else, and nothing is left behind. */
beginAfresh();

const arrived = async () => {
  const person = await newUserOfApp();
  return { person, csrf: await fieldOf(await person.get('/device'), 'csrf') };
};

/** Whether somebody is signed in as before: here, and at Stytch, which was not asked to end anything. */
const untouched = async (
  person: Awaited<ReturnType<typeof newUserOfApp>>,
  act: () => Promise<Response>,
): Promise<Response> => {
  const [before, cookie] = [await stytchCalls(), person.cookies.get('__Host-latchkey')];
  const answer = await act();
  expect((await stytchCalls())['sessions.revoke']).toBe(before['sessions.revoke']);
  expect(answer.headers.get('clear-site-data')).toBeNull();
  expect([person.cookies.get('__Host-latchkey'), answer.headers.getSetCookie()]).toEqual([cookie, []]);
  expect(await textOf(await person.get('/device'))).toContain(person.user.email);
  const session = await atStytch('POST', '/v1/sessions/authenticate', { session_token: person.token });
  expect(session.status).toBe(200);
  return answer;
};

describe('WEB-01 › a sign-out is a form of ours in its own session', () => {
  it.each([
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['of a sibling host', { 'sec-fetch-site': 'same-site', origin: 'https://app.test' }],
    ['typed or bookmarked', { 'sec-fetch-site': 'none' }],
    ['whose browser says another site, and an Origin of ours', { 'sec-fetch-site': 'cross-site' }],
    ['without either header', { 'sec-fetch-site': undefined, origin: undefined }],
    ['with an Origin alone, of another site', { 'sec-fetch-site': undefined, origin: 'https://evil.test' }],
    ['with an Origin alone, that is null', { 'sec-fetch-site': undefined, origin: 'null' }],
    ['with an Origin alone, of ours over http', { 'sec-fetch-site': undefined, origin: 'http://desk.test' }],
  ])('one %s signs nobody out', async (_, headers) => {
    const { person, csrf } = await arrived();
    const answer = await untouched(person, () => person.post('/sign-out', { csrf }, headers));
    expect([answer.status, await textOf(answer)]).toEqual([
      403,
      expect.stringContaining('This did not come from our page'),
    ]);
  });

  it.each([
    ['no token', ''],
    ['a token that was made up', 'A'.repeat(24)],
  ])('one with %s signs nobody out', async (_, csrf) => {
    const { person } = await arrived();
    expect((await untouched(person, () => person.post('/sign-out', { csrf }))).status).toBe(403);
  });

  it("one with another session's token signs nobody out, not even of the same user", async () => {
    const { person } = await arrived();
    const same = newPerson();
    same.cookies.set('stytch_session', (await stytchSession(60, person.user)).token);
    for (const each of [same, await newUserOfApp()]) {
      const csrf = await fieldOf(await each.get('/device'), 'csrf');
      expect((await untouched(person, () => person.post('/sign-out', { csrf }))).status).toBe(403);
    }
  });

  it.each([
    ['JSON', 400, { 'content-type': 'application/json' }, 'csrf=x'],
    ['text', 400, { 'content-type': 'text/plain' }, 'csrf=x'],
    ['two tokens', 400, {}, 'csrf=x&csrf=y'],
    ['what is no UTF-8', 400, {}, 'csrf=%FF'],
    ['more than is read', 413, {}, `csrf=x&y=${'y'.repeat(70_000)}`],
  ])('one with %s signs nobody out', async (_, status, headers, body) => {
    const { person } = await arrived();
    expect((await untouched(person, () => person.post('/sign-out', body, headers))).status).toBe(status);
  });

  it('there is no address that signs out', async () => {
    const { person, csrf } = await arrived();
    for (const headers of [{}, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await untouched(person, () => person.get(`/sign-out?csrf=${csrf}`, headers));
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
      const { fetch } = isolate();
      const cookie = `__Host-latchkey=${person.cookies.get('__Host-latchkey')}`;
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      const answer = await untouched(person, () => fetch(`${DESK}/sign-out`, { method, headers }));
      expect(answer.status).toBe(405);
    }
  });

  it('one that comes as early data is not taken: it could be sent again', async () => {
    const { person, csrf } = await arrived();
    const early = { 'early-data': '1' };
    expect((await untouched(person, () => person.post('/sign-out', { csrf }, early))).status).toBe(425);
  });

  it('the cookie of the app alone ends nothing: its session is the app’s', async () => {
    const person = await newUserOfApp();
    const before = await stytchCalls();
    expect((await person.post('/sign-out', { csrf: 'x' })).headers.get('location')).toBe('/signed-out');
    expect(await stytchCalls()).toEqual(before);
  });

  it('what is no token of Stytch is not sent there', async () => {
    const { person, csrf } = await arrived();
    person.cookies.set('stytch_session', 'x');
    const before = (await stytchCalls())['sessions.revoke'] ?? 0;
    await person.post('/sign-out', { csrf });
    expect((await stytchCalls())['sessions.revoke']).toBe(before + 1);
  });

  it('of an address that asks too often Stytch is not asked: the cookie goes, and the page says what stays', async () => {
    const { person, csrf } = await arrived();
    const here = newPerson(isolate({ STRANGERS: { limit: async () => ({ success: false }) } }).fetch);
    for (const [name, value] of person.cookies) here.cookies.set(name, value);
    const before = await stytchCalls();
    const answer = await here.post('/sign-out', { csrf });
    expect(answer.headers.get('location')).toContain('/signed-out?until=');
    expect([here.cookies.has('__Host-latchkey'), await stytchCalls()]).toEqual([false, before]);
  });
});

describe('WEB-09 › WEB-10 › what a sign-out leaves', () => {
  it('nothing in a cache, in storage or in the address, and every header of ours', async () => {
    const { person, csrf } = await arrived();
    const answers = [await person.post('/sign-out', { csrf }), await person.get('/signed-out')];
    for (const { headers } of answers) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const [ended] = answers;
    expect(ended?.headers.get('location')).toBe('/signed-out');
    expect(ended?.headers.getSetCookie().sort()).toEqual([
      '__Host-latchkey-sign-in=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax',
      '__Host-latchkey=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax',
    ]);
  });
});
