import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foreignClient } from '../foreign.ts';
import { asOperator, OPERATOR, operatorToken, tokenOf } from '../operators.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  accessToken,
  atStytch,
  DESK,
  desk,
  emulator,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  oddToken,
  PROJECT,
  refusalOf,
  rooms,
  shown,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const NOT_GOOD = notGood(DESK);
const MISSING = {
  ...{ status: 401, code: 'credential_missing', retryAfter: null },
  challenge: `Bearer realm="${DESK}"`,
};
const AMBIGUOUS = {
  ...{ status: 400, code: 'invalid_request', retryAfter: null },
  challenge: `Bearer realm="${DESK}", error="invalid_request"`,
};
const WRONG_KIND = { status: 403, code: 'credential_kind_not_allowed', ...NONE };
const NO_OPERATOR = {
  ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['latchkey:admin'] },
  challenge: `Bearer realm="${DESK}", error="insufficient_scope", scope="latchkey:admin"`,
};

/** Everything that operators may do and nobody else, as far as a request goes. */
const OPERATIONS = [
  ['GET', '', undefined],
  ['DELETE', '', undefined],
  ['PUT', '/suspension', { reason: 'abuse' }],
  ['DELETE', '/suspension', undefined],
  ['GET', '/limits', undefined],
  ['GET', '/tokens', undefined],
  ['PUT', '/limits', { plan: 'tiny', keys_limit: 0 }],
  ['GET', '/export', undefined],
  ['DELETE', '/keys', undefined],
  ['POST', '/keys/import', { client_id: 'm2m-client-test-1', client_secret: 'secret-of-a-client' }],
  ['POST', '/keys', { name: 'n', scopes: ['items:read'] }],
  ['GET', '/keys', undefined],
  ['GET', '/keys/{key_id}', undefined],
  ['PATCH', '/keys/{key_id}', { name: 'x' }],
  ['DELETE', '/keys/{key_id}', undefined],
  ['POST', '/keys/{key_id}/rotate', { overlap_seconds: 0 }],
  ['POST', '/keys/{key_id}/rotate/finish', undefined],
  ['POST', '/keys/{key_id}/rotate/cancel', undefined],
] as const;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (id: string, secret: string) => {
  const pair = btoa(`${id}:${secret}`);
  inUse(pair);
  return { authorization: `Basic ${pair}` };
};

/** A token as the operator's, but for what is said. */
const like = (claims: object, more: object = {}) =>
  oddToken({ kind: 'm2m', ...more, claims: { sub: OPERATOR, scope: 'latchkey:admin', ...claims } });

/** Another client with the very scope, made at Stytch. */
const otherClient = async () => {
  const client = await foreignClient(null);
  const scopes = ['latchkey:admin'];
  await atStytch('PUT', `/v1/m2m/clients/${client.clientId}`, { scopes });
  return client;
};

/** Somebody who is no operator: what he presents, given the user's own session and key. */
type Intruder = (session: string, key: string) => Promise<Record<string, string>> | Record<string, string>;

const odd =
  (claims: object, more: object = {}) =>
  async () =>
    bearer(await like(claims, more));

const HOUR_AGO = Math.floor(Date.now() / 1000) - 3_600;

