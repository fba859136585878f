import { createDecide, type Decision, type Demand } from '../../../../src/gate/decide.ts';
import type { DecisionPorts } from '../../../../src/gate/ports.ts';
import { ageOf } from '../../../../src/model/evidence.ts';
import { renewalDue } from '../../../../src/model/lease.ts';
import { OWNER_PURSE } from '../../../../src/model/lease-wire.ts';
import { CREDENTIAL_KINDS } from '../../../../src/model/policy.ts';
import type { Lobby, Ring } from '../../../../src/model/ports.ts';
import type { Result } from '../../../../src/model/refusal.ts';
import { newTrace } from '../../../../src/model/trace.ts';
import { createTurn } from '../../../../src/model/turn.ts';
import { createMemory } from '../../../../src/store/memory.ts';
import { createVault } from '../../../../src/store/vault.ts';
import { keychain, PROJECT, REALM } from '../world.ts';
import { call, inTurn, openKv, WELL } from './network.ts';
import { BOTH, credentialOf, keyOf, PEOPLE, type Person, verdictOn, WAYS, type Way } from './people.ts';
import { type Plan, personAt, type Step } from './plan.ts';
import { type Decided, openRing } from './ring.ts';
import { newLife, pass, sleep } from './time.ts';

/** One request. Times are the world's. */
export interface Visit {
  readonly person: Person;
  readonly way: Way;
  readonly forged: boolean;
  readonly demand: Demand;
  readonly isolate: string;
  readonly startedAt: number;
  /** Null until somebody was told: of an isolate that died, nobody. */
  result: Result<Decision> | null;
  toldAt: number;
  /** What it threw; a bug, whatever it is. */
  threw: unknown;
}

/** Something that ended at a Ring, from then on. */
export interface Ended {
  readonly at: number;
  readonly person: Person;
  /** Which key; null for all that is somebody's, sessions too. */
  readonly key: 0 | 1 | null;
  /** The scope that alone is gone; null for all. */
  readonly scope: string | null;
  /** When it was lifted; null for never. */
  until: number | null;
}

export interface Life {
  readonly visits: readonly Visit[];
  readonly ended: readonly Ended[];
  readonly decided: readonly Decided[];
  /** When isolates died, by their names. */
  readonly deaths: ReadonlyMap<string, number>;
}

const SCOPES = [['items:read'], ['items:write'], ['admin:all']] as const;

/** Longer than anybody waits for anything. */
const TO_THE_END_MS = 40_000;

/** What is still asked when the plan is over, and nothing goes wrong any more. */
export type Epilogue = (isolates: number, ask: (step: Step, forged: boolean) => void) => void;

