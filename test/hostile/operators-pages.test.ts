import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { asOperator, everythingOf, newOperatingPerson, OPERATOR } from '../operators.ts';
import { fieldOf, newPerson, newUserOfApp, type Person, stytchSession, textOf } from '../person.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import {
  atStytch,
  beginAfresh,
  call,
  DESK,
  desk,
  fault,
  isolate,
  issueKey,
  later,
  shown,
  signIn,
  stytchCalls,
} from '../world.ts';

/** SECURITY.md 1.7: MG-02, MG-16, WEB-01, WEB-12 and OA-15, at the pages of people who operate. */
beginAfresh();

/** A user with a key that is being rotated and one that is not, and one who is suspended: of each change there is one to be made. */
const victims = async () => {
  const [user, suspended] = [await newUserOfApp(), await newUserOfApp()];
  const session = await signIn(user.user);
  const [{ key, key_id: keyId }, { key_id: spareId }] = [await issueKey(session), await issueKey(session)];
  await desk(session, 'POST', `/v1/keys/${keyId}/rotate`, { overlap_seconds: 3_600 });
  await asOperator('PUT', `/v1/users/${suspended.userId}/suspension`, { reason: 'abuse' });
  return { user, suspended, key, keyId, spareId };
};
type Victims = Awaited<ReturnType<typeof victims>>;

/** As a page of ours would have it: nothing else is wrong with these forms. */
const ONCE = `${Date.now().toString(36)}-${'A'.repeat(16)}`;

/** Everything that an operator can do at the pages: where, and what he sends. */
const changes = ({
  user,
  suspended,
  keyId,
  spareId,
}: Victims): readonly (readonly [string, Record<string, string>])[] => {
  const base = `/operators/users/${user.userId}`;
  const key = `${base}/keys/${keyId}`;
  return [
    [`${base}/suspend`, { reason: 'x' }],
    [`/operators/users/${suspended.userId}/lift`, {}],
    [`${base}/limits`, { plan: 'tiny', keys_limit: '0' }],
    [`${base}/revoke-all`, {}],
    [`${base}/keys`, { once: ONCE, name: 'x', 'scope.items:read': '1', expires: 'none' }],
    [`${key}/change`, { revision: '0', name: 'x', 'scope.items:read': '1', expires: 'none' }],
    [`${base}/keys/${spareId}/rotate`, { once: ONCE, overlap: '0' }],
    [`${key}/rotate/finish`, {}],
    [`${key}/rotate/cancel`, {}],
    [`${key}/revoke`, {}],
  ];
};

/** What is looked at. */
const looks = ({ user, keyId }: Victims): readonly string[] => {
  const base = `/operators/users/${user.userId}`;
  return [
    ...[
      '/operators',
      '/operators/health',
      base,
      `${base}/suspend`,
      `${base}/lift`,
      `${base}/limits`,
      `${base}/revoke-all`,
    ],
    ...[`${base}/usage`, `${base}/audit`, `${base}/keys/new`, `${base}/keys/${keyId}`],
    ...['change', 'rotate', 'revoke'].map((verb) => `${base}/keys/${keyId}/${verb}`),
  ];
};

/** Addresses under which there is nothing, for anybody. */
const NOWHERE = [
  '/operators/',
  '/operators/x',
  '/operators/users',
  '/operators/users/user-test-1/x',
  '/operators/x/y/z',
];

const all = ({ user, suspended }: Victims) =>
  Promise.all([everythingOf(user.userId), everythingOf(suspended.userId)]);

/** Sends every change; each is answered as it must be, and when all are sent, nothing was done. */
const nothingComesOf = async (
  victim: Victims,
  send: (path: string, form: Record<string, string>) => Promise<Response>,
  answered: (answer: Response) => unknown,
) => {
  const before = await all(victim);
  for (const [path, form] of changes(victim)) await answered(await send(path, form));
  expect(await all(victim)).toEqual(before);
  expect((await call(victim.key)).status).toBe(200);
};

const saying = (status: number, words: string) => async (answer: Response) => {
  expect([answer.status, await textOf(answer)]).toEqual([status, expect.stringContaining(words)]);
  expect(answer.headers.get('location')).toBeNull();
};

/** An answer byte by byte, less what is new each time: its id, and the time that the script goes by. */
const said = async (answer: Response) => {
  const { body, ...rest } = await shown(answer);
  return { ...rest, body: body.replace(/data-now="\d+"/, '') };
};

const csrfOf = async (person: Person, path = '/') => fieldOf(await person.get(path), 'csrf');

