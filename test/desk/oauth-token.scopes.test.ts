import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseKey } from '../../src/model/key.ts';
import type { Pair } from '../foreign.ts';
import { listed, made, OLD } from '../master-keys.ts';
import { CANNOT_TELL, notThatClient, oauthRefusal, pairOf } from '../oauth.ts';
import { asOperator } from '../operators.ts';
import { called, keyOfSomebody, ringOf } from '../rotation.ts';
import { inUse } from '../secrets.ts';
import { askToken, badScope, spent, tokenIn } from '../token-endpoint.ts';
import {
  atStytch,
  BY,
  call,
  claimsOf,
  desk,
  dumpOfRing,
  emulator,
  fault,
  type Issued,
  isolate,
  later,
  now,
  ownerOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const READ = { scope: 'items:read' };
const WRITE = { scope: 'items:write' };

const somebody = async () => {
  const made = await keyOfSomebody();
  return { ...made, pair: pairOf(made.key) };
};

/** A key with the three scopes that there are: an operator may give them all. */
const withThree = async () => {
  const session = await signIn();
  const made = await asOperator('POST', `/v1/users/${subjectOf(session)}/keys`, {
    ...{ name: 'three', scopes: ['items:read', 'items:write', 'admin:all'] },
  });
  const { key, key_id } = (await made.json()) as Issued;
  inUse(key);
  return { session, key_id, pair: pairOf(key) };
};

/** A key with so many scopes: the operator's file was longer when it was made. */
const withMany = async (count: number) => {
  const session = await signIn();
  const scopes = Array.from({ length: count }, (_, i) => `s:${i}`);
  const ring = await ringOf(session);
  const issued = await ring.issue({
    ...{ owner: ownerOf(session), name: 'many', description: '', scopes, createdBy: subjectOf(session) },
    ...{ expiresAt: null, limit: null, ipAllowlist: null, idempotency: null, author: BY },
  });
  if (!issued.ok || issued.value.key === null) throw new Error('not issued');
  inUse(issued.value.key);
  return { session, pair: pairOf(issued.value.key) };
};

const rowsOf = async (session: string) => (await dumpOfRing(await ringStub(session))).scoped_tokens ?? [];

beforeEach(async () => {
  for (const { name } of (await rooms.VAULT.list()).keys) await rooms.VAULT.delete(name);
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
afterEach(async () => {
  await now();
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/switches');
});

describe('a token for part of the scopes', () => {
  it('has those and no other, and opens no more at the Gate', async () => {
    const { pair } = await somebody();
    const token = await tokenIn(await askToken(pair, READ));
    expect([token.scope, claimsOf(token.access_token).scope]).toEqual(['items:read', 'items:read']);
    expect((await call(token.access_token)).status).toBe(200);
    expect((await call(token.access_token, '/v1/items/1', { method: 'DELETE' })).status).toBe(403);
  });

  it('costs one exchange of its own, and none while it is kept', async () => {
    const { pair } = await somebody();
    await tokenIn(await askToken(pair));
    expect(await spent(() => askToken(pair, READ))).toBe(1);
    expect(await spent(() => askToken(pair, READ))).toBe(0);
    expect(await spent(() => askToken(pair, WRITE))).toBe(1);
    expect(await spent(() => askToken(pair))).toBe(0);
  });

  it('costs one however many ask at once, in however many isolates', async () => {
    const { pair } = await somebody();
    await tokenIn(await askToken(pair));
    const isolates = Array.from({ length: 4 }, () => isolate());
    const answers: Response[] = [];
    const asked = Array.from({ length: 20 }, (_, i) => isolates[i % 4]?.fetch);
    const calls = await spent(async () => {
      answers.push(...(await Promise.all(asked.map((fetch) => askToken(pair, READ, fetch)))));
    });
    const tokens = await Promise.all(answers.map(tokenIn));
    expect([calls, new Set(tokens.map((each) => each.access_token)).size]).toEqual([1, 1]);
  });

  it('is one, in whatever order its scopes are named and how often', async () => {
    const { pair } = await withThree();
    const first = await tokenIn(await askToken(pair, { scope: 'items:read items:write' }));
    const other = { scope: 'items:write items:read items:write' };
    const before = await spent(async () => {
      expect((await tokenIn(await askToken(pair, other))).access_token).toBe(first.access_token);
    });
    expect(before).toBe(0);
  });

  it('is the main one where it names all that the client has', async () => {
    const { pair, session } = await somebody();
    const main = await tokenIn(await askToken(pair));
    const all = await tokenIn(await askToken(pair, { scope: 'items:write items:read' }));
    expect(all.access_token).toBe(main.access_token);
    expect(await rowsOf(session)).toEqual([]);
  });

  it('is renewed in its last five minutes, and is the kept one to its end while Stytch is silent', async () => {
    await later(0);
    const { pair } = await somebody();
    const first = await tokenIn(await askToken(pair, READ));
    const left = (jwt: string) => Math.floor(Number(claimsOf(jwt).exp) - Date.now() / 1000);
    await later(left(first.access_token) - 200);
    await fault('token', { kind: 'status', status: 503 });
    const kept = await tokenIn(await askToken(pair, READ));
    expect([kept.access_token, kept.expires_in]).toEqual([first.access_token, left(first.access_token)]);
    await emulator('DELETE', '/faults');
    const next = await tokenIn(await askToken(pair, READ));
    expect([next.access_token === first.access_token, next.scope]).toEqual([false, 'items:read']);
  });

  it('is sealed in its row, for its own scopes: in the row of others it does not open', async () => {
    const { pair, session } = await somebody();
    const [read, write] = [await askToken(pair, READ), await askToken(pair, WRITE)];
    await tokenIn(read);
    await tokenIn(write);
    const rows = await rowsOf(session);
    expect(rows.map(({ scope }) => scope)).toEqual(['items:read', 'items:write']);
    for (const { sealed } of rows) expect(sealed).toMatch(/^s1\./);
    await runInDurableObject(await ringStub(session), (_ring, { storage }) => {
      const [first] = rows;
      storage.sql.exec(
        "UPDATE scoped_tokens SET sealed = ? WHERE scope = 'items:write'",
        first?.sealed ?? '',
      );
    });
    let scope = '';
    const calls = await spent(async () => {
      scope = (await tokenIn(await askToken(pair, WRITE))).scope;
    });
    expect([calls, scope]).toEqual([1, 'items:write']);
  });

  it('is not in the Vault: what is there is the main token alone', async () => {
    const { pair, key } = await somebody();
    expect((await call(key)).status).toBe(200);
    const inVault = async () => (await rooms.VAULT.list({ prefix: 't1.' })).keys.map(({ name }) => name);
    await vi.waitFor(async () => expect(await inVault()).not.toEqual([]));
    const before = await inVault();
    await tokenIn(await askToken(pair, READ));
    await tokenIn(await askToken(pair, WRITE, isolate().fetch));
    expect(await inVault()).toEqual(before);
  });

  it('is forgotten when it has ended', async () => {
    const { pair, session } = await somebody();
    await tokenIn(await askToken(pair, READ));
    expect(await rowsOf(session)).toHaveLength(1);
    await later(3_601);
    await runDurableObjectAlarm(await ringStub(session));
    expect(await rowsOf(session)).toEqual([]);
  });
});

describe('scopes that a client has not', () => {
  it('are refused, and nothing is asked of Stytch', async () => {
    const { pair, session } = await somebody();
    await tokenIn(await askToken(pair));
    for (const scope of ['admin:all', 'items:read admin:all', 'items', 'items:read:all', 'latchkey:admin']) {
      const calls = await spent(async () =>
        expect(await oauthRefusal(await askToken(pair, { scope }))).toEqual(badScope),
      );
      expect(calls).toBe(0);
    }
    expect(await rowsOf(session)).toEqual([]);
  });

  it.each([
    'items:read  items:write',
    ' items:read',
    'items:read ',
    'items:read\titems:write',
    'ä',
    'a"b',
    'a\\b',
  ])('are refused before anybody is asked where they are no list of scope-tokens: %j', async (scope) => {
    const { pair } = await somebody();
    const { calls, fetch } = isolate();
    expect(await oauthRefusal(await askToken(pair, { scope }, fetch))).toEqual(badScope);
    expect(calls).toEqual([]);
  });

  it.each(['error', 'dropped'])('at Stytch alone are refused: %s', async (ungrantedScope) => {
    const { pair, key_id, session } = await somebody();
    await tokenIn(await askToken(pair));
    await emulator('PUT', '/switches', { ungrantedScope });
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { scopes: ['items:read'] });
    const refused = async () => expect(await oauthRefusal(await askToken(pair, WRITE))).toEqual(badScope);
    expect(await spent(refused)).toBe(1);
    expect(await spent(refused)).toBe(0);
    expect(await rowsOf(session)).toEqual([]);
  });

  it('are left out, and that is said, where Stytch leaves them out', async () => {
    const { pair, key_id } = await withThree();
    await tokenIn(await askToken(pair));
    await emulator('PUT', '/switches', { ungrantedScope: 'dropped' });
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { scopes: ['items:read'] });
    const token = await tokenIn(await askToken(pair, { scope: 'items:read items:write' }));
    expect([token.scope, claimsOf(token.access_token).scope]).toEqual(['items:read', 'items:read']);
  });

  it('are not believed when Stytch gives them all the same: 503, and nothing is kept', async () => {
    const { pair, session } = await somebody();
    await tokenIn(await askToken(pair));
    await fault('token', { kind: 'changedClaims', claims: { scope: 'items:read items:write' }, times: 1 });
    expect(await oauthRefusal(await askToken(pair, READ))).toEqual(CANNOT_TELL);
    expect(await rowsOf(session)).toEqual([]);
    expect((await tokenIn(await askToken(pair, READ))).scope).toBe('items:read');
  });
});

describe('sets of scopes of one secret', () => {
  const sets = (count: number, pick: number): readonly string[] =>
    Array.from({ length: pick }, (_, n) => n + 1).map((bits) =>
      Array.from({ length: count }, (_, i) => i)
        .filter((i) => (bits >> i) % 2 === 1)
        .map((i) => `s:${i}`)
        .join(' '),
    );

  it('have living tokens up to 32 at once: one more is 429 until the first of them ends', async () => {
    await later(0);
    const { pair, session } = await withMany(7);
    for (const scope of sets(7, 32)) await tokenIn(await askToken(pair, { scope }));
    const one = { scope: 's:6 s:5' };
    const calls = await spent(async () => {
      const refused = await oauthRefusal(await askToken(pair, one));
      expect(refused).toEqual({
        ...{ status: 429, error: 'too_many_scope_sets', challenge: null },
        retryAfter: expect.stringMatching(/^(36\d\d|359\d)$/),
      });
    });
    expect([calls, await rowsOf(session)]).toEqual([0, expect.objectContaining({ length: 32 })]);
    // Those that there are go on being answered, and so is the main token.
    await tokenIn(await askToken(pair, { scope: 's:0' }));
    await tokenIn(await askToken(pair));
    await later(3_601);
    await tokenIn(await askToken(pair, one));
    expect(await rowsOf(session)).toHaveLength(1);
  });

  it('are never more, however many are asked for at once', async () => {
    const { pair, session } = await withMany(7);
    await tokenIn(await askToken(pair));
    const answers = await Promise.all(sets(7, 40).map((scope) => askToken(pair, { scope })));
    const statuses = answers.map(({ status }) => status);
    for (const answer of answers) if (answer.status === 200) await tokenIn(answer);
    expect([
      statuses.filter((each) => each === 200).length,
      statuses.filter((each) => each === 429).length,
    ]).toEqual([32, 8]);
    expect(await rowsOf(session)).toHaveLength(32);
  });
});

describe('a key that is narrowed', () => {
  const narrowed = (session: string, key_id: string) =>
    desk(session, 'PATCH', `/v1/keys/${key_id}`, { scopes: ['items:read'] });

  it('is given no token that says more, though Stytch was not told yet', async () => {
    const { pair, session, key_id } = await somebody();
    await fault('m2m.update', { kind: 'status', status: 503 });
    await tokenIn(await askToken(pair));
    expect((await narrowed(session, key_id)).status).toBe(200);
    const first = await tokenIn(await askToken(pair));
    expect([first.scope, claimsOf(first.access_token).scope]).toEqual(['items:read', 'items:read']);
    expect(await spent(async () => tokenIn(await askToken(pair)))).toBe(0);
    expect(await oauthRefusal(await askToken(pair, WRITE))).toEqual(badScope);
  });

  it('is given none of before, whose scopes it has lost, by an isolate with an old word of it', async () => {
    const { pair, session, key_id } = await somebody();
    const here = isolate();
    await tokenIn(await askToken(pair, {}, here.fetch));
    await tokenIn(await askToken(pair, WRITE, here.fetch));
    await narrowed(session, key_id);
    const token = await tokenIn(await askToken(pair, {}, here.fetch));
    expect(claimsOf(token.access_token).scope).toBe('items:read');
    expect(await oauthRefusal(await askToken(pair, WRITE, here.fetch))).toEqual(badScope);
  });

  it('while Stytch is asked is given what it has then', async () => {
    const { pair, session, key_id } = await somebody();
    await tokenIn(await askToken(pair));
    await emulator('DELETE', '/counters');
    await fault('m2m.update', { kind: 'status', status: 503 });
    await fault('token', { kind: 'latency', latencyMs: 300, times: 1 });
    const asking = askToken(pair, WRITE);
    await called('token');
    await narrowed(session, key_id);
    expect(await oauthRefusal(await asking)).toEqual(badScope);
    expect(await rowsOf(session)).toEqual([]);
  });

  it('while its main token is asked for is given no more than it has then', async () => {
    const { pair, session, key_id } = await somebody();
    await fault('m2m.update', { kind: 'status', status: 503 });
    await fault('token', { kind: 'latency', latencyMs: 300, times: 1 });
    const asking = askToken(pair);
    await called('token');
    await narrowed(session, key_id);
    expect(claimsOf((await tokenIn(await asking)).access_token).scope).toBe('items:read');
  });
});

describe('under a master key that is new', () => {
  it('a secret is proven once, and then has tokens for parts of its scopes of its own', async () => {
    const { pair, session } = await somebody();
    await tokenIn(await askToken(pair, READ));
    const after = isolate(listed(made('new-2'), OLD()));
    const calls = await spent(async () => {
      expect((await tokenIn(await askToken(pair, READ, after.fetch))).scope).toBe('items:read');
    });
    expect([calls, (await rowsOf(session)).length]).toEqual([2, 2]);
    expect(await spent(async () => tokenIn(await askToken(pair, READ, after.fetch)))).toBe(0);
  });

  it('a secret that its Ring cannot tell is proven by its main token, whoever asks the Ring for part', async () => {
    const { pair, session, key } = await somebody();
    await tokenIn(await askToken(pair));
    const parsed = parseKey(key, { brands: ['acme'], environment: 'test' });
    const ring = await ringOf(session);
    const ask = (clientSecret: string, fingerprint: string) =>
      ring.exchange({
        credential: { kind: 'secret', clientId: pair.clientId, fingerprint, pepper: 'new-3' },
        ...{ clientSecret, scopes: ['items:read'] },
      });
    const right = await ask(parsed?.clientSecret ?? '', 'f'.repeat(43));
    expect(right.exchanged).toMatchObject({ result: 'token', made: true });
    const wrong = await ask('w'.repeat(44), 'g'.repeat(43));
    expect(wrong.exchanged).toMatchObject({ result: 'ended' });
  });
});

describe('a key that ends', () => {
  it('has no tokens any more: they go with its secret', async () => {
    const { pair, session, revoke } = await somebody();
    await tokenIn(await askToken(pair, READ));
    await revoke();
    expect(await rowsOf(session)).toEqual([]);
    expect(await oauthRefusal(await askToken(pair, READ, isolate().fetch))).toEqual(notThatClient(true));
  });

  it.each([[READ], [{}]])('while Stytch is asked is given none: %j', async (form) => {
    const { pair, session, revoke } = await somebody();
    if ('scope' in form) await tokenIn(await askToken(pair));
    await emulator('DELETE', '/counters');
    // Stytch is not told of it yet, and gives a good token.
    await fault('m2m.delete', { kind: 'status', status: 503 });
    await fault('token', { kind: 'latency', latencyMs: 300, times: 1 });
    const asking = askToken(pair, form);
    await called('token');
    await revoke();
    expect(await oauthRefusal(await asking)).toEqual(notThatClient(true));
    const { scoped_tokens, tokens } = await dumpOfRing(await ringStub(session));
    expect([scoped_tokens, tokens]).toEqual([[], []]);
  });

  it('is refused in an isolate that has it warm: the token is of the Ring, not of the lease', async () => {
    const { pair, revoke } = await somebody();
    const here = isolate();
    await tokenIn(await askToken(pair, {}, here.fetch));
    await revoke();
    expect(await oauthRefusal(await askToken(pair, {}, here.fetch))).toEqual(notThatClient(true));
  });
});

describe('a rotation', () => {
  const both = async () => {
    const { begin, ...made } = await somebody();
    await tokenIn(await askToken(made.pair, READ));
    const next: Pair = pairOf(await begin());
    await tokenIn(await askToken(next, READ));
    return { ...made, next };
  };

  it('has tokens for both of its secrets, until one of them ends', async () => {
    const { pair, next, session, finish } = await both();
    expect(await rowsOf(session)).toHaveLength(2);
    expect((await finish()).status).toBe(200);
    expect(await rowsOf(session)).toHaveLength(1);
    expect(await oauthRefusal(await askToken(pair, READ, isolate().fetch))).toEqual(notThatClient(true));
    await later(6);
    expect((await tokenIn(await askToken(next, READ, isolate().fetch))).scope).toBe('items:read');
  });

  it('that is cancelled takes those of the new secret', async () => {
    const { pair, next, cancel } = await both();
    expect((await cancel()).status).toBe(200);
    expect(await oauthRefusal(await askToken(next, READ, isolate().fetch))).toEqual(notThatClient(true));
    await tokenIn(await askToken(pair, READ, isolate().fetch));
  });

  it('that is finished while Stytch is asked for the old secret wins', async () => {
    const { pair, finish } = await both();
    await emulator('DELETE', '/counters');
    await fault('m2m.rotate', { kind: 'status', status: 503 });
    await fault('token', { kind: 'latency', latencyMs: 300, times: 1 });
    const asking = askToken(pair, WRITE);
    await called('token');
    await finish();
    expect(await oauthRefusal(await asking)).toEqual(notThatClient(true));
    expect((await stytchCalls()).token).toBe(1);
  });
});
