import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Owner } from '../../src/model/identity.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import type { LobbyExchanged } from '../../src/model/ports.ts';
import { unseal } from '../../src/model/seal.ts';
import { openLobbies } from '../../src/ring/lobby-name.ts';
import {
  exchangeAt,
  foreignClient,
  lobbiesUnder,
  lookAt,
  madeUpPair,
  newLobby,
  type Pair,
  rotated,
  secretName,
} from '../foreign.ts';
import { logged } from '../secrets.ts';
import {
  dumpOfRing,
  emulator,
  fault,
  later,
  masterKeys,
  now,
  PROJECT,
  rooms,
  stytchCalls,
} from '../world.ts';

const ADA = { kind: 'user', id: 'user-test-ada', organizationId: null } as const;

/** A Lobby that remembers nothing. */
const EMPTY = {
  ...{ owners: [], secrets: [], failures: [], messages: [], reconciliation: [], device_codes: [], tries: [] },
  ...{ scoped_tokens: [], token_reports: [], token_totals: [] },
  schema: [{ id: 1, version: 5 }],
};

let lobbies: ReturnType<typeof lobbiesUnder>;

/** The Lobbies of this test from here on, under a file with these changes. */
const under = (...changed: Parameters<typeof lobbiesUnder>): void => {
  lobbies.mockRestore();
  lobbies = lobbiesUnder(...changed);
};

beforeEach(async () => {
  lobbies = lobbiesUnder({ foreignClients: 'any' });
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
afterEach(async () => {
  lobbies.mockRestore();
  await now();
});

const exchanges = async (): Promise<number> => (await stytchCalls()).token ?? 0;

const resultsOf = (answers: readonly LobbyExchanged[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { result } of answers) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
};

/** Asks for a token with many pairs, one after the other. */
const inTurn = async (
  lobby: ReturnType<typeof newLobby>,
  count: number,
  pairOf: (i: number) => Pair,
  addressOf: (i: number) => string | null = () => null,
): Promise<readonly LobbyExchanged[]> => {
  const answers: LobbyExchanged[] = [];
  for (let i = 0; i < count; i++) answers.push(await exchangeAt(lobby, pairOf(i), addressOf(i)));
  return answers;
};

describe('a claim', () => {
  it('that is first wins over 20 at once, and is answered to all', async () => {
    const lobby = newLobby();
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        lobby.claim({ clientId: 'foreign-1', owner: { ...ADA, id: `user-test-${i}` } }),
      ),
    );
    expect(new Set(claims.map(({ id }) => id)).size).toBe(1);
    expect(await lobby.look({ clientId: 'foreign-1', fingerprint: null })).toEqual({
      owner: claims[0],
      sealed: null,
    });
    expect((await dumpOfRing(lobby)).owners).toMatchObject([{ owner_id: claims[0]?.id }]);
  });

  it('outlives the object', async () => {
    const lobby = newLobby();
    await lobby.claim({ clientId: 'foreign-1', owner: ADA });
    await evictDurableObject(lobby);
    expect(await lobby.claim({ clientId: 'foreign-1', owner: { ...ADA, id: 'user-test-eve' } })).toEqual(ADA);
  });

  it('of a client of our grammar is a bug: those are the Ring’s', async () => {
    const lobby = newLobby();
    const claim = lobby.claim({ clientId: `acme_test_${'0'.repeat(28)}`, owner: ADA });
    expect(await claim.catch(String)).toBe('Error: not a foreign client');
    expect((await dumpOfRing(lobby)).owners).toEqual([]);
  });

  it('is not made by looking', async () => {
    const lobby = newLobby();
    expect(await lookAt(lobby, await foreignClient())).toEqual({ owner: null, sealed: null });
    expect(await dumpOfRing(lobby)).toEqual(EMPTY);
  });
});

