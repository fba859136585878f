import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../../src/model/fingerprint.ts';
import { seal } from '../../../../src/model/seal.ts';
import { seededBytes } from '../../model/keys.ts';
import {
  ADA,
  asBearer,
  clientId,
  clientSecret,
  key,
  keychain,
  LEASE_MS,
  LIVE,
  NOW,
  openWorld,
  outcome,
  PROJECT,
  ringName,
  TOKEN,
} from '../world.ts';

const fingerprint = await fingerprintOf(keychain.current, PROJECT, clientId, clientSecret);
const KEPT = { token: 'token', clientId, ring: ringName, generation: 1 };
const CONTEXT = { project: PROJECT, place: fingerprint };

const sealed = (kept = KEPT, secret = clientSecret, context = CONTEXT) =>
  seal(kept, secret, keychain.current, context, seededBytes(9));

describe('a token that is kept', () => {
  it.each(['vault', 'ring'] as const)('in the %s saves the exchange', async (place) => {
    const { ask, state, calls } = openWorld();
    if (place === 'vault') state.vault.set(fingerprint, await sealed());
    else state.sealed = await sealed();
    expect([outcome(await ask(asBearer())), calls.exchange, calls.put]).toEqual(['api_key', 0, []]);
  });

  /** What is logged of a text that is not what it should be: by whose key, and where it stands. */
  const NOT_OPENED = ['ring', 'kv'].map((tier) => ({
    ...{ event: 'vault', key_id: clientId, tier, outcome: 'not opened' },
  }));

  it.each([
    ['of an older generation', () => sealed({ ...KEPT, generation: 0 }), []],
    ['of a newer generation than the Ring names', () => sealed({ ...KEPT, generation: 2 }), []],
    ['of another client', () => sealed({ ...KEPT, clientId: `${clientId.slice(0, -1)}x` }), NOT_OPENED],
    ['of another ring', () => sealed({ ...KEPT, ring: '0'.repeat(17) }), NOT_OPENED],
    [
      'sealed for another place',
      () => sealed(KEPT, clientSecret, { ...CONTEXT, place: 'elsewhere' }),
      NOT_OPENED,
    ],
    [
      'sealed for another project',
      () => sealed(KEPT, clientSecret, { ...CONTEXT, project: 'another' }),
      NOT_OPENED,
    ],
    ['sealed under another secret', () => sealed(KEPT, 'another'), NOT_OPENED],
    ['that nobody signed', () => sealed({ ...KEPT, token: 'forged' }), []],
    ['that is garbage', async () => 'garbage', NOT_OPENED],
    ['that is empty', async () => '', NOT_OPENED],
    ['of a version that is not known', async () => (await sealed()).replace(/^s1/, 's2'), NOT_OPENED],
  ])('%s is passed over, in the Vault and in the Ring, for an exchange', async (_, make, lines) => {
    const { ask, state, calls, logs } = openWorld();
    state.vault.set(fingerprint, await make());
    state.sealed = await make();
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual(['api_key', 1]);
    expect(logs.filter(({ event }) => event === 'vault')).toEqual(lines);
  });

  it('in the Ring is used when that of the Vault is stale', async () => {
    const { ask, state, calls } = openWorld();
    state.vault.set(fingerprint, await sealed({ ...KEPT, generation: 0 }));
    state.sealed = await sealed();
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual(['api_key', 0]);
  });

  it.each([
    ['301 s', 301, 0],
    ['30 s', 30, 1],
    ['none', 0, 1],
  ])('with a life of %s', async (_, seconds, exchanges) => {
    const { ask, state, calls } = openWorld();
    state.vault.set(fingerprint, await sealed({ ...KEPT, token: 'old' }));
    state.verdicts.set('old', { verdict: 'good', token: { ...TOKEN, expiresAt: NOW + seconds } });
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual(['api_key', exchanges]);
  });

  it('is not used on the word of the Vault: a revoked key is refused', async () => {
    const { ask, state, calls } = openWorld();
    state.vault.set(fingerprint, await sealed());
    state.standing = { status: 'revoked', leaseMs: LEASE_MS };
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual(['credential_invalid: revoked', 0]);
  });

  it('is not replaced by one that Stytch bills while no token can be verified', async () => {
    const { ask, state, calls } = openWorld();
    state.vault.set(fingerprint, await sealed());
    state.verdicts.set('token', { verdict: 'unknowable' });
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual(['unavailable: jwks', 0]);
  });

  it('is of no use for a secret that the Ring cannot vouch for: it is proven by exchange', async () => {
    const { ask, state, calls } = openWorld();
    state.vault.set(fingerprint, await sealed());
    state.standing = { status: 'unproven', leaseMs: 0 };
    state.beforeExchange = async () => {
      state.standing = LIVE;
    };
    expect([outcome(await ask(asBearer())), calls.exchange, calls.admit.length]).toEqual(['api_key', 1, 2]);
  });
});

