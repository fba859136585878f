import { describe, expect, it } from 'vitest';
import type { Standing } from '../../../src/model/ports.ts';
import {
  ADA,
  asBasic,
  asBearer,
  asJwt,
  clientId,
  idle,
  key,
  LEASE_MS,
  LIVE,
  NOW,
  openWorld,
  outcome,
  SCOPES,
  TOKEN,
  until,
} from './world.ts';

const ENDED = (status: 'revoked' | 'unknown' | 'expired' | 'suspended'): Standing => ({
  status,
  leaseMs: LEASE_MS,
});
const JWT = asJwt();

/** A world in which the key is warm. */
const warmWorld = async () => {
  const world = openWorld();
  expect(outcome(await world.ask(asBearer()))).toBe('api_key');
  await world.settled();
  return world;
};

describe('without a key', () => {
  it.each([
    ['nothing', { kind: 'none' }, 'credential_missing', 'anonymous', 'anonymous'],
    [
      'a scheme that we do not speak',
      { kind: 'unsupported' },
      'credential_missing',
      'credential_missing',
      'credential_missing',
    ],
    [
      'something unknown',
      { kind: 'unknown', scheme: 'bearer' },
      'credential_invalid: grammar',
      'credential_invalid: grammar',
      'credential_invalid: grammar',
    ],
    [
      'a key that is none',
      asBearer(`${key}x`),
      'credential_invalid: grammar',
      'credential_invalid: grammar',
      'credential_invalid: grammar',
    ],
    ['a bad JWT', JWT, 'credential_invalid: token', 'credential_invalid: token', 'credential_invalid: token'],
  ] as const)(
    '%s is %s where required, and is never anonymous if it is a bad credential',
    async (_, credential, required, optional, none) => {
      const { ask, portCalls } = openWorld();
      const found = [];
      for (const auth of ['required', 'optional', 'none'] as const)
        found.push(outcome(await ask(credential, { auth, scopes: [] })));
      expect(found).toEqual([required, optional, none]);
      expect(portCalls()).toBe(0);
    },
  );
});

describe('a key that was made up', () => {
  const changed = (at: number) => key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);

  it.each([
    ['a wrong CRC', changed(key.length - 1)],
    ['a wrong tag', changed(50)],
    ['another environment', key.replace('_test_', '_live_')],
    ['letters that are not ASCII', key.replace('acme_test_', 'acme_test_\u0430')],
    ['too many', key + key],
  ])('costs nothing: %s', async (_, text) => {
    const world = openWorld();
    for (const credential of [asBearer(text), asBasic(text)]) {
      expect(outcome(await world.ask(credential))).toBe('credential_invalid: grammar');
    }
    expect(world.portCalls()).toBe(0);
  });

  it('with a CRC that anybody can compute costs nothing', async () => {
    const { crc32 } = await import('node:zlib');
    const { toBase62 } = await import('../../../src/model/base62.ts');
    const body = changed(50).slice(0, -6);
    const world = openWorld();
    expect(outcome(await world.ask(asBearer(body + toBase62(BigInt(crc32(body)), 6))))).toBe(
      'credential_invalid: tag',
    );
    expect(world.portCalls()).toBe(0);
  });
});

describe('a cold key', () => {
  it('becomes its owner, by one look into the Vault, one word of the Ring and one exchange', async () => {
    const { ask, calls, settled } = openWorld();
    const result = await ask(asBearer());
    expect(result.ok && result.value.identity).toEqual({
      auth: 'api_key',
      userId: ADA.id,
      organizationId: null,
      clientId,
      scopes: ['items:read', 'items:write'],
      owner: ADA,
    });
    await settled();
    expect([calls.get, calls.admit.length, calls.exchange, calls.put.length]).toEqual([1, 1, 1, 1]);
    expect(JSON.stringify(calls)).not.toContain(key.slice(-40));
  });

  it('of which a hundred requests come at once is asked for once', async () => {
    const { ask, calls } = openWorld();
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, i) => ask(i % 2 === 0 ? asBearer() : asBasic())),
    );
    expect(all.filter((result) => result.ok)).toHaveLength(100);
    expect([calls.get, calls.admit.filter(({ wantToken }) => wantToken).length, calls.exchange]).toEqual([
      1, 1, 1,
    ]);
  });

  it('whose exchange was joined is not written to the Vault by everybody', async () => {
    const { ask, calls, state, settled } = openWorld();
    state.exchanged = {
      result: 'token',
      token: 'token',
      sealed: 's',
      generation: 1,
      expiresAt: NOW + 3_600,
      made: false,
    };
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    await settled();
    expect(calls.put).toEqual([]);
  });

  it('has the scopes that both its token and its Ring grant', async () => {
    const { ask, state } = openWorld();
    state.verdicts.set('token', {
      verdict: 'good',
      token: { ...TOKEN, scopes: ['admin:all', 'items:write', 'items:read'] },
    });
    state.standing = { ...LIVE, scopes: ['items:read', 'items:delete', 'items:write'] };
    const result = await ask(asBearer());
    expect(result.ok && result.value.identity.scopes).toEqual(['items:write', 'items:read']);
  });
});