describe('a claim by proof', () => {
  const claimed = async (lobby: ReturnType<typeof newLobby>, pair: Pair, owner: Owner = ADA) =>
    lobby.claimByProof({
      ...{ credential: await secretName(pair), clientSecret: pair.clientSecret, owner, address: null },
    });

  it('is the owner’s who shows the secret, and is kept without the secret or a token of nobody', async () => {
    const lobby = newLobby();
    const pair = await foreignClient(null);
    expect(await claimed(lobby, pair)).toEqual({ result: 'claimed', scopes: ['items:read', 'items:write'] });
    expect(await lookAt(lobby, pair)).toEqual({ owner: ADA, sealed: null });
    expect(await claimed(lobby, pair, { ...ADA, id: 'user-test-eve' })).toEqual({ result: 'owned' });
    expect(await exchanges()).toBe(1);
  });

  it('of a client that owns itself, or is used by whom its token names, is refused', async () => {
    under({ foreignClients: 'any', ownerlessClients: 'own' });
    const lobby = newLobby();
    for (const owner of [null, 'user-test-bob']) {
      const pair = await foreignClient(owner);
      expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token' });
      expect(await claimed(lobby, pair)).toEqual({ result: 'owned' });
      expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token', made: false });
    }
  });

  it('is given up by its owner alone, with the secrets that it was known by', async () => {
    const lobby = newLobby();
    const pair = await foreignClient(null);
    await claimed(lobby, pair);
    const { clientId } = pair;
    await lobby.release({ clientId, owner: { ...ADA, id: 'user-test-eve' } });
    await lobby.release({ clientId, owner: { ...ADA, kind: 'member' } });
    expect((await dumpOfRing(lobby)).owners).toMatchObject([{ client_id: clientId }]);
    await lobby.release({ clientId, owner: ADA });
    const { owners, secrets } = await dumpOfRing(lobby);
    expect([owners, secrets]).toEqual([[], []]);
  });

  it('with a secret that is good no more forgets that it ever was', async () => {
    const lobby = newLobby();
    const pair = await foreignClient(null);
    await claimed(lobby, pair);
    const next = await rotated(pair);
    await next.finish();
    expect(await claimed(lobby, pair)).toEqual({ result: 'refused' });
    expect((await dumpOfRing(lobby)).secrets).toEqual([]);
    expect(await claimed(lobby, next)).toMatchObject({ result: 'claimed' });
  });

  it('of a client of our grammar is refused without asking Stytch', async () => {
    const pair = madeUpPair(`acme_test_${'0'.repeat(28)}`);
    expect(await claimed(newLobby(), pair)).toEqual({ result: 'refused' });
    expect(await exchanges()).toBe(0);
  });

  it('counts what fails against the budgets of all pairs', async () => {
    const lobby = newLobby();
    const { clientId } = await foreignClient(null);
    for (let i = 0; i < 10; i++)
      expect(await claimed(lobby, madeUpPair(clientId))).toEqual({ result: 'refused' });
    expect(await claimed(lobby, madeUpPair(clientId))).toMatchObject({ result: 'throttled' });
    expect(await exchangeAt(lobby, madeUpPair(clientId))).toMatchObject({ result: 'throttled' });
  });

  it('of 20 at once for one pair by as many owners is one call, and one of them has it', async () => {
    const lobby = newLobby();
    const pair = await foreignClient(null);
    const proofs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => claimed(lobby, pair, { ...ADA, id: `user-test-${i}` })),
    );
    expect(proofs.filter(({ result }) => result === 'claimed')).toHaveLength(1);
    expect(proofs.filter(({ result }) => result === 'owned')).toHaveLength(19);
    expect(await exchanges()).toBe(1);
  });
});

