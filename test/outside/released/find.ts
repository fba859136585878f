import { expect } from 'vitest';
import { type Ask, bearer, pair, secretOf } from './desk.ts';
import { api, done, issue, type Left } from './leave.ts';
import type { Stytch } from './stytch.ts';

/** That another version finds what one left, and goes on with it. */
export const find = async (ask: Ask, stytch: Stytch, left: Left): Promise<void> => {
  const { user, used, unused, revoked, rotating, imported, suspended, spent } = left;
  const mine = bearer(user.session);
  const operator = bearer(await stytch.operatorToken());

  // Kept tokens open, and so does the copy of the signing keys: nobody asks Stytch.
  await stytch.calls();
  await done(api(ask, used.key), 200);
  await done(api(ask, left.accessToken), 200);
  await done(api(ask, imported), 200);
  expect(await stytch.calls()).toEqual({});

  await done(api(ask, revoked.key), 401);
  await done(api(ask, left.endedToken), 401);
  await done(api(ask, unused.key), 200);
  await done(api(ask, suspended.key.key), 403);
  await done(api(ask, spent.key.key, '/v1/strict/x'), 429);

  const repeated = await done(
    ask('POST', '/v1/keys', {
      headers: { ...mine, 'idempotency-key': left.idempotent.name },
      body: { name: 'left', scopes: ['items:read'] },
    }),
    201,
  );
  expect(repeated.json).toMatchObject({ key_id: left.idempotent.keyId, key: null });

  await done(api(ask, rotating.key, '/v1/strict/x'), 200);
  await done(api(ask, rotating.next, '/v1/strict/x'), 200);
  await done(ask('POST', `/v1/keys/${rotating.keyId}/rotate/finish`, { headers: mine }), 200);
  await done(api(ask, rotating.key, '/v1/strict/x'), 401);
  await done(api(ask, rotating.next, '/v1/strict/x'), 200);

  const page = await done(
    ask('GET', '/', { headers: { cookie: left.cookie, 'sec-fetch-site': 'none' } }),
    200,
  );
  expect(page.text).toContain(used.keyId);

  const waiting = new URLSearchParams({
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'acme-cli' },
    device_code: left.deviceCode,
  });
  const polled = await done(ask('POST', '/oauth2/token', { body: waiting.toString() }), 400);
  expect(polled.json.error).toBe('authorization_pending');

  const list = await done(ask('GET', '/v1/keys?status=all', { headers: mine }), 200);
  const statuses = new Map(
    list.json.data.map((each: { key_id: string; status: string }) => [each.key_id, each.status]),
  );
  expect([used, unused, revoked, rotating].map(({ keyId }) => statuses.get(keyId))).toEqual([
    ...['active', 'active', 'revoked', 'active'],
  ]);
  expect((await done(ask('GET', '/v1/usage', { headers: mine }), 200)).json.totals.admitted).toBeGreaterThan(
    0,
  );
  const { json } = await done(
    ask('POST', '/oauth2/introspect', {
      headers: pair(used.keyId, secretOf(used)),
      body: `token=${left.accessToken}`,
    }),
    200,
  );
  expect(json.active).toBe(true);

  const lifted = ask('DELETE', `/v1/users/${suspended.user.id}/suspension`, { headers: operator });
  expect((await done(lifted, 200)).json.suspension).toBeNull();
  await done(ask('DELETE', `/v1/keys/${used.keyId}`, { headers: mine }), 200);
  await done(api(ask, used.key, '/v1/strict/x'), 401);
  await done(ask('DELETE', `/v1/keys/${unused.keyId}`, { headers: mine }), 200);
  await done(api(ask, (await issue(ask, user)).key), 200);
};
