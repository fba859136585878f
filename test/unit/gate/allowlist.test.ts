import { describe, expect, it } from 'vitest';
import { createStillGood } from '../../../src/gate/still-good.ts';
import type { Credential } from '../../../src/model/credential.ts';
import {
  asBasic,
  asBearer,
  asJwt,
  asPair,
  FOREIGN_ID,
  idle,
  LIVE,
  NO_ROW,
  openWorld,
  outcome,
  ROUTE,
  ringName,
  SESSION,
  TOKEN,
} from './world.ts';

const HOME = '192.0.2.7';
const AWAY = '198.51.100.1';
const LIST = ['192.0.2.0/24', '2001:db8::/32'];
const LISTED = { ...LIVE, ipAllowlist: LIST };
const ELSEWHERE = { ok: false, refusal: { reason: 'address_not_allowed' } };

/** A request as it comes from an address; null is one of which nobody says where it comes from. */
const from = (address: string | null, more: Record<string, string> = {}): Request =>
  new Request('https://api.test/', {
    headers: { ...more, ...(address === null ? {} : { 'cf-connecting-ip': address }) },
  });

const listed = () => {
  const world = openWorld();
  world.state.standing = LISTED;
  world.state.verdicts.set('session', { verdict: 'good', token: SESSION });
  world.state.verdicts.set('jwt', { verdict: 'good', token: TOKEN });
  return world;
};

const CREDENTIALS: readonly (readonly [string, Credential])[] = [
  ['a key', asBearer()],
  ['a client pair', asBasic()],
  ['an access token', asJwt('jwt')],
  ['the pair of a client made elsewhere', asPair()],
  ['the token of a client made elsewhere', asJwt('foreign token')],
];

describe.each(CREDENTIALS)('%s of a key with an allow-list', (_, credential) => {
  it('is refused from elsewhere, cold and warm, at no cost, and counted', async () => {
    const world = listed();
    expect(await world.ask(credential, {}, from(AWAY))).toEqual(ELSEWHERE);
    await world.settled();
    const before = world.portCalls();
    const warm = world.ask(credential, {}, from(AWAY));
    expect(warm).toEqual(ELSEWHERE);
    expect([world.portCalls() - before, world.paid()]).toEqual([0, []]);
    expect(usesIn(world)).toMatchObject({ admitted: 0, refused: 2 });
  });

  it('is not remembered as a bad one: the next request from home is let in, and that from elsewhere is not', async () => {
    const world = listed();
    expect(await world.ask(credential, {}, from(AWAY))).toEqual(ELSEWHERE);
    expect(await world.ask(credential, {}, from(HOME))).toMatchObject({ ok: true });
    expect(await world.ask(credential, {}, from(AWAY))).toEqual(ELSEWHERE);
    expect(await world.ask(credential, {}, from(HOME))).toMatchObject({ ok: true });
  });

  it('is refused where nobody says where it comes from', async () => {
    const world = listed();
    for (const nowhere of [null, from(null), from('')])
      expect(await world.ask(credential, {}, nowhere)).toEqual(ELSEWHERE);
  });

  it('of which two come at once, one from home, is one of each', async () => {
    const world = listed();
    const both = await Promise.all([
      world.ask(credential, {}, from(AWAY)),
      world.ask(credential, {}, from(HOME)),
      world.ask(credential, {}, from(AWAY)),
    ]);
    expect(both.map(outcome)).toEqual([
      'address_not_allowed',
      expect.stringMatching(/^[a-z]+_/),
      'address_not_allowed',
    ]);
    expect(both[1]).toMatchObject({ ok: true });
  });

  it('says nothing of what the key may do: kind, scopes and limit come after', async () => {
    const world = listed();
    for (const demand of [{ credentials: ['session'] }, { scopes: ['admin:all'] }, { cost: 600 }] as const)
      for (let i = 0; i < 2; i++) expect(await world.ask(credential, demand, from(AWAY))).toEqual(ELSEWHERE);
    expect(world.paid()).toEqual([]);
  });

  it('that is narrowed is refused within one lease, and let in again within one when it is widened', async () => {
    const world = listed();
    world.state.standing = LIVE;
    expect(await world.ask(credential, {}, from(AWAY))).toMatchObject({ ok: true });
    for (const standing of [LISTED, { ...LISTED, ipAllowlist: [AWAY] }, { ...LISTED, ipAllowlist: null }]) {
      world.state.standing = standing;
      world.pass(5_000);
      const isHere = standing.ipAllowlist !== LIST;
      expect(await world.ask(credential, {}, from(AWAY))).toMatchObject({ ok: isHere });
    }
  });

  it('on a route that asks for each request is judged by the list of this very moment', async () => {
    const world = listed();
    const strict = { leaseSeconds: 0 };
    expect(await world.ask(credential, strict, from(HOME))).toMatchObject({ ok: true });
    world.pass(10);
    world.state.standing = { ...LISTED, ipAllowlist: [AWAY] };
    expect(await world.ask(credential, strict, from(HOME))).toEqual(ELSEWHERE);
    expect(await world.ask(credential, strict, from(AWAY))).toMatchObject({ ok: true });
  });

  it('stays for as long as the address that it came from is on the list', async () => {
    const world = listed();
    expect(await world.ask(credential, {}, from(HOME))).toMatchObject({ ok: true });
    await world.settled();
    const stillGood = createStillGood(world.decide, world.ports.now, () => null);
    const [here, nowhere] = [stillGood(credential, ROUTE, from(HOME)), stillGood(credential, ROUTE, null)];
    world.pass(3_000);
    expect(await here(world.clock.now)).toMatchObject({ ok: true });
    expect(await nowhere(world.clock.now)).toEqual(ELSEWHERE);
    world.pass(3_000);
    world.state.standing = { ...LISTED, ipAllowlist: ['192.0.2.8'] };
    expect(await here(world.clock.now)).toEqual(ELSEWHERE);
  });
});