describe('an exchange', () => {
  it('proves a pair, claims it for the owner that its token names, and keeps the token sealed', async () => {
    const lobby = newLobby();
    const { owner, ...pair } = await foreignClient();
    const exchanged = await exchangeAt(lobby, pair);
    if (exchanged.result !== 'token') throw new Error(exchanged.result);
    expect(exchanged).toMatchObject({ owner, made: true, expiresAt: expect.any(Number) });
    expect(await lookAt(lobby, pair)).toEqual({ owner, sealed: exchanged.sealed });
    const place = (await secretName(pair)).fingerprint;
    const keychain = await openKeychain(masterKeys());
    expect(await unseal(exchanged.sealed, pair.clientSecret, keychain, { project: PROJECT, place })).toEqual({
      token: exchanged.token,
      clientId: pair.clientId,
      ring: await ringOfOwner(PROJECT, owner),
      generation: 0,
    });
    expect(await runDurableObjectAlarm(lobby)).toBe(true);
  });

  it('of 50 at once for one pair is one call, and one of them made it', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchangeAt(lobby, pair)));
    expect(resultsOf(answers)).toEqual({ token: 50 });
    expect(answers.filter((each) => each.result === 'token' && each.made).length).toBe(1);
    expect(await exchanges()).toBe(1);
  });

  it('of 50 at once for one wrong pair is one call', async () => {
    const lobby = newLobby();
    const pair = madeUpPair();
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchangeAt(lobby, pair)));
    expect([resultsOf(answers), await exchanges()]).toEqual([{ refused: 50 }, 1]);
  });

  it('is answered with the kept token until its last five minutes, and is then made again', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    const first = await exchangeAt(lobby, pair);
    await later(3_290);
    expect(await exchangeAt(lobby, pair)).toEqual({ ...first, made: false });
    expect(await exchanges()).toBe(1);
    await later(20);
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token', made: true });
    expect(await exchanges()).toBe(2);
  });

  it('of a kept token is by the secret that it was made with and no other', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await exchangeAt(lobby, pair);
    expect(await exchangeAt(lobby, madeUpPair(pair.clientId))).toEqual({ result: 'refused' });
    expect(await lookAt(lobby, madeUpPair(pair.clientId))).toMatchObject({ sealed: null });
  });

  it('of a client of our grammar is refused without a call, whatever its Ring says', async () => {
    const clientId = `acme_test_${'0'.repeat(28)}`;
    expect(await exchangeAt(newLobby(), madeUpPair(clientId))).toEqual({ result: 'refused' });
    expect(await exchanges()).toBe(0);
  });

  it.each([
    ['a token of another project’s key', { kind: 'foreignKey' }],
    ['a token of another client', { kind: 'wrongSubject' }],
    ['a token for another audience', { kind: 'wrongAudience' }],
    ['a token of another issuer', { kind: 'wrongIssuer' }],
    ['a token that has ended', { kind: 'expired' }],
    ['a token of a user', { kind: 'changedClaims', claims: { sub: ADA.id } }],
    ['half an answer', { kind: 'truncated' }],
    ['an error of its own', { kind: 'status', status: 500 }],
    ['an error that is no verdict', { kind: 'status', status: 400, body: { error: 'invalid_request' } }],
  ])('that Stytch answers with %s is not known to be good or bad, and leaves nothing', async (_, wrong) => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await fault('token', wrong);
    expect(await exchangeAt(lobby, pair)).toEqual({ result: 'unavailable', retryAfterSeconds: 1 });
    const { owners, secrets } = await dumpOfRing(lobby);
    expect({ owners, secrets }).toEqual({ owners: [], secrets: [] });
    await emulator('DELETE', '/faults');
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token' });
  });

  it('is not made while no signing keys can be had', async () => {
    await rooms.VAULT.delete(`j1.${PROJECT}`);
    under({ foreignClients: 'any' });
    await fault('jwks', { kind: 'status', status: 500 });
    expect(await exchangeAt(newLobby(), await foreignClient())).toMatchObject({ result: 'unavailable' });
    expect(await exchanges()).toBe(0);
  });

  it('is not made again before Stytch wants it to be', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await fault('token', { kind: 'rateLimited', retryAfter: 20, times: 1 });
    expect(await exchangeAt(lobby, pair)).toEqual({ result: 'unavailable', retryAfterSeconds: 20 });
    const next = await exchangeAt(lobby, await foreignClient());
    expect(next).toMatchObject({ result: 'unavailable', retryAfterSeconds: expect.any(Number) });
    expect(await exchanges()).toBe(1);
    await later(21);
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token' });
  });
});

describe('a pair that nobody imported', () => {
  it.each(['imported', 'off'] as const)(
    'is unregistered where foreignClients is %s, and Stytch is not asked',
    async (foreignClients) => {
      under({ foreignClients });
      const lobby = newLobby();
      const pair = await foreignClient();
      expect(await exchangeAt(lobby, pair)).toEqual({ result: 'unregistered' });
      expect([await exchanges(), await dumpOfRing(lobby)]).toEqual([0, EMPTY]);
    },
  );

  it('is good once it was, for that owner', async () => {
    under({ foreignClients: 'imported' });
    const lobby = newLobby();
    const { owner, ...pair } = await foreignClient();
    await lobby.claim({ clientId: pair.clientId, owner });
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token', owner });
  });
});

