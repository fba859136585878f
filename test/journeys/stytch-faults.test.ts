import { runDurableObjectAlarm } from 'cloudflare:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spellKey } from '../../src/model/key.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { inUse } from '../secrets.ts';
import {
  atStytch,
  cannotTell,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  masterKeys,
  newUser,
  notGood,
  now,
  oddToken,
  PROJECT,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  stytchClients,
  subjectOf,
} from '../world.ts';

const READ = ['items:read'];

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emptyVault();
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('the token endpoint', () => {
  const SILENCES = [
    ['a 500 in its own envelope', { kind: 'status', status: 500 }],
    ['a 503', { kind: 'status', status: 503 }],
    ['a page of HTML', { kind: 'html' }],
    ['a page of HTML with status 401', { kind: 'html', status: 401 }],
    ['a page of HTML with status 200', { kind: 'html', status: 200 }],
    ['a redirect', { kind: 'status', status: 302, body: '', headers: { location: 'https://evil.test/' } }],
    ['a 401 without an error code', { kind: 'status', status: 401, body: {} }],
    ['429', { kind: 'rateLimited' }],
    ['408', { kind: 'status', status: 408 }],
    ['half of the answer', { kind: 'truncated' }],
    ['a connection that dies in the middle', { kind: 'cut' }],
    ['five megabytes', { kind: 'oversized' }],
    ['text that is no JSON', { kind: 'wrongContent' }],
    ['JSON that is no token', { kind: 'status', status: 200, body: { access_token: 7 } }],
    ['an empty body', { kind: 'wrongContent', body: '' }],
  ] as const;
  const WRONG_TOKENS = [
    ['of a key that is in no JWKS', { kind: 'foreignKey' }],
    ['of a key with a name that is in no JWKS', { kind: 'foreignKey', header: { kid: 'jwk-test-nobody' } }],
    ['of another client', { kind: 'wrongSubject' }],
    ['for another audience', { kind: 'wrongAudience' }],
    ['of another issuer', { kind: 'wrongIssuer' }],
    ['that has expired', { kind: 'expired' }],
    ['without its owner', { kind: 'missingClaim', claim: 'user_id' }],
    ['without scope', { kind: 'missingClaim', claim: 'scope' }],
    ['of another owner', { kind: 'changedClaims', claims: { user_id: 'user-test-mallory' } }],
    ['without an end', { kind: 'changedClaims', claims: { exp: null } }],
    [
      'that is a session as well',
      { kind: 'changedClaims', claims: { 'https://stytch.com/session': { id: 's' } } },
    ],
    ['of another type', { kind: 'changedClaims', header: { typ: 'at+jwt' } }],
  ] as const;

  it.each([...SILENCES, ...WRONG_TOKENS.map(([name, wrong]) => [`a token ${name}`, wrong] as const)])(
    '%s: nobody can tell, nothing is kept, and the next good answer counts',
    async (_, wrong) => {
      const session = await signIn();
      const { key } = await issueKey(session);
      const here = isolate();
      await fault('token', wrong);
      expect(await refusalOf(await here.call(key))).toEqual(cannotTell());
      expect(await rooms.ORIGIN.records()).toEqual([]);
      expect(await keptTokens(session)).toEqual([]);

      await emulator('DELETE', '/faults');
      expect((await here.call(key)).status).toBe(200);
      expect(await keptTokens(session)).toHaveLength(1);
      await vi.waitFor(async () => expect(await vaultTokens()).toHaveLength(1));
    },
  );

  it('a Retry-After is passed on, and not a second call is made', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'rateLimited', retryAfter: 7 });
    expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell('7'));
    expect((await stytchCalls()).token).toBe(1);
  });

  it('a Retry-After of a month is not passed on', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'rateLimited', retryAfter: 999_999 });
    const { retryAfter } = await refusalOf(await isolate().call(key));
    expect(Number(retryAfter)).toBeLessThanOrEqual(60);
  });

  it('a slow answer is waited for', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'latency', latencyMs: 300 });
    expect((await isolate().call(key)).status).toBe(200);
  });

  it('one that hangs is given up, once for all who wait, and asked anew by the next', async () => {
    const { key } = await issueKey(await signIn());
    const here = isolate();
    await fault('token', { kind: 'hang', times: 1 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => here.call(key)));
    for (const answer of answers) expect(await refusalOf(answer)).toEqual(cannotTell());
    expect((await stytchCalls()).token).toBe(1);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect((await here.call(key)).status).toBe(200);
  });

  it('one whose answer was lost after the work was done is not asked twice for it', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'cut', effect: 'done', times: 1 });
    expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
    expect((await stytchCalls()).token).toBe(1);
  });

  it.each(['invalid_scope', 'invalid_request', 'unsupported_grant_type', 'server_error'])(
    'a %s is our fault or theirs, never the caller’s',
    async (error) => {
      const { key } = await issueKey(await signIn());
      await fault('token', { kind: 'status', status: 400, body: { error } });
      expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
    },
  );

  it('a token with fewer scopes than the key has gives no more than it says', async () => {
    const { key } = await issueKey(await signIn(), ['items:read', 'items:write']);
    await fault('token', { kind: 'changedClaims', claims: { scope: 'items:write' } });
    const here = isolate();
    const { code } = await refusalOf(await here.call(key));
    expect(code).toBe('insufficient_scope');
  });

  it('a token with more scopes than the key has gives no more than the key', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'changedClaims', claims: { scope: 'items:read items:write admin:all' } });
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    expect(await refusalOf(await here.call(key, '/v1/payouts/1'))).toMatchObject({ status: 403 });
  });
});

