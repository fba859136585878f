import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANNOT_TELL, notThatClient, oauthRefusal, pairOf } from '../oauth.ts';
import { keyOfSomebody, ringOf } from '../rotation.ts';
import { askToken, spent, TOKEN_URL, tokenIn, tokenRequest } from '../token-endpoint.ts';
import {
  atStytch,
  BY,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  later,
  now,
  ownerOf,
  ringStub,
  rooms,
} from '../world.ts';

const UNAUTHORIZED = { status: 400, error: 'unauthorized_client', challenge: null, retryAfter: null };

const somebody = async (more: object = {}) => {
  const made = await keyOfSomebody(more);
  return { ...made, pair: pairOf(made.key) };
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
afterEach(async () => {
  await now();
  await emulator('DELETE', '/faults');
});

describe('a client that is none', () => {
  it('costs no I/O at all where it is made up', async () => {
    const { pair, key } = await somebody();
    const { pair: other } = await somebody();
    const { calls, fetch } = isolate();
    const last = key.endsWith('0') ? '1' : '0';
    const madeUp = [
      { clientId: pair.clientId, clientSecret: `${pair.clientSecret.slice(0, -1)}${last}` },
      { clientId: pair.clientId, clientSecret: 'x' },
      { clientId: pair.clientId, clientSecret: other.clientSecret },
      { clientId: `acme_test_${'0'.repeat(28)}`, clientSecret: '0'.repeat(61) },
      { clientId: 'acme_test_', clientSecret: 'x' },
      { clientId: 'user-test-1', clientSecret: 'x' },
    ];
    const spentThere = await spent(async () => {
      for (const each of madeUp)
        expect(await oauthRefusal(await askToken(each, {}, fetch))).toEqual(notThatClient(true));
    });
    expect([calls, spentThere]).toEqual([[], 0]);
  });

  it('is not authenticated, and is not shown a challenge where it tried in the form', async () => {
    const form = { client_id: `acme_test_${'0'.repeat(28)}`, client_secret: '0'.repeat(61) };
    expect(await oauthRefusal(await askToken(null, form))).toEqual(notThatClient(false));
  });

  it('is not authenticated once it is revoked, or has expired', async () => {
    const { pair, revoke } = await somebody();
    await revoke();
    expect(await oauthRefusal(await askToken(pair))).toEqual(notThatClient(true));
    const soon = new Date(Date.now() + 120_000).toISOString();
    const { pair: ending } = await somebody({ expires_at: soon });
    await tokenIn(await askToken(ending));
    await later(121);
    expect(await oauthRefusal(await askToken(ending))).toEqual(notThatClient(true));
  });

  it('is not authenticated when Stytch does not know it: remembered for a while', async () => {
    const { pair, key_id } = await somebody();
    await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
    const refused = async () => expect(await oauthRefusal(await askToken(pair))).toEqual(notThatClient(true));
    expect([await spent(refused), await spent(refused)]).toEqual([1, 0]);
  });
});

describe('a client that may not', () => {
  it('is unauthorized while its owner is suspended: warm, and in an isolate that knows nothing', async () => {
    const { pair, session } = await somebody();
    await tokenIn(await askToken(pair));
    const ring = await ringOf(session);
    await ring.suspend(ownerOf(session), 'unpaid', BY);
    const calls = await spent(async () => {
      expect(await oauthRefusal(await askToken(pair))).toEqual(UNAUTHORIZED);
      expect(await oauthRefusal(await askToken(pair, {}, isolate().fetch))).toEqual(UNAUTHORIZED);
      expect(await oauthRefusal(await askToken(pair, { scope: 'items:read' }))).toEqual(UNAUTHORIZED);
    });
    expect(calls).toBe(0);
  });

  it('is unauthorized from an address that its key does not allow', async () => {
    const { pair } = await somebody({ ip_allowlist: ['203.0.113.0/24'] });
    const from = (address: string) => {
      const request = tokenRequest(pair);
      return isolate().fetch(TOKEN_URL, {
        ...request,
        headers: { ...(request.headers as Record<string, string>), 'cf-connecting-ip': address },
      });
    };
    await tokenIn(await from('203.0.113.9'));
    expect(await oauthRefusal(await from('198.51.100.9'))).toEqual(UNAUTHORIZED);
  });
});

describe('Stytch, when it does not answer', () => {
  it.each([
    [{ kind: 'status', status: 500 }, '1'],
    [{ kind: 'status', status: 503 }, '1'],
    [{ kind: 'html' }, '1'],
    [{ kind: 'truncated' }, '1'],
    [{ kind: 'cut' }, '1'],
    [{ kind: 'oversized' }, '1'],
    [{ kind: 'wrongContent' }, '1'],
    [{ kind: 'rateLimited', retryAfter: 17 }, '17'],
    [{ kind: 'foreignKey' }, '1'],
    [{ kind: 'wrongSubject' }, '1'],
    [{ kind: 'wrongAudience' }, '1'],
    [{ kind: 'wrongIssuer' }, '1'],
    [{ kind: 'expired' }, '1'],
    [{ kind: 'missingClaim', claim: 'user_id' }, '1'],
    [{ kind: 'changedClaims', claims: { user_id: 'user-test-somebody-else' } }, '1'],
  ])('is no verdict on the client: 503, and nothing is kept: %j', async (spoiled, retryAfter) => {
    const { pair, session } = await somebody();
    await fault('token', spoiled);
    expect(await oauthRefusal(await askToken(pair))).toEqual({ ...CANNOT_TELL, retryAfter: retryAfter });
    expect(await oauthRefusal(await askToken(pair, { scope: 'items:read' }, isolate().fetch))).toMatchObject({
      status: 503,
    });
    const { tokens, scoped_tokens } = await dumpOfRing(await ringStub(session));
    expect([tokens, scoped_tokens]).toEqual([[], []]);
  });

  it.each([
    [{ kind: 'status', status: 500 }, '1'],
    [{ kind: 'html' }, '1'],
    [{ kind: 'cut' }, '1'],
    [{ kind: 'rateLimited', retryAfter: 17 }, '17'],
    [{ kind: 'foreignKey' }, '1'],
    [{ kind: 'wrongSubject' }, '1'],
    [{ kind: 'expired' }, '1'],
    [{ kind: 'missingClaim', claim: 'user_id' }, '1'],
  ])('is none for part of its scopes either: %j', async (spoiled, retryAfter) => {
    const { pair, session } = await somebody();
    await tokenIn(await askToken(pair));
    await fault('token', spoiled);
    expect(await oauthRefusal(await askToken(pair, { scope: 'items:read' }))).toEqual({
      ...CANNOT_TELL,
      retryAfter: retryAfter,
    });
    expect((await dumpOfRing(await ringStub(session))).scoped_tokens).toEqual([]);
    // What is kept is answered all the same.
    await tokenIn(await askToken(pair));
  });

  it('has no token for who is let in on the word of the Ring alone', async () => {
    await later(0);
    const { pair, key } = await somebody();
    await tokenIn(await askToken(pair));
    await fault('token', { kind: 'status', status: 503 });
    await later(3_700);
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    expect(await oauthRefusal(await askToken(pair, {}, here.fetch))).toEqual(CANNOT_TELL);
    expect(await oauthRefusal(await askToken(pair, { scope: 'items:read' }, here.fetch))).toEqual(
      CANNOT_TELL,
    );
  });
});

describe('the Ring, when it does not answer', () => {
  /** An isolate whose Rings do something else for one method. */
  const withRing = (method: string, instead: (real: DurableObjectStub, ...asked: never[]) => unknown) =>
    isolate({
      KEY_RING: {
        getByName: (name: string) => {
          const real = rooms.KEY_RING.getByName(name);
          return new Proxy(real, {
            get: (stub, each) =>
              each === method
                ? (...asked: never[]) => instead(real, ...asked)
                : (...asked: unknown[]) =>
                    (stub as unknown as Record<string, (...all: unknown[]) => unknown>)[String(each)]?.(
                      ...asked,
                    ),
          });
        },
      },
    });

  const fails = async () => {
    throw new Error('network connection lost');
  };

  it.each(['admit', 'exchange'])('is no verdict on the client: 503: %s', async (method) => {
    const { pair } = await somebody();
    await tokenIn(await askToken(pair));
    const { fetch } = withRing(method, fails);
    expect(await oauthRefusal(await askToken(pair, {}, fetch))).toEqual(CANNOT_TELL);
    expect(await oauthRefusal(await askToken(pair, { scope: 'items:read' }, fetch))).toEqual(CANNOT_TELL);
  });

  it.each([
    null,
    {},
    { exchanged: { result: 'token' }, stytchMs: 0 },
    { exchanged: { result: 'crowded' }, stytchMs: 0 },
  ])('is none when it answers what is no answer: %j', async (answer) => {
    const { pair } = await somebody();
    await tokenIn(await askToken(pair));
    const { fetch } = withRing('exchange', async () => answer);
    expect(await oauthRefusal(await askToken(pair, {}, fetch))).toEqual(CANNOT_TELL);
  });

  it('of a version that knows of no scopes gives its main token: that is not handed out for part of them', async () => {
    const { pair } = await somebody();
    await tokenIn(await askToken(pair));
    const { fetch } = withRing('exchange', (real, { scopes: _, ...asked }: { scopes: unknown } & object) =>
      (real as unknown as { exchange: (request: object) => unknown }).exchange(asked),
    );
    expect(await oauthRefusal(await askToken(pair, { scope: 'items:read' }, fetch))).toEqual(CANNOT_TELL);
    await tokenIn(await askToken(pair, {}, fetch));
  });

  it('gives the token of another client: it is not handed out', async () => {
    const { pair } = await somebody();
    const { pair: other } = await somebody();
    await tokenIn(await askToken(pair));
    const { access_token: token } = await tokenIn(await askToken(other));
    const { fetch } = withRing('exchange', async () => ({
      exchanged: { result: 'token', token, sealed: 's', generation: 0, expiresAt: 9e9, made: false },
      stytchMs: 0,
    }));
    expect(await oauthRefusal(await askToken(pair, {}, fetch))).toEqual(CANNOT_TELL);
  });

  it('is slowed down by KV in nothing: its errors are misses', async () => {
    const { pair } = await somebody();
    const broken = { get: fails, put: fails, delete: fails, list: fails };
    const { fetch } = isolate({ VAULT: broken });
    await tokenIn(await askToken(pair, {}, fetch));
  });
});
