import { describe, expect, it, vi } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import {
  formTo,
  type Holder,
  madeKey,
  newHolder,
  newKeyForm,
  problemsIn,
  shownKey,
  unescaped,
} from '../key-pages.ts';
import { asOperator } from '../operators.ts';
import { textOf } from '../person.ts';
import settings from '../settings.ts';
import {
  beginAfresh,
  call,
  DESK,
  desk,
  emulator,
  fault,
  isolate,
  later,
  signIn,
  stytchCalls,
  stytchClients,
} from '../world.ts';

/** The page on which a key is made: DESIGN, the portal; SECURITY MG-07 to MG-10. */
beginAfresh();

const DAY_MS = 86_400_000;

/** What the JSON endpoint says of a key. */
const recordOf = async ({ session, api }: Holder, keyId: string) =>
  (await (await desk(session, 'GET', `${api}/keys/${keyId}`)).json()) as Record<string, unknown>;

/** How many keys there are, dead ones too. */
const countOf = async ({ session, api }: Holder): Promise<number> => {
  const answer = await desk(session, 'GET', `${api}/keys?status=all`);
  return ((await answer.json()) as { data: unknown[] }).data.length;
};

const creations = async () => (await stytchCalls())['m2m.create'] ?? 0;

describe('a new key', () => {
  it('is made as the form says, shown once, and works', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, {
      name: '  Nightly backup ',
      description: 'Copies everything',
      'scope.items:write': '1',
      expires: 'date',
      expires_on: '2099-12-31',
      allowlist: '192.0.2.7\r\n2001:db8::/48, 198.51.100.0/24',
      limit_requests: '10',
      limit_seconds: '3600',
    });
    const answer = await ada.post('/keys', form);
    const shown = await shownKey(answer);
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null]);
    const { key = '', keyId = '' } = shown ?? {};
    expect(await recordOf(ada, keyId)).toMatchObject({
      ...{ name: 'Nightly backup', description: 'Copies everything', status: 'active' },
      ...{ scopes: ['items:read', 'items:write'], expires_at: '2099-12-31T23:59:59Z' },
      ip_allowlist: ['192.0.2.7', '2001:db8::/48', '198.51.100.0/24'],
      limit: { requests: 10, per_seconds: 3600 },
      owner: { kind: 'user', id: ada.userId },
      created_by: ada.userId,
    });
    const text = await textOf(answer);
    for (const said of [
      'Your new key',
      'the only time that you see it',
      'Nightly backup',
      `ACME_API_KEY=${key}`,
      `curl -H &quot;Authorization: Bearer ${key}&quot; ${DESK}/v1/whoami`,
    ])
      expect(text).toContain(said);
    expect(await answer.clone().text()).toContain(`data-secret="/keys/${keyId}"`);
    const from = { headers: { 'cf-connecting-ip': '192.0.2.7' } };
    expect((await call(key, '/v1/items/1', from)).status).toBe(200);
    expect((await call(key)).status).toBe(403);
  });

  it('needs a name and one scope alone', async () => {
    const ada = await newHolder();
    const { key, keyId } = await madeKey(ada);
    expect(await recordOf(ada, keyId)).toMatchObject({
      ...{ description: '', scopes: ['items:read'], expires_at: null, ip_allowlist: null, limit: null },
    });
    expect((await call(key)).status).toBe(200);
  });

  it.each([7, 30, 90, 365])('ends in %i days, counted from when its form was opened', async (days) => {
    const ada = await newHolder();
    const before = Date.now();
    const { keyId } = await madeKey(ada, { expires: String(days) });
    const { expires_at } = await recordOf(ada, keyId);
    const at = Date.parse(String(expires_at)) - days * DAY_MS;
    // The endpoint tells whole seconds.
    expect([at >= before - 1000, at <= Date.now()]).toEqual([true, true]);
  });

  it.each(['none', '7', '30', '90', '365', 'date'])(
    'is one key where its form is sent twice, whatever the end (%s), and the secret is not told again',
    async (expires) => {
      const ada = await newHolder();
      const form = await newKeyForm(ada, { expires, expires_on: '2099-12-31' });
      const first = await ada.post('/keys', form);
      const shown = await shownKey(first);
      await later(90);
      const again = await ada.post('/keys', form);
      expect([first.status, again.status, await shownKey(again)]).toEqual([200, 200, null]);
      expect(await textOf(again)).toContain('This key was made already');
      expect(await again.clone().text()).toContain(`href="/keys/${shown?.keyId}"`);
      expect(await again.clone().text()).not.toContain(shown?.key.slice(39, 60));
      expect(await countOf(ada)).toBe(1);
    },
  );

  it('is one key where its form is sent twenty times at once, and one answer at most has the secret', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { expires: '30' });
    await fault('m2m.create', { kind: 'latency', latencyMs: 200 });
    const before = await creations();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.post('/keys', form)));
    const shown = (await Promise.all(answers.map(shownKey))).filter((each) => each !== null);
    expect(shown).toHaveLength(1);
    expect([await countOf(ada), (await creations()) - before]).toEqual([1, 1]);
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
    const busy = answers.find(({ status }) => status === 409);
    if (busy !== undefined) expect(await textOf(busy)).toContain('This form was sent twice');
  });

  it('of another form is another key', async () => {
    const ada = await newHolder();
    const [one, two] = [await madeKey(ada), await madeKey(ada)];
    expect(one.keyId).not.toBe(two.keyId);
  });

  it('has a page of its own from then on, in which there is no secret', async () => {
    const ada = await newHolder();
    const { key, path } = await madeKey(ada);
    for (const at of [path, '/', `${path}/change`, `${path}/rotate`, `${path}/revoke`, '/audit', '/usage']) {
      const html = await (await ada.get(at)).text();
      expect([at, html.includes(key.slice(39, 60))]).toEqual([at, false]);
    }
  });
});