describe('a client that was deleted at Stytch, behind our back', () => {
  it('is 401, and revoked here as soon as Stytch was asked about it', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
    const here = isolate();
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
    expect(await rooms.ORIGIN.records()).toEqual([]);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    const shown = await desk(session, 'GET', `/v1/keys/${key_id}`);
    expect(await shown.json()).toMatchObject({ key_id, status: 'revoked' });
    const { audit } = await dumpOfRing(ring);
    expect(audit?.at(-1)).toMatchObject({
      ...{ action: 'key.revoked', actor_kind: 'stytch', details: '{"because":"deleted at Stytch"}' },
    });
  });

  it('and made anew with another secret is 401 for at most 30 s from memory, and never by itself a revocation', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const client = { client_id: key_id, scopes: READ, trusted_metadata: { user_id: subjectOf(session) } };
    const putBack = async (client_secret: string) => {
      await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
      await atStytch('POST', '/v1/m2m/clients', { ...client, client_secret });
    };
    await putBack('another secret of sufficient length 123456789');
    const here = isolate();
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
    await later(29);
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
    expect((await stytchCalls()).token).toBe(1);
    await runDurableObjectAlarm(await ringStub(session));
    const list = await desk(session, 'GET', '/v1/keys');
    expect(await list.json()).toMatchObject({ data: [{ key_id, status: 'active' }] });

    // Put back as it was, it works: nothing but the memory stood in the way.
    await putBack(key.slice(39, 83));
    await later(2);
    expect((await here.call(key)).status).toBe(200);
  });

  it('goes on with its token where it was in use, and ends with the next exchange, without a grace', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
    await later(3_200);
    expect((await here.call(key)).status).toBe(200);
    await later(410);
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
  });
});

