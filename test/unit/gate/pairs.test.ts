import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/model/fingerprint.ts';
import { ownOwner } from '../../../src/model/foreign.ts';
import type { LobbyExchanged } from '../../../src/model/ports.ts';
import { seal } from '../../../src/model/seal.ts';
import { seededBytes } from '../model/keys.ts';
import {
  ADA,
  asBasic,
  asPair,
  FOREIGN_ID,
  keychain,
  LEASE_MS,
  LIVE,
  NO_ROW,
  NOW,
  openWorld,
  outcome,
  PROJECT,
  ringName,
  SCOPES,
  TOKEN,
  until,
} from './world.ts';

const SECRET = 'foreign secret';
const EVE = { kind: 'user', id: 'user-test-eve', organizationId: null } as const;
const FOREIGN_TOKEN = { ...TOKEN, clientId: FOREIGN_ID };
const fingerprint = await fingerprintOf(keychain.current, PROJECT, FOREIGN_ID, SECRET);
const KEPT = { token: 'foreign token', clientId: FOREIGN_ID, ring: ringName, generation: 0 };
const CONTEXT = { project: PROJECT, place: fingerprint };
const sealed = (kept = KEPT, secret = SECRET, context = CONTEXT) =>
  seal(kept, secret, keychain.current, context, seededBytes(9));

const FROM = new Request('https://api.test/', { headers: { 'cf-connecting-ip': '192.0.2.7' } });

/** A world in which the Ring has no row of the client. */
const pairWorld = () => {
  const world = openWorld();
  world.state.standing = NO_ROW;
  return world;
};

describe('the pair of a client that was not made here', () => {
  it('is its owner, by one look into the Vault, one at the Lobby, one exchange and one word of the Ring', async () => {
    const { ask, calls, settled } = pairWorld();
    const result = await ask(asPair(), {}, FROM);
    expect(result).toMatchObject({
      value: {
        session: null,
        identity: { auth: 'client_credentials', userId: ADA.id, clientId: FOREIGN_ID, scopes: SCOPES },
      },
    });
    await settled();
    expect([calls.get, calls.look, calls.exchange, calls.put]).toEqual([1, 1, 0, [fingerprint]]);
    const credential = { kind: 'secret', clientId: FOREIGN_ID, fingerprint, pepper: 'current' };
    expect(calls.lobbyExchange).toEqual([{ credential, clientSecret: SECRET, address: '192.0.2.7' }]);
    expect(calls.admit.map((each) => each.credential)).toMatchObject([
      { kind: 'token', clientId: FOREIGN_ID, issuedAt: NOW, owner: ADA },
    ]);
    expect(JSON.stringify([calls.admit, calls.put])).not.toContain(SECRET);
  });

  it('is warm from memory, and nobody is asked again while its lease lasts', async () => {
    const { ask, portCalls, calls, pass } = pairWorld();
    await ask(asPair());
    const before = portCalls();
    for (let i = 0; i < 3; i++) {
      pass(1_000);
      const result = ask(asPair());
      expect(result).not.toBeInstanceOf(Promise);
      expect(outcome(await result)).toBe('client_credentials');
    }
    expect([portCalls(), calls.throttle.length]).toEqual([before, 1]);
  });

  it.each(['vault', 'lobby'] as const)('a token that the %s kept saves the exchange', async (place) => {
    const { ask, state, calls } = pairWorld();
    if (place === 'vault') state.vault.set(fingerprint, await sealed());
    else state.lobby = { owner: ADA, sealed: await sealed() };
    expect([outcome(await ask(asPair())), calls.lobbyExchange]).toEqual(['client_credentials', []]);
  });

  it.each([
    ['of another client', () => sealed({ ...KEPT, clientId: 'another' }), 2],
    ["of another owner's ring", () => sealed({ ...KEPT, ring: '0'.repeat(17) }), 2],
    ['of a generation, which they have none', () => sealed({ ...KEPT, generation: 1 }), 0],
    ['sealed for another place', () => sealed(KEPT, SECRET, { ...CONTEXT, place: 'elsewhere' }), 2],
    ['sealed under another secret', () => sealed(KEPT, 'another'), 2],
    ['that nobody signed', () => sealed({ ...KEPT, token: 'forged' }), 0],
    ["of another client's", () => sealed({ ...KEPT, token: 'token' }), 0],
    ['at its end', () => sealed({ ...KEPT, token: 'old' }), 0],
    ["of another owner's", () => sealed({ ...KEPT, token: 'eves' }), 0],
    ['that is garbage', async () => 'garbage', 2],
  ])('a kept token %s is passed over for an exchange', async (_, make, notOpened) => {
    const { ask, state, calls, logs } = pairWorld();
    state.verdicts.set('old', { verdict: 'good', token: { ...FOREIGN_TOKEN, expiresAt: NOW + 30 } });
    state.verdicts.set('eves', { verdict: 'good', token: { ...FOREIGN_TOKEN, ownerId: EVE.id } });
    state.vault.set(fingerprint, await make());
    state.lobby = { owner: ADA, sealed: await make() };
    expect([outcome(await ask(asPair())), calls.lobbyExchange.length]).toEqual(['client_credentials', 1]);
    const lines = logs.filter(({ event }) => event === 'vault');
    expect(lines).toEqual(
      Array(notOpened).fill(expect.objectContaining({ key_id: FOREIGN_ID, outcome: 'not opened' })),
    );
  });

  it('is not exchanged while no token can be verified', async () => {
    const { ask, state, calls } = pairWorld();
    state.vault.set(fingerprint, await sealed());
    state.verdicts.set('foreign token', { verdict: 'unknowable' });
    expect([outcome(await ask(asPair())), calls.lobbyExchange]).toEqual(['unavailable: jwks', []]);
  });

  it('is never taken for another pair, or for a key of the same letters', async () => {
    const { ask, calls } = pairWorld();
    await ask(asPair('b:c', 'a'));
    await ask(asPair('c', 'a:b'));
    expect(calls.lobbyExchange.map(({ credential }) => credential.clientId)).toEqual(['a', 'a:b']);
    expect(outcome(await ask(asBasic('a b:c')))).toBe('credential_invalid: grammar');
  });

  it('of which a hundred requests come at once is exchanged once', async () => {
    const { ask, calls } = pairWorld();
    const all = await Promise.all(Array.from({ length: 100 }, () => ask(asPair())));
    expect(all.filter(({ ok }) => ok)).toHaveLength(100);
    expect([calls.get, calls.look, calls.lobbyExchange.length, calls.throttle.length]).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ['revoked', 'credential_invalid: revoked'],
    ['suspended', 'owner_suspended'],
    ['unknown', 'credential_invalid: unknown'],
  ] as const)('whose Ring says %s is refused, for a lease without asking anybody', async (status, why) => {
    const { ask, state, portCalls, pass } = pairWorld();
    state.standing = { status, leaseMs: LEASE_MS };
    expect(outcome(await ask(asPair()))).toBe(why);
    const before = portCalls();
    pass(LEASE_MS - 1);
    expect([outcome(await ask(asPair())), portCalls()]).toEqual([why, before]);
  });

  it('is narrowed by the row that its Ring has', async () => {
    const { ask, state } = pairWorld();
    state.standing = { ...LIVE, scopes: ['items:read'] };
    const result = await ask(asPair());
    expect(result.ok && result.value.identity.scopes).toEqual(['items:read']);
  });
});

