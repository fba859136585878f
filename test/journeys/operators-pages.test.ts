import { describe, expect, it } from 'vitest';
import { foreignClient } from '../foreign.ts';
import { asOperator, everythingOf, newOperatingPerson, OPERATOR, told } from '../operators.ts';
import { fieldOf, newPerson, newUserOfApp, textOf } from '../person.ts';
import { logged } from '../secrets.ts';
import {
  atStytch,
  beginAfresh,
  call,
  DESK,
  emulator,
  fault,
  type Issued,
  isolate,
  issueKey,
  later,
  PROJECT,
  signIn,
  stytchCalls,
} from '../world.ts';

/** What people who operate see and do, and what comes of it. */
beginAfresh();

type Operating = Awaited<ReturnType<typeof newOperatingPerson>>;

/** An operator at his pages, and a user of the app with a key. */
const atWork = async () => {
  const [operator, user] = [await newOperatingPerson(), await newUserOfApp()];
  const csrf = await fieldOf(await operator.get('/operators'), 'csrf');
  const key = await issueKey(await signIn(user.user));
  return { operator, user, key, csrf, base: `/operators/users/${user.userId}` };
};

const find = (operator: Operating, csrf: string, sought: string) =>
  operator.post('/operators', { csrf, sought });

/** Sends a form of an operator's page; gives where it led and the page there. */
const done = async (operator: Operating, path: string, form: Record<string, string>) => {
  const answer = await operator.post(path, form);
  expect([answer.status, await textOf(answer)]).toEqual([303, '']);
  const location = answer.headers.get('location') ?? '';
  return { location, text: await textOf(await operator.get(location)) };
};

/** When leases are over, whoever has a key is asked for anew. */
const tried = async ({ key }: Issued) => {
  await later(6);
  const { status } = await call(key);
  return status;
};

