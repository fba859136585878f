import { runDurableObjectAlarm } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { approve, begin, given, poll } from '../devices.ts';
import { foreignClient } from '../foreign.ts';
import { formTo, type Holder, madeKey, newHolder, newKeyForm, shownKey } from '../key-pages.ts';
import { asOperator } from '../operators.ts';
import { textOf } from '../person.ts';
import {
  beginAfresh,
  call,
  desk,
  isolate,
  issueKey,
  later,
  ringStub,
  send,
  signIn,
  stytchClients,
} from '../world.ts';

/** Keys that were not made at the pages, or are over, and people who are: the pages show what there is. */
beginAfresh();

const json = async ({ session, api }: Holder, keyId: string) =>
  (await (await desk(session, 'GET', `${api}/keys/${keyId}`)).json()) as Record<string, unknown>;

describe('a key of programs', () => {
  it('that has what no form offers is renamed, and keeps it all', async () => {
    const ada = await newHolder();
    const odd = {
      limit: { requests: 77, per_seconds: 300 },
      expires_at: '2099-03-04T05:06:07Z',
      ip_allowlist: Array.from({ length: 100 }, (_, i) => `2001:db8:1:2:3:4:5:${(i + 1).toString(16)}`),
    };
    const { key_id } = await issueKey(ada.session, ['items:read', 'items:write'], odd);
    const path = `/keys/${key_id}`;
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'renamed' });
    expect((await ada.post(`${path}/change`, form)).status).toBe(303);
    expect(await json(ada, key_id)).toMatchObject({
      ...{ name: 'renamed', scopes: ['items:read', 'items:write'], ...odd },
    });
  });

  it('that a device got is there, with the device that it is for', async () => {
    const ada = await newHolder();
    const { user_code, device_code } = await begin({ device_name: "Ada's laptop", scope: 'items:read' });
    await approve(ada.session, user_code);
    await later(6);
    const { access_token } = await given(await poll(device_code));
    const keyId = access_token.split('_').slice(0, 3).join('_');
    expect(await textOf(await ada.get(`/keys/${keyId}`))).toContain('Made for acme-cli');
    expect(await textOf(await ada.get('/'))).toContain('Ada&#39;s laptop');
  });

  it('that was made at Stytch is shown, changed and revoked, and rotated where it was made', async () => {
    const ada = await newHolder();
    const { clientId, clientSecret } = await foreignClient(ada.userId);
    const imported = await asOperator('POST', `/v1/users/${ada.userId}/keys/import`, {
      ...{ client_id: clientId, client_secret: clientSecret, name: 'older than this' },
    });
    expect([200, 201]).toContain(imported.status);
    const path = `/keys/${clientId}`;
    for (const at of ['/', path, '/audit', `${path}/revoke`]) {
      const text = await textOf(await ada.get(at));
      expect([at, text.includes('older than this')]).toEqual([at, true]);
      expect(text).not.toContain(clientSecret);
    }
    const form = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'renamed' });
    expect((await ada.post(`${path}/change`, form)).headers.get('location')).toBe(`${path}?done=changed`);
    const rotate = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    const refused = await ada.post(`${path}/rotate`, rotate);
    expect([refused.status, await shownKey(refused), await textOf(refused)]).toEqual([
      ...[409, null, expect.stringContaining('Its secret is changed where it was made.')],
    ]);
    expect((await ada.post(`${path}/revoke`, { csrf: form.csrf ?? '' })).status).toBe(303);
    expect(await textOf(await ada.get(`${path}?done=revoked`))).toContain('Revoked');
  });

  it('that has ended by itself says so, and there is nothing to be done with it', async () => {
    const ada = await newHolder(send, 3 * 1440);
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { key, key_id } = await issueKey(ada.session, ['items:read'], { name: 'short', expires_at });
    await later(3_601);
    expect((await isolate().call(key)).status).toBe(401);
    const path = `/keys/${key_id}`;
    await runDurableObjectAlarm(await ringStub(ada.session));
    expect(await textOf(await ada.get(path))).toContain('Expired');
    expect(await (await ada.get(path)).text()).not.toContain(`${path}/`);
    for (const verb of ['change', 'rotate', 'revoke'])
      expect((await ada.get(`${path}/${verb}`)).headers.get('location')).toBe(path);
    expect(await textOf(await ada.get('/'))).not.toContain('short');
    expect(await textOf(await ada.get('/?status=expired'))).toContain('short');
  });
});

