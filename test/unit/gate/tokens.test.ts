import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Standing } from '../../../src/model/ports.ts';
import {
  ADA,
  asBearer,
  asJwt,
  clientId,
  FOREIGN_ID,
  LEASE_MS,
  LIVE,
  NO_ROW,
  NOON,
  NOW,
  openWorld,
  outcome,
  SCOPES,
  SESSION,
  TOKEN,
} from './world.ts';

const hashOf = (jwt: string): string => createHash('sha256').update(jwt).digest('base64url');

const EVE = { kind: 'user', id: 'user-test-eve', organizationId: null } as const;

/** A world in which `jwt` is a session of Ada's, or what a test says. */
const worldOf = (token: object = SESSION, standing: Standing = NO_ROW) => {
  const world = openWorld();
  world.state.verdicts.set('jwt', { verdict: 'good', token: token as typeof SESSION });
  world.state.standing = standing;
  return world;
};
const asSession = (more: Partial<typeof SESSION> = {}) => worldOf({ ...SESSION, ...more });
const asToken = (more: object = {}, standing: Standing = LIVE) => worldOf({ ...TOKEN, ...more }, standing);
const asForeign = (more: object = {}) => asToken({ clientId: FOREIGN_ID, ...more }, NO_ROW);

describe('a session', () => {
  it('is its user, with the scopes of his roles, after one word of his Ring', async () => {
    const { ask, calls } = asSession();
    const result = await ask(asJwt());
    expect(result).toMatchObject({
      ok: true,
      value: {
        session: SESSION,
        identity: { auth: 'session', userId: ADA.id, clientId: null, scopes: SCOPES, owner: ADA },
      },
    });
    expect(calls.admit.map(({ credential, ask: { costs } }) => [credential, costs])).toEqual([
      [{ kind: 'session', owner: ADA, tokenHash: hashOf('jwt') }, [1]],
    ]);
    expect([calls.get, calls.exchange, calls.look]).toEqual([0, 0, 0]);
  });

  it('is warm from memory: verified once, and nobody is asked again while its lease lasts', async () => {
    const { ask, calls, portCalls, settled, pass } = asSession();
    await ask(asJwt());
    await settled();
    const before = portCalls();
    for (let i = 0; i < 4; i++) {
      pass(800);
      const result = ask(asJwt());
      expect(result).not.toBeInstanceOf(Promise);
      expect(outcome(await result)).toBe('session');
    }
    expect([calls.verified, portCalls()]).toEqual([1, before]);
  });

  it("spends the owner's limit, together with his keys", async () => {
    const { ask, state } = asSession();
    state.limit = { requests: 3, perSeconds: 60 };
    state.standing = LIVE;
    state.standingOf = ({ kind }) => (kind === 'session' ? NO_ROW : null);
    const all = [asJwt(), asBearer(), asJwt(), asBearer(), asJwt()];
    const found = [];
    for (const credential of all) found.push(outcome(await ask(credential)));
    expect(found).toEqual(['session', 'api_key', 'session', 'rate_limited', 'rate_limited']);
  });

  it.each([
    ['suspended', 'owner_suspended'],
    ['revoked', 'credential_invalid: revoked'],
  ] as const)(
    'that the Ring says is %s is refused, for a lease without asking again',
    async (status, why) => {
      const { ask, state, calls, pass } = asSession();
      await ask(asJwt());
      state.standing = { status, leaseMs: LEASE_MS };
      pass(LEASE_MS);
      expect(outcome(await ask(asJwt()))).toBe(why);
      const before = calls.admit.length;
      pass(LEASE_MS - 1);
      expect([outcome(await ask(asJwt())), calls.admit.length]).toEqual([why, before]);
      state.standing = NO_ROW;
      pass(1);
      expect(outcome(await ask(asJwt()))).toBe('session');
    },
  );

  it('is told 401 and 403 before 429, though the limit is known to be used up', async () => {
    const { ask, state } = asSession();
    state.verdicts.set('other', { verdict: 'good', token: SESSION });
    state.limit = { requests: 1, perSeconds: 60 };
    await ask(asJwt());
    expect(outcome(await ask(asJwt()))).toBe('rate_limited');
    expect(outcome(await ask(asJwt('other')))).toBe('rate_limited');
    state.verdicts.set('third', { verdict: 'good', token: SESSION });
    state.standing = { status: 'suspended', leaseMs: LEASE_MS };
    expect(outcome(await ask(asJwt('third')))).toBe('owner_suspended');
  });

  it.each([
    ['its JWT', { expiresAt: NOW + 10 }],
    ['the session that it was made of', { sessionExpiresAt: NOW + 10 }],
  ])('ends with %s, warm as cold', async (_, ends) => {
    const { ask, pass, portCalls } = asSession(ends);
    pass(9_999);
    expect(outcome(await ask(asJwt()))).toBe('session');
    pass(1);
    const before = portCalls();
    expect([outcome(await ask(asJwt())), portCalls()]).toEqual(['credential_invalid: expired', before]);
    const cold = asSession(ends);
    cold.pass(10_000);
    expect([outcome(await cold.ask(asJwt())), cold.portCalls()]).toEqual(['credential_invalid: expired', 0]);
  });

  it('that the verifier still takes for a few seconds after its end is refused', async () => {
    const { ask, portCalls } = asSession({ expiresAt: NOW });
    expect([outcome(await ask(asJwt())), portCalls()]).toEqual(['credential_invalid: expired', 0]);
  });

  it('is not refreshed, though it is always in its last five minutes', async () => {
    const { ask, calls, pass, settled } = asSession();
    for (let i = 0; i < 4; i++) {
      await ask(asJwt());
      pass(31_000);
      await settled();
    }
    expect([calls.exchange, calls.lobbyExchange]).toEqual([0, []]);
  });

  it('is refused where its kind is not asked for, or its roles do not reach', async () => {
    const { ask } = asSession();
    expect(outcome(await ask(asJwt(), { credentials: ['api_key'] }))).toBe('credential_kind_not_allowed');
    expect(outcome(await ask(asJwt(), { scopes: ['admin:all'] }))).toBe('insufficient_scope');
    expect(outcome(await ask(asJwt()))).toBe('session');
  });

  it('is used under the name "session"', async () => {
    const { ask, calls, pass } = asSession();
    for (let i = 0; i < 3; i++) await ask(asJwt());
    pass(LEASE_MS);
    await ask(asJwt());
    const told = calls.admit.flatMap(({ uses }) => uses);
    expect(told).toMatchObject([{ keyId: 'session', refused: 0 }]);
    expect(told.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(2);
  });

  it('of a member has his organisation', async () => {
    const owner = { kind: 'member', id: 'member-test-1', organizationId: 'organization-test-1' } as const;
    const world = asSession({ owner });
    world.state.standing = { ...NO_ROW, owner };
    const ports = { ...world.ports, rings: () => world.ring };
    const result = await world.decideWith(ports, asJwt());
    expect(result).toMatchObject({
      value: { identity: { userId: 'member-test-1', organizationId: 'organization-test-1' } },
    });
  });
});

describe('RFC 9470 §3 › a session on a route that wants a fresh one', () => {
  /** Ada signed in at NOW - 60. */
  const FRESH = { maxAuthAgeSeconds: 90 };

  it('is too old from one moment to the next, and then nobody is asked and nothing is spent', async () => {
    const { ask, paid, pass, portCalls, settled } = asSession();
    expect(outcome(await ask(asJwt(), FRESH))).toBe('session');
    pass(30_000);
    expect(outcome(await ask(asJwt(), FRESH))).toBe('session');
    await settled();
    pass(1);
    const before = [portCalls(), paid()];
    const refused = await ask(asJwt(), FRESH);
    expect(refused).toEqual({
      ok: false,
      refusal: { reason: 'insufficient_user_authentication', maxAgeSeconds: 90 },
    });
    await settled();
    expect([portCalls(), paid()]).toEqual(before);
    expect(outcome(await ask(asJwt()))).toBe('session');
  });

  it('that comes too old is refused cold and warm, without a word of the Ring', async () => {
    const { ask, calls, portCalls } = asSession({ authenticatedAt: NOW - 91 });
    const TOO_OLD = 'insufficient_user_authentication';
    for (let i = 0; i < 3; i++) expect(outcome(await ask(asJwt(), FRESH))).toBe(TOO_OLD);
    expect([portCalls(), calls.verified]).toEqual([0, 1]);
    await ask(asJwt());
    const before = portCalls();
    const refused = ask(asJwt(), FRESH);
    expect(refused).not.toBeInstanceOf(Promise);
    expect([outcome(await refused), portCalls()]).toEqual([TOO_OLD, before]);
    expect(outcome(await ask(asJwt(), { ...FRESH, leaseSeconds: 0 }))).toBe(TOO_OLD);
    expect(portCalls()).toBe(before);
  });

  it('is as old as when it came in: no wait for the Ring makes it pay and be refused', async () => {
    const { ask, state, pass } = asSession();
    state.beforeAdmit = async () => pass(1_000);
    pass(30_000);
    expect(outcome(await ask(asJwt(), { ...FRESH, leaseSeconds: 0 }))).toBe('session');
  });

  it('is counted as refused for its user to see', async () => {
    const { ask, pass, ports } = asSession();
    await ask(asJwt());
    pass(30_001);
    await ask(asJwt(), FRESH);
    expect(ports.memory.recall('jwt')?.uses.refused).toBe(1);
  });
});

describe('a session judged by its signature', () => {
  it('is too old as well', async () => {
    const { ask, portCalls } = asSession();
    const demand = { ...BY_SIGNATURE, maxAuthAgeSeconds: 59 };
    expect([outcome(await ask(asJwt(), demand)), portCalls()]).toEqual([
      'insufficient_user_authentication',
      0,
    ]);
  });

  const BY_SIGNATURE = { cost: 0, scopes: [], sessionsBySignature: true } as const;

  it('asks nobody', async () => {
    const { ask, portCalls } = asSession();
    const result = await ask(asJwt(), BY_SIGNATURE);
    expect([outcome(result), result.ok && result.value.session, portCalls()]).toEqual([
      'session',
      SESSION,
      0,
    ]);
  });

  it("is good though the owner is suspended, before and after the API's door has said so", async () => {
    const { ask, state, portCalls } = asSession();
    state.standing = { status: 'suspended', leaseMs: LEASE_MS };
    expect(outcome(await ask(asJwt(), BY_SIGNATURE))).toBe('session');
    expect(outcome(await ask(asJwt()))).toBe('owner_suspended');
    const before = portCalls();
    expect(outcome(await ask(asJwt(), BY_SIGNATURE))).toBe('session');
    expect(outcome(await ask(asJwt()))).toBe('owner_suspended');
    expect(portCalls()).toBe(before);
  });

  it.each([
    ['bad', { verdict: 'bad', because: 'x' }, 'credential_invalid: token'],
    ['unknowable', { verdict: 'unknowable' }, 'unavailable: jwks'],
  ] as const)('that is %s is none', async (_, verdict, expected) => {
    const { ask, state } = asSession();
    state.verdicts.set('jwt', verdict);
    expect(outcome(await ask(asJwt(), BY_SIGNATURE))).toBe(expected);
  });

  it('spares no other credential the Ring', async () => {
    const { ask, calls } = asToken();
    expect(outcome(await ask(asJwt(), BY_SIGNATURE))).toBe('access_token');
    expect(calls.admit).toHaveLength(1);
  });
});

describe('an access token of a client of ours', () => {
  it('is its owner and its key, after one word of the Ring', async () => {
    const { ask, calls } = asToken();
    const result = await ask(asJwt());
    expect(result).toMatchObject({
      ok: true,
      value: { session: null, identity: { auth: 'access_token', userId: ADA.id, clientId, scopes: SCOPES } },
    });
    const name = { kind: 'token', clientId, tokenHash: hashOf('jwt'), issuedAt: NOW, owner: ADA };
    expect(calls.admit.map(({ credential }) => credential)).toEqual([name]);
    expect([calls.get, calls.look, calls.exchange]).toEqual([0, 0, 0]);
  });

  it('has the scopes that both it and the row grant, whatever the generation', async () => {
    const { ask, state, pass } = asToken({ scopes: ['admin:all', 'items:write', 'items:read'] });
    const scopes = async () => {
      const result = await ask(asJwt(), { scopes: [] });
      return result.ok && result.value.identity.scopes;
    };
    expect(await scopes()).toEqual(['items:write', 'items:read']);
    state.standing = { ...LIVE, generation: 9, scopes: ['items:read'] };
    pass(LEASE_MS);
    expect(await scopes()).toEqual(['items:read']);
  });

  it.each([
    ['no owner', { ownerId: null }],
    ["another's owner", { ownerId: EVE.id }],
    ['an owner of another kind', { ownerId: 'member-test-ada' }],
  ])('with %s is refused, and no Ring is asked', async (_, more) => {
    const { ask, portCalls } = asToken(more);
    expect([outcome(await ask(asJwt())), portCalls()]).toEqual(['credential_invalid: owner', 0]);
  });

  it.each(['unknown', 'revoked', 'expired'] as const)('whose key is %s is refused', async (status) => {
    const { ask } = asToken({}, { status, leaseMs: LEASE_MS });
    expect(outcome(await ask(asJwt()))).toBe(`credential_invalid: ${status}`);
  });

  it('ends with its key, to the second', async () => {
    const { ask, pass } = asToken({}, { ...LIVE, expiresAt: NOON + 2_000 });
    expect(outcome(await ask(asJwt()))).toBe('access_token');
    pass(2_000);
    expect(outcome(await ask(asJwt()))).toBe('credential_invalid: expired');
  });

  it('spends the purse of a key that has a limit of its own', async () => {
    const { ask, calls } = asToken({}, { ...LIVE, ownLimit: true });
    expect(outcome(await ask(asJwt()))).toBe('access_token');
    expect(calls.admit.map(({ ask: { purse } }) => purse)).toEqual(['', clientId]);
  });

  it('that Stytch did not sign, or not for us, is one and the same 401, and asks nobody', async () => {
    const { ask, state, portCalls } = asToken();
    state.verdicts.set('jwt', { verdict: 'bad', because: 'kind' });
    expect([outcome(await ask(asJwt())), portCalls()]).toEqual(['credential_invalid: token', 0]);
  });

  it('is no verdict while no signing keys can be had', async () => {
    const { ask, state } = asToken();
    state.verdicts.set('jwt', { verdict: 'unknowable' });
    expect(outcome(await ask(asJwt()))).toBe('unavailable: jwks');
    state.verdicts.set('jwt', { verdict: 'good', token: TOKEN });
    expect(outcome(await ask(asJwt()))).toBe('access_token');
  });

  it('of which a hundred requests come at once is verified once, and asked for in a few calls', async () => {
    const { ask, calls } = asToken();
    const all = await Promise.all(Array.from({ length: 100 }, () => ask(asJwt())));
    expect([all.filter(({ ok }) => ok).length, calls.verified]).toEqual([100, 1]);
    expect(calls.admit.length).toBeLessThanOrEqual(4);
  });
});

describe('an access token of a client that was not made here', () => {
  it('is whose the Lobby says, and with the scopes of its own where the Ring has no row', async () => {
    const { ask, calls } = asForeign({ scopes: ['items:read', 'odd:scope'] });
    const result = await ask(asJwt());
    expect(result).toMatchObject({
      value: {
        identity: { auth: 'access_token', clientId: FOREIGN_ID, scopes: ['items:read', 'odd:scope'] },
      },
    });
    expect([calls.look, calls.claim, calls.lobbyExchange]).toEqual([1, [], []]);
    expect(calls.admit[0]?.credential).toMatchObject({ kind: 'token', clientId: FOREIGN_ID, owner: ADA });
  });

  it('is refused without asking anybody where no foreign clients are taken', async () => {
    const { ask, state, portCalls } = asForeign();
    state.foreignClients = 'off';
    expect([outcome(await ask(asJwt())), portCalls()]).toEqual(['credential_invalid: foreign', 0]);
  });

  it('that nobody imported is refused, and for half a minute the Lobby is not asked again', async () => {
    const { ask, state, calls, pass } = asForeign();
    state.lobby = { owner: null, sealed: null };
    expect(outcome(await ask(asJwt()))).toBe('credential_invalid: foreign');
    pass(29_999);
    expect([outcome(await ask(asJwt())), calls.look]).toEqual(['credential_invalid: foreign', 1]);
    pass(1);
    state.lobby = { owner: ADA, sealed: null };
    expect([outcome(await ask(asJwt())), calls.look]).toEqual(['access_token', 2]);
  });

  it('that nobody claimed yet is claimed where any client may come', async () => {
    const { ask, state, calls } = asForeign();
    Object.assign(state, { foreignClients: 'any', lobby: { owner: null, sealed: null } });
    expect([outcome(await ask(asJwt())), calls.claim]).toEqual(['access_token', [ADA]]);
  });

  it.each([
    ['names another owner than the first claim', { ownerId: EVE.id }],
    ['names nobody', { ownerId: null }],
  ])('that %s is refused', async (_, more) => {
    const { ask, calls } = asForeign(more);
    expect([outcome(await ask(asJwt())), calls.admit]).toEqual(['credential_invalid: owner', []]);
  });

  it('that somebody else claimed in the same moment is refused', async () => {
    const { ask, state } = asForeign();
    Object.assign(state, { foreignClients: 'any', lobby: { owner: null, sealed: null } });
    state.beforeLook = async () => {
      queueMicrotask(() => {
        state.lobby = { owner: EVE, sealed: null };
      });
    };
    expect(outcome(await ask(asJwt()))).toBe('credential_invalid: owner');
  });

  it('is no verdict while the Lobby is silent, throws, or is overloaded', async () => {
    const { ask, state } = asForeign();
    for (const error of [new Error('x'), Object.assign(new Error('x'), { overloaded: true })]) {
      state.beforeLook = () => Promise.reject(error);
      expect(outcome(await ask(asJwt()))).toBe('unavailable: ring');
    }
    state.beforeLook = async () => undefined;
    expect(outcome(await ask(asJwt()))).toBe('access_token');
  });
});