describe('to find an owner', () => {
  it('takes an id of Stytch, whoever it is', async () => {
    const { operator, user, csrf } = await atWork();
    const [member, organization] = ['member', 'organization'].map(
      (kind) => `${kind}-test-${crypto.randomUUID()}`,
    );
    for (const id of [user.userId, ` ${user.userId}\t`, member, organization]) {
      const answer = await find(operator, csrf, id ?? '');
      const location = `/operators/users/${id?.trim()}`;
      expect([answer.status, answer.headers.get('location')]).toEqual([303, location]);
      expect(await textOf(await operator.get(location))).toContain(id?.trim());
    }
  });

  it('takes an address, in whatever case, and leads to whom it belongs', async () => {
    const { operator, user, csrf } = await atWork();
    for (const email of [user.user.email, user.user.email.toUpperCase()]) {
      const answer = await find(operator, csrf, email);
      expect([answer.status, answer.headers.get('location')]).toEqual([
        303,
        `/operators/users/${user.userId}`,
      ]);
    }
  });

  it('takes the id of a key, living or dead, and leads to whose it is', async () => {
    const { operator, user, key, csrf, base } = await atWork();
    for (let i = 0; i < 2; i++) {
      const answer = await find(operator, csrf, key.key_id);
      const location = `${base}?key=${key.key_id}`;
      expect([answer.status, answer.headers.get('location')]).toEqual([303, location]);
      const page = await operator.get(location);
      expect(await textOf(page)).toContain('You looked for the key');
      expect(await page.text()).toContain(`href="${base}/keys/${key.key_id}"`);
      await asOperator('DELETE', `/v1/users/${user.userId}/keys/${key.key_id}`);
    }
  });

  it('takes the id of a client that was imported', async () => {
    const { operator, user, csrf } = await atWork();
    const { clientId, clientSecret } = await foreignClient(user.userId);
    const wish = { client_id: clientId, client_secret: clientSecret };
    expect((await asOperator('POST', `/v1/users/${user.userId}/keys/import`, wish)).status).toBe(201);
    const answer = await find(operator, csrf, clientId);
    expect(answer.headers.get('location')).toBe(`/operators/users/${user.userId}?key=${clientId}`);
  });

  it('of a whole key uses the id alone, and says that it was not needed', async () => {
    const { operator, key, csrf, base } = await atWork();
    for (const pasted of [key.key, ` ${key.key}\n`, `${key.key.slice(0, -1)}x`]) {
      const answer = await find(operator, csrf, pasted);
      const location = answer.headers.get('location');
      // The eavesdropper listens for the rest of it (test/secrets.ts).
      expect([answer.status, location]).toEqual([303, `${base}?key=${key.key_id}&whole=1`]);
      const text = await textOf(await operator.get(location ?? ''));
      expect(text).toContain('You pasted a whole key. Its id would have been enough');
      expect(text).not.toContain(key.key.slice(39, 50));
    }
    expect(JSON.stringify(logged())).not.toContain(key.key.slice(39, 50));
  });

  it.each([
    ['an address that nobody has', 'nobody@example.com', 'Nobody has the address nobody@example.com.'],
    ['a word', 'sesame', 'This is no id, no e-mail address and no key'],
    ['nothing', '', 'This is no id, no e-mail address and no key'],
    ['a client of nobody', 'm2m-client-test-none', 'This is no id, no e-mail address and no key'],
    ['more than anything can be', 'x'.repeat(600), 'This is no id, no e-mail address and no key'],
    ['an id with more in it', 'user-test-1/../../sign-out', 'This is no id, no e-mail address and no key'],
  ])('says of %s that there is nobody', async (_, sought, said) => {
    const { operator, csrf } = await atWork();
    const answer = await find(operator, csrf, sought);
    expect([answer.status, await textOf(answer)]).toEqual([404, expect.stringContaining(said)]);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('says of a key that nobody has its id, and nothing else of it', async () => {
    const { operator, key, csrf } = await atWork();
    // Another number under the same ring: a key of this owner that never was.
    const keyId = `${key.key_id.slice(0, -3)}000`;
    for (const typed of [keyId, keyId + key.key.slice(38)]) {
      const answer = await find(operator, csrf, typed);
      const text = await textOf(answer);
      expect([answer.status, text]).toEqual([
        404,
        expect.stringContaining(`No owner here has the key ${keyId}.`),
      ]);
      expect(await answer.text()).not.toContain(key.key.slice(39, 50));
    }
  });

  it.each(['acme_test_short_secretsecret', 'acme_live_0123456789012345678901234567_secretsecretsecret'])(
    'repeats nothing of what only looks like a key: %s',
    async (typed) => {
      const { operator, csrf } = await atWork();
      const answer = await find(operator, csrf, typed);
      const html = await answer.text();
      expect([answer.status, html.includes('secretsecret')]).toEqual([404, false]);
    },
  );

  it.each([
    ['of a URL', (key: string) => `https://${key.slice(0, 38)}:${key.slice(39)}@api.test`],
    ['of a line of a script', (key: string) => `curl -u ${key.slice(0, 38)}:${key.slice(39)} a@b.example`],
    ['that is called an address', (key: string) => `${key}@example.com`],
    ['before an address', (key: string) => `x@${key}`],
  ])('sends no part %s to Stytch', async (_, write) => {
    const { operator, key, csrf } = await atWork();
    const before = await stytchCalls();
    const answer = await find(operator, csrf, write(key.key));
    expect((await answer.text()).includes(key.key.slice(39, 50))).toBe(false);
    expect((await stytchCalls())['users.search']).toBe(before['users.search']);
  });

  it('cannot tell while Stytch does not answer, nor while whoever would know is silent', async () => {
    const { operator, user, key, csrf } = await atWork();
    await fault('users.search', { kind: 'status', status: 500 });
    const answer = await find(operator, csrf, user.user.email);
    expect([answer.status, await textOf(answer)]).toEqual([503, expect.stringContaining('We cannot tell')]);
    const silent = {
      getByName: () => new Proxy({}, { get: () => async () => Promise.reject(new Error('x')) }),
    };
    const { latchkeyFor } = await import('../../src/assemble.ts');
    const { default: settings } = await import('../settings.ts');
    const file = latchkeyFor({ ...settings, operators: [OPERATOR, operator.userId] });
    const there = newPerson(isolate({ KEY_RING: silent, LOBBY: silent }, file).fetch);
    for (const [name, value] of operator.cookies) there.cookies.set(name, value);
    for (const typed of [key.key_id, 'm2m-client-test-1'])
      expect((await there.post('/operators', { csrf, sought: typed })).status).toBe(503);
  });
});

describe('of several with one address', () => {
  it('each is listed, with his organisation', async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    const password = 'quiet lantern paper boat';
    const seeded = (await emulator('POST', '/seed', {
      organizations: [1, 2].map(() => ({
        organization_slug: crypto.randomUUID(),
        members: [{ email_address: email, password }],
      })),
    })) as { organizationIds: string[]; memberIds: string[] };
    const [organization_id = '', other = ''] = seeded.organizationIds;
    const operator = await newOperatingPerson({
      stytch: { projectId: PROJECT, vertical: 'b2b' },
      roles: { stytch_member: ['items:read'] },
      operators: [OPERATOR, seeded.memberIds[0] ?? ''],
    });
    const session = await atStytch('POST', '/v1/b2b/passwords/authenticate', {
      ...{ organization_id, email_address: email, password, session_duration_minutes: 60 },
    });
    const { session_token } = (await session.json()) as { session_token: string };
    operator.cookies.set('stytch_session', session_token);
    const csrf = await fieldOf(await operator.get('/operators'), 'csrf');
    const answer = await find(operator, csrf, email);
    const html = await answer.text();
    expect([answer.status, html]).toEqual([200, expect.stringContaining('Several have this address')]);
    for (const id of seeded.memberIds) expect(html).toContain(`href="/operators/users/${id}"`);
    for (const id of [organization_id, other]) expect(html).toContain(id);
    const page = await operator.get(`/operators/users/${seeded.memberIds[1]}`);
    expect(page.status).toBe(200);
  });
});

describe('the page of an owner', () => {
  it('shows what is known of him and his keys, in a frame that says whose they are', async () => {
    const { operator, user, key, base } = await atWork();
    const page = await operator.get(base);
    const text = await textOf(page);
    for (const said of [
      `You act for ${user.userId}`,
      'Standing good',
      'Plan default',
      key.key_id,
      '1 of 5 keys',
    ])
      expect(text).toContain(said);
    expect(await page.text()).toContain(`href="${base}/keys/${key.key_id}"`);
    expect(text).toContain(`Signed in as ${operator.user.email}`);
  });

  it('of somebody of whom nothing is known says so, and leaves no trace', async () => {
    const { operator } = await atWork();
    const id = `user-test-${crypto.randomUUID()}`;
    const text = await textOf(await operator.get(`/operators/users/${id}`));
    expect(text).toContain('never: there is nothing to remember');
    expect(text).toContain('No keys.');
    expect(await told(asOperator('GET', `/v1/users/${id}`))).toMatchObject({ created_at: null });
  });

  it('is led to from every page, for who operates and nobody else', async () => {
    const { operator, user } = await atWork();
    expect(await (await operator.get('/')).text()).toContain('href="/operators"');
    expect(await (await user.get('/')).text()).not.toContain('/operators');
  });

  it('of one whose data was deleted says until when something is left, and offers nothing', async () => {
    const { operator, user, base } = await atWork();
    await asOperator('DELETE', `/v1/users/${user.userId}`);
    const page = await operator.get(base);
    const text = await textOf(page);
    expect(text).toContain('The data of this owner was deleted');
    expect(await page.text()).not.toContain(`${base}/suspend`);
  });

  it.each(['/usage', '/audit'])('has his %s', async (path) => {
    const { operator, user, base } = await atWork();
    const page = await operator.get(base + path);
    expect([page.status, await textOf(page)]).toEqual([
      200,
      expect.stringContaining(`You act for ${user.userId}`),
    ]);
  });
});

describe('an operator', () => {
  it('suspends, with a reason that the user reads, and lifts it', async () => {
    const { operator, user, key, csrf, base } = await atWork();
    expect((await call(key.key)).status).toBe(200);
    const asked = await operator.get(`${base}/suspend`);
    expect(await textOf(asked)).toContain('Suspend this owner?');
    const suspended = await done(operator, `${base}/suspend`, { csrf, reason: 'unpaid <b>' });
    expect(suspended.location).toMatch(new RegExp(`^${base}\\?done=suspended&by=\\d{10}$`));
    expect(suspended.text).toContain('Suspended. In force everywhere by');
    expect(suspended.text).toContain('unpaid &lt;b&gt;');
    expect(suspended.text).toContain('no credential lets anything through');
    expect(await tried(key)).toBe(403);
    expect(await textOf(await user.get('/audit'))).toContain('reason: unpaid &lt;b&gt;');

    expect(await fieldOf(await operator.get(`${base}/suspend`), 'reason')).toBe('unpaid &lt;b&gt;');
    await done(operator, `${base}/suspend`, { csrf, reason: 'abuse' });
    expect(await everythingOf(user.userId)).toMatchObject({ about: { suspension: { reason: 'abuse' } } });

    expect(await textOf(await operator.get(`${base}/lift`))).toContain('Lift the suspension?');
    const lifted = await done(operator, `${base}/lift`, { csrf });
    expect(lifted.text).toContain('The suspension is lifted. In force everywhere by');
    expect(await tried(key)).toBe(200);
    // There is nothing to lift any more.
    expect((await operator.get(`${base}/lift`)).headers.get('location')).toBe(base);
  });

  it.each([
    ['no reason', ''],
    ['one that is blank', '   '],
    ['one that is too long', 'x'.repeat(257)],
    ['one on two lines', 'a\nb'],
  ])('does not suspend for %s: the form is there again', async (_, reason) => {
    const { operator, user, csrf, base } = await atWork();
    const before = await everythingOf(user.userId);
    const answer = await operator.post(`${base}/suspend`, { csrf, reason });
    expect([answer.status, await textOf(answer)]).toEqual([
      400,
      expect.stringContaining('Say why, in 1 to 256'),
    ]);
    expect(await everythingOf(user.userId)).toEqual(before);
  });

  it('sets the plan and the number of keys, and takes both back', async () => {
    const { operator, user, csrf, base } = await atWork();
    const set = await done(operator, `${base}/limits`, { csrf, plan: 'tiny', keys_limit: '1' });
    expect(set.text).toContain('Plan and number of keys are saved. In force everywhere by');
    expect(set.text).toContain('1 of 1 keys in use');
    expect((await everythingOf(user.userId)).about).toMatchObject({ plan: 'tiny', keys_limit: 1 });
    const form = await (await operator.get(`${base}/limits`)).text();
    expect(form).toMatch(/<option value="tiny" selected="">/);
    expect(form).toMatch(/name="keys_limit"[^>]* value="1"/);
    await done(operator, `${base}/limits`, { csrf, plan: '', keys_limit: '' });
    expect((await everythingOf(user.userId)).about).toMatchObject({ plan: null, keys_limit: null });
  });

  it.each([
    ['a plan that is none', { plan: 'gold', keys_limit: '' }, 'There is no such plan'],
    ['too many keys', { plan: '', keys_limit: '1001' }, 'a whole number from 0 to 1000'],
    ['less than none', { plan: '', keys_limit: '-1' }, 'a whole number from 0 to 1000'],
    ['a part of one', { plan: '', keys_limit: '1.5' }, 'a whole number from 0 to 1000'],
    ['another spelling', { plan: '', keys_limit: '0x10' }, 'a whole number from 0 to 1000'],
    ['words', { plan: '', keys_limit: 'many' }, 'a whole number from 0 to 1000'],
  ])('does not set %s: the form is there again', async (_, form, said) => {
    const { operator, user, csrf, base } = await atWork();
    const before = await everythingOf(user.userId);
    const answer = await operator.post(`${base}/limits`, { csrf, ...form });
    expect([answer.status, await textOf(answer)]).toEqual([400, expect.stringContaining(said)]);
    expect(await everythingOf(user.userId)).toEqual(before);
  });

  it('revokes all keys, after he was told how many', async () => {
    const { operator, user, key, csrf, base } = await atWork();
    const second = await issueKey(await signIn(user.user));
    expect(await textOf(await operator.get(`${base}/revoke-all`))).toContain('2 keys are alive');
    const revoked = await done(operator, `${base}/revoke-all`, { csrf });
    expect(revoked.text).toContain('All keys are revoked. In force everywhere by');
    expect([await tried(key), await tried(second)]).toEqual([401, 401]);
    // There are none any more.
    expect((await operator.get(`${base}/revoke-all`)).headers.get('location')).toBe(base);
  });

  it('makes a key with a scope that users cannot give, which is shown once', async () => {
    const { operator, user, csrf, base } = await atWork();
    const once = await fieldOf(await operator.get(`${base}/keys/new`), 'once');
    const form = { csrf, once, name: 'Partner', 'scope.admin:all': '1', expires: 'none' };
    const shown = await operator.post(`${base}/keys`, form);
    const [key = ''] = /acme_test_[0-9A-Za-z]{28}_[0-9A-Za-z]+/.exec(await shown.text()) ?? [];
    expect([shown.status, (await call(key, '/v1/payouts/1')).status]).toEqual([200, 200]);
    const [made] = (await everythingOf(user.userId)).keys as readonly Record<string, unknown>[];
    expect(made).toMatchObject({ name: 'Partner', scopes: ['admin:all'], created_by: operator.userId });
    const again = await operator.post(`${base}/keys`, form);
    expect(await again.text()).not.toContain(key);
  });

  it.each([
    ['is suspended', 'PUT', '/suspension', { reason: 'x' }, 403, 'The owner is suspended.'],
    ['was deleted', 'DELETE', '', undefined, 410, 'The owner&#39;s data was deleted.'],
    [
      'has no room',
      'PUT',
      '/limits',
      { plan: null, keys_limit: 1 },
      409,
      'The owner has as many keys as he can have.',
    ],
  ] as const)('makes no key for one who %s, and is not taken for him', async (...how) => {
    const [, method, path, body, status, said] = how;
    const { operator, user, csrf, base } = await atWork();
    const once = await fieldOf(await operator.get(`${base}/keys/new`), 'once');
    await asOperator(method, `/v1/users/${user.userId}${path}`, body);
    const before = await everythingOf(user.userId);
    const form = { csrf, once, name: 'Partner', 'scope.items:read': '1', expires: 'none' };
    const answer = await operator.post(`${base}/keys`, form);
    expect([answer.status, await textOf(answer)]).toEqual([status, expect.stringContaining(said)]);
    expect(await everythingOf(user.userId)).toEqual(before);
  });

  it('changes, rotates and revokes a key', async () => {
    const { operator, user, key, csrf, base } = await atWork();
    const at = `${base}/keys/${key.key_id}`;
    const revision = await fieldOf(await operator.get(`${at}/change`), 'revision');
    const change = { csrf, revision, name: 'Renamed', 'scope.items:read': '1', expires: 'none' };
    expect((await done(operator, `${at}/change`, change)).text).toContain('Renamed');
    const once = await fieldOf(await operator.get(`${at}/rotate`), 'once');
    const rotated = await operator.post(`${at}/rotate`, { csrf, once, overlap: '3600' });
    const [secret = ''] = /acme_test_[0-9A-Za-z]{28}_[0-9A-Za-z]+/.exec(await rotated.text()) ?? [];
    expect([rotated.status, (await call(secret)).status]).toEqual([200, 200]);
    expect((await done(operator, `${at}/rotate/finish`, { csrf })).text).toContain(
      'The rotation is finished',
    );
    expect((await done(operator, `${at}/revoke`, { csrf })).text).toContain('Revoked');
    await later(6);
    expect((await call(secret)).status).toBe(401);
    const actions = (await everythingOf(user.userId)).audit.map(({ action, actor }) => [action, actor]);
    const by = { kind: 'operator', id: operator.userId };
    expect(actions).toEqual([
      ...[
        ['key.revoked', by],
        ['key.rotation_finished', by],
        ['key.rotation_started', by],
      ],
      ...[
        ['key.changed', by],
        ['key.created', { kind: 'user', id: user.userId }],
      ],
    ]);
  });

  it('is named in the trail of whose keys they are, by his session, and the user reads it', async () => {
    const { operator, user, csrf, base } = await atWork();
    await done(operator, `${base}/limits`, { csrf, plan: 'tiny', keys_limit: '' });
    const [row] = (await everythingOf(user.userId)).audit;
    expect(row).toMatchObject({
      ...{ action: 'owner.limits_changed', actor: { kind: 'operator', id: operator.userId } },
      via: expect.stringMatching(/^session-test-/),
    });
    expect(await textOf(await user.get('/audit'))).toContain(`Operator ${operator.userId}`);
    expect(await textOf(await operator.get(`${base}/audit`))).toContain('Limits changed plan: tiny You');
  });

  it('who looks leaves no row', async () => {
    const { operator, user, key, csrf, base } = await atWork();
    const before = await everythingOf(user.userId);
    await find(operator, csrf, user.userId);
    for (const path of ['', '/audit', '/usage', `/keys/${key.key_id}`, '/suspend', '/limits', '/revoke-all'])
      expect((await operator.get(base + path)).status).toBe(200);
    expect(await everythingOf(user.userId)).toEqual(before);
  });

  it('may be the owner himself', async () => {
    const { operator, csrf } = await atWork();
    await done(operator, `/operators/users/${operator.userId}/limits`, { csrf, keys_limit: '7' });
    expect((await everythingOf(operator.userId)).about).toMatchObject({ keys_limit: 7 });
  });

  it('twenty at once revoke once', async () => {
    const { operator, user, csrf, base } = await atWork();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => operator.post(`${base}/revoke-all`, { csrf })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    const { audit } = await everythingOf(user.userId);
    expect(audit.filter(({ action }) => action === 'key.revoked')).toHaveLength(1);
  });

  it.each([
    ['of the past', (at: number) => at - 10],
    ['of next week', (at: number) => at + 604_800],
    ['that is none', () => 'x'],
  ])('is told no time %s when something is in force', async (_, by) => {
    const { operator, base } = await atWork();
    const text = await textOf(
      await operator.get(`${base}?done=limits&by=${by(Math.floor(Date.now() / 1000))}`),
    );
    expect(text).toContain('Plan and number of keys are saved.');
    expect(text).not.toContain('In force everywhere by');
  });

  it('is not told by a link that somebody sent that an owner is what he is not', async () => {
    const { operator, csrf, base } = await atWork();
    const notices = async () =>
      Promise.all(
        ['suspended', 'lifted', 'revoked'].map(async (each) =>
          (await (await operator.get(`${base}?done=${each}`)).text()).includes('class="done"'),
        ),
      );
    expect(await notices()).toEqual([false, true, false]);
    await operator.post(`${base}/suspend`, { csrf, reason: 'unpaid' });
    await operator.post(`${base}/revoke-all`, { csrf });
    expect(await notices()).toEqual([true, false, true]);
  });
});

describe('the pages of operators', () => {
  it('are one line each in the log, by their route: no id, no address, nothing that was typed', async () => {
    const { operator, user, key, csrf, base } = await atWork();
    const before = logged().length;
    await find(operator, csrf, user.user.email);
    await find(operator, csrf, key.key);
    await operator.get(`${base}?key=${key.key_id}`);
    const lines = logged().slice(before);
    expect(lines.map(({ method, route, status }) => [method, route, status])).toEqual([
      ['POST', '/operators', 303],
      ['POST', '/operators', 303],
      ['GET', '/operators/users/:user_id', 200],
    ]);
    for (const said of [user.user.email, key.key_id, user.userId])
      expect(JSON.stringify(lines)).not.toContain(said);
  });

  it('are led to over the sign-in, and back', async () => {
    const { operator, base } = await atWork();
    const stranger = newPerson(operator.here.fetch);
    for (const path of ['/operators', base, `${base}/suspend`]) {
      const login = new URL((await stranger.get(path)).headers.get('location') ?? '');
      stranger.cookies.set('stytch_session', operator.token);
      const back = (login.searchParams.get('return_to') ?? '').slice(DESK.length);
      expect((await stranger.get(back)).headers.get('location')).toBe(path);
      stranger.cookies.clear();
    }
  });
});
