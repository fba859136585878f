import { describe, expect, it } from 'vitest';
import { createIdentifyOperator } from '../../../src/gate/operator.ts';
import type { Credential } from '../../../src/model/credential.ts';
import { secret } from '../../../src/model/secret.ts';
import type { M2MToken, Token, TokenVerdict } from '../../../src/model/token.ts';
import { newTrace } from '../../../src/model/trace.ts';

const NOW = 1_800_000_000_000;
const OPERATOR = 'm2m-client-live-1';
const JWT: Credential = { kind: 'jwt', scheme: 'bearer', jwt: secret('a.b.c') };

const TOKEN: M2MToken = {
  ...{ kind: 'm2m', clientId: OPERATOR, scopes: ['items:read', 'latchkey:admin'] },
  ...{ ownerId: null, organizationId: null, issuedAt: NOW / 1000 - 60, expiresAt: NOW / 1000 + 60 },
};

/** What is made of a credential whose token Stytch signed, or did not; and how often that was asked. */
const identified = async (verdict: TokenVerdict, credential: Credential = JWT) => {
  let asked = 0;
  const trace = newTrace();
  const identify = createIdentifyOperator({
    verifyToken: async () => {
      asked += 1;
      return verdict;
    },
    operators: new Set([OPERATOR, 'm2m-client-live-2']),
    now: () => NOW,
  });
  return { result: await identify(credential, trace), asked, keyId: trace.keyId };
};

const good = (token: Token): TokenVerdict => ({ verdict: 'good', token });

describe('an operator', () => {
  it('is a listed client whose token has the scope, and the log knows him', async () => {
    expect(await identified(good(TOKEN))).toEqual({
      ...{ result: { ok: true, value: OPERATOR }, asked: 1, keyId: OPERATOR },
    });
  });

  it.each<[string, Partial<M2MToken>]>([
    ['another client', { clientId: 'm2m-client-live-3' }],
    ['a client of the beginning of an id', { clientId: 'm2m-client-live' }],
    ['a token without the scope', { scopes: ['items:read'] }],
    ['a token with a scope like it', { scopes: ['latchkey:admin:x', 'latchkey:', 'admin'] }],
  ])('is not %s', async (_, change) => {
    expect((await identified(good({ ...TOKEN, ...change }))).result).toEqual({
      ok: false,
      refusal: { reason: 'insufficient_scope', scopes: ['latchkey:admin'], scheme: 'bearer' },
    });
  });

  it('is nobody from the second on in which his token ends', async () => {
    const until = (expiresAt: number) => identified(good({ ...TOKEN, expiresAt }));
    expect((await until(NOW / 1000 + 1)).result).toMatchObject({ ok: true });
    expect((await until(NOW / 1000)).result).toEqual({
      ok: false,
      refusal: { reason: 'credential_invalid', because: 'expired', scheme: 'bearer' },
    });
  });

  it('cannot be told while no signing keys can be had, which is no verdict', async () => {
    expect((await identified({ verdict: 'unknowable' })).result).toEqual({
      ok: false,
      refusal: { reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 },
    });
  });

  it('is no session, whatever roles it has', async () => {
    const owner = { kind: 'user', id: 'user-live-1', organizationId: null } as const;
    const session = { kind: 'session', owner, roles: ['latchkey:admin'], expiresAt: NOW } as unknown as Token;
    expect((await identified(good({ ...session, expiresAt: NOW / 1000 + 60 } as Token))).result).toEqual({
      ok: false,
      refusal: { reason: 'credential_kind_not_allowed', allowed: ['access_token'] },
    });
  });

  it.each<[string, Credential, object]>([
    ['nothing', { kind: 'none' }, { reason: 'credential_missing' }],
    ['another scheme', { kind: 'unsupported' }, { reason: 'credential_missing' }],
    [
      'something of no grammar',
      { kind: 'unknown', scheme: 'x-api-key' },
      { reason: 'credential_invalid', because: 'grammar', scheme: 'x-api-key' },
    ],
    [
      'a key',
      { kind: 'key', auth: 'api_key', scheme: 'bearer', key: secret('k') },
      { reason: 'credential_kind_not_allowed', allowed: ['access_token'] },
    ],
    [
      'his own pair',
      { kind: 'pair', scheme: 'basic', clientId: OPERATOR, clientSecret: secret('s') },
      { reason: 'credential_kind_not_allowed', allowed: ['access_token'] },
    ],
  ])('who presents %s is refused before anything is verified', async (_, credential, refusal) => {
    expect(await identified(good(TOKEN), credential)).toEqual({
      ...{ result: { ok: false, refusal }, asked: 0, keyId: null },
    });
  });
});