describe('the owner of a client', () => {
  it('is the first that claimed it: a token that names another lets nobody in, and is bought once', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await lobby.claim({ clientId: pair.clientId, owner: ADA });
    for (let i = 0; i < 3; i++) expect(await exchangeAt(lobby, pair)).toEqual({ result: 'owner_changed' });
    expect(await lookAt(lobby, pair)).toEqual({ owner: ADA, sealed: null });
    expect(await exchanges()).toBe(1);
    await later(301);
    expect(await exchangeAt(lobby, pair)).toEqual({ result: 'owner_changed' });
    expect(await exchanges()).toBe(2);
  });

  it('is the first though the claim came while Stytch was being asked', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await fault('token', { kind: 'latency', latencyMs: 300 });
    const asked = exchangeAt(lobby, pair);
    await vi.waitFor(async () => expect(await exchanges()).toBe(1));
    await lobby.claim({ clientId: pair.clientId, owner: ADA });
    expect(await asked).toEqual({ result: 'owner_changed' });
    expect(await lookAt(lobby, pair)).toEqual({ owner: ADA, sealed: null });
  });

  it('does not change with the claims at Stytch', async () => {
    const lobby = newLobby();
    const { owner, ...pair } = await foreignClient();
    await exchangeAt(lobby, pair);
    await fault('token', { kind: 'changedClaims', claims: { user_id: 'user-test-eve' } });
    await later(3_400);
    expect(await exchangeAt(lobby, pair)).toEqual({ result: 'owner_changed' });
    expect(await lookAt(lobby, pair)).toEqual({ owner, sealed: null });
  });

  it('that names none is refused by default: nothing is claimed, and one token is bought', async () => {
    const lobby = newLobby();
    const pair = await foreignClient(null);
    for (let i = 0; i < 3; i++) expect(await exchangeAt(lobby, pair)).toEqual({ result: 'ownerless' });
    expect(await lookAt(lobby, pair)).toEqual({ owner: null, sealed: null });
    expect([await exchanges(), (await dumpOfRing(lobby)).owners]).toEqual([1, []]);
    expect(logged().filter(({ outcome }) => outcome === 'ownerless')).toMatchObject([
      { event: 'exchange', client_id: pair.clientId },
    ]);
  });

  it('that names none is its own where the file says so, and the token of before will do', async () => {
    const lobby = newLobby();
    const pair = await foreignClient(null);
    await exchangeAt(lobby, pair);
    under({ foreignClients: 'any', ownerlessClients: 'own' });
    await evictDurableObject(lobby);
    const owner = { kind: 'client', id: pair.clientId, organizationId: null };
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'token', owner, made: false });
    expect(await lookAt(lobby, pair)).toMatchObject({ owner, sealed: expect.any(String) });
    expect(await exchanges()).toBe(1);
  });

  it('that names a member is the member, with the organisation', async () => {
    const lobby = newLobby();
    const organization_id = 'organization-test-0a900000-0000-4000-8000-000000000003';
    await fault('token', {
      kind: 'changedClaims',
      claims: { user_id: 'member-test-lin', organization_id },
    });
    expect(await exchangeAt(lobby, await foreignClient())).toMatchObject({
      owner: { kind: 'member', id: 'member-test-lin', organizationId: organization_id },
    });
  });
});

