import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { APP, corsOf, variesByOrigin } from '../cors.ts';
import settings from '../settings.ts';
import {
  claimsOf,
  DESK,
  emulator,
  fault,
  type Isolate,
  isolate,
  oddToken,
  refusalOf,
  signIn,
} from '../world.ts';

const latchkey = latchkeyFor({ ...settings, desk: { origins: [APP], maxAuthAgeSeconds: 120 } });

let here: Isolate;
let session: string;

beforeAll(async () => {
  session = await signIn();
});

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  here = isolate({}, latchkey);
});

const ask = (method: string, path: string, credential: string | null, body?: unknown, more: object = {}) =>
  here.fetch(DESK + path, {
    method,
    headers: {
      origin: APP,
      ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const KEY = { name: 'robot', scopes: ['items:read'] };

/** A session of the same user that began an hour ago. */
const oldSession = (): Promise<string> => {
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const claims = claimsOf(session);
  const said = claims['https://stytch.com/session'] as { readonly authentication_factors: readonly object[] };
  const authentication_factors = said.authentication_factors.map((each) => ({
    ...each,
    last_authenticated_at: at,
  }));
  return oddToken({
    kind: 'session',
    claims: {
      ...claims,
      'https://stytch.com/session': { ...said, started_at: at, authentication_factors },
    },
  });
};

describe('WEB-06 › a refusal may be read by the page that asked', () => {
  it.each<[number, string, () => Promise<Response>]>([
    [401, 'credential_missing', () => ask('GET', '/v1/keys', null)],
    [401, 'invalid_token', () => ask('GET', '/v1/keys', 'nonsense')],
    [
      ...([401, 'insufficient_user_authentication'] as const),
      async () => ask('POST', '/v1/keys', await oldSession(), KEY),
    ],
    [403, 'scope_not_grantable', () => ask('POST', '/v1/keys', session, { ...KEY, scopes: ['admin:all'] })],
    [404, 'not_found', () => ask('GET', '/v1/keys/nothing', session)],
    [404, 'not_configured', () => ask('GET', '/v1/organization/keys', session)],
    [405, 'method_not_allowed', () => ask('PUT', '/v1/keys', session)],
    [400, 'request_invalid', () => ask('POST', '/v1/keys', session, { scopes: [] })],
    [
      ...([415, 'media_type_unsupported'] as const),
      () => ask('POST', '/v1/keys', session, KEY, { 'content-type': 'text/plain' }),
    ],
    [425, 'early_data', () => ask('GET', '/v1/keys', session, undefined, { 'early-data': '1' })],
    [
      ...([503, 'unavailable'] as const),
      async () => {
        await fault('m2m.create', { kind: 'status', status: 503 });
        return ask('POST', '/v1/keys', session, KEY);
      },
    ],
  ])('%i %s', async (status, code, asked) => {
    const answer = await asked();
    expect([answer.status, corsOf(answer), variesByOrigin(answer)]).toEqual([
      status,
      {
        'access-control-allow-origin': APP,
        'access-control-expose-headers': 'ETag, Location, Retry-After, X-Request-Id',
      },
      true,
    ]);
    expect((await refusalOf(answer)).code).toBe(code);
  });

  it('and says in its body how young a sign-in must be', async () => {
    const refused = await ask('POST', '/v1/keys', await oldSession(), KEY);
    expect(await refusalOf(refused)).toMatchObject({ max_age: 120 });
  });
});