describe('a warm key', () => {
  it('is decided at once, and nobody is asked, until its lease ends', async () => {
    const { ask, pass, portCalls } = await warmWorld();
    const before = portCalls();
    for (let i = 0; i < 5; i++) {
      pass(500);
      const result = ask(asBearer());
      expect(result).not.toBeInstanceOf(Promise);
      expect(outcome(await result)).toBe('api_key');
    }
    expect(portCalls()).toBe(before);
  });

  it('is as good as a pair as it is as a key, and is called what it is presented as', async () => {
    const { ask, portCalls } = await warmWorld();
    const before = portCalls();
    const names = [];
    for (const credential of [asBasic(), asBearer(), asBasic()]) names.push(outcome(await ask(credential)));
    expect([names, portCalls()]).toEqual([['client_credentials', 'api_key', 'client_credentials'], before]);
  });

  it('is judged anew for each route: scopes, and kinds of credential', async () => {
    const { ask, portCalls } = await warmWorld();
    const before = portCalls();
    expect(outcome(await ask(asBearer(), { scopes: ['admin:all'] }))).toBe('insufficient_scope');
    expect(outcome(await ask(asBearer(), { credentials: ['session'] }))).toBe('credential_kind_not_allowed');
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    expect(portCalls()).toBe(before);
  });

  it('ends at the second that the Ring has named, without asking anybody', async () => {
    const { ask, pass, state, portCalls } = openWorld();
    state.standing = { ...LIVE, expiresAt: NOW * 1000 + 2_000 };
    await ask(asBearer());
    const before = portCalls();
    pass(1_999);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    pass(1);
    expect(outcome(await ask(asBearer()))).toBe('credential_invalid: expired');
    expect(portCalls()).toBe(before);
  });

  it('asks the Ring when its lease has ended, once for all who come', async () => {
    const { ask, pass, calls } = await warmWorld();
    pass(LEASE_MS);
    const before = calls.admit.length;
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(asBearer())));
    expect(new Set(all.map(outcome))).toEqual(new Set(['api_key']));
    expect([calls.admit.length - before, calls.exchange]).toEqual([1, 1]);
  });

  it('whose token has ended is found out about anew', async () => {
    const { ask, pass, calls, state } = await warmWorld();
    state.verdicts.set('token', { verdict: 'good', token: { ...TOKEN, expiresAt: NOW + 7_200 } });
    pass(3_600_000);
    expect([outcome(await ask(asBearer())), calls.exchange, calls.get]).toEqual(['api_key', 2, 2]);
  });
});

describe('the order of refusals', () => {
  it.each([
    ['401 before 403', { status: ENDED('revoked'), scopes: ['admin:all'] }, 'credential_invalid: revoked'],
    [
      'a suspended owner before his scopes',
      { status: ENDED('suspended'), scopes: ['admin:all'] },
      'owner_suspended',
    ],
    ['401 before 429', { status: ENDED('unknown'), limit: 1 }, 'credential_invalid: unknown'],
    ['403 before 429', { scopes: ['admin:all'], limit: 1 }, 'insufficient_scope'],
    [
      'an expired key before its scopes',
      { status: { ...LIVE, expiresAt: NOW * 1000 }, scopes: ['admin:all'] },
      'credential_invalid: expired',
    ],
    ['429 last', { limit: 1 }, 'rate_limited'],
  ] as const)('%s', async (_, given, expected) => {
    const { ask, state, pass } = openWorld();
    state.limit = { requests: 'limit' in given ? given.limit : 600, perSeconds: 60 };
    if ('limit' in given) await ask(asBearer());
    pass(LEASE_MS);
    if ('status' in given) state.standing = given.status;
    const scopes = 'scopes' in given ? given.scopes : ['items:read'];
    expect(outcome(await ask(asBearer(), { scopes }))).toBe(expected);
  });
});

