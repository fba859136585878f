import { describe, expect, it } from 'vitest';
import { createOperatorPairs, MAX_KNOWN } from '../../../src/gate/operator-pair.ts';
import type { DecisionPorts } from '../../../src/gate/ports.ts';
import { textOf } from '../../../src/gate/presented.ts';
import type { Resolvable } from '../../../src/model/credential.ts';
import type { LobbyExchanged, LobbyExchangeRequest } from '../../../src/model/ports.ts';
import { secret } from '../../../src/model/secret.ts';
import type { M2MToken } from '../../../src/model/token.ts';
import { newTrace } from '../../../src/model/trace.ts';
import { createMemory } from '../../../src/store/memory.ts';
import { keychainOf } from '../model/keys.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const OPERATOR = 'm2m-client-test-operator';
const keychain = await keychainOf('current');

const pair = (clientId = OPERATOR, clientSecret = 'a secret'): Resolvable => ({
  ...{ kind: 'pair', scheme: 'basic', clientId },
  clientSecret: secret(clientSecret),
});

const TOKEN: M2MToken = {
  ...{ kind: 'm2m', clientId: OPERATOR, scopes: ['latchkey:admin', 'other'] },
  ...{ ownerId: null, organizationId: null, issuedAt: NOON / 1000, expiresAt: NOON / 1000 + 3600 },
};

const GIVEN: LobbyExchanged = {
  ...{ result: 'token', token: 'jwt', sealed: 's', expiresAt: TOKEN.expiresAt, made: true },
  owner: { kind: 'client', id: OPERATOR, organizationId: null },
};

/** A world with one listed operator. */
const openWorld = () => {
  const state = {
    ...{ now: NOON, token: TOKEN as M2MToken | null, letsThrough: true },
    exchanged: GIVEN as LobbyExchanged | 'silent',
  };
  const calls = { exchange: [] as LobbyExchangeRequest[], throttle: 0 };
  const memory = createMemory({
    ...{ isolate: 'i', leaseMs: 5_000, graceMs: 0, now: () => state.now },
    ...{ newLeaseId: () => 'l', giveBack: () => undefined },
  });
  const lobby = {
    exchange: async (request: LobbyExchangeRequest) => {
      calls.exchange.push(request);
      if (state.exchanged === 'silent') throw new Error('gone');
      return { exchanged: state.exchanged, stytchMs: 0 };
    },
  };
  const ports = {
    ...{ projectId: 'project-test-1', keychain: async () => keychain, memory, lobbies: () => lobby },
    ...{ now: () => state.now, log: () => undefined, inBackground: () => undefined },
    throttle: async () => {
      calls.throttle++;
      return state.letsThrough;
    },
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
    verifyToken: async () =>
      state.token === null ? { verdict: 'unknowable' } : { verdict: 'good', token: state.token },
  } as unknown as DecisionPorts;
  const { authenticate, give } = createOperatorPairs(ports, new Set([OPERATOR]));
  const presented = (credential: Resolvable) => ({
    ...{ credential, text: textOf(credential), from: null, isNew: true, isUse: false },
  });
  return {
    ...{ state, calls, memory },
    authenticate: (credential = pair()) => authenticate(presented(credential), newTrace()),
    give: (scopes: readonly string[] | null, credential = pair()) =>
      give(presented(credential), scopes, newTrace()),
  };
};