describe('made-up pairs', () => {
  const client = (i: number): string => `stuffed-${i}`;

  it('of one client stop at ten in a minute, and go on after it', async () => {
    const lobby = newLobby();
    const answers = await inTurn(lobby, 15, () => madeUpPair(client(0)));
    expect(answers.map(({ result }) => result)).toEqual([
      ...Array(10).fill('refused'),
      ...Array(5).fill('throttled'),
    ]);
    const [stopped] = answers.slice(10);
    expect(stopped?.result === 'throttled' && stopped.retryAfterSeconds).toBeGreaterThan(50);
    expect(await exchanges()).toBe(10);
    expect(resultsOf(await inTurn(lobby, 1, () => madeUpPair(client(1))))).toEqual({ refused: 1 });
    await later(61);
    expect(await exchangeAt(lobby, madeUpPair(client(0)))).toEqual({ result: 'refused' });
  });

  it('of one client stop at ten though 200 come at once', async () => {
    const lobby = newLobby();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => exchangeAt(lobby, madeUpPair(client(0)))),
    );
    expect([resultsOf(answers), await exchanges()]).toEqual([{ refused: 10, throttled: 190 }, 10]);
  });

  it('from one address stop at twenty, however it is spelled', async () => {
    const lobby = newLobby();
    const spellings = ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:C000:207', '0:0:0:0:0:ffff:192.0.2.7'];
    const addressOf = (i: number): string => spellings[i % spellings.length] ?? '';
    const answers = await inTurn(lobby, 25, (i) => madeUpPair(client(i)), addressOf);
    expect([resultsOf(answers), await exchanges()]).toEqual([{ refused: 20, throttled: 5 }, 20]);
    const other = await exchangeAt(lobby, madeUpPair(client(99)), '192.0.2.8');
    expect(other).toEqual({ result: 'refused' });
  });

  it('from one /64 stop at twenty', async () => {
    const lobby = newLobby();
    const addressOf = (i: number): string => `2001:db8:0:7:${i.toString(16)}::1`;
    const answers = await inTurn(lobby, 25, (i) => madeUpPair(client(i)), addressOf);
    expect([resultsOf(answers), await exchanges()]).toEqual([{ refused: 20, throttled: 5 }, 20]);
  });

  it('from everywhere stop at 120, after an eviction too, and leave nothing a minute later', async () => {
    const lobby = newLobby();
    const ask = (i: number) => exchangeAt(lobby, madeUpPair(client(i)), `198.51.100.${i % 256}`);
    const first = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(i)));
    await evictDurableObject(lobby);
    const second = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(300 + i)));
    expect(resultsOf([...first, ...second])).toEqual({ refused: 120, throttled: 480 });
    expect(await exchanges()).toBe(120);
    const tables = await dumpOfRing(lobby);
    expect([tables.owners, tables.secrets, tables.failures?.length]).toEqual([[], [], 120]);
    expect(JSON.stringify(tables)).not.toContain('198.51.100');
    await later(61);
    await runDurableObjectAlarm(lobby);
    expect(await dumpOfRing(lobby)).toEqual(EMPTY);
    expect(await runDurableObjectAlarm(lobby)).toBe(false);
  });

  it('do not stop whom Stytch once accepted: neither his kept token, nor his next exchange', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    const address = '203.0.113.1';
    expect(await exchangeAt(lobby, pair, address)).toMatchObject({ result: 'token' });
    await later(86_400);
    await inTurn(
      lobby,
      12,
      () => madeUpPair(pair.clientId),
      () => address,
    );
    await inTurn(
      lobby,
      12,
      (i) => madeUpPair(client(i)),
      () => address,
    );
    await inTurn(lobby, 120, (i) => madeUpPair(client(100 + i)));
    const stopped = { result: 'throttled', retryAfterSeconds: expect.any(Number) };
    expect(await exchangeAt(lobby, madeUpPair())).toEqual(stopped);
    expect(await exchangeAt(lobby, await foreignClient())).toEqual(stopped);
    expect(await exchangeAt(lobby, pair, address)).toMatchObject({ result: 'token', made: true });
    expect(await exchangeAt(lobby, pair, address)).toMatchObject({ result: 'token', made: false });
  });

  it('do not stop whoever joins an exchange that is under way', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await inTurn(lobby, 9, () => madeUpPair(pair.clientId));
    await fault('token', { kind: 'latency', latencyMs: 300 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchangeAt(lobby, pair)));
    expect(resultsOf(answers)).toEqual({ token: 20 });
  });

  it('that a budget stopped are told of in the log: by the id where it is a client’s', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await exchangeAt(lobby, pair);
    const before = logged().length;
    await inTurn(lobby, 12, () => madeUpPair(pair.clientId));
    await inTurn(lobby, 12, () => madeUpPair('whatever-a-stranger-says'));
    const lines = logged().slice(before);
    expect(lines.filter(({ event }) => event === 'budget')).toMatchObject([
      { scopes: 'client', client_id: pair.clientId },
      { scopes: 'client', client_id: null },
    ]);
    expect(JSON.stringify(lines)).not.toContain('whatever');
  });
});