describe('a stale no', () => {
  it('asks the Ring first, at no cost, and stays a no if the Ring says so', async () => {
    const { ask, pass, calls, paid } = await warmWorld();
    pass(LEASE_MS);
    const before = calls.admit.length;
    expect(outcome(await ask(asBearer(), { scopes: ['admin:all'] }))).toBe('insufficient_scope');
    expect([calls.admit.length - before, paid(), calls.exchange]).toEqual([1, [], 1]);
  });

  it('becomes a yes when the key was widened, by one exchange', async () => {
    const { ask, pass, calls, state } = await warmWorld();
    pass(LEASE_MS);
    state.standing = { ...LIVE, generation: 2, scopes: [...SCOPES, 'admin:all'] };
    state.verdicts.set('token', {
      verdict: 'good',
      token: { ...TOKEN, scopes: [...TOKEN.scopes, 'admin:all'] },
    });
    expect(outcome(await ask(asBearer(), { scopes: ['admin:all'] }))).toBe('api_key');
    expect(calls.exchange).toBe(2);
  });

  it('of a key that was prolonged becomes a yes', async () => {
    const { ask, pass, state } = openWorld();
    state.standing = { ...LIVE, expiresAt: NOW * 1000 + 1_000 };
    await ask(asBearer());
    pass(LEASE_MS);
    state.standing = { ...LIVE, expiresAt: NOW * 1000 + 99_000 };
    expect(outcome(await ask(asBearer()))).toBe('api_key');
  });
});

describe('another generation', () => {
  it('drops the evidence: one exchange more, and the cost is paid once', async () => {
    const { ask, pass, calls, state, paid } = await warmWorld();
    pass(LEASE_MS);
    state.standing = { ...LIVE, generation: 2, scopes: ['items:read'] };
    const result = await ask(asBearer(), { cost: 7 });
    expect(result.ok && result.value.identity.scopes).toEqual(['items:read']);
    expect([calls.exchange, paid()]).toEqual([2, [7]]);
  });

  it('that narrows refuses what is no longer granted', async () => {
    const { ask, pass, state } = await warmWorld();
    pass(LEASE_MS);
    state.standing = { ...LIVE, generation: 2, scopes: ['items:write'] };
    expect(outcome(await ask(asBearer()))).toBe('insufficient_scope');
  });

  it('that does not come to rest is no verdict', async () => {
    const { ask, state } = openWorld();
    let generation = 1;
    state.beforeAdmit = async () => {
      state.standing = { ...LIVE, generation: ++generation };
    };
    state.exchanged = {
      result: 'token',
      token: 'token',
      sealed: 's',
      generation: 1,
      expiresAt: NOW + 3_600,
      made: true,
    };
    expect(outcome(await ask(asBearer()))).toBe('unavailable: ring');
  });

  it('older than the Ring says is never judged final, neither way', async () => {
    const { ask, state, calls } = openWorld();
    // The exchange was under way when the key was widened: its token is of the generation before.
    state.standing = { ...LIVE, generation: 2, scopes: [...SCOPES, 'admin:all'] };
    state.exchanged = {
      result: 'token',
      token: 'token',
      sealed: 's',
      generation: 1,
      expiresAt: NOW + 3_600,
      made: true,
    };
    state.beforeExchange = async () => {
      if (calls.exchange < 2) return;
      state.exchanged = null;
      state.verdicts.set('token', { verdict: 'good', token: { ...TOKEN, scopes: ['admin:all'] } });
    };
    expect([outcome(await ask(asBearer(), { scopes: ['admin:all'] })), calls.exchange]).toEqual([
      'api_key',
      2,
    ]);
  });
});