describe('what is refused below', () => {
  it.each(Array.from({ length: 10 }, (_, at) => at))('is done for an operator: %i', async (at) => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    const before = await all(victim);
    const [path = '', form] = changes(victim)[at] ?? [];
    const revision = path.endsWith('/change') ? await fieldOf(await operator.get(path), 'revision') : '';
    const answer = await operator.post(path, { ...form, revision, csrf });
    expect([200, 303]).toContain(answer.status);
    for (const key of (await answer.text()).match(/acme_test_\w{28}_\w+/g) ?? []) inUse(key);
    expect(await all(victim)).not.toEqual(before);
  });
});

describe('MG-16 › to who is no operator there is nothing here', () => {
  it.each([
    ['a user like any other', () => newUserOfApp()],
    [
      'one who was taken off the list',
      async () => {
        const operator = await newOperatingPerson();
        await operator.get('/operators');
        const later = newPerson();
        for (const [name, value] of operator.cookies) later.cookies.set(name, value);
        return later;
      },
    ],
  ])('%s is answered alike everywhere, and nothing is done', async (_, somebody) => {
    const [victim, person] = [await victims(), await somebody()];
    const csrf = await csrfOf(person);
    const answers = new Set<string>();
    for (const path of [...looks(victim), ...NOWHERE])
      answers.add(JSON.stringify(await said(await person.get(path))));
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('There is no such page');
    const told = new Set<string>();
    const collect = async (answer: Response) => told.add(JSON.stringify(await said(answer)));
    await nothingComesOf(victim, (path, form) => person.post(path, { ...form, csrf }), collect);
    for (const path of [...NOWHERE, '/operators'])
      await collect(await person.post(path, { csrf, sought: victim.user.user.email }));
    expect(told).toEqual(answers);
  });

  it('he is not told either that his sign-in is too old for it', async () => {
    const person = await newUserOfApp(4_320);
    const csrf = await csrfOf(person);
    await later(86_401);
    const victim = await victims();
    await nothingComesOf(
      victim,
      (path, form) => person.post(path, { ...form, csrf }),
      saying(404, 'There is no such page'),
    );
  });

  it('nothing is looked up for him: no Ring, no Lobby, no search', async () => {
    const victim = await victims();
    const here = isolate();
    const person = await newUserOfApp(60, here.fetch);
    const csrf = await csrfOf(person);
    here.calls.splice(0);
    const before = await stytchCalls();
    for (const path of looks(victim)) await person.get(path);
    for (const sought of [victim.user.user.email, victim.keyId, 'm2m-client-test-1'])
      await person.post('/operators', { csrf, sought });
    expect(here.calls.filter((each) => !each.startsWith('kv.'))).toEqual([]);
    expect((await stytchCalls())['users.search']).toBe(before['users.search']);
  });

  it('who is not signed in is led to sign in from every address alike', async () => {
    const victim = await victims();
    for (const path of [...looks(victim), ...NOWHERE]) {
      const answer = await newPerson().get(path);
      const location = (answer.headers.get('location') ?? '').replace(/state%3D[\w-]+/, 'state');
      expect([answer.status, location]).toEqual([
        303,
        `https://app.test/login?from=desk&return_to=${encodeURIComponent(`${DESK}/signed-in?`)}state`,
      ]);
    }
  });

  it('an operator at an address that is none is answered as everybody', async () => {
    const [operator, person] = [await newOperatingPerson(), await newUserOfApp()];
    await person.get('/');
    await operator.get('/');
    for (const path of NOWHERE)
      expect(await said(await operator.get(path))).toEqual(await said(await person.get(path)));
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is answered alike everywhere', async (method) => {
    const victim = await victims();
    const answers = new Set<string>();
    for (const path of [...looks(victim), ...NOWHERE])
      answers.add(JSON.stringify(await said(await isolate().fetch(DESK + path, { method }))));
    expect(answers.size).toBe(1);
    expect(JSON.parse([...answers][0] ?? '')).toMatchObject({ status: 405 });
  });
});

describe('an owner that can be none', () => {
  it.each([
    'x',
    'client-test-1',
    OPERATOR,
    'connected-app-test-1',
    'user-test-1%2F..%2F..',
    'user-test-1%00',
    'USER-TEST-1',
    'user_test_1',
    `user-${'x'.repeat(121)}`,
  ])('has no page, and nothing can be done with him: %s', async (id) => {
    const operator = await newOperatingPerson();
    const csrf = await csrfOf(operator);
    for (const path of ['', '/suspend', '/audit'])
      expect((await operator.get(`/operators/users/${id}${path}`)).status).toBe(404);
    const answer = await operator.post(`/operators/users/${id}/suspend`, { csrf, reason: 'x' });
    expect(answer.status).toBe(404);
  });
});