describe('while Stytch is silent', () => {
  it('a kept token is good to its end, then the Lobby vouches for a while, then nobody can tell', async () => {
    const lobby = newLobby();
    const { owner, ...pair } = await foreignClient();
    const first = await exchangeAt(lobby, pair);
    if (first.result !== 'token') throw new Error(first.result);
    await fault('token', { kind: 'status', status: 503 });
    await later(3_590);
    expect(await exchangeAt(lobby, pair)).toEqual({ ...first, made: false });
    await later(20);
    const grace = { result: 'grace', owner, scopes: ['items:read', 'items:write'] };
    expect(await exchangeAt(lobby, pair)).toEqual({ ...grace, until: first.expiresAt + 3_600 });
    await later(3_570);
    expect(await exchangeAt(lobby, pair)).toMatchObject(grace);
    await later(20);
    expect(await exchangeAt(lobby, pair)).toEqual({ result: 'unavailable', retryAfterSeconds: 1 });
  });

  it('the Lobby needs no signing keys to vouch', async () => {
    const lobby = newLobby();
    const { owner, ...pair } = await foreignClient();
    await exchangeAt(lobby, pair);
    await later(3_700);
    await rooms.VAULT.delete(`j1.${PROJECT}`);
    under({ foreignClients: 'any' });
    await evictDurableObject(lobby);
    await fault('jwks', { kind: 'status', status: 500 });
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'grace', owner });
    expect(await exchanges()).toBe(1);
  });

  it('a pair that was never accepted is neither good nor bad, and no failure of its client or address', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await fault('token', { kind: 'status', status: 503 });
    const answers = await inTurn(
      lobby,
      30,
      () => pair,
      () => '192.0.2.9',
    );
    expect(resultsOf(answers)).toEqual({ unavailable: 30 });
    await emulator('DELETE', '/faults');
    expect(await exchangeAt(lobby, pair, '192.0.2.9')).toMatchObject({ result: 'token' });
  });

  it('calls for what was never accepted stop at 120 all the same', async () => {
    const lobby = newLobby();
    await fault('token', { kind: 'status', status: 503 });
    const answers = await inTurn(lobby, 130, () => madeUpPair());
    expect([resultsOf(answers), await exchanges()]).toEqual([{ unavailable: 120, throttled: 10 }, 120]);
  });

  it('a secret that Stytch refused since has no grace, and no way past the budgets', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await exchangeAt(lobby, pair);
    const { finish } = await rotated(pair);
    await finish();
    await later(3_400);
    expect(await exchangeAt(lobby, pair)).toEqual({ result: 'refused' });
    await inTurn(lobby, 10, () => madeUpPair(pair.clientId));
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'throttled' });
    await later(61);
    await fault('token', { kind: 'status', status: 503 });
    expect(await exchangeAt(lobby, pair)).toMatchObject({ result: 'unavailable' });
  });
});

describe('what is written down', () => {
  it('names both live secrets of a rotation by fingerprint, each with a token of its own', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    const next = await rotated(pair);
    await exchangeAt(lobby, pair);
    await exchangeAt(lobby, next);
    const { secrets = [] } = await dumpOfRing(lobby);
    expect(secrets.map(({ fingerprint }) => fingerprint).sort()).toEqual(
      [(await secretName(pair)).fingerprint, (await secretName(next)).fingerprint].sort(),
    );
    expect(await lookAt(lobby, pair)).not.toEqual(await lookAt(lobby, next));
  });

  it('is of a client the last eight secrets, and of each for 90 days', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    for (let i = 0; i < 9; i++) {
      const { finish, ...next } = await rotated(pair);
      expect(await exchangeAt(lobby, next)).toMatchObject({ result: 'token' });
      await finish();
      await later(1);
    }
    expect((await dumpOfRing(lobby)).secrets?.length).toBe(8);
    await later(3_601);
    await runDurableObjectAlarm(lobby);
    const { secrets = [] } = await dumpOfRing(lobby);
    expect(secrets.map(({ sealed }) => sealed)).toEqual(Array(8).fill(null));
    await later(90 * 86_400);
    await runDurableObjectAlarm(lobby);
    const tables = await dumpOfRing(lobby);
    expect([tables.secrets, tables.owners?.length]).toEqual([[], 1]);
  });

  it('of a failure is forgotten within a minute and ten seconds, whatever else there is to wait for', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await exchangeAt(lobby, pair);
    await exchangeAt(lobby, madeUpPair(pair.clientId));
    const alarm = await runInDurableObject(lobby, (_instance, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + 50_000);
    expect(alarm).toBeLessThan(Date.now() + 70_000);
    await later(60);
    await runDurableObjectAlarm(lobby);
    expect((await dumpOfRing(lobby)).failures).toEqual([]);
    const next = await runInDurableObject(lobby, (_instance, state) => state.storage.getAlarm());
    expect(next).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('lets nobody in: no secret, no token, no address', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    const exchanged = await exchangeAt(lobby, pair, '192.0.2.33');
    const wrong = madeUpPair(pair.clientId);
    await exchangeAt(lobby, wrong, '192.0.2.33');
    const dump = JSON.stringify(await dumpOfRing(lobby));
    const token = exchanged.result === 'token' ? exchanged.token : '';
    expect(token).toMatch(/^eyJ/);
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const secret of [pair.clientSecret, wrong.clientSecret, header, payload, signature, '192.0.2.33']) {
      expect(dump).not.toContain(secret);
    }
    expect(dump).toContain(pair.clientId);
  });
});

