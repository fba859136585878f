import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demand } from '../../../src/gate/decide.ts';
import { CREDENTIAL_KINDS } from '../../../src/model/policy.ts';
import type { Standing } from '../../../src/model/ports.ts';
import { holds } from '../../property.ts';
import { asBasic, asBearer, asJwt, LEASE_MS, LIVE, NO_ROW, NOW, openWorld, SESSION, TOKEN } from './world.ts';

/** What `editor` gives. */
const SCOPES = ['items:read', 'items:write'];

/** All that a decision rests on. */
interface Inputs {
  readonly credential: 'bearer' | 'basic' | 'token' | 'session' | 'none';
  readonly tokenScopes: readonly string[];
  readonly ownerId: string | null;
  /** Null: the Ring knows none. */
  readonly granted: readonly string[] | null;
  readonly roles: readonly string[];
  readonly authenticatedAt: number | null;
  readonly demand: Pick<Demand, 'auth' | 'credentials' | 'scopes' | 'maxAuthAgeSeconds'>;
}

/** The first of them mostly: where too much is wrong at once, nothing that is missing makes a difference. */
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

const inputs: fc.Arbitrary<Inputs> = fc.record({
  credential: fc.constantFrom('bearer', 'basic', 'token', 'session', 'none'),
  tokenScopes: fc.subarray(SCOPES),
  ownerId: mostly(TOKEN.ownerId, 'user-test-eve', null),
  granted: fc.option(fc.subarray(SCOPES), { freq: 8 }),
  roles: fc.subarray(['editor', 'reader']),
  authenticatedAt: mostly<number | null>(NOW - 30, NOW - 90, null),
  demand: fc.record({
    auth: mostly<Demand['auth']>('required', 'optional'),
    credentials: fc.oneof(
      fc.constant(CREDENTIAL_KINDS),
      fc.subarray([...CREDENTIAL_KINDS], { minLength: 1 }),
    ),
    scopes: fc.subarray(SCOPES),
    maxAuthAgeSeconds: mostly<number | null>(null, 60),
  }),
});

const CREDENTIALS = {
  bearer: asBearer(),
  basic: asBasic(),
  token: asJwt(),
  session: asJwt(),
  none: { kind: 'none' },
} as const;

const decided = async (given: Inputs): Promise<boolean> => {
  const { credential, tokenScopes: scopes, ownerId, granted, roles, authenticatedAt, demand } = given;
  const world = openWorld();
  const token = { ...TOKEN, scopes, ownerId };
  world.state.verdicts.set('token', { verdict: 'good', token });
  world.state.verdicts.set('jwt', {
    verdict: 'good',
    token: credential === 'session' ? { ...SESSION, roles, authenticatedAt } : token,
  });
  const unknown: Standing = { status: 'unknown', leaseMs: LEASE_MS };
  world.state.standing =
    credential === 'session' ? NO_ROW : granted === null ? unknown : { ...LIVE, scopes: granted };
  return (await world.ask(CREDENTIALS[credential], demand)).ok;
};

/** Everything that differs from it by something that is no longer there. */
const withoutOne = (given: Inputs): readonly Inputs[] => [
  ...lessOf(given.tokenScopes).map((tokenScopes) => ({ ...given, tokenScopes })),
  ...lessOf(given.granted ?? []).map((granted) => ({ ...given, granted })),
  ...lessOf(given.roles).map((roles) => ({ ...given, roles })),
  ...lessOf(given.demand.credentials).map((credentials) => ({
    ...given,
    demand: { ...given.demand, credentials },
  })),
  { ...given, granted: null },
  { ...given, ownerId: null },
  { ...given, authenticatedAt: null },
  // Where a credential is optional, it may be left out: that is what it means.
  ...(given.demand.auth === 'optional' ? [] : [{ ...given, credential: 'none' as const }]),
];

const lessOf = <T>(list: readonly T[]): readonly (readonly T[])[] => list.map((_, i) => list.toSpliced(i, 1));

describe('SECURITY 3, property 6 › deny monotone › a no', () => {
  it('never becomes a yes by what is taken away', async ({ annotate }) => {
    const seen = { yes: 0, no: 0 };
    const property = fc.asyncProperty(inputs, async (given) => {
      const isAllowed = await decided(given);
      seen[isAllowed ? 'yes' : 'no'] += 1;
      if (isAllowed) return;
      for (const less of withoutOne(given)) expect([less, await decided(less)]).toEqual([less, false]);
    });
    await holds('6 facts', property, annotate);
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(10);
  });
});