describe('a token that is not to be believed', () => {
  it.each([
    ['for another client', { ...TOKEN, clientId: `${clientId.slice(0, -1)}x` }],
    ['for another owner', { ...TOKEN, ownerId: 'user-test-eve' }],
    ['without an owner', { ...TOKEN, ownerId: null }],
    [
      'of a session',
      {
        kind: 'session',
        owner: ADA,
        sessionId: 's',
        roles: [],
        issuedAt: NOW,
        expiresAt: NOW + 300,
        sessionExpiresAt: NOW + 300,
        authenticatedAt: NOW,
      },
    ],
  ] as const)('%s says nothing about the caller, and is no evidence', async (_, token) => {
    const { ask, state, ports } = openWorld();
    state.verdicts.set('token', { verdict: 'good', token });
    expect(outcome(await ask(asBearer()))).toBe('unavailable: stytch');
    expect(ports.memory.recall(key)).toBeUndefined();
    state.verdicts.set('token', { verdict: 'good', token: TOKEN });
    expect(outcome(await ask(asBearer()))).toBe('api_key');
  });

  it('because Stytch did not sign it, neither', async () => {
    const { ask, state, ports } = openWorld();
    state.verdicts.set('token', { verdict: 'bad', because: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
    expect(outcome(await ask(asBearer()))).toBe('unavailable: stytch');
    expect(ports.memory.recall(key)).toBeUndefined();
  });

  it("because the Ring names an owner whose ring is not the key's", async () => {
    const { ask, state, ports } = openWorld();
    state.standing = { ...LIVE, owner: { ...ADA, kind: 'member', organizationId: 'organization-test-1' } };
    expect(outcome(await ask(asBearer()))).toBe('unavailable: stytch');
    expect(ports.memory.recall(key)).toBeUndefined();
  });
});

describe('a credential that Stytch declined', () => {
  it('is 401, and for 30 s nobody is asked again', async () => {
    const { ask, state, calls, pass, portCalls } = openWorld();
    state.exchanged = { result: 'refused' };
    expect(outcome(await ask(asBearer()))).toBe('credential_invalid: refused_by_stytch');
    const before = portCalls();
    pass(29_999);
    expect([outcome(await ask(asBearer())), portCalls()]).toEqual([
      'credential_invalid: refused_by_stytch',
      before,
    ]);
    pass(1);
    state.exchanged = null;
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual(['api_key', 2]);
  });

  it('does not throttle another credential of the same owner', async () => {
    const { ask, state, ports } = openWorld();
    state.exchanged = { result: 'refused' };
    await ask(asBearer());
    expect(ports.memory.refusal(`${key}other`, ports.now())).toBeNull();
  });
});

describe('grace', () => {
  const GRACE = {
    result: 'grace',
    ownerId: ADA.id,
    scopes: ['items:read'],
    generation: 1,
    until: NOW + 3_000,
  } as const;

  it('takes the identity from the record of the Ring, and no token', async () => {
    const { ask, state, calls } = openWorld();
    state.exchanged = GRACE;
    const result = await ask(asBearer());
    expect(result.ok && [result.value.identity.userId, result.value.identity.scopes]).toEqual([
      ADA.id,
      ['items:read'],
    ]);
    expect([calls.verified, calls.put]).toEqual([0, []]);
  });

  it('lasts as long as Stytch is unreachable only: within a minute it is asked again', async () => {
    const { ask, state, calls, pass, settled } = openWorld();
    state.exchanged = GRACE;
    await ask(asBearer());
    await settled();
    state.exchanged = { result: 'refused' };
    pass(59_000);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    const before = calls.exchange;
    pass(1_000);
    expect([outcome(await ask(asBearer())), calls.exchange]).toEqual([
      'credential_invalid: refused_by_stytch',
      before + 1,
    ]);
  });

  it('is asked for again in the background while there is traffic: nobody waits for it', async () => {
    const { ask, state, calls, pass, settled } = openWorld();
    state.exchanged = GRACE;
    await ask(asBearer());
    let answer = (): void => undefined;
    state.beforeExchange = () => new Promise((resolve) => (answer = resolve));
    for (let seconds = 2; seconds <= 90; seconds += 2) {
      answer();
      await settled();
      pass(2_000);
      expect([seconds, outcome(await ask(asBearer()))]).toEqual([seconds, 'api_key']);
    }
    expect(calls.exchange).toBeGreaterThan(1);
  });

  it('ends when the Ring says, if that is sooner', async () => {
    const { ask, state, pass } = openWorld();
    state.exchanged = { ...GRACE, until: NOW + 10 };
    await ask(asBearer());
    state.exchanged = { result: 'unavailable', retryAfterSeconds: 1 };
    pass(10_000);
    expect(outcome(await ask(asBearer()))).toBe('unavailable: stytch');
  });

  it('is for the owner that the Ring has, and for nobody else', async () => {
    const { ask, state } = openWorld();
    state.exchanged = { ...GRACE, ownerId: 'user-test-eve' };
    expect(outcome(await ask(asBearer()))).toBe('unavailable: stytch');
  });
});

describe('what leaves the isolate', () => {
  it('is never the key: neither its secret nor its tag goes to the Ring with admit, or to the Vault', async () => {
    const { ask, calls, settled } = openWorld();
    await ask(asBearer());
    await settled();
    const sent = JSON.stringify([calls.admit, calls.put]);
    expect(sent).toContain(fingerprint);
    for (const part of [key, clientSecret, key.slice(-17)]) expect(sent).not.toContain(part);
  });
});

describe('a token in its last five minutes', () => {
  const nearItsEnd = async () => {
    const world = openWorld();
    world.state.vault.set(fingerprint, await sealed({ ...KEPT, token: 'old' }));
    world.state.verdicts.set('old', { verdict: 'good', token: { ...TOKEN, expiresAt: NOW + 299 } });
    return world;
  };

  it('is replaced in the background, by one exchange, while the old one serves', async () => {
    const { ask, calls, settled, pass } = await nearItsEnd();
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    await settled();
    expect(calls.exchange).toBe(1);
    // Past the end of the old one, nobody waits for an exchange.
    pass(300_000);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    expect(calls.exchange).toBe(1);
  });

  it('serves to its end when Stytch says nothing, and Stytch is asked again after 30 s, not before', async () => {
    const { ask, calls, settled, pass, state } = await nearItsEnd();
    state.exchanged = { result: 'unavailable', retryAfterSeconds: 1 };
    for (let i = 0; i < 5; i++) expect(outcome(await ask(asBearer()))).toBe('api_key');
    await settled();
    expect(calls.exchange).toBe(1);
    pass(30_000);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    await settled();
    expect(calls.exchange).toBe(2);
  });

  it('is not replaced by one for another client', async () => {
    const { ask, settled, pass, state } = await nearItsEnd();
    state.verdicts.set('token', { verdict: 'good', token: { ...TOKEN, clientId: 'another' } });
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    await settled();
    pass(300_000);
    expect(outcome(await ask(asBearer()))).toBe('unavailable: stytch');
  });
});