describe('Stytch is down', () => {
  const down = () => fault('*', { kind: 'status', status: 503 });

  it('a key in use is served to the end of its token, then for the grace, then 503; and at once when Stytch is back', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    await down();
    await later(3_590);
    expect((await here.call(key)).status).toBe(200);
    expect((await isolate().call(key)).status).toBe(200);
    await later(20);
    expect((await here.call(key)).status).toBe(200);
    expect((await isolate().call(key)).status).toBe(200);
    await later(3_570);
    expect((await here.call(key)).status).toBe(200);
    const served = (await rooms.ORIGIN.records()).length;
    await later(40);
    expect(await refusalOf(await here.call(key))).toEqual(cannotTell());
    expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
    expect((await rooms.ORIGIN.records()).length).toBe(served);
    await emulator('DELETE', '/faults');
    expect((await here.call(key)).status).toBe(200);
  });

  it('the grace gives the scopes of the Ring, and no other', async () => {
    const { key } = await issueKey(await signIn());
    const here = isolate();
    await here.call(key);
    await down();
    await later(3_700);
    expect((await here.call(key)).status).toBe(200);
    expect(await refusalOf(await here.call(key, '/v1/payouts/1'))).toMatchObject({ status: 403 });
  });

  it('the grace ends when Stytch says no', async () => {
    const { key, key_id } = await issueKey(await signIn());
    const here = isolate();
    await here.call(key);
    await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
    await down();
    await later(3_700);
    expect((await here.call(key)).status).toBe(200);
    await emulator('DELETE', '/faults');
    await later(61);
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
  });

  it('a key that is revoked in its grace is dead', async () => {
    const user = await newUser();
    const { key, key_id } = await issueKey(await signIn(user));
    const here = isolate();
    await here.call(key);
    await later(3_500);
    const again = await signIn(user);
    await here.desk(again, 'GET', '/v1/whoami');
    await down();
    await later(200);
    expect((await here.call(key)).status).toBe(200);
    expect((await here.desk(again, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    await later(1);
    expect(await refusalOf(await here.call(key, '/v1/strict/1'))).toEqual(notGood('acme-api'));
    await later(6);
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
  });

  it('a key whose secret Stytch never accepted has no grace', async () => {
    const { key } = await issueKey(await signIn());
    await down();
    const here = isolate();
    expect(await refusalOf(await here.call(key))).toEqual(cannotTell());
    await later(3_700);
    expect(await refusalOf(await here.call(key))).toEqual(cannotTell());
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('a wrong secret under a right tag is 401 all the same, without asking Stytch', async () => {
    const { key, key_id } = await issueKey(await signIn());
    await isolate().call(key);
    await down();
    await emulator('DELETE', '/counters');
    const { current } = await openKeychain(masterKeys());
    const wrong = await spellKey(key_id, 'x'.repeat(44), current);
    inUse(wrong);
    expect(await refusalOf(await isolate().call(wrong))).toEqual(notGood('acme-api'));
    expect(await stytchCalls()).toEqual({});
  });
});

describe('the creation of a client', () => {
  it.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a page of HTML', { kind: 'html' }],
    ['a page of HTML with status 400', { kind: 'html', status: 400 }],
    ['a redirect', { kind: 'status', status: 302, body: '', headers: { location: 'https://evil.test/' } }],
    ['429', { kind: 'rateLimited' }],
    ['half of the answer', { kind: 'truncated' }],
    ['a dead connection', { kind: 'cut' }],
    ['five megabytes', { kind: 'oversized' }],
    ['text that is no JSON', { kind: 'wrongContent' }],
    [
      'the client of somebody else',
      { kind: 'status', status: 200, body: { m2m_client: { client_id: 'm2m-client-test-x' } } },
    ],
  ])('%s, each time: 503, and no slot is taken and no client left', async (_, wrong) => {
    const session = await signIn();
    await fault('m2m.create', wrong);
    const refused = await desk(session, 'POST', '/v1/keys', { name: 'lost', scopes: READ });
    expect(await refusalOf(refused)).toEqual(cannotTell('5'));
    const ring = await ringStub(session);
    await emulator('DELETE', '/faults');
    await later(61);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () => expect(await stytchClients(session)).toEqual([]));
    await vi.waitFor(async () => expect((await dumpOfRing(ring)).keys ?? []).toEqual([]));
  });

  it.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['half of the answer', { kind: 'truncated' }],
    ['five megabytes', { kind: 'oversized' }],
    ['a hang after the work was done', { kind: 'hang', effect: 'done' }],
  ])(
    '%s, once: the key is made by a further try, and there is one client',
    async (_, wrong) => {
      const session = await signIn();
      await fault('m2m.create', { ...wrong, times: 1 });
      const { key, key_id } = await issueKey(session);
      expect(await stytchClients(session)).toEqual([key_id]);
      expect((await isolate().call(key)).status).toBe(200);
    },
    15_000,
  );

  it('a Retry-After is passed on, and not a second call is made', async () => {
    await fault('m2m.create', { kind: 'rateLimited', retryAfter: 17 });
    const refused = await desk(await signIn(), 'POST', '/v1/keys', { name: 'lost', scopes: READ });
    expect(await refusalOf(refused)).toEqual(cannotTell('17'));
    expect((await stytchCalls())['m2m.create']).toBe(1);
  });
});

