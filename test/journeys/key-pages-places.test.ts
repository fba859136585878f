import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import {
  formTo,
  madeKey,
  membersDesk,
  newHolder,
  newKeyForm,
  newMember,
  newOrganization,
  shownKey,
} from '../key-pages.ts';
import { newPerson, stytchSession, textOf } from '../person.ts';
import { PORTAL_ROUTES } from '../portal-routes.ts';
import settings from '../settings.ts';
import { atOrigin, atStytch, beginAfresh, DESK, isolate, later, stytchCalls } from '../world.ts';

/** Whose pages they are: the keys of an organisation, and a sign-in that is too old for a new secret. */
beginAfresh();

const UNKNOWN = `acme_test_${'0'.repeat(28)}`;

/** The routes of the keys of organisations, with a key in them. */
const ofOrganizations = (keyId: string) =>
  PORTAL_ROUTES.filter(({ path }) => path.startsWith('/organization')).map(({ method, path }) => ({
    method,
    path: path.replace(':key_id', keyId),
  }));

/** A page, or an answer to a form, byte by byte but for what is new each time. */
const whole = async (answer: Response) => {
  const id = answer.headers.get('x-request-id') ?? '';
  return {
    status: answer.status,
    text: (await answer.text()).replaceAll(id, '…').replace(/data-now="\d+"/, ''),
  };
};

describe('the keys of an organisation', () => {
  it('are made, shown and ended by whoever has the role there, and he is named', async () => {
    const here = membersDesk();
    const organization = newOrganization();
    const [ada, bob] = [
      await newMember(here, ['stytch_member', 'keymaster'], organization),
      await newMember(here, ['keymaster'], organization),
    ];
    const { key, keyId, path } = await madeKey(ada, { name: 'of us all', 'scope.items:write': '1' });
    expect((await here.call(key)).status).toBe(200);
    expect(await atOrigin('X-Latchkey-Organization-Id')).toBe(organization);
    for (const at of ['/organization', path, '/organization/audit'])
      expect(await textOf(await bob.get(at))).toContain('of us all');
    const page = await textOf(await bob.get(path));
    expect(page).toContain(`by ${ada.memberId}`);
    expect(await textOf(await bob.get('/organization/audit'))).toContain(`Member ${ada.memberId}`);
    const renamed = await formTo(await bob.get(`${path}/change`), `${path}/change`, { name: 'renamed' });
    expect((await bob.post(`${path}/change`, renamed)).headers.get('location')).toBe(`${path}?done=changed`);
    const rotate = await formTo(await bob.get(`${path}/rotate`), `${path}/rotate`, { overlap: '0' });
    expect((await shownKey(await bob.post(`${path}/rotate`, rotate)))?.keyId).toBe(keyId);
    const revoke = await formTo(await bob.get(`${path}/revoke`), `${path}/revoke`);
    expect((await bob.post(`${path}/revoke`, revoke)).headers.get('location')).toBe(`${path}?done=revoked`);
    expect(await textOf(await ada.get('/organization'))).toContain('No keys yet');
  });

  it('and one’s own are two places: neither has what is the other’s', async () => {
    const here = membersDesk();
    const ada = await newMember(here, ['stytch_member', 'keymaster']);
    const own = { ...ada, base: '', api: '/v1' };
    const [ours, mine] = [await madeKey(ada, { name: 'ours' }), await madeKey(own, { name: 'mine' })];
    expect(await textOf(await ada.get('/'))).toContain('mine');
    expect(await textOf(await ada.get('/'))).not.toContain('ours');
    expect(await textOf(await ada.get('/organization'))).not.toContain('mine');
    for (const path of [`/keys/${ours.keyId}`, `/organization/keys/${mine.keyId}`])
      expect((await ada.get(path)).status).toBe(404);
    const html = await (await ada.get('/organization')).text();
    expect(html).toContain('<a href="/">');
    expect(html).toContain('href="/organization" aria-current="page"');
  });

  it('form of one place makes no key of the other, whatever its name', async () => {
    const here = membersDesk();
    const ada = await newMember(here, ['stytch_member', 'keymaster']);
    const form = await newKeyForm({ ...ada, base: '' });
    const [own, ours] = [await ada.post('/keys', form), await ada.post('/organization/keys', form)];
    const [a, b] = [await shownKey(own), await shownKey(ours)];
    expect(a?.keyId).not.toBe(b?.keyId);
    expect((await ada.get(`/keys/${b?.keyId}`)).status).toBe(404);
  });

  it('of another organisation are as if there were none', async () => {
    const here = membersDesk();
    const ada = await newMember(here, ['stytch_member', 'keymaster']);
    const eve = await newMember(here, ['stytch_member', 'keymaster']);
    const { keyId, path } = await madeKey(ada);
    const form = await formTo(await ada.get(`${path}/revoke`), `${path}/revoke`);
    const { csrf = '' } = await newKeyForm(eve);
    expect((await eve.get(path)).status).toBe(404);
    expect((await eve.post(`${path}/revoke`, { csrf })).status).toBe(404);
    expect(await textOf(await eve.get('/organization'))).not.toContain(keyId);
    expect((await ada.post(`${path}/revoke`, form)).status).toBe(303);
  });

  it('are nothing to a member without the role: each page says the same, whether there is a key or not', async () => {
    const here = membersDesk();
    const organization = newOrganization();
    const ada = await newMember(here, ['stytch_member', 'keymaster'], organization);
    const { keyId } = await madeKey(ada);
    const other = membersDesk();
    const eve = await newMember(other, ['stytch_member'], organization);
    const csrf = (await newKeyForm({ ...eve, base: '' })).csrf ?? '';
    const seen = new Set<string>();
    for (const id of [keyId, UNKNOWN]) {
      for (const { method, path } of ofOrganizations(id)) {
        other.calls.length = 0;
        const answer = method === 'GET' ? await eve.get(path) : await eve.post(path, { csrf });
        const { status, text } = await whole(answer);
        seen.add(`${status} ${text.replaceAll(/href="[^"]*"/g, '')}`);
        expect(text).toContain('Not for your role');
        expect([path, other.calls.filter((each) => each.startsWith('ring.'))]).toEqual([path, []]);
      }
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).toMatch(/^403 /);
    expect(await (await eve.get('/')).text()).not.toContain('href="/organization"');
  });

  it('are nothing to whoever lost the role since: at the latest after five minutes, and for a secret at once', async () => {
    const here = membersDesk();
    const ada = await newMember(here, ['stytch_member', 'keymaster']);
    const { path } = await madeKey(ada);
    const form = await newKeyForm(ada);
    const member = `/v1/b2b/organizations/${ada.organizationId}/members/${ada.memberId}`;
    expect((await atStytch('PUT', member, { roles: ['stytch_member'] })).status).toBe(200);
    const made = await ada.post('/organization/keys', form);
    expect([made.status, await shownKey(made)]).toEqual([403, null]);
    await later(301);
    expect((await ada.get(path)).status).toBe(403);
  });

  it('are not served where there are no organisations', async () => {
    const ada = await newHolder();
    const csrf = (await newKeyForm(ada)).csrf ?? '';
    for (const { method, path } of ofOrganizations(UNKNOWN)) {
      const answer = method === 'GET' ? await ada.get(path) : await ada.post(path, { csrf });
      expect([path, answer.status, await textOf(answer)]).toEqual([
        ...[path, 404, expect.stringContaining('Not in use here')],
      ]);
    }
    expect(await (await ada.get('/')).text()).not.toContain('/organization');
  });
});