describe('somebody whose data was deleted', () => {
  it('while he is still signed in makes no key, and what he had is gone', async () => {
    const ada = await newHolder();
    const { key, keyId, path } = await madeKey(ada, { name: 'gone with him' });
    const form = await newKeyForm(ada);
    const change = await formTo(await ada.get(`${path}/change`), `${path}/change`, { name: 'x' });
    const rotate = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
    expect((await asOperator('DELETE', `/v1/users/${ada.userId}`)).ok).toBe(true);
    for (const [at, sent] of [
      ['/keys', form],
      [`${path}/change`, change],
      [`${path}/rotate`, rotate],
    ] as const) {
      const answer = await ada.post(at, sent);
      expect([at, [404, 410].includes(answer.status), await shownKey(answer)]).toEqual([at, true, null]);
    }
    for (const at of ['/', '/?status=all', '/usage', '/audit', path]) {
      const answer = await ada.get(at);
      expect([at, answer.status < 500]).toEqual([at, true]);
      // The trail stays for as long as trails are kept.
      if (at !== '/audit') expect(await answer.text()).not.toContain('gone with him');
    }
    expect((await isolate().call(key)).status).toBe(401);
    await vi.waitFor(async () => expect(await stytchClients(ada.session)).not.toContain(keyId), 20_000);
  });
});

describe('many things at once', () => {
  it('to one key, with a revocation among them: it is dead, whatever came before or after', async () => {
    for (let round = 0; round < 3; round++) {
      const ada = await newHolder();
      const { key, keyId, path } = await madeKey(ada);
      const change = await formTo(await ada.get(`${path}/change`), `${path}/change`, {
        ...{ name: 'x', 'scope.items:write': '1' },
      });
      const rotate = await formTo(await ada.get(`${path}/rotate`), `${path}/rotate`);
      const csrf = change.csrf ?? '';
      const answers = await Promise.all([
        ada.post(`${path}/rotate`, rotate),
        ada.post(`${path}/change`, change),
        ada.post(`${path}/revoke`, { csrf }),
        ada.post(`${path}/rotate/finish`, { csrf }),
        ada.post(`${path}/rotate`, rotate),
        ada.post(`${path}/change`, { ...change, name: 'y' }),
        ada.get(path),
      ]);
      const shown = (await Promise.all(answers.map(shownKey))).filter((each) => each !== null);
      expect(shown.length).toBeLessThan(2);
      for (const { status } of answers) expect([200, 303, 404, 409, 412]).toContain(status);
      expect((await json(ada, keyId)).status).toBe('revoked');
      for (const each of [key, ...shown.map((one) => one.key)])
        expect((await isolate().call(each)).status).toBe(401);
      await vi.waitFor(async () => expect(await stytchClients(ada.session)).toEqual([]), 20_000);
    }
  });

  it('what is done at the page is what the endpoints tell, and the other way round', async () => {
    const ada = await newHolder();
    const { keyId, path, key } = await madeKey(ada, { name: 'both' });
    await desk(ada.session, 'POST', `/v1/keys/${keyId}/rotate/cancel`);
    await desk(await signIn(ada.user), 'PATCH', `/v1/keys/${keyId}`, { description: 'by a program' });
    expect(await textOf(await ada.get(path))).toContain('by a program');
    expect((await call(key)).status).toBe(200);
    await desk(ada.session, 'DELETE', `/v1/keys/${keyId}`);
    expect(await textOf(await ada.get(path))).toContain('Revoked');
  });
});
