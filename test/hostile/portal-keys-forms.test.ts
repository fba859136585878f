import { describe, expect, it } from 'vitest';
import { ringOfOwner } from '../../src/model/key.ts';
import {
  csrfOf,
  formTo,
  type Holder,
  madeKey,
  newHolder,
  newKeyForm,
  PLACES,
  problemsIn,
  routesOf,
  shownKey,
} from '../key-pages.ts';
import { newPerson, stytchSession, textOf } from '../person.ts';
import {
  beginAfresh,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  later,
  PROJECT,
  rooms,
  stytchCalls,
} from '../world.ts';

/** SECURITY.md 1.7 at the forms of the pages of keys: MG-03, MG-04, MG-06, WEB-01. */
beginAfresh();

type PlaceName = keyof typeof PLACES;
const PLACE_NAMES = Object.keys(PLACES) as readonly PlaceName[];

const ownerOf = (holder: Holder & { readonly userId?: string; readonly organizationId?: string }) =>
  holder.organizationId === undefined
    ? { kind: 'user' as const, id: holder.userId ?? '' }
    : { kind: 'organization' as const, id: holder.organizationId };

/** Somebody at a place with a key that lives and one that rotates, and each form that there is, filled in. */
const setting = async (place: PlaceName) => {
  const holder = await PLACES[place].newcomer();
  const [living, rotating] = [await madeKey(holder), await madeKey(holder)];
  const { base, get, post } = holder;
  const rotation = await formTo(await get(`${rotating.path}/rotate`), `${rotating.path}/rotate`);
  const next = await shownKey(await post(`${rotating.path}/rotate`, rotation));
  expect(next).not.toBeNull();
  const csrf = await csrfOf(holder);
  const forms = await Promise.all(
    routesOf(place)
      .filter(({ method }) => method === 'POST')
      .map(async ({ path: route }) => {
        const isOfRotation = /rotate\/(finish|cancel)$/.test(route);
        const path = route.replace(':key_id', (isOfRotation ? rotating : living).keyId);
        const page = isOfRotation ? rotating.path : route.endsWith('/keys') ? `${base}/keys/new` : path;
        const typed = route.endsWith('/keys') ? { name: 'made', 'scope.items:read': '1' } : {};
        const more = route.endsWith('/change') ? { name: 'changed' } : {};
        return { path, form: await formTo(await get(page), path, { ...typed, ...more }) };
      }),
  );
  const ring = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, ownerOf(holder)));
  /** All that there is of the owner's keys, and what Stytch was asked to do with them. */
  const state = async () => {
    const { keys, secrets, rotations, idempotency, audit } = await dumpOfRing(ring);
    const calls = Object.entries(await stytchCalls()).filter(([name]) => name.startsWith('m2m.'));
    return { keys, secrets, rotations, idempotency, audit, calls };
  };
  return { holder, csrf, forms, living, rotating, state };
};

type Setting = Awaited<ReturnType<typeof setting>>;

/** Sends every form there is in some way; each must be refused so, and nothing is done by any. */
const noneDoes = async (
  { holder, forms, state }: Setting,
  send: (path: string, form: Record<string, string>) => Promise<Response>,
  expected: { readonly status: number; readonly said: string },
) => {
  const before = await state();
  expect(forms.length).toBeGreaterThan(5);
  for (const { path, form } of forms) {
    const answer = await send(path, form);
    expect([path, answer.status, await textOf(answer)]).toEqual([
      ...[path, expected.status, expect.stringContaining(expected.said)],
    ]);
    expect([path, answer.headers.get('location'), await shownKey(answer)]).toEqual([path, null, null]);
  }
  expect(await state()).toEqual(before);
  expect(holder.cookies.has('__Host-latchkey')).toBe(true);
};

const NOT_OURS = { status: 403, said: 'This did not come from our page' };
const NOT_WHOLE = { status: 400, said: 'This form is not complete' };