describe('a sign-in of yesterday', () => {
  const DAYS = 3 * 1440;

  it('is told so before anything is typed, and comes back to the page that it was for', async () => {
    const ada = await newHolder(undefined, DAYS);
    const { path } = await madeKey(ada);
    await later(86_401);
    for (const page of ['/keys/new?name=CI&scope=items%3Aread', `${path}/rotate`]) {
      const answer = await ada.get(page);
      expect([answer.status, await textOf(answer)]).toEqual([401, expect.stringContaining('Sign in again')]);
      expect(await answer.clone().text()).not.toContain('name="once"');
      const [, href = ''] = /class="button" href="([^"]*)"/.exec(await answer.text()) ?? [];
      const login = new URL((await ada.get(href.replaceAll('&amp;', '&'))).headers.get('location') ?? '');
      expect(login.searchParams.get('max_age')).toBe('86400');
      const returning = newPerson();
      for (const [name, value] of ada.cookies) returning.cookies.set(name, value);
      returning.cookies.set('stytch_session', (await stytchSession(DAYS, ada.user)).token);
      const back = await returning.get((login.searchParams.get('return_to') ?? '').slice(DESK.length));
      expect([back.status, back.headers.get('location')]).toEqual([303, page]);
      expect((await returning.get(page)).status).toBe(200);
    }
  });

  it('looks, changes and revokes as before', async () => {
    const ada = await newHolder(undefined, DAYS);
    const { path } = await madeKey(ada);
    await later(86_401);
    for (const page of ['/', path, '/usage', '/audit']) expect((await ada.get(page)).status).toBe(200);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'x' });
    expect((await ada.post(`${path}/change`, form)).status).toBe(303);
    expect((await ada.post(`${path}/revoke`, { csrf: form.csrf ?? '' })).status).toBe(303);
  });

  const TYPED = {
    ...{ name: 'Mine & "yours"', description: 'a=b&c', 'scope.items:write': '1', expires: 'date' },
    ...{ expires_on: '2099-01-01', allowlist: '192.0.2.7\n2001:db8::/48', limit_requests: '50' },
    limit_seconds: '3600',
  };

  it('that grew old since the form was opened makes nothing, and the way back has all that was typed', async () => {
    const ada = await newHolder(undefined, DAYS);
    await later(86_300);
    const form = await newKeyForm(ada, TYPED);
    await later(200);
    const before = await stytchCalls();
    const answer = await ada.post('/keys', form);
    expect([answer.status, await shownKey(answer)]).toEqual([401, null]);
    const { 'sessions.authenticate': _, ...others } = await stytchCalls();
    const { 'sessions.authenticate': __, ...othersBefore } = before;
    expect(others).toEqual(othersBefore);
    const [, href = ''] = /class="button" href="([^"]*)"/.exec(await answer.text()) ?? [];
    const login = new URL((await ada.get(href.replaceAll('&amp;', '&'))).headers.get('location') ?? '');
    ada.cookies.set('stytch_session', (await stytchSession(DAYS, ada.user)).token);
    const back = await ada.get((login.searchParams.get('return_to') ?? '').slice(DESK.length));
    const page = await ada.get(back.headers.get('location') ?? '');
    const { csrf: ___, once: ____, ...typed } = form;
    expect(await formTo(page, '/keys')).toMatchObject(typed);
    expect(await shownKey(await ada.post('/keys', await formTo(page, '/keys')))).not.toBeNull();
  });

  it('nor does it begin a rotation', async () => {
    const ada = await newHolder(undefined, DAYS);
    const { path } = await madeKey(ada);
    await later(86_300);
    const form = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    await later(200);
    const before = (await stytchCalls())['m2m.rotate.start'];
    const answer = await ada.post(`${path}/rotate`, form);
    expect([answer.status, await shownKey(answer)]).toEqual([401, null]);
    expect(await answer.text()).toContain(`return_to=${encodeURIComponent(`${path}/rotate`)}`);
    expect((await stytchCalls())['m2m.rotate.start']).toBe(before);
  });

  it('what was typed and is too long for a way back is not half of it: the form is empty', async () => {
    const here = isolate({}, latchkeyFor({ ...settings, desk: { maxAuthAgeSeconds: 60 } }));
    const ada = await newHolder(here.fetch, DAYS);
    const allowlist = Array.from({ length: 90 }, (_, i) => `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${i + 1}`);
    const form = await newKeyForm(ada, { ...TYPED, allowlist: allowlist.join('\n') });
    await later(61);
    const answer = await ada.post('/keys', form);
    expect(answer.status).toBe(401);
    const [, href = ''] = /class="button" href="([^"]*)"/.exec(await answer.text()) ?? [];
    expect(href).toBe('/sign-in?return_to=%2Fkeys%2Fnew&amp;again=1');
  });
});

