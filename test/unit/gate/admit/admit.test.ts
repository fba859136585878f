import { describe, expect, it } from 'vitest';
import { asBearer, idle, key, LEASE_MS, LIVE, openWorld, outcome, until } from '../world.ts';

/** What somebody who has vanished answers. */
const NEVER = new Promise<never>(() => undefined);

const warmWorld = async () => {
  const world = openWorld();
  await world.ask(asBearer());
  await world.settled();
  return world;
};

describe('requests that wait for the Ring', () => {
  it('share one call, which names the cost of each', async () => {
    const { ask, pass, calls, paid } = await warmWorld();
    pass(LEASE_MS);
    const before = calls.admit.length;
    const all = await Promise.all([1, 2, 3].map((cost) => ask(asBearer(), { cost })));
    expect(all.map(outcome)).toEqual(['api_key', 'api_key', 'api_key']);
    expect([calls.admit.length - before, paid()]).toEqual([1, [1, 2, 3]]);
  });

  it('are each told what the Ring decided for him', async () => {
    const { ask, pass, state } = openWorld();
    state.limit = { requests: 10, perSeconds: 60 };
    await ask(asBearer(), { cost: 1 });
    pass(LEASE_MS);
    const all = await Promise.all([5, 9, 1].map((cost) => ask(asBearer(), { cost })));
    expect(all.map(outcome)).toEqual(['api_key', 'rate_limited', 'api_key']);
  });

  it('who come while another asks do not share his silence', async () => {
    const { ask, pass, state, calls } = await warmWorld();
    pass(LEASE_MS);
    const before = calls.admit.length;
    state.beforeAdmit = () => (calls.admit.length === before + 1 ? NEVER : Promise.resolve());
    const first = ask(asBearer());
    await until(() => calls.admit.length === before + 1);
    const second = ask(asBearer());
    await idle();
    pass(2_000);
    expect([outcome(await first), outcome(await second)]).toEqual(['unavailable: ring', 'api_key']);
  });

  it('are taken over, with what they cost, when the one who asked for all has vanished', async () => {
    const { ask, pass, state, calls, paid, vanish } = await warmWorld();
    pass(LEASE_MS);
    const before = calls.admit.length;
    vanish();
    state.beforeAdmit = () => (calls.admit.length === before + 1 ? NEVER : Promise.resolve());
    void ask(asBearer(), { cost: 2 });
    await until(() => calls.admit.length === before + 1);
    const second = ask(asBearer(), { cost: 3 });
    await idle();
    pass(2_500);
    expect([outcome(await second), paid()]).toEqual(['api_key', [2, 2, 3]]);
  });

  it('that give up are not paid for by the next call', async () => {
    const { ask, pass, state, calls, paid, vanish } = await warmWorld();
    pass(LEASE_MS);
    const before = calls.admit.length;
    vanish();
    state.beforeAdmit = () => NEVER;
    void ask(asBearer(), { cost: 3 });
    await until(() => calls.admit.length === before + 1);
    const late = ask(asBearer(), { cost: 4 });
    await idle();
    pass(6_000);
    expect(outcome(await late)).toBe('unavailable: ring');
    state.beforeAdmit = async () => undefined;
    expect(outcome(await ask(asBearer(), { cost: 5 }))).toBe('api_key');
    expect(paid()).not.toContain(4);
  });

  it('wait from when they began to, however long finding out about the key took before', async () => {
    const { ask, pass, state, calls } = openWorld();
    state.beforeExchange = async () => pass(5_500);
    expect([outcome(await ask(asBearer())), calls.admit.length > 1]).toEqual(['api_key', true]);
  });
});

describe('a limit', () => {
  it('is 429 with a time, told by the isolate itself until then', async () => {
    const { ask, pass, state, calls } = openWorld();
    state.limit = { requests: 2, perSeconds: 60 };
    expect([outcome(await ask(asBearer())), outcome(await ask(asBearer()))]).toEqual(['api_key', 'api_key']);
    const limited = await ask(asBearer());
    expect(limited).toMatchObject({
      ok: false,
      refusal: { reason: 'rate_limited', retryAfterSeconds: expect.any(Number), by: ['owner'] },
    });
    expect(
      !limited.ok && 'retryAfterSeconds' in limited.refusal && limited.refusal.retryAfterSeconds,
    ).toBeGreaterThan(0);
    const before = calls.admit.length;
    expect([outcome(await ask(asBearer())), calls.admit.length]).toEqual(['rate_limited', before]);
    pass(61_000);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
  });

  it('does not hinder what costs nothing', async () => {
    const { ask, state } = openWorld();
    state.limit = { requests: 1, perSeconds: 60 };
    await ask(asBearer());
    expect([outcome(await ask(asBearer())), outcome(await ask(asBearer(), { cost: 0 }))]).toEqual([
      'rate_limited',
      'api_key',
    ]);
  });
});

