import { type Arrival, openArrivals } from './arrivals.ts';
import { openClock } from './clock.ts';
import { openIdeal } from './ideal.ts';
import { type Isolate, type Outcome, openIsolate, type Request } from './isolate.ts';
import { type AdmissionLog, openLog } from './log.ts';
import { type Measured, openTape } from './measure.ts';
import { openNetwork } from './network.ts';
import { integerBelow, openRandom } from './random.ts';
import { type OpenMeter, openRing, type Ring } from './ring.ts';
import { isOutage, leastCallsPerSecond, type Scenario } from './scenario.ts';

/** After a lease and this much more no isolate can hold the word of before; ms. */
const REVOCATION_WATCH_MS = 3_000;

/** A waiting request looks this often whether it was decided, as in src/gate/admit/index.ts. */
const LOOK_MS = 5;

type User = {
  readonly log: AdmissionLog;
  readonly ring: Ring;
  readonly ideal: (at: number, cost: number) => boolean;
};

/** Lives through one scenario. The same scenario and seed give the same numbers. `open` replaces the Rings' meters, for tests. */
export const simulate = (scenario: Scenario, seed: number, open?: OpenMeter): Measured => {
  const { limit, users, windows, warmUpWindows, name } = scenario;
  const windowMs = limit.perSeconds * 1000;
  const fromMs = warmUpWindows * windowMs;
  const toMs = fromMs + windows * windowMs;
  const clock = openClock();
  const tape = openTape(scenario, fromMs, toMs);
  const random = openRandom(seed, `${name} fate`);
  const all: User[] = Array.from({ length: users }, () => {
    const log = openLog();
    return { log, ring: openRing(scenario, clock, log, open), ideal: openIdeal(limit) };
  });
  const decided = recorder(all, tape, clock.now);
  const isolates = openIsolates(scenario, seed, { clock, tape, all, random, decided });
  const standing = revokeInTurn(scenario, fromMs, { clock, tape, all, decided });

  if (scenario.evictionEverySeconds !== null) {
    every(clock, scenario.evictionEverySeconds * 1000, () => {
      for (const { ring } of all) ring.evict();
    });
  }

  const arrive = ({ at, user, isolate, cost, cold }: Arrival): void => {
    const credential = standing.credential(user, random);
    const request: Request = { at, user, isolate, credential, cost, waited: false, tripMs: 0 };
    if (!standing.isRevoked(credential)) tape.asked(request, all[user]?.ideal(at, cost) ?? false);
    if (cold) isolates.replace(isolate);
    isolates.at(isolate).take(request);
  };

  const next = openArrivals(scenario, seed);
  for (let arrival = next(); arrival.at < toMs; arrival = next()) {
    clock.runUntil(arrival.at);
    arrive(arrival);
  }
  clock.runUntil(toMs + REVOCATION_WATCH_MS);

  const worst = Math.max(...all.map(({ log }) => log.worstWindow(windowMs))) - limit.requests;
  const admitted = all.reduce((sum, { log }) => sum + log.weigh(tape.weightAt), 0);
  const untold = Math.max(...all.map(({ ring }) => ring.mostUntold()));
  return tape.result(worst, admitted, leastCallsPerSecond(scenario), untold);
};

/** Whether no message of this isolate reaches its Ring now. */
const isCutOff = ({ outage, isolates }: Scenario, place: number, now: number): boolean =>
  isOutage(outage, now) && 100 * place < (outage?.percentOfIsolates ?? 0) * isolates;

type Decided = {
  (request: Request, outcome: Outcome, slot: number | null): void;
  /** Called for each admission made here and now. */
  onSpent?: (request: Request) => void;
};

const recorder = (all: readonly User[], tape: ReturnType<typeof openTape>, now: () => number): Decided => {
  const decided: Decided = (request, outcome, slot) => {
    const { log } = all[request.user] as User;
    if (request.waited) {
      // Whoever waits finds out at his next look.
      tape.waited(request, Math.ceil((now() - request.at) / LOOK_MS) * LOOK_MS);
    }
    if (outcome === 'failed') tape.failed(request);
    if (outcome !== 'admitted') return;
    tape.admitted(request);
    if (slot === null) {
      log.admit(now(), request.cost);
      decided.onSpent?.(request);
    } else log.fill(slot, request.cost);
  };
  return decided;
};

type Parts = {
  readonly clock: ReturnType<typeof openClock>;
  readonly tape: ReturnType<typeof openTape>;
  readonly all: readonly User[];
  readonly decided: Decided;
};

/** Isolates come to life with their first request, live for their time, and are followed by others in the same place. */
const openIsolates = (scenario: Scenario, seed: number, parts: Parts & { readonly random: () => number }) => {
  const { clock, tape, all, random, decided } = parts;
  const network = openNetwork(scenario, seed, clock);
  const distances = Array.from({ length: scenario.isolates }, network.distance);
  const present: (Isolate | undefined)[] = [];
  let born = 0;

  const birth = (place: number): Isolate => {
    const distance = distances[place] ?? 0;
    const name = `isolate-${born++}`;
    const isolate = openIsolate({
      name,
      leaseMs: scenario.leaseSeconds * 1000,
      clock,
      offsetMs: integerBelow(random, 1_000_000_000),
      jitter: random,
      decided,
      graceMs: scenario.ringGraceSeconds * 1000,
      graced: (user, units) => all[user]?.ring.graced(name, units),
      call(user, credential, ask, reply) {
        tape.called(clock.now());
        network.send(distance, () => {
          if (isCutOff(scenario, place, clock.now())) return;
          all[user]?.ring.call(credential, ask, (answer) => network.send(distance, () => reply(answer)));
        });
      },
    });
    if (scenario.isolateLifeSeconds !== null) {
      // The first ones are in the midst of their lives, so that not all die together.
      const part = present[place] === undefined ? random() : 1;
      clock.after(part * scenario.isolateLifeSeconds * 1000, () => replace(place));
    }
    present[place] = isolate;
    return isolate;
  };
  const replace = (place: number): void => {
    present[place]?.die();
    birth(place);
  };
  return { at: (place: number): Isolate => present[place] ?? birth(place), replace };
};

/**
 * Credentials 2·user and 2·user + 1. The first user's first one is revoked now and then, watched until no isolate can
 * hold it any more, and followed by a new one, numbered below 0.
 */
const revokeInTurn = ({ revocation, leaseSeconds }: Scenario, fromMs: number, parts: Parts) => {
  const { clock, tape, all, decided } = parts;
  let current = 0;
  let revokedAt: number | null = null;
  decided.onSpent = ({ credential }) => {
    if (revokedAt !== null && credential === current) tape.revoked(clock.now() - revokedAt);
  };
  const revoke = (): void => {
    revokedAt = clock.now();
    tape.revoked(0);
    all[0]?.ring.revoke(current);
    clock.after(leaseSeconds * 1000 + REVOCATION_WATCH_MS, () => {
      revokedAt = null;
      current = Math.min(current, 0) - 1;
    });
  };
  if (revocation !== null)
    every(clock, revocation.everySeconds * 1000, () => clock.now() >= fromMs && revoke());
  return {
    credential: (user: number, random: () => number): number =>
      revocation?.otherCredential && random() < 0.5 ? 2 * user + 1 : user === 0 ? current : 2 * user,
    isRevoked: (credential: number): boolean => revokedAt !== null && credential === current,
  };
};

const every = (clock: Parts['clock'], ms: number, happen: () => void): void =>
  clock.after(ms, () => {
    happen();
    every(clock, ms, happen);
  });