describe('an address', () => {
  it.each([
    [HOME, LIST],
    [`::ffff:${HOME}`, LIST],
    ['::FFFF:c000:207', LIST],
    ['2001:db8::1', LIST],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', LIST],
    ['203.0.113.9', ['203.0.113.9']],
    ['203.0.113.9', ['203.0.113.9/32']],
    ['2001:db9::1', ['2001:db9::1/128']],
    [AWAY, ['0.0.0.0/0']],
  ])('%s is one of %j', async (address, ipAllowlist) => {
    const world = openWorld();
    world.state.standing = { ...LIVE, ipAllowlist };
    expect(outcome(await world.ask(asBearer(), {}, from(address)))).toBe('api_key');
  });

  it.each([
    [AWAY, LIST],
    ['192.0.3.7', LIST],
    ['2001:db9::1', LIST],
    [`${HOME}:443`, LIST],
    [`[2001:db8::1]`, LIST],
    ['2001:db8::1%eth0', LIST],
    [`${HOME}, ${AWAY}`, LIST],
    [`${AWAY},${HOME}`, LIST],
    ['192.0.2.007', LIST],
    ['192.0.2', LIST],
    ['0xc0000207', LIST],
    ['3221225991', LIST],
    ['::ffff:198.51.100.1', LIST],
    ['::192.0.2.7', LIST],
    ['unknown', LIST],
    [HOME, []],
    [HOME, ['::/0']],
    ['2001:db8::1', ['0.0.0.0/0']],
    // What a newer version may write is no reason to let somebody in.
    [HOME, ['192.0.2.0-192.0.2.255', 'any']],
  ])('%s is none of %j', async (address, ipAllowlist) => {
    const world = openWorld();
    world.state.standing = { ...LIVE, ipAllowlist };
    expect(await world.ask(asBearer(), {}, from(address))).toEqual(ELSEWHERE);
    expect(world.ask(asBearer(), {}, from(address))).toEqual(ELSEWHERE);
  });

  it('is what CF-Connecting-IP says, and no other header', async () => {
    const world = listed();
    const claims = {
      ...{ 'x-forwarded-for': HOME, 'x-real-ip': HOME, 'true-client-ip': HOME, forwarded: `for=${HOME}` },
      ...{ 'cf-connecting-ipv6': '2001:db8::1', 'cf-pseudo-ipv4': HOME, 'x-client-ip': HOME },
    };
    for (const address of [AWAY, null])
      expect(await world.ask(asBearer(), {}, from(address, claims))).toEqual(ELSEWHERE);
  });
});