describe('a key that was ended', () => {
  it.each([
    ['revoked', 'credential_invalid: revoked'],
    ['unknown', 'credential_invalid: unknown'],
    ['expired', 'credential_invalid: expired'],
    ['suspended', 'owner_suspended'],
  ] as const)(
    '%s: is refused while a request waits for the Ring, and for the lease without asking again',
    async (status, expected) => {
      const { ask, pass, state, portCalls } = await warmWorld();
      pass(LEASE_MS);
      state.beforeAdmit = async () => {
        state.standing = ENDED(status);
      };
      expect(outcome(await ask(asBearer()))).toBe(expected);
      const before = portCalls();
      pass(LEASE_MS - 1);
      expect([outcome(await ask(asBearer())), outcome(await ask(asBasic())), portCalls()]).toEqual([
        expected,
        expected,
        before,
      ]);
      pass(1);
      await ask(asBearer());
      expect(portCalls()).toBeGreaterThan(before);
    },
  );

  it('between the exchange and the next word of the Ring is refused', async () => {
    const { ask, state } = openWorld();
    state.standing = { status: 'unproven', leaseMs: 0 };
    state.beforeExchange = async () => {
      state.standing = ENDED('revoked');
    };
    expect(outcome(await ask(asBearer()))).toBe('credential_invalid: revoked');
  });

  it('during the exchange is refused', async () => {
    const { ask, state } = openWorld();
    state.exchanged = { result: 'ended', status: 'revoked' };
    expect(outcome(await ask(asBearer()))).toBe('credential_invalid: revoked');
  });

  it('is told to each in the way in which he presented it', async () => {
    const { ask, state } = openWorld();
    state.standing = ENDED('revoked');
    const schemes = async () => {
      const results = await Promise.all([ask(asBearer()), ask(asBasic())]);
      return results.map((result) => !result.ok && 'scheme' in result.refusal && result.refusal.scheme);
    };
    expect([await schemes(), await schemes()]).toEqual([
      ['bearer', 'basic'],
      ['bearer', 'basic'],
    ]);
    const warm = await warmWorld();
    warm.pass(LEASE_MS);
    warm.state.standing = ENDED('revoked');
    const waited = await Promise.all([warm.ask(asBasic()), warm.ask(asBearer())]);
    expect(waited.map((result) => !result.ok && 'scheme' in result.refusal && result.refusal.scheme)).toEqual(
      ['basic', 'bearer'],
    );
  });
});

describe('a client that goes away', () => {
  /** Whatever is put in the background from now on. */
  const background = ({ ports }: ReturnType<typeof openWorld>): Promise<unknown>[] => {
    const kept: Promise<unknown>[] = [];
    Object.assign(ports, { inBackground: (work: Promise<unknown>) => void kept.push(work) });
    return kept;
  };

  it('leaves nobody waiting: what others wait for as well is found out to its end', async () => {
    const cold = openWorld();
    const found = background(cold);
    const first = cold.ask(asBearer());
    expect(found).toEqual([first]);
    await first;
    cold.pass(LEASE_MS);
    const asked = background(cold);
    const second = cold.ask(asBearer());
    expect(asked).toEqual([second]);
    expect(outcome(await second)).toBe('api_key');
  });

  it('costs a warm request nothing: there is nothing to wait for', async () => {
    const warm = await warmWorld();
    const kept = background(warm);
    expect(warm.ask(asBearer())).not.toBeInstanceOf(Promise);
    expect(kept).toEqual([]);
  });
});