const INTRUDERS: readonly (readonly [string, Intruder, object])[] = [
  ['nothing', () => ({}), MISSING],
  ['the user himself, by his session', (session) => bearer(session), WRONG_KIND],
  ['an API key', (_, key) => bearer(key), WRONG_KIND],
  ['an API key in its own header', (_, key) => ({ 'x-api-key': key }), WRONG_KIND],
  ['the client pair of a key', (_, key) => basic(key.slice(0, 38), key.slice(39)), WRONG_KIND],
  ['an access token of a key', async (_, key) => bearer(await accessToken(key)), NO_OPERATOR],
  [
    'a token of a key of ours that has the very scope',
    async (session, key) => bearer(await like({ sub: key.slice(0, 38), user_id: subjectOf(session) })),
    NO_OPERATOR,
  ],
  [
    'a token of another client that has the very scope',
    async () => {
      const { clientId, clientSecret } = await otherClient();
      return bearer(await tokenOf(clientId, clientSecret));
    },
    NO_OPERATOR,
  ],
  [
    'the pair of a client',
    async () => {
      const { clientId, clientSecret } = await otherClient();
      return basic(clientId, clientSecret);
    },
    WRONG_KIND,
  ],
  ['the pair of the operator', () => basic(OPERATOR, 'copper-kettle-quiet-lantern'), WRONG_KIND],
  ['an operator without the scope', odd({ scope: 'items:read' }), NO_OPERATOR],
  ['an operator without any scope', odd({ scope: '' }), NO_OPERATOR],
  ['a scope that begins alike', odd({ scope: 'latchkey:admins latchkey:admin:read' }), NO_OPERATOR],
  ['a scope that ends alike', odd({ scope: 'x-latchkey:admin' }), NO_OPERATOR],
  ['a scope in capitals', odd({ scope: 'LATCHKEY:ADMIN' }), NO_OPERATOR],
  ['a wildcard', odd({ scope: 'latchkey:* *' }), NO_OPERATOR],
  ['scopes that are no list', odd({ scope: 'items:read  latchkey:admin' }), NO_OPERATOR],
  ['an operator in capitals', odd({ sub: OPERATOR.toUpperCase() }), NO_OPERATOR],
  ['an operator and more', odd({ sub: `${OPERATOR}0` }), NO_OPERATOR],
  ['scopes in an array', odd({ scope: ['latchkey:admin'] }), NOT_GOOD],
  ['a user as subject', odd({ sub: 'user-test-00000000-0000-4000-8000-000000000000' }), NOT_GOOD],
  ['a Connected App that speaks for the operator', odd({ client_id: 'connected-app-test-1' }), NOT_GOOD],
  ['a Connected App as subject', odd({ sub: 'connected-app-test-1' }), NOT_GOOD],
  ['a token of a Connected App', odd({ sub: undefined }, { kind: 'connectedApp' }), NOT_GOOD],
  ['an ID token', odd({ sub: undefined }, { kind: 'idToken' }), NOT_GOOD],
  ['a session with the scope', odd({ sub: undefined }, { kind: 'session' }), NOT_GOOD],
  ['a session of a member', async () => bearer(await oddToken({ kind: 'memberSession' })), NOT_GOOD],
  ['a token that ended a moment ago', odd({ iat: HOUR_AGO - 3, nbf: null, exp: HOUR_AGO + 3_598 }), NOT_GOOD],
  ['a token that ended long ago', odd({ iat: HOUR_AGO - 7_200, nbf: null, exp: HOUR_AGO }), NOT_GOOD],
  ['a token that lives too long', odd({ exp: Math.floor(Date.now() / 1000) + 90_000 }), NOT_GOOD],
  ['a token for another project', odd({ aud: ['project-test-2'] }), NOT_GOOD],
  ['a token for another project as well', odd({ aud: [PROJECT, 'project-test-2'] }), NOT_GOOD],
  ['a token of another issuer', odd({ iss: 'https://evil.test' }), NOT_GOOD],
  ['a token bound to a key that is not shown', odd({ cnf: { jkt: 'x' } }), NOT_GOOD],
  ['a token signed by a foreign key', odd({}, { signer: 'foreign' }), NOT_GOOD],
  ['a token that nobody signed', odd({}, { signer: 'none' }), NOT_GOOD],
  ['a token signed with the public key as secret', odd({}, { signer: 'hmac' }), NOT_GOOD],
  ['a token of another type', odd({}, { header: { typ: 'at+jwt' } }), NOT_GOOD],
  ['an operator’s token as an API key', async () => ({ 'x-api-key': await operatorToken() }), NOT_GOOD],
  ['an operator’s token in a cookie', async () => ({ cookie: `token=${await operatorToken()}` }), MISSING],
  [
    'an operator’s token beside the user’s session',
    async (session) => ({ ...bearer(await operatorToken()), 'x-api-key': session }),
    AMBIGUOUS,
  ],
  ['an operator’s token in another spelling', async () => bearer(`${await operatorToken()}=`), NOT_GOOD],
];

let session: string;
let key: string;
let keyId: string;
let user: string;

beforeEach(async () => {
  session = await signIn();
  ({ key, key_id: keyId } = await issueKey(session));
  user = `/v1/users/${subjectOf(session)}`;
});
afterEach(now);