describe.each(PLACE_NAMES)('WEB-01 › the forms of the keys of %s', (place) => {
  it.each([
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['of a sibling host', { 'sec-fetch-site': 'same-site', origin: 'https://app.test' }],
    ['typed or bookmarked', { 'sec-fetch-site': 'none' }],
    ['whose browser says another site, and an Origin of ours', { 'sec-fetch-site': 'cross-site' }],
    ['without either header', { 'sec-fetch-site': undefined, origin: undefined }],
    ['with an Origin alone, of another site', { 'sec-fetch-site': undefined, origin: 'https://evil.test' }],
    ['with an Origin alone, that is null', { 'sec-fetch-site': undefined, origin: 'null' }],
    ['with an Origin alone, of ours over http', { 'sec-fetch-site': undefined, origin: 'http://desk.test' }],
  ])('do nothing where they are %s', async (_, headers) => {
    const it = await setting(place);
    await noneDoes(it, (path, form) => it.holder.post(path, form, headers), NOT_OURS);
  });

  it('do nothing without a token, with one that was made up, or with that of another session', async () => {
    const it = await setting(place);
    const other = await csrfOf(await PLACES[place].newcomer());
    for (const csrf of ['', 'A'.repeat(24), other, `${it.csrf}A`, it.csrf.toLowerCase()])
      await noneDoes(it, (path, form) => it.holder.post(path, { ...form, csrf }), NOT_OURS);
    const without = (path: string, { csrf: _, ...form }: Record<string, string>) =>
      it.holder.post(path, form);
    await noneDoes(it, without, NOT_OURS);
    const twice = (path: string, form: Record<string, string>) =>
      it.holder.post(path, `${new URLSearchParams(form)}&csrf=${it.csrf}`);
    await noneDoes(it, twice, NOT_WHOLE);
    // The token is of the form, not of the address.
    const inQuery = (path: string, { csrf: _, ...form }: Record<string, string>) =>
      it.holder.post(`${path}?csrf=${it.csrf}`, form);
    await noneDoes(it, inQuery, NOT_OURS);
  });

  it('do nothing without a session, with that of the app alone, or with a cookie that was changed', async () => {
    const it = await setting(place);
    const cookie = it.holder.cookies.get('__Host-latchkey') ?? '';
    const app = it.holder.cookies.get('stytch_session') ?? '';
    for (const [name, value] of [
      ['x', 'y'],
      ['stytch_session', app],
      ['__Host-latchkey', `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`],
      ['__host-latchkey', cookie],
    ] as const) {
      const other = newPerson();
      other.cookies.set(name, value);
      const expected = { status: 401, said: 'Please sign in' };
      await noneDoes(it, (path, form) => other.post(path, form), expected);
    }
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }],
    ['text', { 'content-type': 'text/plain' }],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no type', { 'content-type': '' }],
  ])('do nothing where they are sent as %s', async (_, headers) => {
    const it = await setting(place);
    await noneDoes(it, (path, form) => it.holder.post(path, form, headers), NOT_WHOLE);
  });

  it('do nothing where they are too long, no UTF-8, or early data', async () => {
    const it = await setting(place);
    const long = (path: string, form: Record<string, string>) =>
      it.holder.post(path, { ...form, x: 'x'.repeat(70_000) });
    await noneDoes(it, long, { status: 413, said: '' });
    const bytes = (path: string, form: Record<string, string>) =>
      it.holder.post(path, `${new URLSearchParams(form)}&x=%FF`);
    await noneDoes(it, bytes, NOT_WHOLE);
    const early = (path: string, form: Record<string, string>) =>
      it.holder.post(path, form, { 'early-data': '1' });
    await noneDoes(it, early, { status: 425, said: 'Too early' });
  });

  it('do nothing by GET, nor by another method', async () => {
    const it = await setting(place);
    const before = await it.state();
    const { fetch } = place === 'own' ? isolate() : { fetch: null };
    for (const { path, form } of it.forms) {
      const answer = await it.holder.get(`${path}?${new URLSearchParams(form)}`, {
        'sec-fetch-site': 'same-origin',
      });
      expect([path, [200, 303, 405].includes(answer.status), await shownKey(answer)]).toEqual([
        ...[path, true, null],
      ]);
      if (answer.status === 405) expect([path, answer.headers.get('allow')]).toEqual([path, 'POST']);
      if (fetch === null) continue;
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const body = new URLSearchParams(form).toString();
        const cookie = `__Host-latchkey=${it.holder.cookies.get('__Host-latchkey')}`;
        const headers = {
          ...{ cookie, 'sec-fetch-site': 'same-origin', origin: DESK },
          'content-type': 'application/x-www-form-urlencoded',
        };
        expect((await fetch(`${DESK}${path}`, { method, headers, body })).status).toBe(405);
      }
    }
    expect(await it.state()).toEqual(before);
  });

  it('do nothing in a session that ended at Stytch, as soon as that is known', async () => {
    const it = await setting(place);
    await later(301);
    await emulator('POST', '/faults', {
      endpoint: place === 'own' ? 'sessions.authenticate' : 'b2b.sessions.authenticate',
      ...{ kind: 'status', status: 404, body: { error_type: 'session_not_found', status_code: 404 } },
    });
    const before = await it.state();
    for (const { path, form } of it.forms) {
      const answer = await it.holder.post(path, form);
      expect([path, answer.status, await shownKey(answer)]).toEqual([path, 401, null]);
    }
    expect(await it.state()).toEqual(before);
    expect(it.holder.cookies.has('__Host-latchkey')).toBe(false);
  });

  it.each(routesOf(place).filter(({ method }) => method === 'POST'))(
    'do what they say as a page of ours sends them: $path',
    async ({ path: route }) => {
      const it = await setting(place);
      const isOfRoute = new RegExp(`^${route.replace(':key_id', '[^/]+')}$`);
      const own = it.forms.find(({ path }) => isOfRoute.test(path));
      const before = await it.state();
      const answer = await it.holder.post(own?.path ?? '', own?.form ?? {});
      await shownKey(answer);
      expect([200, 303]).toContain(answer.status);
      const after = await it.state();
      expect(after.audit?.length).toBe((before.audit?.length ?? 0) + 1);
    },
  );
});