describe('where there is no list', () => {
  it('the address of a warm request is not even looked at', async () => {
    const world = openWorld();
    expect(await world.ask(asBearer(), {}, from(AWAY))).toMatchObject({ ok: true });
    const blind = {
      get headers(): Headers {
        throw new Error('looked at');
      },
    } as Request;
    expect(world.ask(asBearer(), {}, blind)).toMatchObject({ ok: true });
    for (const ipAllowlist of [undefined, null]) {
      world.state.standing = { ...LIVE, ...(ipAllowlist === undefined ? {} : { ipAllowlist }) };
      world.pass(5_000);
      expect(await world.ask(asBearer(), {}, null)).toMatchObject({ ok: true });
    }
  });

  it('a session is good from everywhere, whatever the keys of its owner', async () => {
    const world = listed();
    world.state.standingOf = ({ kind }) => (kind === 'session' ? NO_ROW : null);
    expect(outcome(await world.ask(asJwt('session'), {}, from(AWAY)))).toBe('session');
    expect(outcome(await world.ask(asBearer(), {}, from(AWAY)))).toBe('address_not_allowed');
  });
});

describe('what a list takes of an isolate’s memory', () => {
  it('is counted when it comes, and when it goes', async () => {
    const world = openWorld();
    let weighed = 0;
    const { memory } = world.ports;
    const remember: typeof memory.remember = (text, evidence) => {
      weighed++;
      memory.remember(text, evidence);
    };
    const ports = { ...world.ports, memory: { ...memory, remember } };
    const counts: number[] = [];
    for (const ipAllowlist of [null, null, LIST, LIST, null]) {
      world.state.standing = { ...LIVE, ipAllowlist };
      world.pass(5_000);
      await world.decideWith(ports, asBearer());
      counts.push(weighed);
    }
    // Once when the key is found out about, and then only where there is more or less of it.
    expect(counts).toEqual([1, 1, 2, 2, 3]);
  });
});

describe('a token whose Ring was not asked yet', () => {
  it('pays after that with what the Ring lent in the same word', async () => {
    const world = openWorld();
    world.state.verdicts.set('jwt', { verdict: 'good', token: TOKEN });
    expect(await world.ask(asJwt(), {}, from(AWAY))).toMatchObject({ ok: true });
    expect(world.calls.admit.map(({ ask }) => [ask.costs, ask.wantsLease])).toEqual([[[], true]]);
    await idle();
    expect(usesIn(world)).toMatchObject({ admitted: 1 });
  });

  it('takes a lease to pay from where each request asks, and none where none is paid for', async () => {
    const world = openWorld();
    expect(await world.ask(asJwt('foreign token'), { leaseSeconds: 0 })).toMatchObject({ ok: true });
    expect(world.calls.admit.map(({ ask }) => [ask.costs, ask.wantsLease, ask.next])).toEqual([
      [[], true, 1],
    ]);
    const other = openWorld();
    expect(await other.ask(asJwt('foreign token'), { cost: 0 })).toMatchObject({ ok: true });
    expect(other.calls.admit.map(({ ask, credential }) => [ask.costs, ask.wantsLease, credential])).toEqual([
      [[], false, expect.objectContaining({ clientId: FOREIGN_ID })],
    ]);
  });
});

/** What was done with the one credential of a world, told and untold. */
const usesIn = (world: ReturnType<typeof openWorld>) => {
  const told = world.calls.admit.flatMap(({ uses }) => uses);
  const held = [...world.ports.memory.knownOf(ringName)].map(({ evidence }) => evidence.uses);
  const sum = (kind: 'admitted' | 'refused'): number =>
    [...told, ...held].reduce((total, each) => total + each[kind], 0);
  return { admitted: sum('admitted'), refused: sum('refused') };
};