describe('what the Lobby says of a pair', () => {
  it.each<[string, LobbyExchanged, string]>([
    ['nobody imported it', { result: 'unregistered' }, 'credential_invalid: foreign'],
    ['Stytch refused it', { result: 'refused' }, 'credential_invalid: refused_by_stytch'],
    ['it is nobody’s', { result: 'ownerless' }, 'credential_invalid: owner'],
    ['it changed hands', { result: 'owner_changed' }, 'credential_invalid: owner'],
  ])('%s: 401, and for half a minute nobody is asked', async (_, exchanged, why) => {
    const { ask, state, portCalls, calls, pass, settled } = pairWorld();
    state.lobbyExchanged = exchanged;
    expect(outcome(await ask(asPair()))).toBe(why);
    await settled();
    const before = [portCalls(), calls.throttle.length];
    pass(29_999);
    expect([outcome(await ask(asPair())), [portCalls(), calls.throttle.length]]).toEqual([why, before]);
    pass(1);
    state.lobbyExchanged = null;
    expect(outcome(await ask(asPair()))).toBe('client_credentials');
  });

  it('a refused pair says nothing of the same client with another secret', async () => {
    const { ask, state } = pairWorld();
    state.lobbyExchanged = { result: 'refused' };
    await ask(asPair('wrong'));
    state.lobbyExchanged = null;
    expect(outcome(await ask(asPair('right')))).toBe('client_credentials');
  });

  it('a budget is used up: 429 with a time, which is not remembered', async () => {
    const { ask, state } = pairWorld();
    state.lobbyExchanged = { result: 'throttled', retryAfterSeconds: 17 };
    expect(await ask(asPair())).toEqual({
      ok: false,
      refusal: { reason: 'too_many_attempts', retryAfterSeconds: 17 },
    });
    state.lobbyExchanged = null;
    expect(outcome(await ask(asPair()))).toBe('client_credentials');
  });

  it('Stytch cannot tell: 503 with its time', async () => {
    const { ask, state } = pairWorld();
    state.lobbyExchanged = { result: 'unavailable', retryAfterSeconds: 17 };
    expect(await ask(asPair())).toMatchObject({
      refusal: { reason: 'unavailable', what: 'stytch', retryAfterSeconds: 17 },
    });
  });

  it.each([
    ["another client's", { ...FOREIGN_TOKEN, clientId: 'another' }],
    ["another owner's", { ...FOREIGN_TOKEN, ownerId: EVE.id }],
    ['nobody’s', { ...FOREIGN_TOKEN, ownerId: null }],
  ])('a token that is %s is no verdict on the caller', async (_, token) => {
    const { ask, state, calls } = pairWorld();
    state.verdicts.set('foreign token', { verdict: 'good', token });
    expect([outcome(await ask(asPair())), calls.admit]).toEqual(['unavailable: stytch', []]);
  });

  it('silence is 503, and the Ring is not asked', async () => {
    const { ask, state, calls } = pairWorld();
    state.beforeLook = () => Promise.reject(new Error('x'));
    expect([outcome(await ask(asPair())), calls.admit]).toEqual(['unavailable: ring', []]);
  });

  it('grace is good for a minute, and whatever ends older tokens ends it', async () => {
    const { ask, state, calls, pass } = pairWorld();
    const grace: LobbyExchanged = { result: 'grace', owner: ADA, scopes: ['items:read'], until: NOW + 3_000 };
    state.lobbyExchanged = grace;
    const result = await ask(asPair());
    expect(result.ok && result.value.identity.scopes).toEqual(['items:read']);
    expect(calls.admit[0]?.credential).toMatchObject({ kind: 'token', issuedAt: 0 });
    state.lobbyExchanged = { result: 'refused' };
    pass(59_000);
    expect(outcome(await ask(asPair()))).toBe('client_credentials');
    pass(1_000);
    expect(outcome(await ask(asPair()))).toBe('credential_invalid: refused_by_stytch');
  });
});