describe('messages that were dealt with', () => {
  const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;

  it('are new until they are marked, and then one of this copy or of an older one is a replay', async () => {
    const lobby = newLobby();
    const sentAt = 1_800_000_000;
    expect(await lobby.wasSeen('msg_1', sentAt)).toBe('new');
    await lobby.markSeen('msg_1', sentAt);
    expect(await lobby.wasSeen('msg_1', sentAt)).toBe('replayed');
    expect(await lobby.wasSeen('msg_1', sentAt - 1)).toBe('replayed');
    expect(await lobby.wasSeen('msg_1', sentAt + 1)).toBe('done');
    expect(await lobby.wasSeen('msg_2', sentAt)).toBe('new');
    // One that comes late of an older copy does not make the younger one new again.
    await lobby.markSeen('msg_1', sentAt - 5);
    expect(await lobby.wasSeen('msg_1', sentAt)).toBe('replayed');
  });

  it('are known for a quarter of an hour, and then forgotten by the alarm', async () => {
    const lobby = newLobby();
    await lobby.markSeen('msg_1', 1);
    await later(895);
    expect(await lobby.wasSeen('msg_1', 1)).toBe('replayed');
    await later(10);
    expect(await lobby.wasSeen('msg_1', 1)).toBe('new');
    await runDurableObjectAlarm(lobby);
    expect(await dumpOfRing(lobby)).toEqual(EMPTY);
  });

  it('are ten thousand at the most, and the oldest go', async () => {
    const lobby = newLobby();
    await lobby.markSeen('msg_1', 1);
    // They are counted when it wakes.
    await evictDurableObject(lobby);
    await runInDurableObject(lobby, (_lobby, { storage }) => {
      storage.sql.exec('UPDATE messages SET seen_at = ?', minutesAgo(5));
      for (let i = 0; i < 100; i++) {
        const rows = Array.from({ length: 100 }, (_, j) => `('id-${i}-${j}', 1, ${minutesAgo(4)})`);
        storage.sql.exec(`INSERT INTO messages (id, sent_at, seen_at) VALUES ${rows.join(', ')}`);
      }
    });
    await lobby.markSeen('msg_2', 1);
    expect((await dumpOfRing(lobby)).messages).toHaveLength(10_000);
    expect([await lobby.wasSeen('msg_1', 1), await lobby.wasSeen('msg_2', 1)]).toEqual(['new', 'replayed']);
  });
});

describe('tries', () => {
  it('are ten thousand at the most: of more, none is made', async () => {
    const lobby = newLobby();
    const before = logged().length;
    // It has its tables, and has not counted yet.
    await lobby.takeBackTry('nobody’s', 1);
    await runInDurableObject(lobby, (_lobby, { storage }) => {
      storage.sql.exec(
        "INSERT INTO tries (name, at) SELECT 'of others', ? FROM json_each(?)",
        Date.now() - 60_000,
        JSON.stringify(Array.from({ length: 9_999 }, () => 0)),
      );
    });
    expect(await lobby.countTry('name', 5)).toMatchObject({ result: 'counted' });
    expect(await lobby.countTry('name', 5)).toMatchObject({ result: 'exhausted' });
    expect((await dumpOfRing(lobby)).tries).toHaveLength(10_000);
    expect(logged().slice(before)).toMatchObject([{ event: 'budget', scopes: 'tries', client_id: null }]);
    await later(601);
    expect(await lobby.countTry('name', 5)).toMatchObject({ result: 'counted' });
    expect((await dumpOfRing(lobby)).tries).toHaveLength(1);
  });
});