const knock = (
  [method, path, body]: (typeof OPERATIONS)[number],
  headers: Record<string, string>,
  here = isolate(),
) =>
  here.fetch(`${DESK}${user}${path.replace('{key_id}', keyId)}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('what operators may do', () => {
  it.each(INTRUDERS)('%s does not', async (_, present, refusal) => {
    const headers = await present(session, key);
    // The signing keys are at hand: whoever comes now costs nothing.
    await isolate().call(key);
    await emulator('DELETE', '/counters');
    await rooms.ORIGIN.reset();
    for (const operation of OPERATIONS) {
      const here = isolate();
      expect(await refusalOf(await knock(operation, headers, here))).toEqual(refusal);
      expect(here.calls.filter((each) => !each.startsWith('kv.'))).toEqual([]);
    }
    expect(await stytchCalls()).toEqual({});
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect(await (await desk(session, 'GET', `/v1/keys/${keyId}`)).json()).toMatchObject({
      ...{ name: 'test', status: 'active', rotation: null },
    });
  });

  it('an operator does, until his token ends', async () => {
    const token = await operatorToken();
    expect((await isolate().desk(token, 'GET', user)).status).toBe(200);
    await later(3_590);
    expect((await isolate().desk(token, 'GET', user)).status).toBe(200);
    await later(10);
    expect(await refusalOf(await isolate().desk(token, 'GET', user))).toEqual(NOT_GOOD);
  });

  it('a person whom the file lists does not: his power is at the pages, and no program has it', async () => {
    const { latchkeyFor } = await import('../../src/assemble.ts');
    const { default: settings } = await import('../settings.ts');
    const listed = { ...settings, operators: [OPERATOR, subjectOf(session)] };
    const presented: readonly (readonly [Record<string, string>, object])[] = [
      [bearer(session), WRONG_KIND],
      [bearer(key), WRONG_KIND],
      [bearer(await accessToken(key)), NO_OPERATOR],
      // What would be his if a person were a client.
      [bearer(await like({ sub: subjectOf(session) })), NOT_GOOD],
      [bearer(await like({ sub: subjectOf(session), client_id: subjectOf(session) })), NOT_GOOD],
    ];
    for (const [headers, refusal] of presented)
      for (const operation of OPERATIONS) {
        const here = isolate({}, latchkeyFor(listed));
        expect(await refusalOf(await knock(operation, headers, here))).toEqual(refusal);
        expect(here.calls.filter((each) => !each.startsWith('kv.'))).toEqual([]);
      }
    expect(await (await desk(session, 'GET', `/v1/keys/${keyId}`)).json()).toMatchObject({
      ...{ name: 'test', status: 'active', rotation: null },
    });
    // The client beside him is one as before.
    const answer = await isolate({}, latchkeyFor(listed)).desk(await operatorToken(), 'GET', user);
    expect(answer.status).toBe(200);
  });

  it('nobody does where no operator is listed', async () => {
    const { latchkeyFor } = await import('../../src/assemble.ts');
    const { default: settings } = await import('../settings.ts');
    const here = isolate({}, latchkeyFor({ ...settings, operators: [] }));
    const answer = await knock(OPERATIONS[0], bearer(await operatorToken()), here);
    expect(await refusalOf(answer)).toEqual(NO_OPERATOR);
  });
});

describe('an operator', () => {
  it('is nobody elsewhere: neither a user at the Desk nor somebody at the API', async () => {
    const token = await operatorToken();
    expect(await refusalOf(await isolate().desk(token, 'GET', '/v1/keys'))).toEqual(NOT_GOOD);
    expect(await refusalOf(await isolate().desk(token, 'GET', '/v1/whoami'))).toEqual(NOT_GOOD);
    expect(await refusalOf(await isolate().fetch(`${API}/v1/items/1`, { headers: bearer(token) }))).toEqual(
      notGood('acme-api'),
    );
  });

  it('makes no operators: scopes of latchkey are given to no key, by nobody', async () => {
    const refusal = (scope: string) => ({
      status: 403,
      code: 'scope_not_grantable',
      ...NONE,
      scopes: [scope],
    });
    for (const scope of ['latchkey:admin', 'latchkey:keys', 'latchkey:*']) {
      const wish = { name: 'n', scopes: ['items:read', scope] };
      expect(await refusalOf(await asOperator('POST', `${user}/keys`, wish))).toEqual(refusal(scope));
      const patch = { scopes: ['items:read', scope] };
      expect(await refusalOf(await asOperator('PATCH', `${user}/keys/${keyId}`, patch))).toEqual(
        refusal(scope),
      );
    }
    const unknown = { name: 'n', scopes: ['items:delete'] };
    expect(await refusalOf(await asOperator('POST', `${user}/keys`, unknown))).toEqual(
      refusal('items:delete'),
    );
  });

  it('is told of a key under another user what he is told of one that never was', async () => {
    const other = `/v1/users/${subjectOf(await signIn())}`;
    const answers = new Set<string>();
    for (const [method, suffix, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['PATCH', '', { name: 'x' }],
      ['POST', '/rotate', { overlap_seconds: 0 }],
    ] as const) {
      for (const id of [keyId, keyId.slice(0, 27) + '0'.repeat(11), 'm2m-client-test-none', OPERATOR]) {
        answers.add(
          JSON.stringify(await shown(await asOperator(method, `${other}/keys/${id}${suffix}`, body))),
        );
      }
    }
    expect(answers.size).toBe(1);
    expect(JSON.parse([...answers][0] ?? '')).toMatchObject({ status: 404 });
    expect((await isolate().call(key)).status).toBe(200);
  });
});