describe('the deletion of a client', () => {
  it.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a page of HTML', { kind: 'html' }],
    ['429', { kind: 'rateLimited', retryAfter: 60 }],
    ['text that is no JSON', { kind: 'wrongContent' }],
    ['half of the answer', { kind: 'truncated' }],
    ['a dead connection', { kind: 'cut' }],
    ['five megabytes', { kind: 'oversized' }],
    [
      'a wrong project secret',
      { kind: 'status', status: 401, body: { error_type: 'unauthorized_credentials' } },
    ],
  ])('%s: the key is dead here at once, and Stytch is told until it has understood', async (_, wrong) => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    expect((await isolate().call(key)).status).toBe(200);
    await fault('m2m.delete', wrong);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    expect(await refusalOf(await isolate().call(key))).toEqual(notGood('acme-api'));
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () =>
      expect((await dumpOfRing(ring)).intentions).toMatchObject([{ kind: 'delete', attempts: 1 }]),
    );
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.delete']).toBeGreaterThan(0));
    await emulator('DELETE', '/faults');
    await later(61);
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(ring);
      expect((await dumpOfRing(ring)).intentions).toEqual([]);
    });
    expect(await stytchClients(session)).toEqual([]);
  });
});

describe('the JWKS', () => {
  const FAULTS = [
    ['a 500', { kind: 'status', status: 500 }],
    ['a page of HTML', { kind: 'html', status: 200 }],
    ['a redirect', { kind: 'status', status: 302, body: '', headers: { location: 'https://evil.test/' } }],
    ['429', { kind: 'rateLimited', retryAfter: 3 }],
    ['half of it', { kind: 'truncated' }],
    ['a dead connection', { kind: 'cut' }],
    ['five megabytes', { kind: 'oversized' }],
    ['no key in it', { kind: 'status', status: 200, body: { keys: [] } }],
    [
      'a key that is none',
      { kind: 'status', status: 200, body: { keys: [{ kty: 'RSA', kid: 'jwk', n: '!', e: '!' }] } },
    ],
    ['a hang', { kind: 'hang' }],
  ] as const;

  it.each(FAULTS)('%s, and none at hand: 503 for a session and for a key, never 401', async (_, wrong) => {
    const session = await signIn();
    const { key } = await issueKey(session);
    expect((await isolate().call(key)).status).toBe(200);
    await forgetJwksCopy();
    await rooms.ORIGIN.reset();
    await fault('jwks', wrong);
    const here = isolate();
    expect(await refusalOf(await here.desk(session, 'GET', '/v1/keys'))).toEqual(cannotTell());
    expect(await refusalOf(await here.call(key))).toEqual(cannotTell());
    expect(here.calls.filter((each) => each === 'ring.list')).toEqual([]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect(await rooms.VAULT.get(`j1.${PROJECT}`)).toBeNull();

    await emulator('DELETE', '/faults');
    await later(2);
    expect((await here.desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect((await here.call(key)).status).toBe(200);
  });

  it('silent, with keys at hand: nobody notices, for a day', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const here = isolate();
    expect((await here.desk(session, 'GET', '/v1/keys')).status).toBe(200);
    await fault('jwks', { kind: 'status', status: 500 });
    await later(23 * 3_600);
    const next = await signIn();
    expect((await here.desk(next, 'GET', '/v1/keys')).status).toBe(200);
    await later(2 * 3_600);
    const last = await signIn();
    expect(await refusalOf(await here.desk(last, 'GET', '/v1/keys'))).toEqual(cannotTell());
    expect(await refusalOf(await here.call(key))).toEqual(cannotTell());
  });

  it('rotated at Stytch: the new key is found when it is first met, and the old one goes on', async () => {
    const old = await signIn();
    const here = isolate();
    expect((await here.desk(old, 'GET', '/v1/keys')).status).toBe(200);
    await emulator('POST', '/keys/rotate');
    await later(31);
    const fresh = await signIn();
    expect((await here.desk(fresh, 'GET', '/v1/keys')).status).toBe(200);
    expect((await here.desk(old, 'GET', '/v1/keys')).status).toBe(200);
    const { key } = await issueKey(fresh);
    expect((await here.call(key)).status).toBe(200);
  });

  it('a flood of unknown kids fetches it once in 30 s: 401 after it answered, 503 after it did not', async () => {
    const session = await signIn();
    const here = isolate();
    expect((await here.desk(session, 'GET', '/v1/keys')).status).toBe(200);
    await later(31);
    const strangers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        oddToken({ kind: 'session', signer: 'foreign', header: { kid: `jwk-test-${i}` } }),
      ),
    );
    await emulator('DELETE', '/counters');
    for (const stranger of strangers) {
      expect(await refusalOf(await here.desk(stranger, 'GET', '/v1/keys'))).toEqual(notGood(DESK));
      vi.setSystemTime(Date.now() + 1_000);
    }
    expect(await stytchCalls()).toEqual({ jwks: 1 });
    await later(31);
    await fault('jwks', { kind: 'status', status: 500 });
    for (const stranger of strangers) {
      expect(await refusalOf(await here.desk(stranger, 'GET', '/v1/keys'))).toEqual(cannotTell());
      vi.setSystemTime(Date.now() + 1_000);
    }
    expect(await stytchCalls()).toEqual({ jwks: 2 });
    // And a good session does not suffer from it.
    expect((await here.desk(session, 'GET', '/v1/keys')).status).toBe(200);
  });

  it('the copy in KV spares another isolate the call', async () => {
    const session = await signIn();
    await isolate().desk(session, 'GET', '/v1/keys');
    await vi.waitFor(async () => expect(await rooms.VAULT.get(`j1.${PROJECT}`)).not.toBeNull());
    await emulator('DELETE', '/counters');
    expect((await isolate().desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect(await stytchCalls()).toEqual({});
  });

  it('a copy in KV that we did not write is a miss: its keys open nothing', async () => {
    const session = await signIn();
    await isolate().desk(session, 'GET', '/v1/keys');
    await vi.waitFor(async () => expect(await rooms.VAULT.get(`j1.${PROJECT}`)).not.toBeNull());
    const copy = JSON.parse((await rooms.VAULT.get(`j1.${PROJECT}`)) ?? '{}');
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const mallory = { ...(await exportJWK(publicKey)), kid: 'jwk-test-mallory', alg: 'RS256', use: 'sig' };
    const { claims } = (await emulator('POST', '/tokens', { kind: 'session' })) as { claims: JWTPayload };
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'jwk-test-mallory', typ: 'JWT' })
      .sign(privateKey);
    const written = JSON.parse(copy.copy);
    for (const spoiled of [
      { ...copy, copy: JSON.stringify({ ...written, keys: [...written.keys, mallory] }) },
      { ...copy, copy: JSON.stringify({ ...written, keys: [mallory] }), mac: '' },
      { ...copy, copy: JSON.stringify({ ...written, keys: [mallory] }), master_key: 'nobody' },
    ]) {
      await rooms.VAULT.put(`j1.${PROJECT}`, JSON.stringify(spoiled));
      await emulator('DELETE', '/counters');
      const here = isolate();
      expect(await refusalOf(await here.desk(forged, 'GET', '/v1/keys'))).toEqual(notGood(DESK));
      expect((await stytchCalls()).jwks).toBeGreaterThan(0);
      expect((await here.desk(session, 'GET', '/v1/keys')).status).toBe(200);
    }
    for (const garbage of ['', '{', '[]', 'null', '{"copy":7}', 'x'.repeat(100_000)]) {
      await rooms.VAULT.put(`j1.${PROJECT}`, garbage);
      expect((await isolate().desk(session, 'GET', '/v1/keys')).status).toBe(200);
    }
  });
});

/** The sealed tokens that a user's Ring keeps. */
const keptTokens = async (session: string) => (await dumpOfRing(await ringStub(session))).tokens;

const vaultTokens = async (): Promise<readonly string[]> =>
  (await rooms.VAULT.list({ prefix: 't1.' })).keys.map(({ name }) => name);

const emptyVault = async (): Promise<void> => {
  for (const { name } of (await rooms.VAULT.list()).keys) await rooms.VAULT.delete(name);
};

const forgetJwksCopy = async (): Promise<void> => {
  await vi.waitFor(async () => expect(await rooms.VAULT.get(`j1.${PROJECT}`)).not.toBeNull());
  await rooms.VAULT.delete(`j1.${PROJECT}`);
};