describe('leaseSeconds 0', () => {
  it('asks for every request, and pays for each once', async () => {
    const { ask, calls, paid } = await warmWorld();
    const before = calls.admit.length;
    for (let i = 0; i < 3; i++)
      expect(outcome(await ask(asBearer(), { leaseSeconds: 0, cost: 2 }))).toBe('api_key');
    // The clock stands: whoever came in this very millisecond may take the answer of this very millisecond.
    expect(calls.admit.length - before).toBeLessThanOrEqual(3);
    expect(paid()).toEqual(Array(paid().length).fill(2));
  });

  it('takes no lease along: the next one asks again (LEASES.md 2)', async () => {
    const { ask, pass, calls } = await warmWorld();
    pass(1);
    await ask(asBearer(), { leaseSeconds: 0 });
    expect(calls.admit.at(-1)?.ask).toMatchObject({ costs: [1], wantsLease: false });
  });

  it('sees a revocation on the next request', async () => {
    const { ask, pass, state } = await warmWorld();
    pass(1);
    expect(outcome(await ask(asBearer(), { leaseSeconds: 0 }))).toBe('api_key');
    state.standing = ENDED('revoked');
    pass(1);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    expect(outcome(await ask(asBearer(), { leaseSeconds: 0 }))).toBe('credential_invalid: revoked');
    expect(outcome(await ask(asBearer()))).toBe('credential_invalid: revoked');
  });

  it('never takes an answer that was asked for before the request came', async () => {
    const { ask, pass, state, calls } = await warmWorld();
    pass(1);
    const gate = Promise.withResolvers<void>();
    const before = calls.admit.length;
    state.beforeAdmit = () => gate.promise;
    const first = ask(asBearer(), { leaseSeconds: 0 });
    await until(() => calls.admit.length > before);
    pass(1);
    const second = ask(asBearer(), { leaseSeconds: 0 });
    await idle();
    state.beforeAdmit = async () => {
      state.standing = ENDED('revoked');
    };
    gate.resolve();
    expect([outcome(await first), outcome(await second)]).toEqual(['api_key', 'credential_invalid: revoked']);
  });

  it('a tighter lease than the Ring gives is kept', async () => {
    const { ask, pass, calls } = await warmWorld();
    const before = calls.admit.length;
    pass(1_000);
    expect(outcome(await ask(asBearer(), { leaseSeconds: 1 }))).toBe('api_key');
    expect(calls.admit.length - before).toBe(1);
  });
});

describe('what cannot be known is 503, never 401', () => {
  it('a Ring that throws', async () => {
    const { ask, state } = openWorld();
    state.beforeAdmit = () => Promise.reject(new Error('internal error'));
    expect(outcome(await ask(asBearer()))).toBe('unavailable: ring');
  });

  it('a Ring that is silent, for a cold key and for a warm one', async () => {
    const cold = openWorld();
    cold.state.beforeAdmit = () => new Promise(() => undefined);
    const waiting = cold.ask(asBearer());
    await until(() => cold.calls.admit.length === 1);
    await idle();
    cold.pass(2_000);
    expect(outcome(await waiting)).toBe('unavailable: ring');

    const warm = await warmWorld();
    warm.pass(LEASE_MS);
    warm.state.beforeAdmit = cold.state.beforeAdmit;
    const before = warm.calls.admit.length;
    const again = warm.ask(asBearer());
    await until(() => warm.calls.admit.length > before);
    await idle();
    warm.pass(2_000);
    expect(outcome(await again)).toBe('unavailable: ring');
  });

  it('an overloaded Ring is 429 for its owner', async () => {
    const { ask, state } = openWorld();
    state.beforeAdmit = () => Promise.reject(Object.assign(new Error('overloaded'), { overloaded: true }));
    expect(outcome(await ask(asBearer()))).toBe('rate_limited');
  });

  it('an exchange that brought nothing, with what Stytch asked for', async () => {
    const { ask, state } = openWorld();
    state.exchanged = { result: 'unavailable', retryAfterSeconds: 17 };
    const result = await ask(asBearer());
    expect(result).toMatchObject({
      ok: false,
      refusal: { reason: 'unavailable', what: 'stytch', retryAfterSeconds: 17 },
    });
  });

  it('signing keys that cannot be had, without buying another token', async () => {
    const { ask, state } = openWorld();
    state.verdicts.set('token', { verdict: 'unknowable' });
    expect(outcome(await ask(asBearer()))).toBe('unavailable: jwks');
  });

  it('leaves a warm key alone while its lease lasts', async () => {
    const { ask, state } = await warmWorld();
    state.beforeAdmit = () => Promise.reject(new Error('internal error'));
    expect(outcome(await ask(asBearer()))).toBe('api_key');
  });

  it('is not remembered: the next request finds out', async () => {
    const { ask, state } = openWorld();
    state.exchanged = { result: 'unavailable', retryAfterSeconds: 1 };
    await ask(asBearer());
    state.exchanged = null;
    expect(outcome(await ask(asBearer()))).toBe('api_key');
  });
});
