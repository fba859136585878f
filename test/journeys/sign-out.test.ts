import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { begin, poll } from '../devices.ts';
import { fieldOf, newPerson, newUserOfApp, openCode, stytchSession, textOf } from '../person.ts';
import { logged } from '../secrets.ts';
import settings from '../settings.ts';
import { atStytch, beginAfresh, emulator, fault, isolate, later, stytchCalls } from '../world.ts';

/** Leaving: the browser has no session here, Stytch has none, and a copy of our cookie is worth nothing. */
const APP = 'https://app.test/login?from=desk&return_to=';

beginAfresh();

type Person = Awaited<ReturnType<typeof newUserOfApp>>;

/** Somebody at a page, with the token of its forms. */
const arrived = async (...how: Parameters<typeof newUserOfApp>) => {
  const person = await newUserOfApp(...how);
  return { person, csrf: await fieldOf(await person.get('/device'), 'csrf') };
};

const signOut = (person: Pick<Person, 'post'>, csrf: string) => person.post('/sign-out', { csrf });

const revocations = async () => (await stytchCalls())['sessions.revoke'] ?? 0;

/** Whether Stytch still has a session by this token. */
const isOpen = async (token: string) =>
  (await atStytch('POST', '/v1/sessions/authenticate', { session_token: token })).status === 200;

/** Another browser with the same cookie of ours. */
const copyOf = ({ cookies }: Person, fetch?: Parameters<typeof newPerson>[0]) => {
  const copy = newPerson(fetch);
  copy.cookies.set('__Host-latchkey', cookies.get('__Host-latchkey') ?? '');
  return copy;
};

