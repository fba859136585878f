import { vi } from 'vitest';
import { stytchClients } from '../world.ts';
import { ask } from './ask.ts';
import type { Caller } from './callers.ts';
import { openDeeds } from './deeds.ts';
import { missesOf } from './expected.ts';
import { GRACE_MS, isOver, mostIn } from './model.ts';
import { deedsOf, type Phase, type Plan } from './plan.ts';
import { evictRings, LIVES, openRun, type Run, truthOf, turn, wakeRings } from './run.ts';
import { type Figures, figuresOf } from './tally.ts';
import { FINE } from './weather.ts';

/** What came of a run: plain data, for the report. */
export interface Outcome {
  readonly name: string;
  readonly seed: number;
  /** How much time went by in the run, and of ours. */
  readonly simulatedSeconds: number;
  readonly tookSeconds: number;
  readonly steps: number;
  readonly figures: readonly Figures[];
  /** Wrong decisions, and promises of section 12 that were not kept; a line each. */
  readonly wrong: readonly string[];
  readonly unkept: readonly string[];
  /** Figures that are not as section 12 has them; a line each. */
  readonly missed: readonly string[];
}

/** The app renews its JWT so often. */
const SESSION_RENEWAL_MS = 240_000;
/** A client renews its access token so long before its end. */
const TOKEN_RENEWAL_MS = 300_000;
/** Alarms are looked at so often. */
const ALARMS_MS = 20_000;
/** The ledger tries again after an hour at the latest. */
const LAST_RETRY_MS = 3_700_000;

/** Runs an outage with everybody asking, and holds each answer against the model. */
export const drive = async (plan: Plan, seed: number): Promise<Outcome> => {
  const startedAt = performance.now();
  const run = await openRun(plan, seed);
  const beganAt = Date.now();
  try {
    for (const phase of plan.phases) await drivePhase(run, phase);
    const simulatedSeconds = (Date.now() - beganAt) / 1000;
    await look(run);
    const figures = figuresOf(run.samples);
    return {
      ...{ name: plan.name, seed, simulatedSeconds, steps: run.steps },
      tookSeconds: (performance.now() - startedAt) / 1000,
      figures,
      ...{ wrong: run.wrong, unkept: run.unkept },
      missed: plan.phases.flatMap(({ name, expects }) =>
        missesOf(
          expects,
          figures.filter(({ phase }) => phase === name),
        ),
      ),
    };
  } finally {
    await run.end();
  }
};

const drivePhase = async (run: Run, phase: Phase): Promise<void> => {
  const beganAt = Date.now();
  const deeds = openDeeds(run);
  let todo = deedsOf(phase);
  run.phase = phase.name;
  turn(run, phase.forecast);
  for (;;) {
    const [least, most] = phase.pace;
    const stepMs = Math.round(1000 * (least + run.chance() * (most - least)));
    const now = Date.now() + stepMs;
    if (isPast(run, phase, beganAt, now)) return;
    vi.setSystemTime(now);
    Object.assign(run, { stepMs, steps: run.steps + 1 });
    if (phase.evicts) await evictRings(run);
    await renew(run);
    restart(run);
    const due = todo.filter(({ after }) => beganAt + after <= now);
    todo = todo.filter((deed) => !due.includes(deed));
    await deeds.work(due);
    await Promise.all(requestsOf(run, phase).map((request) => request()));
    await run.weather.settled();
    if (Math.floor(now / ALARMS_MS) !== Math.floor((now - stepMs) / ALARMS_MS)) await wakeRings(run);
  }
};

const isPast = (run: Run, { seconds }: Phase, beganAt: number, now: number): boolean => {
  if (typeof seconds === 'number') return now > beganAt + seconds * 1000;
  const ends = run.people.callers
    .filter(({ truth }) => truth.kind === 'secret' && truth.ended === null)
    .flatMap((caller) => truthOf(run, caller).acceptedUntil ?? []);
  return now >= GRACE_MS + (seconds === 'to the first end of grace' ? Math.min(...ends) : Math.max(...ends));
};

/** The app and the client do what they can do without Latchkey. */
const renew = async ({ people, weather }: Run): Promise<void> => {
  if (!weather.isStytchWell()) return;
  const now = Date.now();
  await weather.pin();
  for (const session of people.sessions)
    if (now - session.renewedAt() >= SESSION_RENEWAL_MS) await session.renew();
  const endsAt = people.token.caller.truth.endsAt ?? 0;
  if (endsAt - now < TOKEN_RENEWAL_MS) await people.token.renew();
};

/** Isolates are thrown away, and others begin with nothing. */
const restart = (run: Run): void => {
  LIVES.forEach((seconds, i) => {
    if (run.chance() < run.stepMs / 1000 / seconds) run.places[i] = run.newPlace();
  });
};

/** A window's worth and more, of two keys. */
const MOST_AT_ONCE = 7;

/** Who asks in this step, at which isolate, for what. Who asks for too much does so however long a step is. */
const requestsOf = (run: Run, { crowd = 1, isBefore }: Phase): readonly (() => Promise<void>)[] =>
  run.people.callers.flatMap((caller) => {
    if (isBefore && caller.isNew) return [];
    const times = caller.isOverLimit
      ? Math.min(MOST_AT_ONCE, Math.max(1, Math.round(run.stepMs / 6_000)))
      : 1;
    return Array.from({ length: times }).flatMap(() => {
      const place = run.places[Math.floor(run.chance() * run.places.length)];
      const errand = caller.errands[Math.floor(run.chance() * caller.errands.length)];
      const asks = run.chance() < caller.share * (caller.isOverLimit ? 1 : crowd);
      return asks && place !== undefined && errand !== undefined
        ? [() => ask(run, caller, place, errand)]
        : [];
    });
  });

/** When all is quiet again: no limit was exceeded in any window, and Stytch has what it must have. */
const look = async (run: Run): Promise<void> => {
  for (const [owner, { units, windowMs, spent }] of run.spent) {
    const most = mostIn(spent, windowMs);
    if (most > units) run.wrong.push(`${owner}: ${most} units in a window of ${units}`);
  }
  turn(run, FINE);
  for (let round = 0; round < 2; round++) {
    vi.setSystemTime(Date.now() + LAST_RETRY_MS);
    await run.weather.pin();
    await wakeRings(run);
    await run.weather.settled();
  }
  const { ada, bo } = run.people;
  const there = new Set([...(await stytchClients(ada.jwt())), ...(await stytchClients(bo.jwt()))]);
  for (const caller of run.people.callers) {
    const { owner, truth } = caller;
    const isOurs = truth.kind === 'secret' && (owner === ada.userId || owner === bo.userId);
    if (isOurs) tellOfClient(run, caller, there.has(truth.self.keyId ?? ''));
  }
};

const tellOfClient = (run: Run, { name, truth }: Caller, isThere: boolean): void => {
  const hasEnded = isOver(truth.ended, { isStrict: true }, Date.now());
  if (isThere === hasEnded) run.wrong.push(`${name}: its client is ${isThere ? 'still' : 'not'} at Stytch`);
};