describe('MG-02 › a key is under its owner alone', () => {
  it('under another it is as one that never was, and nothing is done', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    const other = `/operators/users/${(await newUserOfApp()).userId}/keys`;
    const before = await all(victim);
    const answers = new Set<string>();
    for (const id of [victim.keyId, `${victim.keyId.slice(0, 27)}${'0'.repeat(11)}`])
      for (const [verb, form] of [
        ['', null],
        ['/change', null],
        ['/revoke', null],
        ['/revoke', {}],
        ['/rotate', { once: ONCE, overlap: '0' }],
        ['/rotate/finish', {}],
      ] as const) {
        const path = `${other}/${id}${verb}`;
        const answer =
          form === null ? await operator.get(path) : await operator.post(path, { ...form, csrf });
        const { headers: _, ...seen } = await said(answer);
        answers.add(JSON.stringify(seen));
      }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('There is no such page');
    expect(await all(victim)).toEqual(before);
  });
});

describe('WEB-01 › a form is taken from a page of ours in its own session alone', () => {
  const NOT_OURS = 'This did not come from our page';

  it.each([
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['of a sibling host', { 'sec-fetch-site': 'same-site', origin: 'https://app.test' }],
    ['typed or bookmarked', { 'sec-fetch-site': 'none' }],
    ['without either header', { 'sec-fetch-site': undefined, origin: undefined }],
    ['with an Origin alone, of another site', { 'sec-fetch-site': undefined, origin: 'https://evil.test' }],
  ])('one %s does nothing', async (_, headers) => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    await nothingComesOf(
      victim,
      (path, form) => operator.post(path, { ...form, csrf }, headers),
      saying(403, NOT_OURS),
    );
    await saying(403, NOT_OURS)(await operator.post('/operators', { csrf, sought: 'x' }, headers));
  });

  it('one without a token, with one that was made up, or with that of another session does nothing', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    await operator.get('/');
    const same = newPerson(operator.here.fetch);
    same.cookies.set('stytch_session', (await stytchSession(60, operator.user)).token);
    for (const csrf of ['', 'A'.repeat(24), await csrfOf(same), await csrfOf(await newUserOfApp())])
      await nothingComesOf(
        victim,
        (path, form) => operator.post(path, { ...form, csrf }),
        saying(403, NOT_OURS),
      );
  });

  it('one that is not a form, or in which something is there twice, does nothing', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    const incomplete = saying(400, 'This form is not complete');
    for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'text/plain' }])
      await nothingComesOf(
        victim,
        (path, form) => operator.post(path, { ...form, csrf }, headers),
        incomplete,
      );
    await nothingComesOf(
      victim,
      (path, form) => operator.post(path, `${new URLSearchParams({ ...form, csrf })}&x=1&x=2`),
      incomplete,
    );
  });

  it('nothing is done by GET', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    await nothingComesOf(
      victim,
      (path, form) => operator.get(`${path}?${new URLSearchParams({ ...form, csrf })}`),
      () => undefined,
    );
  });

  it('early data does nothing', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    await nothingComesOf(
      victim,
      (path, form) => operator.post(path, { ...form, csrf }, { 'early-data': '1' }),
      saying(425, 'Too early'),
    );
  });
});

describe('OA-15 › what an operator does asks for a recent sign-in, every time', () => {
  it('of yesterday, nothing is done, and pages that ask say so before anything is typed', async () => {
    const operator = await newOperatingPerson({}, 4_320);
    const csrf = await csrfOf(operator);
    await later(86_401);
    const victim = await victims();
    await nothingComesOf(
      victim,
      (path, form) => operator.post(path, { ...form, csrf }),
      saying(401, 'Sign in again'),
    );
    const base = `/operators/users/${victim.user.userId}`;
    for (const path of ['suspend', 'lift', 'limits', 'revoke-all'])
      await saying(401, 'Sign in again')(await operator.get(`${base}/${path}`));
    // To look is not to do.
    for (const path of ['/operators', base, `${base}/audit`])
      expect((await operator.get(path)).status).toBe(200);
    const found = await operator.post('/operators', { csrf, sought: victim.user.userId });
    expect(found.status).toBe(303);
  });

  it('nor in a session that was ended at Stytch a moment ago', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    const cookie = operator.cookies.get('__Host-latchkey') ?? '';
    await atStytch('POST', '/v1/sessions/revoke', { session_token: operator.token });
    await nothingComesOf(
      victim,
      (path, form) => {
        operator.cookies.set('__Host-latchkey', cookie);
        return operator.post(path, { ...form, csrf });
      },
      saying(401, 'Please sign in'),
    );
  });

  it('nor while Stytch says nothing of it', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    // Declined, which is not asked again: there are many.
    await fault('sessions.authenticate', { kind: 'status', status: 401 });
    await nothingComesOf(
      victim,
      (path, form) => operator.post(path, { ...form, csrf }),
      saying(503, 'We cannot tell right now'),
    );
  });
});