describe('who is not signed in', () => {
  const LONG = 'x'.repeat(6_000);

  it.each(['/', '/usage', '/audit', '/keys/new', `/keys/${UNKNOWN}`, '/organization', '/operators'])(
    'is led to sign in from %s and back, with what the address says, or without where it says too much',
    async (path) => {
      for (const [query, back] of [
        ['', path],
        ['?name=CI', `${path}?name=CI`],
        [`?name=${LONG}`, path],
      ]) {
        const person = newPerson();
        const led = await person.get(`${path}${query}`);
        expect([led.status, led.headers.get('location')]).toEqual([
          ...[303, expect.stringContaining('https://app.test/login')],
        ]);
        person.cookies.set('stytch_session', (await stytchSession()).token);
        const login = new URL(led.headers.get('location') ?? '');
        const came = await person.get((login.searchParams.get('return_to') ?? '').slice(DESK.length));
        expect([came.status, came.headers.get('location')]).toEqual([303, back]);
      }
    },
  );

  it.each([
    [`/keys/${UNKNOWN}/rotate/finish`, 'POST'],
    [`/keys/${UNKNOWN}/revoke`, 'POST'],
    ['/keys', 'POST'],
  ])('sends no form to %s', async (path) => {
    const before = await stytchCalls();
    const answer = await newPerson().post(path, { csrf: 'x', once: 'x', name: 'x' });
    expect([answer.status, await textOf(answer)]).toEqual([401, expect.stringContaining('Please sign in')]);
    expect(await stytchCalls()).toEqual(before);
  });
});