describe('the pair of an operator', () => {
  it('is known by its client_id, proven at the Lobby as an operator’s', async () => {
    const { authenticate, calls } = openWorld();
    expect(await authenticate()).toEqual({ ok: true, value: OPERATOR });
    expect(calls.exchange).toMatchObject([
      { asOperator: true, scopes: null, credential: { clientId: OPERATOR } },
    ]);
  });

  it('is known from then on, for as long as its token lives: nobody is asked, and no address is counted', async () => {
    const { authenticate, calls, state } = openWorld();
    await authenticate();
    state.letsThrough = false;
    state.now = (TOKEN.expiresAt - 1) * 1000;
    expect(await authenticate()).toEqual({ ok: true, value: OPERATOR });
    expect([calls.exchange.length, calls.throttle]).toEqual([1, 1]);
    state.now = TOKEN.expiresAt * 1000;
    expect(await authenticate()).toMatchObject({ refusal: { reason: 'too_many_attempts' } });
  });

  it('is not known by another secret', async () => {
    const { authenticate, calls, state } = openWorld();
    await authenticate();
    state.exchanged = { result: 'refused' };
    const wrong = pair(OPERATOR, 'another');
    expect(await authenticate(wrong)).toMatchObject({ refusal: { reason: 'credential_invalid' } });
    // Asked again within the half minute, it is refused from memory.
    expect(await authenticate(wrong)).toMatchObject({ refusal: { reason: 'credential_invalid' } });
    expect(calls.exchange).toHaveLength(2);
    expect(await authenticate()).toEqual({ ok: true, value: OPERATOR });
  });

  it('is one of two hundred that are known, however many secrets an operator had: the first proven goes first', async () => {
    const { authenticate, give, calls } = openWorld();
    const secrets = Array.from({ length: MAX_KNOWN }, (_, i) => pair(OPERATOR, `secret ${i}`));
    for (const each of secrets) await authenticate(each);
    // Proven once more, it is not the first any more.
    await give(null, secrets[0]);
    await authenticate(pair(OPERATOR, 'one more'));
    const asked = async (each?: Resolvable) => {
      const before = calls.exchange.length;
      expect(await authenticate(each)).toEqual({ ok: true, value: OPERATOR });
      return calls.exchange.length - before;
    };
    expect([MAX_KNOWN, await asked(secrets[0]), await asked(secrets[2])]).toEqual([200, 0, 0]);
    // Forgotten, it is proven again, and takes the place of the next.
    expect([await asked(secrets[1]), await asked(secrets[1]), await asked(secrets[2])]).toEqual([1, 0, 1]);
  });

  it('leaves nothing that the Gate would let in by', async () => {
    const { authenticate, memory } = openWorld();
    await authenticate();
    expect(memory.recall(textOf(pair()))).toBeUndefined();
  });

  it('of another client is none, and nothing is asked', async () => {
    const { authenticate, give, calls } = openWorld();
    const key: Resolvable = { kind: 'key', auth: 'client_credentials', scheme: 'basic', key: secret('k') };
    expect([await authenticate(pair('m2m-client-test-other')), await authenticate(key)]).toEqual([
      null,
      null,
    ]);
    expect([await give(null, pair('m2m-client-test-other')), calls]).toEqual([
      null,
      { exchange: [], throttle: 0 },
    ]);
  });

  it('whose token has not the scope of operators is no operator', async () => {
    const { authenticate, state } = openWorld();
    state.token = { ...TOKEN, scopes: ['other'] };
    expect(await authenticate()).toMatchObject({ refusal: { reason: 'client_unauthorized' } });
    expect(await authenticate()).toMatchObject({ ok: false });
  });

  it.each([[{ ...TOKEN, clientId: 'm2m-client-test-other' }], [{ ...TOKEN, expiresAt: NOON / 1000 }]])(
    'is not proven by a token that is not its own, or has ended',
    async (token) => {
      const { authenticate, state } = openWorld();
      state.token = token;
      expect(await authenticate()).toMatchObject({ refusal: { reason: 'unavailable', what: 'stytch' } });
    },
  );

  it.each([
    [
      { result: 'grace', owner: GIVEN.owner, scopes: ['latchkey:admin'], until: NOON / 1000 + 60 },
      'unavailable',
    ],
    [{ result: 'unavailable', retryAfterSeconds: 7 }, 'unavailable'],
    [{ result: 'throttled', retryAfterSeconds: 7 }, 'too_many_attempts'],
    [{ result: 'crowded', retryAfterSeconds: 7 }, 'too_many_scope_sets'],
    [{ result: 'unregistered' }, 'credential_invalid'],
    ['silent', 'unavailable'],
  ] as const)('is let in by nothing else: %j', async (exchanged, reason) => {
    const { authenticate, state } = openWorld();
    state.exchanged = exchanged as LobbyExchanged;
    expect(await authenticate()).toMatchObject({ ok: false, refusal: { reason } });
  });

  it('is neither proven nor refused while there are no keys to check its token with', async () => {
    const { authenticate, state } = openWorld();
    state.token = null;
    expect(await authenticate()).toMatchObject({ refusal: { reason: 'unavailable', what: 'jwks' } });
  });

  it('is given no more scopes than it asked for', async () => {
    const { give } = openWorld();
    expect(await give(['latchkey:admin'])).toMatchObject({ refusal: { reason: 'unavailable' } });
    expect(await give(['other', 'latchkey:admin'])).toMatchObject({ ok: true });
  });
});