describe('an operator who is refused himself', () => {
  it.each([
    ['suspended', 'PUT', '/suspension', { reason: 'taken over' }, 'Your account is suspended'],
    ['deleted', 'DELETE', '', undefined, 'Your data was deleted'],
  ] as const)('%s, looks at nothing and does nothing', async (_, method, path, body, said) => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    await asOperator(method, `/v1/users/${operator.userId}${path}`, body);
    const refused = await operator.get('/operators');
    const { status } = refused;
    await saying(status, said)(refused);
    expect([403, 410]).toContain(status);
    for (const look of looks(victim)) await saying(status, said)(await operator.get(look));
    await nothingComesOf(victim, (at, form) => operator.post(at, { ...form, csrf }), saying(status, said));
    // Nor does he lift it himself.
    await operator.post(`/operators/users/${operator.userId}/lift`, { csrf });
    expect((await operator.get('/operators')).status).toBe(status);
  });

  it('of whom nobody can tell, neither', async () => {
    const operator = await newOperatingPerson();
    const csrf = await csrfOf(operator);
    const file = latchkeyFor({ ...settings, operators: [OPERATOR, operator.userId] });
    const silent = { getByName: () => new Proxy({}, { get: () => () => Promise.reject(new Error('x')) }) };
    const there = newPerson(isolate({ KEY_RING: silent }, file).fetch);
    for (const [name, value] of operator.cookies) there.cookies.set(name, value);
    await saying(503, 'We cannot tell right now')(await there.get('/operators'));
    await saying(503, 'We cannot tell right now')(await there.post('/operators', { csrf, sought: 'x' }));
  });
});

describe('WEB-12 › what came with a request is text', () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror='alert(1)'>`;

  it('in the search, the reason, the limits, and the query of each page', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const csrf = await csrfOf(operator);
    const base = `/operators/users/${victim.user.userId}`;
    const query = new URLSearchParams({ done: EVIL, by: EVIL, key: EVIL, whole: EVIL, q: EVIL });
    const answers = [
      await operator.post('/operators', { csrf, sought: EVIL }),
      await operator.post('/operators', { csrf, sought: `a&b@${'x'.repeat(9)}.example` }),
      await operator.post(`${base}/suspend`, { csrf, reason: `${EVIL}\n${'x'.repeat(300)}` }),
      await operator.post(`${base}/limits`, { csrf, plan: EVIL, keys_limit: EVIL }),
      await operator.get(`${base}?${query}`),
      await operator.get(`/operators?${query}`),
      await operator.get(`${base}?key=${encodeURIComponent('<b>x</b>')}`),
      await operator.get(`${base}?done=__proto__&by=1e9`),
      await operator.get(`${base}?done=constructor`),
    ];
    for (const answer of answers) {
      const html = await answer.text();
      expect([html.includes('<img src=x'), html.includes('<script>'), html.includes('<b>x')]).toEqual([
        ...[false, false, false],
      ]);
    }
  });

  it('in what other people called their keys, and in why they were suspended', async () => {
    const operator = await newOperatingPerson();
    const user = await newUserOfApp();
    await issueKey(await signIn(user.user), ['items:read'], { name: EVIL, description: EVIL });
    await asOperator('PUT', `/v1/users/${user.userId}/suspension`, { reason: EVIL });
    for (const path of ['', '/audit', '/suspend']) {
      const html = await (await operator.get(`/operators/users/${user.userId}${path}`)).text();
      expect([html.includes('<img src=x'), html.includes('<script>')]).toEqual([false, false]);
    }
  });

  it('a whole key in the address of a page is shown by nobody', async () => {
    const [victim, operator] = [await victims(), await newOperatingPerson()];
    const page = await operator.get(`/operators/users/${victim.user.userId}?key=${victim.key}&whole=1`);
    expect((await page.text()).includes(victim.key.slice(39, 50))).toBe(false);
  });
});
