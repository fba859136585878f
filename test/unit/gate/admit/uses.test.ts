import { describe, expect, it } from 'vitest';
import type { Resolvable } from '../../../../src/model/credential.ts';
import { mintClientId, mintSecret, spellKey } from '../../../../src/model/key.ts';
import type { AdmitRequest } from '../../../../src/model/ports.ts';
import { seededBytes } from '../../model/keys.ts';
import {
  asBearer,
  asJwt,
  clientId,
  keychain,
  LIVE,
  NO_ROW,
  openWorld,
  outcome,
  ringName,
  SESSION,
  TOKEN,
  type World,
} from '../world.ts';

/** A world that lends freely, and a second key of the same owner, each used once. */
const worldOfTwo = async () => {
  const world = openWorld();
  world.state.limit = { requests: 6_000, perSeconds: 60 };
  const otherId = mintClientId('acme', 'test', ringName, seededBytes(7));
  const other = await spellKey(otherId, mintSecret(seededBytes(8)), keychain.current);
  /** A key's token is that of its client. */
  const ask = async (key: Resolvable = asBearer(), id = clientId) => {
    world.state.verdicts.set('token', { verdict: 'good', token: { ...TOKEN, clientId: id } });
    return outcome(await world.ask(key));
  };
  return { ...world, ask, askOther: () => ask(asBearer(other), otherId), otherId };
};

const told = ({ calls }: Pick<World, 'calls'>) => calls.admit.flatMap(({ uses }) => uses);
const admitted = (requests: readonly AdmitRequest[], keyId: string): number =>
  requests
    .flatMap(({ uses }) => uses)
    .filter((use) => use.keyId === keyId)
    .reduce((sum, use) => sum + use.admitted, 0);

describe('what was done with a key', () => {
  it('is told with the secret that it was done with; of a token and a session there is none to name', async () => {
    const world = await worldOfTwo();
    world.state.verdicts.set('session', { verdict: 'good', token: SESSION });
    world.state.verdicts.set('jwt', { verdict: 'good', token: TOKEN });
    world.state.standingOf = ({ kind }) => (kind === 'session' ? NO_ROW : null);
    await world.ask();
    for (const jwt of ['session', 'session', 'jwt']) await world.ask(asJwt(jwt));
    await world.settled();
    world.pass(6_000);
    await world.ask();
    const named = world.calls.admit[0]?.credential;
    const fingerprint = named?.kind === 'secret' ? named.fingerprint : 'none';
    expect(told(world).map((use) => [use.keyId, use.fingerprint])).toEqual(
      expect.arrayContaining([
        [clientId, fingerprint],
        ['session', null],
        [clientId, null],
      ]),
    );
  });

  it('is told with how long ago the last of it was let in', async () => {
    const world = await worldOfTwo();
    await world.ask();
    world.pass(1_000);
    await world.ask();
    world.pass(60_000);
    await world.askOther();
    expect(told(world)).toMatchObject([{ keyId: clientId, admitted: 2, agoMs: 60_000 }]);
  });

  it('that was only refused is told without a time', async () => {
    const world = openWorld();
    for (let i = 0; i < 2; i++) {
      expect(outcome(await world.ask(asBearer(), { scopes: ['admin:all'] }))).toBe('insufficient_scope');
      world.pass(6_000);
    }
    expect(told(world)).toEqual([
      { keyId: clientId, fingerprint: expect.any(String), admitted: 0, refused: 1, limited: 0 },
    ]);
  });

  it('is told by the first ask of another key: it may report the lease closed that it was let in by', async () => {
    const world = await worldOfTwo();
    for (let i = 0; i < 5; i++) expect(await world.ask()).toBe('api_key');
    world.pass(6_000);
    expect(await world.askOther()).toBe('api_key');
    const [, last] = world.calls.admit;
    expect(last?.ask.reports).toMatchObject([{ total: 5, closed: true }]);
    expect(last?.uses).toMatchObject([{ keyId: clientId, admitted: 5 }]);
  });

  it('is told by the last report of a flow that has stopped', async () => {
    const world = await worldOfTwo();
    let requests = 0;
    /** One request, a moment after the one before; whether it had the lease renewed. */
    const renews = async (): Promise<boolean> => {
      world.pass(50);
      const before = world.calls.admit.length;
      expect(await world.ask()).toBe('api_key');
      await world.settled();
      requests++;
      return world.calls.admit.length > before;
    };
    while (requests < 200) await renews();
    // It stops soon after a renewal: what that lent is of use to others.
    while (!(await renews()));
    for (let i = 0; i < 3; i++) expect(await renews()).toBe(false);
    const before = world.calls.admit.length;
    for (let i = 0; i < 12; i++) {
      world.pass(1_000);
      await world.settled();
    }
    const last = world.calls.admit.slice(before);
    expect(last.map(({ ask, others }) => [ask.costs, ask.wantsLease, others])).toEqual([[[], false, []]]);
    expect(last[0]?.ask.reports.map(({ closed }) => closed)).toContain(true);
    expect(admitted(world.calls.admit, clientId) + world.paid().length).toBe(requests);
  });

  it('is told again when nobody heard it, with what was done since', async () => {
    const world = await worldOfTwo();
    for (let i = 0; i < 3; i++) await world.ask();
    world.pass(6_000);
    world.state.beforeAdmit = async () => {
      throw new Error('a Ring that is away');
    };
    expect(await world.ask()).toMatch(/^unavailable/);
    world.state.beforeAdmit = async () => undefined;
    world.pass(1_500);
    expect(await world.ask()).toBe('api_key');
    const [, first, ...next] = world.calls.admit;
    expect(admitted(first === undefined ? [] : [first], clientId)).toBe(3);
    expect(admitted(next.slice(-1), clientId)).toBe(3);
  });

  it('of a key with two secrets is told at once, and then once in a lease', async () => {
    const world = await worldOfTwo();
    world.state.standing = { ...LIVE, isRotating: true };
    for (let i = 0; i < 3; i++) {
      await world.ask();
      await world.settled();
    }
    expect(world.calls.admit.map(({ uses }) => uses.map((use) => use.admitted))).toEqual([[], [1]]);
    world.pass(5_000);
    await world.ask();
    await world.settled();
    expect(admitted(world.calls.admit, clientId)).toBeGreaterThanOrEqual(3);
  });
});
