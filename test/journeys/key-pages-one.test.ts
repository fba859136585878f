import { describe, expect, it, vi } from 'vitest';
import {
  csrfOf,
  formsOf,
  formTo,
  type Holder,
  madeKey,
  newHolder,
  problemsIn,
  shownKey,
} from '../key-pages.ts';
import { asOperator } from '../operators.ts';
import { textOf } from '../person.ts';
import {
  beginAfresh,
  call,
  desk,
  emulator,
  fault,
  isolate,
  later,
  send,
  signIn,
  stytchCalls,
} from '../world.ts';

/** One key at its pages: to look at, to change, to rotate, to revoke. */
beginAfresh();

/** What the JSON endpoint says of a key, or does with it. */
const json = async ({ session, api }: Holder, keyId: string, method = 'GET', body?: object) =>
  (await (await desk(session, method, `${api}/keys/${keyId}`, body)).json()) as Record<string, unknown>;

/** Where a form leads. */
const ledTo = (answer: Response) => [answer.status, answer.headers.get('location')];

describe('a key', () => {
  it('is shown as it is', async () => {
    const ada = await newHolder();
    const { keyId, path, key } = await madeKey(ada, {
      ...{ name: 'Backup', description: 'Nightly', expires: '30', allowlist: '192.0.2.7' },
      ...{ limit_requests: '10', limit_seconds: '3600' },
    });
    const text = await textOf(await ada.get(path));
    for (const said of [keyId, 'Backup', 'Nightly', 'Read items', 'items:read', '192.0.2.7', 'Never used'])
      expect(text).toContain(said);
    expect(text).toContain(`ends in ${key.slice(-4)}`);
    expect(text).toContain('Requests in any 60 minutes, this key');
    await call(key, '/v1/items/1', { headers: { 'cf-connecting-ip': '192.0.2.7', 'user-agent': 'curl/8' } });
  });

  it('is not said to be what it is not, though a link says so', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const noticed = async (done: string) =>
      (await (await ada.get(`${path}?done=${done}`)).text()).includes('class="done"');
    expect([await noticed('changed'), await noticed('revoked')]).toEqual([true, false]);
    const rotation = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    await shownKey(await ada.post(`${path}/rotate`, rotation));
    expect([await noticed('finished'), await noticed('cancelled')]).toEqual([false, false]);
    await ada.post(`${path}/revoke`, { csrf: rotation.csrf ?? '' });
    expect([await noticed('changed'), await noticed('finished'), await noticed('revoked')]).toEqual([
      ...[false, false, true],
    ]);
  });
});

