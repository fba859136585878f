import fc from 'fast-check';
import type { Limit } from '../../../../src/model/lease-wire.ts';
import { PEOPLE, WAYS } from './people.ts';

/** What becomes of a call to a Ring: nothing is wrong; or it, its answer or both are lost, late, doubled or spoilt. */
export interface Fate {
  readonly kind: (typeof FATES)[number];
  /** Milliseconds that the call is on its way, and its answer. */
  readonly thereMs: number;
  readonly backMs: number;
  /** What is spoilt of an answer. */
  readonly pick: number;
}

const FATES = [
  ...['well', 'well', 'well', 'well', 'well', 'well', 'well', 'well', 'lost', 'answer lost', 'throws'],
  ...['throws after', 'twice', 'spoilt', 'overloaded'],
] as const;

/** What KV makes of a call: it shows what it has now, or had before, or nothing, or fails. */
const KV_FATES = ['now', 'now', 'before', 'before', 'none', 'throws', 'garbage', 'hangs'] as const;
export type KvFate = (typeof KV_FATES)[number];

/** Something that happens, `waitMs` after what came before it. What does not need a number does not read it. */
export interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly waitMs: number;
  readonly isolate: number;
  readonly person: number;
  readonly way: number;
  readonly cost: number;
  /** Whether the route asks the Ring for each request. */
  readonly isStrict: boolean;
  readonly scope: number;
  /** By how much a clock steps, in milliseconds. */
  readonly byMs: number;
}

const KINDS = [
  ...['ask', 'ask', 'ask', 'ask', 'ask', 'ask', 'ask', 'ask', 'ask', 'ask', 'flurry', 'forged'],
  ...['revoke', 'narrow', 'suspend', 'lift', 'die', 'restart', 'clock', 'ring clock'],
] as const;

/** A life of some people, isolates and Rings: plain data, so that it can be kept. */
export interface Plan {
  /** What each isolate's clock shows more than the world's, in milliseconds. */
  readonly skewsMs: readonly number[];
  readonly leaseSeconds: number;
  readonly graceSeconds: number;
  readonly limit: Limit;
  /** Of each person's second key. */
  readonly keyLimit: Limit | null;
  /** Of the calls to Rings, one after the other, and again from the first. */
  readonly fates: readonly Fate[];
  readonly kvFates: readonly KvFate[];
  /** Whether the JWKS is silent when a token is looked at. */
  readonly silentJwks: readonly boolean[];
  readonly steps: readonly Step[];
}

/** What kinds of steps and fates there are in a plan. */
interface Wish {
  readonly steps: readonly Step['kind'][];
  readonly fates: readonly Fate['kind'][];
  readonly people: number;
}

const tripMs = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 5, 30) },
  { weight: 2, arbitrary: fc.nat(400) },
  fc.nat(6_000),
);

const fateOf = (kinds: readonly Fate['kind'][]): fc.Arbitrary<Fate> =>
  fc.record({ kind: fc.constantFrom(...kinds), thereMs: tripMs, backMs: tripMs, pick: fc.nat(9) });

const stepOf = ({ steps, people }: Wish): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constantFrom(...steps),
    waitMs: fc.oneof(fc.constantFrom(0, 0, 1, 50, 300), fc.constantFrom(1_000, 2_450, 4_850), fc.nat(9_000)),
    isolate: fc.nat(2),
    person: fc.nat(people - 1),
    way: fc.nat(WAYS.length - 1),
    // What costs nothing rests on the Ring's word alone, and not on a lease besides.
    cost: fc.constantFrom(0, 1, 1, 2, 3),
    isStrict: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    scope: fc.nat(2),
    byMs: fc.oneof(fc.integer({ min: -4_000, max: 4_000 }), fc.integer({ min: -90_000, max: 90_000 })),
  });

const limitOf = (most: number): fc.Arbitrary<Limit> =>
  fc.record({ requests: fc.integer({ min: 3, max: most }), perSeconds: fc.integer({ min: 1, max: 4 }) });

/** A limit that nobody meets. */
export const WIDE: Limit = { requests: 100_000, perSeconds: 60 };

/** Plans in which these things happen, and these go wrong. */
export const planOf = (
  wish: Partial<Wish>,
  { graceSeconds = [0], limits = false }: { graceSeconds?: readonly number[]; limits?: boolean } = {},
): fc.Arbitrary<Plan> => {
  const all: Wish = { steps: KINDS, fates: FATES, people: 1, ...wish };
  return fc.record({
    skewsMs: fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 1, maxLength: 3 }),
    leaseSeconds: fc.constantFrom(1, 5),
    graceSeconds: fc.constantFrom(...graceSeconds),
    limit: limits ? limitOf(12) : fc.constant(WIDE),
    keyLimit: limits ? fc.option(limitOf(6)) : fc.option(fc.constant(WIDE)),
    fates: fc.array(fateOf(all.fates), { maxLength: 12 }),
    kvFates: fc.array(fc.constantFrom(...KV_FATES), { maxLength: 6 }),
    silentJwks: fc.array(fc.boolean(), { maxLength: 3 }),
    steps: fc.array(stepOf(all), { minLength: 4, maxLength: 30, size: 'max' }),
  });
};

/** Whom a step is about: three at most, however many it says. */
export const personAt = ({ person }: Step) => PEOPLE[person % PEOPLE.length] as (typeof PEOPLE)[number];