describe('the form', () => {
  it('offers what its user can give, and nothing else', async () => {
    const ada = await newHolder();
    const html = await (await ada.get('/keys/new')).text();
    const offered = [...html.matchAll(/name="(scope\.[^"]*)"/g)].map(([, name]) => name);
    expect(offered).toEqual(['scope.items:read', 'scope.items:write']);
    expect(html).toContain('Change items');
  });

  it('is filled in by a link', async () => {
    const ada = await newHolder();
    const link = new URLSearchParams({
      ...{ name: 'CI', description: 'Builds', scope: 'items:write admin:all', expires: 'date' },
      ...{ expires_on: '2099-01-02', allowlist: '192.0.2.1\n192.0.2.2', limit_requests: '50' },
      limit_seconds: '3600',
    });
    const form = await formTo(await ada.get(`/keys/new?${link}`), '/keys');
    expect(form).toMatchObject({
      ...{ name: 'CI', description: 'Builds', 'scope.items:write': '1', expires: 'date' },
      ...{ expires_on: '2099-01-02', allowlist: '192.0.2.1\n192.0.2.2', limit_requests: '50' },
      limit_seconds: '3600',
    });
    expect(Object.keys(form).filter((name) => name.startsWith('scope.'))).toEqual(['scope.items:write']);
  });

  it('of a link that says less than it must is not one that ends never', async () => {
    const ada = await newHolder();
    for (const expires of ['junk', 'same', '8', '-7', '1e1', 'toString']) {
      const link = new URLSearchParams({ name: 'CI', scope: 'items:read', expires });
      const form = await formTo(await ada.get(`/keys/new?${link}`), '/keys');
      const answer = await ada.post('/keys', form);
      expect([expires, answer.status, await problemsIn(answer)]).toEqual([
        ...[expires, 400, { expires: 'Choose a day that lies ahead.' }],
      ]);
    }
    expect(await countOf(ada)).toBe(0);
  });

  const TYPED = {
    ...{ name: 'Mine', description: 'D', 'scope.items:write': '1', expires: '90', expires_on: '2099-01-01' },
    ...{ allowlist: '192.0.2.7\n192.0.2.8', limit_requests: '50', limit_seconds: '3600' },
  };

  it.each([
    ['no name', { name: undefined }, 'name', 'Give it a name of 1 to 64 characters, on one line.'],
    ['a name of blanks', { name: '   ' }, 'name', 'Give it a name'],
    ['a name that is too long', { name: 'x'.repeat(65) }, 'name', 'Give it a name'],
    ['a name that turns the reading direction', { name: 'a\u202eb' }, 'name', 'Give it a name'],
    ['a name on two lines', { name: 'a\nb' }, 'name', 'Give it a name'],
    ['a long description', { description: 'x'.repeat(257) }, 'description', 'At most 256 characters'],
    [
      'no scope',
      { 'scope.items:read': undefined, 'scope.items:write': undefined },
      'scopes',
      'Choose at least one.',
    ],
    ['a day that is past', { expires: 'date', expires_on: '2001-01-01' }, 'expires', 'Choose a day that'],
    ['no day', { expires: 'date', expires_on: undefined }, 'expires', 'Choose a day that lies ahead.'],
    ['a day that is none', { expires: 'date', expires_on: '2099-02-30' }, 'expires', 'Choose a day that'],
    ['no end at all', { expires: undefined }, 'expires', 'Choose a day that lies ahead.'],
    [
      'what is no address',
      { allowlist: '192.0.2.7\n\nnowhere' },
      'allowlist',
      'Line 3 is no address, and no block without host bits.',
    ],
    ['a block with host bits', { allowlist: '10.0.0.1/8, 192.0.2.1' }, 'allowlist', 'Line 1 is no address'],
    [
      'too many addresses',
      { allowlist: Array(101).fill('192.0.2.7').join('\n') },
      'allowlist',
      'Each line must be an address',
    ],
    ['a limit in letters', { limit_requests: 'many' }, 'limitRequests', 'A whole number'],
    ['a limit in another notation', { limit_requests: '1e3' }, 'limitRequests', 'A whole number'],
    ['a limit of half a request', { limit_requests: '50.5' }, 'limitRequests', 'A whole number'],
    ['a limit of none', { limit_requests: '0' }, 'limitRequests', 'A whole number'],
    ['a limit under the dearest request', { limit_requests: '9' }, 'limitRequests', 'A whole number'],
    ['a period that is none', { limit_seconds: '0' }, 'limitRequests', 'A whole number'],
  ])('with %s stays, says so at the field, and keeps what was typed', async (_, typed, field, said) => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { ...TYPED, ...typed });
    const before = await creations();
    const answer = await ada.post('/keys', form);
    expect([answer.status, await problemsIn(answer)]).toEqual([
      ...[400, { [field]: expect.stringContaining(said) }],
    ]);
    expect(await textOf(answer)).toContain('Not saved yet. Please look at what is marked.');
    // An option is always chosen, and so is a field that is empty; a browser says of a line break that it is one.
    const { expires, ...kept } = form;
    expect(await formTo(answer, '/keys')).toMatchObject({
      ...(expires === undefined ? {} : { expires }),
      ...kept,
    });
    expect([await creations(), await countOf(ada)]).toEqual([before, 0]);
    // Mended, it is the same form: one key.
    const mended = await ada.post('/keys', { ...form, ...TYPED, 'scope.items:write': '1' });
    expect([mended.status, (await shownKey(mended)) !== null, await countOf(ada)]).toEqual([200, true, 1]);
  });

  it('says all that is wrong at once', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { name: '', 'scope.items:read': undefined, allowlist: 'x' });
    expect(Object.keys(await problemsIn(await ada.post('/keys', form))).sort()).toEqual([
      ...['allowlist', 'name', 'scopes'],
    ]);
  });

  it('with a scope that its user cannot give any more says which, and makes nothing', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { 'scope.admin:all': '1' });
    const answer = await ada.post('/keys', form);
    expect([answer.status, await problemsIn(answer)]).toEqual([
      ...[403, { scopes: 'You cannot give this to a key: admin:all.' }],
    ]);
    expect(await countOf(ada)).toBe(0);
  });

  it('of who has as many keys as can be stays, and is good once there is room', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    for (let i = 1; i < 5; i++) await madeKey(ada);
    expect(await textOf(await ada.get('/'))).toContain('5 of 5 keys in use');
    const form = await newKeyForm(ada, { name: 'sixth' });
    const answer = await ada.post('/keys', form);
    expect([answer.status, await textOf(answer)]).toEqual([409, expect.stringContaining('too many keys')]);
    expect(await formTo(answer, '/keys')).toEqual(form);
    await ada.post(`${path}/revoke`, { csrf: form.csrf ?? '' });
    expect(await shownKey(await ada.post('/keys', form))).not.toBeNull();
  });

  it('twenty forms at once at the limit make as many keys as can be, and not one more', async () => {
    const ada = await newHolder();
    await ada.get('/');
    const forms = await Promise.all(Array.from({ length: 20 }, () => newKeyForm(ada)));
    const answers = await Promise.all(forms.map((form) => ada.post('/keys', form)));
    const statuses = answers.map(({ status }) => status);
    for (const answer of answers) await shownKey(answer);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 409)).toHaveLength(15);
    expect(await countOf(ada)).toBe(5);
  });

  it.each([
    ['says 503', { kind: 'status', status: 503 }],
    ['answers nonsense', { kind: 'html' }],
    ['makes it and its answer is lost', { kind: 'cut', effect: 'done' }],
    ['wants to be asked less', { kind: 'rateLimited', retryAfter: 1 }],
  ])('while Stytch %s stays as it is, and sent again makes one key', async (_, more) => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { ...TYPED, 'scope.items:read': undefined });
    await fault('m2m.create', more);
    const answer = await ada.post('/keys', form);
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect(await textOf(answer)).toContain('We cannot tell right now');
    expect(await shownKey(answer)).toBeNull();
    expect(await formTo(answer, '/keys')).toEqual(form);
    await emulator('DELETE', '/faults');
    const again = await ada.post('/keys', form);
    const shown = await shownKey(again);
    expect([again.status, shown !== null]).toEqual([200, true]);
    // What was half done the first time goes by itself.
    await vi.waitFor(async () => expect(await stytchClients(ada.session)).toEqual([shown?.keyId]), 20_000);
    expect(await countOf(ada)).toBe(1);
  });

  it('that Stytch does not take stays too: 502', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada);
    await fault('m2m.create', { kind: 'status', status: 400 });
    const answer = await ada.post('/keys', form);
    expect([answer.status, await textOf(answer)]).toEqual([
      ...[502, expect.stringContaining('Stytch did not take it')],
    ]);
    expect([await formTo(answer, '/keys'), await countOf(ada)]).toEqual([form, 0]);
  });

  it('of a session that Stytch says nothing of is not lost: the way back has it all, and nothing was made', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, TYPED);
    const before = await creations();
    await fault('sessions.authenticate', { kind: 'status', status: 500 });
    const answer = await ada.post('/keys', form);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(await creations()).toBe(before);
    const [, href = ''] = /class="button" href="([^"]*)"/.exec(await answer.text()) ?? [];
    await emulator('DELETE', '/faults');
    const { once, ...typed } = form;
    expect(await formTo(await ada.get(href.replaceAll('&amp;', '&')), '/keys')).toMatchObject(typed);
    // The form itself is as good as before.
    expect(once).toMatch(/./);
    expect(await shownKey(await ada.post('/keys', form))).not.toBeNull();
  });

  it('of a suspended user makes nothing, and says so', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada);
    await asOperator('PUT', `/v1/users/${ada.userId}/suspension`, { reason: 'abuse' });
    const before = await creations();
    const answer = await ada.post('/keys', form);
    expect([answer.status, await textOf(answer)]).toEqual([
      ...[403, expect.stringContaining('Your account is suspended')],
    ]);
    expect([await creations(), await countOf(ada)]).toEqual([before, 0]);
    expect(await formTo(answer, '/keys')).toEqual(form);
  });

  it('under a name that it was sent with before, and something else in it, makes nothing and gets a new name', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada);
    await shownKey(await ada.post('/keys', form));
    const answer = await ada.post('/keys', { ...form, name: 'another' });
    expect([answer.status, await textOf(answer)]).toEqual([
      ...[422, expect.stringContaining('This form was sent before')],
    ]);
    const next = await formTo(answer, '/keys');
    expect([next.name, next.once === form.once, await countOf(ada)]).toEqual(['another', false, 1]);
    expect(await shownKey(await ada.post('/keys', next))).not.toBeNull();
  });

  it.each([
    '',
    'x',
    'A'.repeat(25),
    `mif0a1b2-${'A'.repeat(15)}`,
    `mif0a1b2-${'A'.repeat(17)}`,
    `MIF0A1B2-${'A'.repeat(16)}`,
  ])('under the name %j is none of ours', async (once) => {
    const ada = await newHolder();
    const answer = await ada.post('/keys', await newKeyForm(ada, { once }));
    expect([answer.status, await textOf(answer)]).toEqual([
      ...[400, expect.stringContaining('This form is not complete')],
    ]);
    expect(await countOf(ada)).toBe(0);
  });

  it('that was left open for more than a day makes nothing: nobody would know that it was sent before', async () => {
    const here = isolate({}, latchkeyFor({ ...settings, desk: { maxAuthAgeSeconds: 10 * 86_400 } }));
    const ada = await newHolder(here.fetch, 3 * 1440);
    const form = await newKeyForm(ada, { name: 'of yesterday', expires: '7' });
    await shownKey(await ada.post('/keys', form));
    await later(86_401);
    const answer = await ada.post('/keys', form);
    expect([answer.status, await shownKey(answer)]).toEqual([400, null]);
    const [, href = ''] = /class="button" href="([^"]*)"/.exec(await answer.text()) ?? [];
    const next = await formTo(await ada.get(unescaped(href)), '/keys');
    expect([next.name, next.expires]).toEqual(['of yesterday', '7']);
    const holder = { ...ada, session: await signIn(ada.user) };
    expect(await countOf(holder)).toBe(1);
    expect(await shownKey(await ada.post('/keys', next))).not.toBeNull();
  });

  it('of another isolate of the same deployment is the same form', async () => {
    const ada = await newHolder();
    const form = await newKeyForm(ada, { expires: '7' });
    const elsewhere = await newHolder(isolate().fetch);
    for (const [name, value] of ada.cookies) elsewhere.cookies.set(name, value);
    expect(await shownKey(await elsewhere.post('/keys', form))).not.toBeNull();
    expect(await textOf(await ada.post('/keys', form))).toContain('This key was made already');
  });
});