describe('what costs nothing', () => {
  it('asks nobody while the word is fresh, and for the word alone when it is not', async () => {
    const { ask, pass, calls, paid } = await warmWorld();
    const before = calls.admit.length;
    expect([outcome(await ask(asBearer(), { cost: 0 })), calls.admit.length]).toEqual(['api_key', before]);
    pass(LEASE_MS);
    expect(outcome(await ask(asBearer(), { cost: 0 }))).toBe('api_key');
    expect([calls.admit.length, paid()]).toEqual([before + 1, []]);
  });
});

describe('a renewal', () => {
  const busyWorld = async () => {
    const world = await warmWorld();
    for (let i = 0; i < 40; i++) {
      world.pass(100);
      await world.ask(asBearer());
    }
    return world;
  };

  it('is asked for in the background before the lease ends, while traffic flows', async () => {
    const { ask, pass, calls, settled } = await busyWorld();
    const before = calls.admit.length;
    let waited = 0;
    for (let i = 0; i < 100; i++) {
      pass(100);
      const result = ask(asBearer());
      if (result instanceof Promise) waited++;
      expect(outcome(await result)).toBe('api_key');
      await settled();
    }
    expect(waited).toBe(0);
    expect(calls.admit.length - before).toBeLessThan(8);
    expect(
      calls.admit.slice(before).every((request) => request.ask.costs.length === 0 && !request.wantToken),
    ).toBe(true);
  });

  it('that finds the key revoked ends it at once', async () => {
    const { ask, pass, state, ports, settled } = await busyWorld();
    state.standing = { status: 'revoked', leaseMs: LEASE_MS };
    for (let i = 0; i < 60 && ports.memory.recall(key) !== undefined; i++) {
      pass(100);
      await ask(asBearer());
      await settled();
    }
    expect(ports.memory.recall(key)).toBeUndefined();
    expect(outcome(await ask(asBearer()))).toBe('credential_invalid: revoked');
  });

  it('whose answer is overtaken by a newer one does not bring back the older word', async () => {
    const { ask, pass, state, calls, settled } = await warmWorld();
    pass(1);
    const slow = Promise.withResolvers<void>();
    const before = calls.admit.length;
    state.beforeAdmit = () => slow.promise;
    const first = ask(asBearer(), { leaseSeconds: 0 });
    await until(() => calls.admit.length > before);
    pass(2_500);
    state.beforeAdmit = async () => undefined;
    expect(outcome(await first)).toBe('unavailable: ring');
    state.standing = { ...LIVE, generation: 2, scopes: ['items:read'] };
    expect(outcome(await ask(asBearer(), { leaseSeconds: 0 }))).toBe('api_key');
    state.standing = LIVE;
    slow.resolve();
    await settled();
    await idle();
    const result = await ask(asBearer());
    expect(result.ok && result.value.identity.scopes).toEqual(['items:read']);
  });
});

describe('a clock that stepped back', () => {
  /** It is asked for more than it may, which the Ring is asked about while its word is not young enough. */
  const SCOPE = { scopes: ['admin:all'] };

  it('does not keep newer words from taking the place of the one that now lies ahead', async () => {
    const world = openWorld();
    expect(outcome(await world.ask(asBearer()))).toBe('api_key');
    world.clock.now -= 40_000;
    expect(outcome(await world.ask(asBearer()))).toBe('api_key');
    const asked = world.calls.admit.length;
    expect(outcome(await world.ask(asBearer(), SCOPE))).toBe('insufficient_scope');
    expect(world.calls.admit).toHaveLength(asked);
  });

  it('makes no word of a renewal that was under way the newest', async () => {
    const world = openWorld();
    await world.ask(asBearer());
    let answer = (): void => undefined;
    world.state.beforeAdmit = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const early = world.ask(asBearer(), { leaseSeconds: 0 });
    await idle();
    const late = answer;
    world.clock.now -= 40_000;
    world.state.beforeAdmit = async () => undefined;
    late();
    await early;
    world.state.standing = { ...LIVE, scopes: ['items:write'], generation: 2 };
    world.pass(1_000);
    expect(outcome(await world.ask(asBearer(), { leaseSeconds: 0 }))).toBe('insufficient_scope');
    world.pass(38_990);
    expect(outcome(await world.ask(asBearer(), { cost: 0 }))).toBe('insufficient_scope');
  });
});