describe('a change', () => {
  it('of everything is made, and the page says so', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada, { expires: '30' });
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, {
      ...{ name: 'Renamed', description: 'Other', 'scope.items:read': undefined, 'scope.items:write': '1' },
      ...{ expires: 'date', expires_on: '2099-12-31', allowlist: '192.0.2.0/24' },
      ...{ limit_requests: '20', limit_seconds: '60' },
    });
    const answer = await ada.post(`${path}/change`, form);
    expect(ledTo(answer)).toEqual([303, `${path}?done=changed`]);
    expect(await json(ada, keyId)).toMatchObject({
      ...{ name: 'Renamed', description: 'Other', scopes: ['items:write'] },
      ...{ expires_at: '2099-12-31T23:59:59Z', ip_allowlist: ['192.0.2.0/24'] },
      limit: { requests: 20, per_seconds: 60 },
    });
    expect(await textOf(await ada.get(`${path}?done=changed`))).toContain('Saved.');
  });

  it('of nothing leaves everything as it is, the end to the second too', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada, {
      ...{ name: 'N', description: 'D', expires: '30', allowlist: '192.0.2.7\n192.0.2.8' },
      ...{ limit_requests: '11', limit_seconds: '3600', 'scope.items:write': '1' },
    });
    const { revision: _, ...before } = await json(ada, keyId);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`);
    expect(form.expires).toBe('same');
    expect((await ada.post(`${path}/change`, form)).status).toBe(303);
    const { revision: __, ...after } = await json(ada, keyId);
    expect(after).toEqual(before);
  });

  it('takes away what is left out: end, allow-list, limit', async () => {
    const ada = await newHolder();
    const { key, keyId, path } = await madeKey(ada, {
      ...{ expires: '30', allowlist: '192.0.2.7', limit_requests: '10' },
    });
    expect((await call(key)).status).toBe(403);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, {
      ...{ expires: 'none', allowlist: undefined, limit_requests: undefined },
    });
    await ada.post(`${path}/change`, form);
    expect(await json(ada, keyId)).toMatchObject({ expires_at: null, ip_allowlist: null, limit: null });
    expect((await isolate().call(key)).status).toBe(200);
  });

  it('whose form does not say when the key ends changes nothing: no key is made to last by that', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada, { expires: '30' });
    const before = await json(ada, keyId);
    for (const expires of [undefined, '', 'junk', '31', 'toString']) {
      const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { expires });
      const answer = await ada.post(`${path}/change`, form);
      expect([answer.status, Object.keys(await problemsIn(answer))]).toEqual([400, ['expires']]);
    }
    expect(await json(ada, keyId)).toEqual(before);
  });

  it('that cannot be stays in the form, at its field, with what was typed', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada);
    const before = await json(ada, keyId);
    const typed = { name: 'x'.repeat(65), description: 'mine', allowlist: 'nowhere' };
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, typed);
    const answer = await ada.post(`${path}/change`, form);
    expect([answer.status, await problemsIn(answer)]).toEqual([
      400,
      { name: expect.any(String), allowlist: expect.stringContaining('Line 1') },
    ]);
    expect(await formTo(answer, `${path}/change`)).toEqual(form);
    expect(await json(ada, keyId)).toEqual(before);
  });

  it('for what the key was before is not made: its user is shown how it is now', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada, { name: 'first' });
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'second' });
    await json(ada, keyId, 'PATCH', { name: 'meanwhile', scopes: ['items:read', 'items:write'] });
    const answer = await ada.post(`${path}/change`, form);
    expect([answer.status, await textOf(answer)]).toEqual([
      ...[412, expect.stringContaining('The key was changed meanwhile. This is how it is now')],
    ]);
    const next = await formTo(answer, `${path}/change`);
    expect(next).toMatchObject({ name: 'meanwhile', 'scope.items:write': '1' });
    expect((await json(ada, keyId)).name).toBe('meanwhile');
    expect((await ada.post(`${path}/change`, { ...next, name: 'second' })).status).toBe(303);
    expect(await json(ada, keyId)).toMatchObject({
      ...{ name: 'second', scopes: ['items:read', 'items:write'] },
    });
  });

  it('that is mended after a refusal is still for what the key was: what came meanwhile is not lost', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada, { name: 'first' });
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: ' ' });
    await json(ada, keyId, 'PATCH', { ip_allowlist: ['192.0.2.7'] });
    const refused = await ada.post(`${path}/change`, form);
    expect(refused.status).toBe(400);
    const mended = await formTo(refused, `${path}/change`, { name: 'second' });
    expect((await ada.post(`${path}/change`, mended)).status).toBe(412);
    expect(await json(ada, keyId)).toMatchObject({ name: 'first', ip_allowlist: ['192.0.2.7'] });
  });

  it.each(['', '0', '-1', '1e0', '0x1', '1.0', 'x', '99999999999', 'NaN'])(
    'for the revision %j is for none that there is',
    async (revision) => {
      const ada = await newHolder();
      const { keyId, path } = await madeKey(ada, { name: 'first' });
      const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'x', revision });
      expect((await ada.post(`${path}/change`, form)).status).toBe(412);
      expect((await json(ada, keyId)).name).toBe('first');
    },
  );

  it('of twenty at once, one is made', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ada.post(`${path}/change`, { ...form, name: `name ${i}` })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(19);
    const name = `name ${statuses.indexOf(303)}`;
    expect((await json(ada, keyId)).name).toBe(name);
    // The others are shown what was made of it, and not what each of them had found before.
    const losers = answers.filter(({ status }) => status === 412);
    const forms = await Promise.all(losers.map((answer) => formTo(answer, `${path}/change`)));
    expect(new Set(forms.map((shown) => shown.name))).toEqual(new Set([name]));
    expect(ledTo(await ada.post(`${path}/change`, forms[0] ?? {}))).toEqual([303, `${path}?done=changed`]);
  });

  it('that widens waits for Stytch, and where that is silent nothing is lost of it', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada, { name: 'first' });
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, {
      ...{ name: 'second', 'scope.items:write': '1' },
    });
    await fault('m2m.update', { kind: 'status', status: 503 });
    const answer = await ada.post(`${path}/change`, form);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(await formTo(answer, `${path}/change`)).toEqual(form);
    expect(await json(ada, keyId)).toMatchObject({ name: 'first', scopes: ['items:read'] });
    await emulator('DELETE', '/faults');
    expect((await ada.post(`${path}/change`, form)).status).toBe(303);
    expect((await json(ada, keyId)).scopes).toEqual(['items:read', 'items:write']);
  });

  it('keeps a scope that its user cannot give any more, and once it is gone it does not come back', async () => {
    const ada = await newHolder();
    const operator = { name: 'wide', scopes: ['items:read', 'admin:all'] };
    const made = await asOperator('POST', `/v1/users/${ada.userId}/keys`, operator);
    const { key, key_id } = (await made.json()) as { key: string; key_id: string };
    await shownKey(new Response(`<code id="key">${key}</code>`));
    const path = `/keys/${key_id}`;
    const page = await ada.get(`${path}/change`);
    expect(await textOf(page)).toContain('It has this already. Once taken away, you cannot give it back.');
    const form = await formTo(page, `${path}/change`, { name: 'kept' });
    expect(form['scope.admin:all']).toBe('1');
    expect((await ada.post(`${path}/change`, form)).status).toBe(303);
    expect(await json(ada, key_id)).toMatchObject({ name: 'kept', scopes: ['items:read', 'admin:all'] });
    const narrower = await formTo(await ada.get(`${path}/change`), `${path}/change`, {
      'scope.admin:all': undefined,
    });
    expect((await ada.post(`${path}/change`, narrower)).status).toBe(303);
    const wider = await formTo(await ada.get(`${path}/change`), `${path}/change`, { 'scope.admin:all': '1' });
    const answer = await ada.post(`${path}/change`, wider);
    expect([answer.status, await problemsIn(answer)]).toEqual([
      ...[403, { scopes: 'You cannot give this to a key: admin:all.' }],
    ]);
    expect((await json(ada, key_id)).scopes).toEqual(['items:read']);
  });

  it('of a key that was revoked meanwhile finds nothing, nor does a rotation: neither has its form again', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'x' });
    const once = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    await ada.post(`${path}/revoke`, { csrf: form.csrf ?? '' });
    for (const answer of [await ada.post(`${path}/change`, form), await ada.post(`${path}/rotate`, once)]) {
      expect([answer.status, await textOf(answer)]).toEqual([
        ...[404, expect.stringContaining('There is no such page')],
      ]);
      expect((await formsOf(answer)).map(({ action }) => action)).not.toContain(`${path}/rotate`);
    }
  });

  it.each(['change', 'rotate', 'revoke'])(
    'of a key that has ended is asked by no page: /%s',
    async (asked) => {
      const ada = await newHolder();
      const { path } = await madeKey(ada);
      await ada.post(`${path}/revoke`, { csrf: await csrfOf(ada) });
      expect(ledTo(await ada.get(`${path}/${asked}`))).toEqual([303, path]);
    },
  );
});

describe('a rotation', () => {
  const rotate = async (holder: Holder, path: string, overlap: string) => {
    const form = await formTo(await holder.get(`${path}/rotate`), `${path}/rotate`, { overlap });
    return { form, answer: await holder.post(`${path}/rotate`, form) };
  };

  it.each([
    ['3600', 3_600],
    ['86400', 86_400],
    ['604800', 604_800],
    ['2592000', 2_592_000],
  ])(
    'with an overlap of %s s leaves two secrets good, and shows the new one once',
    async (overlap, seconds) => {
      const ada = await newHolder();
      const { key, keyId, path } = await madeKey(ada);
      const before = Date.now();
      const { form, answer } = await rotate(ada, path, overlap);
      const shown = await shownKey(answer);
      expect([answer.status, shown?.keyId, shown?.key === key]).toEqual([200, keyId, false]);
      expect(await textOf(answer)).toContain('The old secret stays good until the rotation ends.');
      for (const good of [key, shown?.key ?? '']) expect((await call(good)).status).toBe(200);
      const { rotation } = (await json(ada, keyId)) as { rotation: { finishes_at: string } };
      const off = Date.parse(rotation.finishes_at) - before - seconds * 1000;
      expect([off > -1000, off < 60_000]).toEqual([true, true]);
      const again = await ada.post(`${path}/rotate`, form);
      expect([again.status, await shownKey(again), await textOf(again)]).toEqual([
        ...[200, null, expect.stringContaining('This secret was made already')],
      ]);
      // One at a time, and its page leads to the one that is under way.
      expect(ledTo(await ada.get(`${path}/rotate`))).toEqual([303, path]);
    },
  );

  it('with none ends the old secret at once', async () => {
    const ada = await newHolder();
    const { key, path } = await madeKey(ada);
    const { answer } = await rotate(ada, path, '0');
    const shown = await shownKey(answer);
    expect(await textOf(answer)).toContain('The old secret is dead.');
    expect([(await call(key)).status, (await call(shown?.key ?? '')).status]).toEqual([401, 200]);
    expect(await textOf(await ada.get(path))).not.toContain('Two secrets are good');
  });

  it('tells on the page of the key when the old secret ends, and when it was last used', async () => {
    const ada = await newHolder(send, 3 * 1440);
    await later(0);
    const { key, path } = await madeKey(ada);
    const shown = await shownKey((await rotate(ada, path, '86400')).answer);
    const unused = await textOf(await ada.get(path));
    expect(unused).toContain('The old secret was not used since the rotation began.');
    expect(unused).toContain(`New secret ends in ${shown?.key.slice(-4)}`);
    expect(await (await ada.get(path)).text()).toContain('data-countdown');
    expect(await textOf(await ada.get('/'))).toContain('Rotating');
    const here = isolate();
    for (let i = 0; i < 20; i++) {
      expect((await here.call(key)).status).toBe(200);
      await later(1);
    }
    await vi.waitFor(async () => expect(await textOf(await ada.get(path))).toContain('now ends in'), 20_000);
    await later(2 * 3_600 + 30);
    const used = await textOf(await ada.get(path));
    expect(used).toContain(`Old secret last used 2 hours ago ends in ${key.slice(-4)}`);
    expect(used).toMatch(/The old secret ends by itself 21h 5\dm/);
  });

  it.each([
    ['finish', 'finished', [401, 200]],
    ['cancel', 'cancelled', [200, 401]],
  ] as const)('%s ends one of the two', async (verb, done, statuses) => {
    const ada = await newHolder();
    const { key, path } = await madeKey(ada);
    const next = await shownKey((await rotate(ada, path, '86400')).answer);
    const form = await formTo(await ada.get(path), `${path}/rotate/${verb}`);
    expect(ledTo(await ada.post(`${path}/rotate/${verb}`, form))).toEqual([303, `${path}?done=${done}`]);
    expect([(await call(key)).status, (await call(next?.key ?? '')).status]).toEqual(statuses);
    const again = await ada.post(`${path}/rotate/${verb}`, form);
    expect([again.status, await textOf(again)]).toEqual([
      ...[409, expect.stringContaining('The rotation is over')],
    ]);
    expect((await formsOf(await ada.get(path))).some(({ action }) => action.includes('/rotate/'))).toBe(
      false,
    );
  });

  it('that is under way already is not begun again by another form: it is told, and no secret is shown', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const other = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    const next = await shownKey((await rotate(ada, path, '86400')).answer);
    const answer = await ada.post(`${path}/rotate`, other);
    expect([answer.status, await shownKey(answer), await textOf(answer)]).toEqual([
      ...[409, null, expect.stringContaining('It is rotating already')],
    ]);
    expect((await call(next?.key ?? '')).status).toBe(200);
  });

  it('of twenty answers to one form, and of twenty forms, one has a secret', async () => {
    const ada = await newHolder();
    const { path } = await madeKey(ada);
    const same = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    const others = await Promise.all(
      Array.from({ length: 10 }, async () => formTo(await ada.get(`${path}/rotate`), `${path}/rotate`)),
    );
    const sent = [...Array.from({ length: 10 }, () => same), ...others];
    const answers = await Promise.all(sent.map((form) => ada.post(`${path}/rotate`, form)));
    const shown = (await Promise.all(answers.map(shownKey))).filter((each) => each !== null);
    expect(shown).toHaveLength(1);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect((await call(shown[0]?.key ?? '')).status).toBe(200);
  });

  it.each(['', '60', '-1', '1e3', '2592001', '3600 ', 'toString'])(
    'with an overlap of %j is none that the form offers',
    async (overlap) => {
      const ada = await newHolder();
      const { keyId, path } = await madeKey(ada);
      const { answer } = await rotate(ada, path, overlap);
      expect([answer.status, await shownKey(answer)]).toEqual([400, null]);
      expect((await json(ada, keyId)).rotation).toBeNull();
    },
  );

  it('while Stytch is silent stays in its form, and sent again makes one secret', async () => {
    const ada = await newHolder();
    const { key, keyId, path } = await madeKey(ada);
    await fault('m2m.rotate.start', { kind: 'status', status: 503 });
    const { form, answer } = await rotate(ada, path, '604800');
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect(await formTo(answer, `${path}/rotate`)).toMatchObject({ once: form.once, overlap: '604800' });
    expect((await json(ada, keyId)).rotation).toBeNull();
    await emulator('DELETE', '/faults');
    // What may have begun at Stytch is undone first; until then something is under way.
    const again = await vi.waitFor(async () => {
      const answer = await ada.post(`${path}/rotate`, form);
      expect(answer.status).toBe(200);
      return answer;
    }, 20_000);
    const next = await shownKey(again);
    expect([(await call(key)).status, (await call(next?.key ?? '')).status]).toEqual([200, 200]);
  });
});

describe('a revocation', () => {
  it('asks first, says what would be missed, and is in force at once', async () => {
    const ada = await newHolder();
    const { key, keyId, path } = await madeKey(ada, { name: 'Backup' });
    const page = await ada.get(`${path}/revoke`);
    expect([(await call(key)).status, await textOf(page)]).toEqual([
      ...[200, expect.stringContaining('Every program that uses it is refused within seconds')],
    ]);
    const form = await formTo(page, `${path}/revoke`);
    expect(ledTo(await ada.post(`${path}/revoke`, form))).toEqual([303, `${path}?done=revoked`]);
    // Elsewhere: an isolate that knew it before lets it in for a lease.
    expect((await isolate().call(key)).status).toBe(401);
    const text = await textOf(await ada.get(`${path}?done=revoked`));
    expect(text).toContain('No request with it is let through after');
    expect(text).toContain('Revoked');
    expect((await formsOf(await ada.get(path))).map(({ action }) => action)).toEqual(['/sign-out']);
    expect(await textOf(await ada.get('/'))).not.toContain(keyId);
    expect(await textOf(await ada.get('/?status=revoked'))).toContain(keyId);
    // Once more is as good.
    expect(ledTo(await ada.post(`${path}/revoke`, form))).toEqual([303, `${path}?done=revoked`]);
    expect(ledTo(await ada.get(`${path}/revoke`))).toEqual([303, path]);
  });

  it('works while Stytch is down, and for who is suspended', async () => {
    const ada = await newHolder();
    const { key, path } = await madeKey(ada);
    const csrf = await csrfOf(ada);
    await asOperator('PUT', `/v1/users/${ada.userId}/suspension`, { reason: 'abuse' });
    await fault('*', { kind: 'status', status: 503 });
    expect(ledTo(await ada.post(`${path}/revoke`, { csrf }))).toEqual([303, `${path}?done=revoked`]);
    await emulator('DELETE', '/faults');
    await asOperator('DELETE', `/v1/users/${ada.userId}/suspension`);
    expect((await call(key)).status).toBe(401);
  });

  it('of twenty at once is one, and the trail has one row of it', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada);
    const csrf = await csrfOf(ada);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.post(`${path}/revoke`, { csrf })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    const trail = await desk(await signIn(ada.user), 'GET', `/v1/audit?key_id=${keyId}&action=key.revoked`);
    expect(((await trail.json()) as { data: unknown[] }).data).toHaveLength(1);
  });
});

describe('a key of a suspended user', () => {
  it('is shown, and changed and rotated by nobody but who lifts the suspension', async () => {
    const ada = await newHolder();
    const { keyId, path } = await madeKey(ada);
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'x' });
    const once = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    await asOperator('PUT', `/v1/users/${ada.userId}/suspension`, { reason: 'abuse' });
    expect((await ada.get(path)).status).toBe(200);
    const before = await stytchCalls();
    const [changed, rotated] = [
      await ada.post(`${path}/change`, form),
      await ada.post(`${path}/rotate`, once),
    ];
    for (const answer of [changed, rotated])
      expect([answer.status, await textOf(answer)]).toEqual([
        ...[403, expect.stringContaining('Your account is suspended')],
      ]);
    expect(await shownKey(rotated)).toBeNull();
    const after = await stytchCalls();
    for (const call of ['m2m.update', 'm2m.rotate.start']) expect(after[call]).toBe(before[call]);
    expect(await json(ada, keyId)).toMatchObject({ name: 'test', rotation: null });
  });
});