describe('WEB-01 › a page that asks', () => {
  it('changes nothing by being looked at, however often', async () => {
    const it = await setting('own');
    const before = await it.state();
    for (const { method, path } of routesOf('own'))
      if (method === 'GET') await it.holder.get(path.replace(':key_id', it.living.keyId));
    expect(await it.state()).toEqual(before);
  });
});

/** What there is of somebody's keys, by the JSON endpoint. */
const keysOf = async ({ session, api }: Holder) =>
  (
    (await (await desk(session, 'GET', `${api}/keys?status=all`)).json()) as {
      data: Record<string, unknown>[];
    }
  ).data;

describe('MG-03 › MG-04 › fields that no form has', () => {
  const MORE = {
    ...{ owner: 'user-test-1', owner_id: 'user-test-1', user_id: 'user-test-1', created_by: 'operator' },
    ...{ client_id: 'acme_test_mine', key_id: 'acme_test_mine', client_secret: 'mine', key: 'mine' },
    ...{ status: 'revoked', trusted_metadata: '{}', created_at: '0', last_four: 'mine', scopes: 'admin:all' },
    ...{ 'scopes[]': 'admin:all', scope: 'admin:all', expires_at: '2000-01-01T00:00:00Z', limit: '1' },
    ...{ ip_allowlist: '10.0.0.0/8', overlap_seconds: '0', __proto__x: 'x', constructor: 'x', plan: 'tiny' },
    ...{ organization_id: 'organization-test-1', device_client: 'acme-cli', _method: 'DELETE' },
  };

  it('make of a new key nothing else', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { name: 'plain' });
    const shown = await shownKey(await ada.post('/keys', { ...form, ...MORE, __proto__: 'x' }));
    expect(await keysOf(ada)).toMatchObject([
      {
        ...{
          key_id: shown?.keyId,
          name: 'plain',
          scopes: ['items:read'],
          status: 'active',
          expires_at: null,
        },
        ...{ owner: { kind: 'user', id: ada.userId }, created_by: ada.userId, limit: null },
        ...{ ip_allowlist: null, last_four: shown?.key.slice(-4) },
      },
    ]);
  });

  it('change of a key nothing else, whose it is least of all', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const [before] = await keysOf(ada);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`);
    expect((await ada.post(`${path}/change`, { ...form, ...MORE })).status).toBe(303);
    const [after] = await keysOf(ada);
    expect({ ...after, revision: 0 }).toEqual({ ...before, revision: 0 });
  });

  it('choose no secret and no other overlap', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada);
    const form = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    const shown = await shownKey(await ada.post(`${path}/rotate`, { ...form, ...MORE }));
    expect([shown?.keyId, shown?.key.includes('mine')]).toEqual([keyId, false]);
    const [key] = await keysOf(ada);
    expect(key?.rotation).not.toBeNull();
  });
});

describe('MG-06 › scopes beyond one’s own', () => {
  it.each([
    'admin:all',
    'latchkey:admin',
    'latchkey:keys',
    'items:*',
    '*',
    'ITEMS:READ',
    'items:read ',
    '\u0456tems:read',
    'items:read items:write',
    'items:read\u0000',
    'items',
    ':',
    'toString',
    '__proto__',
  ])('%j is given to no key by a form, alone or beside a good one', async (scope) => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const before = await stytchCalls();
    for (const good of [undefined, '1']) {
      const typed = { 'scope.items:read': good, [`scope.${scope}`]: '1' };
      const made = await ada.post('/keys', await newKeyForm(ada, typed));
      expect([[400, 403].includes(made.status), await shownKey(made)]).toEqual([true, null]);
      const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, typed);
      expect([400, 403]).toContain((await ada.post(`${path}/change`, form)).status);
    }
    expect((await keysOf(ada)).map(({ scopes }) => scopes)).toEqual([['items:read']]);
    const after = await stytchCalls();
    for (const call of ['m2m.create', 'm2m.update']) expect(after[call]).toBe(before[call]);
  });

  it('no scope at all is none, and not all', async () => {
    const ada = await newHolder();
    const made = await ada.post('/keys', await newKeyForm(ada, { 'scope.items:read': undefined }));
    expect([made.status, await keysOf(ada)]).toEqual([400, []]);
    const empty = await ada.post(
      '/keys',
      await newKeyForm(ada, { 'scope.items:read': undefined, 'scope.': '1' }),
    );
    expect([empty.status, await keysOf(ada)]).toEqual([400, []]);
  });

  it('a scope that is there twice is a form that is none', async () => {
    const ada = await newHolder();
    const form = new URLSearchParams(await newKeyForm(ada)).toString();
    const made = await ada.post('/keys', `${form}&scope.items%3Aread=1`);
    expect([made.status, await keysOf(ada)]).toEqual([400, []]);
  });

  it('what a role gave is not given any more when the role is gone, though the form was open', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { 'scope.items:write': '1' });
    await emulator('POST', '/seed', { users: [{ email: ada.user.email, roles: ['other'] }] });
    ada.cookies.delete('__Host-latchkey');
    ada.cookies.set('stytch_session', (await stytchSession(60, ada.user)).token);
    const csrf = await csrfOf(ada);
    const made = await ada.post('/keys', { ...form, csrf });
    expect([made.status, await problemsIn(made), await keysOf(ada)]).toEqual([
      ...[403, { scopes: 'You cannot give this to a key: items:read, items:write.' }, []],
    ]);
  });
});

describe('forms of many fields', () => {
  it('are read as they are, in no more time than it takes to read them', async () => {
    const ada = await newHolder();
    const form = new URLSearchParams(await newKeyForm(ada)).toString();
    const scopes = Array.from({ length: 4_000 }, (_, i) => `&scope.x${i}=1`).join('');
    const answer = await ada.post('/keys', form + scopes);
    expect([answer.status, await shownKey(answer)]).toEqual([400, null]);
    expect((await answer.text()).length).toBeLessThan(40_000);
    const ranges = Array.from({ length: 6_000 }, () => '1.2.3.4').join('\n');
    const long = await ada.post('/keys', { ...(await newKeyForm(ada)), allowlist: ranges });
    expect([long.status, await keysOf(ada)]).toEqual([400, []]);
  });
});