describe('which clients are taken', () => {
  it('off: none, and nobody is asked, not even whether the address may go on', async () => {
    const { ask, state, portCalls, calls } = pairWorld();
    state.foreignClients = 'off';
    expect([outcome(await ask(asPair())), portCalls(), calls.throttle]).toEqual([
      'credential_invalid: foreign',
      0,
      [],
    ]);
  });

  it('imported: one that nobody imported costs no exchange', async () => {
    const { ask, state, calls } = pairWorld();
    state.lobby = { owner: null, sealed: null };
    expect([outcome(await ask(asPair())), calls.lobbyExchange, calls.admit]).toEqual([
      'credential_invalid: foreign',
      [],
      [],
    ]);
  });

  it('any: one that nobody knows yet is exchanged', async () => {
    const { ask, state, calls } = pairWorld();
    Object.assign(state, { foreignClients: 'any', lobby: { owner: null, sealed: null } });
    expect([outcome(await ask(asPair())), calls.lobbyExchange.length]).toEqual(['client_credentials', 1]);
  });

  it('ownerless: its own owner, where the file says so', async () => {
    const { ask, state } = pairWorld();
    const owner = ownOwner(FOREIGN_ID);
    state.verdicts.set('foreign token', { verdict: 'good', token: { ...FOREIGN_TOKEN, ownerId: null } });
    state.lobby = { owner, sealed: null };
    state.lobbyExchanged = {
      ...{ result: 'token', token: 'foreign token', sealed: 's', owner, expiresAt: NOW + 3_600, made: true },
    } as LobbyExchanged;
    state.ownerlessClients = 'own';
    state.ringOf = () => true;
    state.standing = { ...NO_ROW, owner };
    const result = await ask(asPair());
    expect(result).toMatchObject({ value: { identity: { userId: null, clientId: FOREIGN_ID, owner } } });
  });
});

describe('an address that tries too much', () => {
  it('is 429, and neither Vault nor Lobby is asked', async () => {
    const { ask, state, calls, portCalls } = pairWorld();
    state.letsThrough = false;
    expect(await ask(asPair(), {}, FROM)).toEqual({
      ok: false,
      refusal: { reason: 'too_many_attempts', retryAfterSeconds: 60 },
    });
    expect([calls.throttle, portCalls()]).toEqual([['192.0.2.7'], 0]);
  });

  it('does not hinder a pair with live evidence, nor a key', async () => {
    const { ask, state, pass } = pairWorld();
    await ask(asPair());
    state.letsThrough = false;
    pass(LEASE_MS);
    expect(outcome(await ask(asPair()))).toBe('client_credentials');
    state.standing = LIVE;
    expect(outcome(await ask(asBasic()))).toBe('client_credentials');
  });
});

describe('a token of a pair in its last five minutes', () => {
  it('is replaced in the background, and the Ring is asked about the new one from then on', async () => {
    const { ask, state, calls, pass, ports } = pairWorld();
    const ends = () => [...ports.memory.knownOf(ringName)].map(({ evidence }) => evidence.token.expiresAt);
    state.vault.set(fingerprint, await sealed({ ...KEPT, token: 'old' }));
    state.verdicts.set('old', {
      verdict: 'good',
      token: { ...FOREIGN_TOKEN, issuedAt: NOW - 3_300, expiresAt: NOW + 299 },
    });
    expect(outcome(await ask(asPair()))).toBe('client_credentials');
    await until(() => ends().every((end) => end > NOW + 299));
    expect(calls.lobbyExchange).toHaveLength(1);
    pass(300_000);
    expect(outcome(await ask(asPair()))).toBe('client_credentials');
    expect(calls.lobbyExchange).toHaveLength(1);
    const issued = calls.admit.map(({ credential }) => credential.kind === 'token' && credential.issuedAt);
    expect(issued).toEqual([NOW - 3_300, NOW]);
  });
});
