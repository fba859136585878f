import { describe, expect, it } from 'vitest';
import { createStillGood } from '../../../src/gate/still-good.ts';
import type { Credential } from '../../../src/model/credential.ts';
import type { Standing } from '../../../src/model/ports.ts';
import { secret } from '../../../src/model/secret.ts';
import type { SessionToken } from '../../../src/model/token.ts';
import { ADA, asBearer, idle, LEASE_MS, LIVE, NOW, openWorld, outcome, ROUTE } from './world.ts';

/** A world in which a key was let in, and the question that is asked about it from then on. */
const letIn = async (credential: Credential = asBearer()) => {
  const world = openWorld();
  expect(await world.ask(credential)).toMatchObject({ ok: true });
  await world.settled();
  const stillGood = createStillGood(world.decide, world.ports.now, () => null)(credential, ROUTE, null);
  const ask = () => stillGood(world.clock.now);
  return { ...world, stillGood, ask };
};

const ended = (status: 'revoked' | 'expired' | 'suspended' | 'unknown'): Standing => ({
  status,
  leaseMs: LEASE_MS,
});

describe('whether a key may stay', () => {
  it('is asked of the Ring, at no cost, and the word is as old as the question', async () => {
    const world = await letIn();
    const before = world.calls.admit.length;
    const paid = world.paid().length;
    world.pass(3_000);
    expect(await world.ask()).toEqual({ ok: true, value: world.clock.now });
    expect(world.calls.admit.length - before).toBe(1);
    expect(world.paid().length).toBe(paid);
    // What only stays open spends nothing: a lease would be lost to others.
    expect(world.calls.admit.at(-1)?.ask.wantsLease).toBe(false);
  });

  it('is asked of nobody where a word is young enough', async () => {
    const world = await letIn();
    world.pass(1_000);
    expect(await world.ask()).toMatchObject({ ok: true });
    const asked = world.clock.now;
    world.pass(400);
    const before = world.portCalls();
    expect(await world.stillGood(world.clock.now - 500)).toEqual({ ok: true, value: asked });
    expect(world.portCalls()).toBe(before);
  });

  it.each([
    ['revoked', ended('revoked'), { reason: 'credential_invalid', because: 'revoked' }],
    ['expired', ended('expired'), { reason: 'credential_invalid', because: 'expired' }],
    ['unknown', ended('unknown'), { reason: 'credential_invalid', because: 'unknown' }],
    ['suspended', ended('suspended'), { reason: 'owner_suspended' }],
    ['narrowed', { ...LIVE, scopes: ['items:write'], generation: 2 }, { reason: 'insufficient_scope' }],
    [
      'at its end',
      { ...LIVE, expiresAt: NOW * 1000 + 2_000 },
      { reason: 'credential_invalid', because: 'expired' },
    ],
  ] as const)('a key that was %s may not', async (_, standing, refusal) => {
    const world = await letIn();
    world.pass(3_000);
    world.state.standing = standing;
    expect(await world.ask()).toMatchObject({ ok: false, refusal });
  });

  it('a key of a newer generation may, after one exchange', async () => {
    const world = await letIn();
    const before = world.calls.exchange;
    world.pass(3_000);
    world.state.standing = { ...LIVE, generation: 2 };
    expect(await world.ask()).toMatchObject({ ok: true });
    expect(world.calls.exchange - before).toBe(1);
  });

  it('at the end of its token it may with a newer one, and not without', async () => {
    const world = await letIn();
    world.pass(3_601_000);
    world.state.exchanged = { result: 'unavailable', retryAfterSeconds: 1 };
    expect(await world.ask()).toMatchObject({
      ok: false,
      refusal: { reason: 'unavailable', what: 'stytch' },
    });
    world.state.exchanged = { result: 'refused' };
    expect(await world.ask()).toMatchObject({ ok: false, refusal: { reason: 'credential_invalid' } });
  });

  it('a Ring that says nothing is no verdict', async () => {
    const world = await letIn();
    world.pass(3_000);
    world.state.beforeAdmit = () => new Promise(() => undefined);
    const asking = world.ask();
    let answer: Awaited<typeof asking> | undefined;
    void asking.then((result) => {
      answer = result;
    });
    for (let i = 0; i < 20 && answer === undefined; i++) {
      await idle();
      world.pass(1_000);
    }
    expect(answer).toMatchObject({ ok: false, refusal: { reason: 'unavailable', what: 'ring' } });
  });
});

describe('whether a session may stay', () => {
  const JWT: Credential = { kind: 'jwt', scheme: 'bearer', jwt: secret('session') };

  const SESSION: SessionToken = {
    kind: 'session',
    owner: ADA,
    sessionId: 'session-test-1',
    roles: ['editor'],
    issuedAt: NOW,
    expiresAt: NOW + 300,
    sessionExpiresAt: NOW + 3_600,
    authenticatedAt: NOW,
  };

  const signedIn = async () => {
    const world = openWorld();
    world.state.verdicts.set('session', { verdict: 'good', token: SESSION });
    expect(outcome(await world.ask(JWT))).toBe('session');
    const stillGood = createStillGood(world.decide, world.ports.now, () => null)(JWT, ROUTE, null);
    return { ...world, ask: () => stillGood(world.clock.now) };
  };

  it('is asked of the Ring: not while its owner is suspended', async () => {
    const world = await signedIn();
    world.pass(3_000);
    expect(await world.ask()).toEqual({ ok: true, value: world.clock.now });
    world.pass(3_000);
    world.state.standing = ended('suspended');
    expect(await world.ask()).toMatchObject({ ok: false, refusal: { reason: 'owner_suspended' } });
  });

  it('not where its user must have signed in more recently than that, and no Ring is asked', async () => {
    const world = await signedIn();
    const fresh = createStillGood(world.decide, world.ports.now, () => null)(
      JWT,
      { ...ROUTE, maxAuthAgeSeconds: 60 },
      null,
    );
    world.pass(60_000);
    expect(await fresh(world.clock.now)).toMatchObject({ ok: true });
    const before = world.portCalls();
    world.pass(1);
    expect(await fresh(world.clock.now)).toEqual({
      ok: false,
      refusal: { reason: 'insufficient_user_authentication', maxAgeSeconds: 60 },
    });
    expect(world.portCalls()).toBe(before);
  });

  it('not past the end of its JWT, and while nobody can tell that is no verdict', async () => {
    const world = await signedIn();
    world.pass(301_000);
    world.state.verdicts.set('session', { verdict: 'unknowable' });
    expect(await world.ask()).toMatchObject({ ok: false, refusal: { reason: 'unavailable', what: 'jwks' } });
    world.state.verdicts.set('session', { verdict: 'bad', because: 'ERR_JWT_EXPIRED' });
    expect(await world.ask()).toMatchObject({ ok: false, refusal: { reason: 'credential_invalid' } });
  });
});
