import { expect } from 'vitest';
import { type Answer, type Ask, bearer, pair, secretOf } from './desk.ts';
import type { Stytch, User } from './stytch.ts';

export interface Key {
  readonly key: string;
  readonly keyId: string;
}

/** What one version leaves behind, of every kind that is stored or held by a client, for another to find. */
export interface Left {
  readonly user: User;
  /** Used, so that its token is in the Vault. */
  readonly used: Key;
  /** Never used. */
  readonly unused: Key;
  readonly revoked: Key;
  /** Half way through a rotation. */
  readonly rotating: Key & { readonly next: string };
  /** An access token of the used key. */
  readonly accessToken: string;
  readonly endedToken: string;
  readonly idempotent: { readonly name: string; readonly keyId: string };
  /** The portal's session, as a browser keeps it. */
  readonly cookie: string;
  readonly deviceCode: string;
  /** A client that was made elsewhere. */
  readonly imported: { readonly clientId: string; readonly clientSecret: string };
  readonly suspended: { readonly user: User; readonly key: Key };
  /** All of his month is spent. */
  readonly spent: { readonly user: User; readonly key: Key };
  /** The head of the user's audit trail. */
  readonly head: { readonly seq: number; readonly mac: string };
}

/** How many requests the plan `trial` of test/settings.ts has in a month. */
const TRIAL_UNITS = 20;

/** Has an edge make one of each. */
export const leave = async (ask: Ask, stytch: Stytch): Promise<Left> => {
  const [user, idle, spender] = await Promise.all([stytch.newUser(), stytch.newUser(), stytch.newUser()]);
  const operator = bearer(await stytch.operatorToken());
  const newKey = (of: User, headers = {}) => issue(ask, of, headers);
  const idempotency = crypto.randomUUID();
  const used = await newKey(user);
  const unused = await newKey(user);
  const revoked = await newKey(user);
  const rotated = await newKey(user);
  const repeated = await newKey(user, { 'idempotency-key': idempotency });

  await done(api(ask, used.key), 200);
  await done(api(ask, revoked.key), 200);
  await done(ask('DELETE', `/v1/keys/${revoked.keyId}`, { headers: bearer(user.session) }), 200);
  const rotation = await done(
    ask('POST', `/v1/keys/${rotated.keyId}/rotate`, {
      headers: bearer(user.session),
      body: { overlap_seconds: 86_400 },
    }),
    200,
  );
  const accessToken = await tokenOf(ask, used);
  const endedToken = await tokenOf(ask, unused);
  await done(
    ask('POST', '/oauth2/revoke', {
      headers: pair(unused.keyId, secretOf(unused)),
      body: `token=${endedToken}`,
    }),
    200,
  );

  const imported = await stytch.newClient();
  await done(
    ask('POST', `/v1/users/${idle.id}/keys/import`, {
      headers: operator,
      body: { client_id: imported.clientId, client_secret: imported.clientSecret },
    }),
    201,
  );
  await done(api(ask, imported), 200);

  const suspendedUser = await stytch.newUser();
  const suspendedKey = await newKey(suspendedUser);
  await done(
    ask('PUT', `/v1/users/${suspendedUser.id}/suspension`, { headers: operator, body: { reason: 'test' } }),
    200,
  );

  await done(
    ask('PUT', `/v1/users/${spender.id}/limits`, {
      headers: operator,
      body: { plan: 'trial', keys_limit: 5 },
    }),
    200,
  );
  const spending = await newKey(spender);
  for (let i = 0; i < TRIAL_UNITS; i++) await done(api(ask, spending.key, '/v1/strict/x'), 200);
  await done(api(ask, spending.key, '/v1/strict/x'), 429);

  const device = await done(
    ask('POST', '/oauth2/device_authorization', { body: 'client_id=acme-cli&scope=items%3Aread' }),
    200,
  );
  const head = await done(ask('GET', '/v1/audit/head', { headers: bearer(user.session) }), 200);
  return {
    ...{ user, used, unused, revoked, accessToken, endedToken, imported },
    rotating: { ...rotated, next: rotation.json.key },
    idempotent: { name: idempotency, keyId: repeated.keyId },
    cookie: await signIn(ask, user),
    deviceCode: device.json.device_code,
    suspended: { user: suspendedUser, key: suspendedKey },
    spent: { user: spender, key: spending },
    head: { seq: head.json.seq, mac: head.json.mac },
  };
};

/** An answer, which is to be as expected. */
export const done = async (asked: Promise<Answer>, status: number): Promise<Answer> => {
  const answer = await asked;
  expect(answer.status, answer.text).toBe(status);
  return answer;
};

/** A request of the API, with a key or by a foreign pair. */
export const api = (
  ask: Ask,
  credential: string | { readonly clientId: string; readonly clientSecret: string },
  path = '/v1/any/x',
): Promise<Answer> =>
  ask('GET', path, {
    host: 'api.test',
    headers:
      typeof credential === 'string'
        ? bearer(credential)
        : pair(credential.clientId, credential.clientSecret),
  });

export const issue = async (ask: Ask, user: User, headers = {}): Promise<Key> => {
  const { json } = await done(
    ask('POST', '/v1/keys', {
      headers: { ...bearer(user.session), ...headers },
      body: { name: 'left', scopes: ['items:read'] },
    }),
    201,
  );
  return { key: json.key, keyId: json.key_id };
};

const tokenOf = async (ask: Ask, key: Key): Promise<string> => {
  const headers = pair(key.keyId, secretOf(key));
  const answer = await done(
    ask('POST', '/oauth2/token', { headers, body: 'grant_type=client_credentials' }),
    200,
  );
  return answer.json.access_token;
};

/** What the browser has of the portal after the app's sign-in. */
const signIn = async (ask: Ask, user: User): Promise<string> => {
  const answer = await ask('GET', '/', {
    headers: { cookie: `stytch_session=${user.token}`, 'sec-fetch-site': 'none' },
  });
  const cookies = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '');
  const cookie = cookies.find((each) => each.startsWith('__Host-latchkey='));
  expect(cookie, answer.text).toBeDefined();
  return cookie ?? '';
};