/** Lives through a plan. */
export const live = async (plan: Plan, epilogue?: Epilogue): Promise<Life> => {
  newLife();
  const visits: Visit[] = [];
  const ended: Ended[] = [];
  const decided: Decided[] = [];
  const deaths = new Map<string, number>();
  const rings = new Map(PEOPLE.map((person) => [person.ring, openRing(person, plan, decided)]));
  let isOver = false;
  const isWell = () => isOver;
  const nextFate = inTurn(plan.fates, WELL, isWell);
  const isSilent = inTurn(plan.silentJwks, false, isWell);
  const kv = openKv(inTurn(plan.kvFates, 'now', isWell));
  const leaseMs = plan.leaseSeconds * 1000;
  let born = 0;

  const birth = (skewMs: number) => {
    const name = `isolate-${born++}`;
    const clock = { skewMs };
    const now = () => Date.now() + clock.skewMs;
    const isAlive = () => !deaths.has(name);
    let leases = 0;
    const ring = (place: string): Ring => {
      const it = rings.get(place);
      if (it === undefined) throw new Error('a Ring that nobody should ask');
      const reach = <T>(work: () => T | Promise<T>) => call(nextFate(), isAlive, work);
      return {
        admit: (request) => reach(() => it.admit(request)),
        exchange: (request) => reach(() => it.exchange(request)),
      } as Ring;
    };
    const memory = createMemory({
      ...{ isolate: name, leaseMs, graceMs: plan.graceSeconds * 1000, now },
      ...{ newLeaseId: () => `${name}-${leases++}`, giveBack: () => undefined },
    });
    const ports: DecisionPorts = {
      ...{
        projectId: PROJECT,
        realm: REALM,
        keychain: async () => keychain,
        vault: createVault(kv, () => undefined),
      },
      ...{ rings: ring, lobbies: () => ({}) as Lobby, foreignClients: 'off', ownerlessClients: 'refused' },
      ...{ throttle: async () => true, scopesOfRoles: () => BOTH, memory, now, sleep, random: () => 0.5 },
      verifyToken: async (jwt) => (isSilent() ? { verdict: 'unknowable' } : verdictOn(jwt)),
      readKeys: async () => null,
      turn: createTurn({ now, sleep, patienceMs: 10_000 }),
      ...{ inBackground: (work) => void work.catch(() => undefined), log: () => undefined },
    };
    /** A step of the clock is noticed by who looks at it before and after. */
    const step = (byMs: number): void => {
      const looks = PEOPLE.flatMap((person) =>
        [OWNER_PURSE, person.keys[1].id].map((each) => [person, each]),
      );
      const look = () => {
        for (const [person, purse] of looks as [Person, string][])
          renewalDue(memory.purse(person.ring, purse), now());
        for (const { ring } of PEOPLE)
          for (const { evidence } of memory.knownOf(ring))
            if (evidence.held !== null) ageOf(evidence.held, now());
      };
      look();
      clock.skewMs += byMs;
      look();
    };
    return { name, clock, isAlive, step, now, decide: createDecide(ports) };
  };
  const isolates = plan.skewsMs.map(birth);
  type Isolate = ReturnType<typeof birth>;
  const isolateAt = ({ isolate }: Step): Isolate => isolates[isolate % isolates.length] as Isolate;

  const ask = (step: Step, forged: boolean): void => {
    const here = isolateAt(step);
    const person = personAt(step);
    const way = WAYS[step.way % WAYS.length] ?? 'bearer';
    const leaseSeconds = step.isStrict ? 0 : plan.leaseSeconds;
    const demand: Demand = {
      ...{ auth: 'required', credentials: CREDENTIAL_KINDS, scopes: SCOPES[step.scope] ?? SCOPES[0] },
      ...{ cost: step.cost, leaseSeconds, maxAuthAgeSeconds: null },
    };
    const visit: Visit = {
      ...{ person, way, forged, demand, isolate: here.name, startedAt: Date.now() },
      ...{ result: null, toldAt: Number.POSITIVE_INFINITY, threw: null },
    };
    visits.push(visit);
    const credential = credentialOf(person, way, forged);
    const tell = (result: Result<Decision>): void => {
      if (here.isAlive()) Object.assign(visit, { result, toldAt: Date.now() });
    };
    const deciding = here.decide(credential, demand, here.now(), newTrace(), null);
    if (!(deciding instanceof Promise)) tell(deciding);
    else
      deciding.then(tell, (error: unknown) => {
        visit.threw = error;
      });
  };

  const end = (step: Step, key: Ended['key'], scope: string | null): void =>
    void ended.push({ at: Date.now(), person: personAt(step), key, scope, until: null });

  const ringOf = (step: Step) => rings.get(personAt(step).ring);
  const keyAt = (step: Step): 0 | 1 => keyOf(WAYS[step.way % WAYS.length] ?? 'bearer') ?? 0;
  const acts: Readonly<Record<Step['kind'], (step: Step) => void>> = {
    ask: (step) => ask(step, false),
    forged: (step) => ask(step, true),
    flurry: (step) => {
      for (let i = 0; i < 6; i++) ask(step, false);
    },
    revoke: (step) => {
      ringOf(step)?.revoke(keyAt(step));
      end(step, keyAt(step), null);
    },
    narrow: (step) => {
      ringOf(step)?.narrow(keyAt(step));
      end(step, keyAt(step), 'items:write');
    },
    suspend: (step) => {
      ringOf(step)?.suspend(true);
      end(step, null, null);
    },
    lift: (step) => {
      ringOf(step)?.suspend(false);
      for (const each of ended)
        if (each.key === null && each.person === personAt(step)) each.until ??= Date.now();
    },
    die: (step) => {
      const { name, clock } = isolateAt(step);
      deaths.set(name, Date.now());
      isolates[step.isolate % isolates.length] = birth(clock.skewMs);
    },
    restart: (step) => ringOf(step)?.restart(),
    clock: (step) => isolateAt(step).step(step.byMs),
    'ring clock': (step) => ringOf(step)?.clockBack(step.byMs),
  };

  for (const step of plan.steps) {
    await pass(step.waitMs);
    acts[step.kind](step);
  }
  await pass(TO_THE_END_MS);
  isOver = true;
  if (epilogue !== undefined) {
    epilogue(isolates.length, ask);
    await pass(TO_THE_END_MS);
  }
  return { visits, ended, decided, deaths };
};