describe('a clock that was moved', () => {
  const DAY_MS = 86_400_000;
  const DEVICE = {
    ...{ names: ['name'], deviceCode: 'hash', clientId: 'acme-cli', scopes: ['items:read'], about: 'box' },
  };
  const OPENING = { names: DEVICE.names, sessionId: 'session', claim: null };

  it('is the one that a Lobby goes by, and the platform wakes it in time', async () => {
    under({}, { CLOCK_OFFSET_SECONDS: '86400' });
    const lobby = newLobby();
    const before = Date.now();
    await lobby.beginDevice(DEVICE);
    expect((await lobby.openDevice(OPENING))?.expiresAt).toBeGreaterThanOrEqual(before + DAY_MS + 600_000);
    const alarm = await runInDurableObject(lobby, (_instance, { storage }) => storage.getAlarm());
    expect(alarm).toBeGreaterThanOrEqual(before + 600_000);
    expect(alarm).toBeLessThan(before + DAY_MS);
    await runDurableObjectAlarm(lobby);
    expect((await dumpOfRing(lobby)).device_codes).toHaveLength(1);
    await later(600);
    expect(await lobby.openDevice(OPENING)).toBeNull();
    await runDurableObjectAlarm(lobby);
    expect((await dumpOfRing(lobby)).device_codes).toEqual([]);
  });
});

describe('the port of the Worker', () => {
  it('leads each client to the same one of 64 Lobbies', async () => {
    const lobbies = openLobbies(rooms.LOBBY);
    const { owner, ...pair } = await foreignClient();
    expect(await exchangeAt(lobbies(pair.clientId), pair)).toMatchObject({ result: 'token', owner });
    expect(await lookAt(lobbies(pair.clientId), pair)).toMatchObject({ owner });
    const asked = Array.from({ length: 300 }, (_, i) => `client-${i}`);
    await Promise.all(asked.map((clientId) => lobbies(clientId).look({ clientId, fingerprint: null })));
    const ids = new Set((await listDurableObjectIds(rooms.LOBBY)).map(String));
    const named = Array.from({ length: 64 }, (_, i) =>
      rooms.LOBBY.idFromName(`lobby-${String(i).padStart(2, '0')}`).toString(),
    );
    expect(named.filter((id) => ids.has(id)).length).toBeGreaterThan(60);
  });
});

describe('a Lobby that dies', () => {
  it('in the middle of an exchange answers nobody, and the next one begins anew', async () => {
    const lobby = newLobby();
    const pair = await foreignClient();
    await fault('token', { kind: 'latency', latencyMs: 300, times: 1 });
    const lost = exchangeAt(lobby, pair);
    const failed = expect(lost).rejects.toThrow();
    await vi.waitFor(async () => expect(await exchanges()).toBe(1));
    await runInDurableObject(lobby, (_instance, state) => state.abort('the machine died')).catch(() => null);
    await failed;
    const again = rooms.LOBBY.getByName(lobby.name ?? '') as unknown as typeof lobby;
    expect(await dumpOfRing(again)).toMatchObject({ owners: [], secrets: [] });
    expect(await exchangeAt(again, pair)).toMatchObject({ result: 'token', made: true });
  });

  it('between two steps has forgotten nothing that was answered', async () => {
    const lobby = newLobby();
    const { owner, ...pair } = await foreignClient();
    const first = await exchangeAt(lobby, pair);
    await evictDurableObject(lobby);
    expect(await lookAt(lobby, pair)).toMatchObject({ owner, sealed: expect.any(String) });
    await evictDurableObject(lobby);
    expect(await exchangeAt(lobby, pair)).toEqual({ ...first, made: false });
    expect(await exchanges()).toBe(1);
  });
});