describe('a sign-out', () => {
  it('leads to a page that says so, with a way to sign in, and ends the session at Stytch', async () => {
    const { person, csrf } = await arrived();
    const answer = await signOut(person, csrf);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/signed-out']);
    expect(answer.headers.get('clear-site-data')).toBe('"cache", "storage"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(person.cookies.has('__Host-latchkey')).toBe(false);
    expect(await isOpen(person.token)).toBe(false);

    const page = await person.get('/signed-out');
    const text = await textOf(page);
    expect([page.status, text]).toEqual([200, expect.stringContaining('You are signed out')]);
    expect(text).not.toContain('nobody answered');
    expect(text).not.toContain(person.user.email);
    const [, href = ''] = /class="button" href="([^"]*)"/.exec(await page.text()) ?? [];
    expect(href).toBe('/sign-in?return_to=%2F');
    expect((await person.get(href)).headers.get('location')).toContain(APP);
  });

  it("leaves the app's cookie alone, which signs in no more", async () => {
    const { person, csrf } = await arrived();
    const answer = await signOut(person, csrf);
    expect(answer.headers.getSetCookie().filter((each) => each.startsWith('stytch_session'))).toEqual([]);
    expect(person.cookies.get('stytch_session')).toBe(person.token);
    for (let i = 0; i < 2; i++) {
      const next = await person.get('/device');
      expect([next.status, next.headers.get('location')]).toEqual([303, expect.stringContaining(APP)]);
      expect(person.cookies.has('__Host-latchkey')).toBe(false);
    }
  });

  it('kills a copy of our cookie: for what lasts at once, for looking within five minutes', async () => {
    const codes = await begin();
    const person = await newUserOfApp();
    const { form } = await openCode(person, codes.user_code);
    const copy = copyOf(person);
    await signOut(person, form.csrf);
    const approved = await copy.post('/device/decision', { ...form, decision: 'approve' });
    expect([approved.status, await textOf(approved)]).toEqual([
      401,
      expect.stringContaining('Please sign in'),
    ]);
    expect(await (await poll(codes.device_code)).json()).toMatchObject({ error: 'authorization_pending' });

    const { person: other, csrf } = await arrived();
    const looking = copyOf(other);
    await signOut(other, csrf);
    await later(301);
    const looked = await looking.get('/device');
    expect([looked.status, looked.headers.get('location')]).toEqual([303, expect.stringContaining(APP)]);
    expect(looking.cookies.has('__Host-latchkey')).toBe(false);
  });

  it('takes a sign-in that was under way with it', async () => {
    const { person, csrf } = await arrived();
    const login = new URL((await person.get('/sign-in')).headers.get('location') ?? '');
    await signOut(person, csrf);
    expect([...person.cookies.keys()]).toEqual(['stytch_session']);
    person.cookies.set('stytch_session', (await stytchSession(60, person.user)).token);
    const back = new URL(login.searchParams.get('return_to') ?? '');
    const finished = await person.get(`${back.pathname}${back.search}`);
    expect([finished.status, await textOf(finished)]).toEqual([
      400,
      expect.stringContaining('This sign-in is over'),
    ]);
  });

  it('ends the session that the app has begun meanwhile in this browser, and no other', async () => {
    const { person, csrf } = await arrived();
    const [here, elsewhere] = [await stytchSession(60, person.user), await stytchSession(60, person.user)];
    person.cookies.set('stytch_session', here.token);
    expect((await signOut(person, csrf)).headers.get('location')).toBe('/signed-out');
    expect([await isOpen(person.token), await isOpen(here.token), await isOpen(elsewhere.token)]).toEqual([
      ...[false, false, true],
    ]);
    expect((await person.get('/device')).status).toBe(303);
  });

  it('works without the cookie of the app, and asks Stytch once', async () => {
    const { person, csrf } = await arrived();
    person.cookies.delete('stytch_session');
    const before = await revocations();
    await signOut(person, csrf);
    expect([(await revocations()) - before, await isOpen(person.token)]).toEqual([1, false]);
  });

  it('lets the same person in again, as somebody new', async () => {
    const { person, csrf } = await arrived();
    await signOut(person, csrf);
    person.cookies.set('stytch_session', (await stytchSession(60, person.user)).token);
    const page = await person.get('/device');
    expect([page.status, await fieldOf(page, 'csrf')]).toEqual([200, expect.not.stringMatching(csrf)]);
    expect(await textOf(page)).toContain(person.user.email);
  });

  it('of a session that Stytch knows no more is the same', async () => {
    const { person, csrf } = await arrived();
    await atStytch('POST', '/v1/sessions/revoke', { session_token: person.token });
    const answer = await signOut(person, csrf);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/signed-out']);
  });

  it.each([
    ['who has no session', 0],
    ['whose session is over', 301],
  ])('of somebody %s is the same, and Stytch is not asked', async (_, seconds) => {
    const { person, csrf } = await arrived(5);
    if (seconds === 0) person.cookies.clear();
    else await later(seconds);
    const before = await stytchCalls();
    const answer = await signOut(person, csrf);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/signed-out']);
    expect([answer.headers.get('clear-site-data'), person.cookies.has('__Host-latchkey')]).toEqual([
      '"cache", "storage"',
      false,
    ]);
    expect(await stytchCalls()).toEqual(before);
  });

  it('twenty at once are one', async () => {
    const { person, csrf } = await arrived();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signOut(copyOf(person), csrf)));
    expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.get('location')}`))).toEqual(
      new Set(['303 /signed-out']),
    );
    expect(await isOpen(person.token)).toBe(false);
  });

  it('is one line in the log, without cookie, token or query', async () => {
    const { person, csrf } = await arrived();
    const before = logged().length;
    await signOut(person, csrf);
    await person.get('/signed-out?until=1');
    // The eavesdropper listens for the others (test/secrets.ts).
    expect(
      logged()
        .slice(before)
        .map(({ method, route, status }) => [method, route, status]),
    ).toEqual([
      ['POST', '/sign-out', 303],
      ['GET', '/signed-out', 200],
    ]);
    expect(JSON.stringify(logged().slice(before))).not.toContain('until');
  });
});

describe('while Stytch does not answer, a sign-out', () => {
  it.each([
    ['fails', { kind: 'status', status: 500 }],
    ['answers nonsense', { kind: 'html' }],
    ['does not know us', { kind: 'status', status: 401 }],
  ])('drops the cookie all the same, and says what stays open: it %s', async (_, more) => {
    const { person, csrf } = await arrived(30);
    await fault('sessions.revoke', more);
    const answer = await signOut(person, csrf);
    const location = answer.headers.get('location') ?? '';
    expect([answer.status, location]).toEqual([303, expect.stringMatching(/^\/signed-out\?until=\d{10}$/)]);
    expect(answer.headers.get('clear-site-data')).toBe('"cache", "storage"');
    expect(person.cookies.has('__Host-latchkey')).toBe(false);
    const text = await textOf(await person.get(location));
    expect(text).toContain('You are signed out');
    expect(text).toMatch(/It may stay open for up to (29|30) minutes/);
    expect(text).toContain('Sign out in the app as well');
    // It was true.
    expect(await isOpen(person.token)).toBe(true);

    // To come back and do it again, as the page says, ends it.
    await emulator('DELETE', '/faults');
    const again = await fieldOf(await person.get('/device'), 'csrf');
    expect((await signOut(person, again)).headers.get('location')).toBe('/signed-out');
    expect(await isOpen(person.token)).toBe(false);
  });

  it('whose session is to be asked about anew is not held up by that', async () => {
    const { person, csrf } = await arrived();
    await later(301);
    await fault('sessions.authenticate', { kind: 'status', status: 500 });
    const answer = await signOut(person, csrf);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/signed-out']);
    await emulator('DELETE', '/faults');
    expect(await isOpen(person.token)).toBe(false);
  });

  it('is not over if one of two sessions is not', async () => {
    const { person, csrf } = await arrived();
    person.cookies.set('stytch_session', (await stytchSession(60, person.user)).token);
    await fault('sessions.revoke', { kind: 'status', status: 500, skip: 1 });
    const answer = await signOut(person, csrf);
    expect(answer.headers.get('location')).toContain('/signed-out?until=');
  });

  it('whose lost answer was a yes is over', async () => {
    const { person, csrf } = await arrived();
    await fault('sessions.revoke', { kind: 'status', status: 502, effect: 'done', times: 1 });
    expect((await signOut(person, csrf)).headers.get('location')).toBe('/signed-out');
    expect(await isOpen(person.token)).toBe(false);
  });
});

describe('the page after it', () => {
  it('without a sign-in page of the app tells how to sign in', async () => {
    const { portal: _, ...without } = settings;
    const here = isolate({}, latchkeyFor(without));
    const page = await newPerson(here.fetch).get('/signed-out');
    expect(await textOf(page)).toContain('Sign in to Acme in this browser');
    expect(await page.text()).not.toContain('class="button"');
  });

  it('is none for who is signed in: he is not told that he is not', async () => {
    const { person } = await arrived();
    const answer = await person.get('/signed-out');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
  });

  it.each([
    ['that is past', '1000000000'],
    ['beyond any session', '99999999999'],
    ['that is no number', '%3Cb%3E'],
    ['of other digits', '%EF%BC%91'],
    ['that is negative', '-5'],
    ['with an exponent', '9e9'],
    ['that is empty', ''],
  ])('believes no end %s', async (_, until) => {
    const page = await newPerson().get(`/signed-out?until=${until}`);
    expect([page.status, await textOf(page)]).toEqual([200, expect.not.stringContaining('nobody answered')]);
  });
});
