import { setTimeout as wait } from 'node:timers/promises';
import { cpuOf, cpuOfUs } from '../cpu.ts';
import { loadAverage, type Machine, machine } from '../machine.ts';
import { openRandom } from '../simulate/random.ts';
import { churn } from './churn.ts';
import { type Findings, inspectEnd } from './end.ts';
import { type MemoryTrend, residentMiB, sampleMemory, trendOf } from './memory.ts';
import { giveKeys, operatorToken, signUp } from './prepare.ts';
import type { Soak } from './soak.ts';
import { keepLines } from './sockets.ts';
import { type Stage, startStage } from './stage.ts';
import { openTally, type Tally, violate } from './tally.ts';
import { sendTraffic } from './traffic.ts';
import { endByThemselves, keepUp } from './upkeep.ts';

export interface SoakOptions {
  readonly requests: number;
  readonly keys: number;
  readonly users: number;
  /** At most; null for as long as it takes. */
  readonly seconds: number | null;
  readonly seed: number;
  readonly isolates: number;
  readonly connections: number;
  /** Of what is done at the Desk, by all together. */
  readonly deedsPerSecond: number;
  readonly tell: (line: string) => void;
  /** Ends it before its time; what was done until then is reported. */
  readonly signal: AbortSignal;
}

/** One run, with all that was found out. */
export interface SoakRun {
  readonly date: string;
  readonly options: Omit<SoakOptions, 'tell' | 'signal'>;
  readonly machine: Machine;
  readonly load: { readonly before: number; readonly after: number };
  /** Why it ended before it had sent all of its requests; null if it did not. */
  readonly stoppedBy: 'signal' | 'time' | 'violations' | null;
  readonly seconds: number;
  readonly tally: Tally;
  readonly findings: Findings;
  readonly memory: MemoryTrend | null;
  /** CPU of the processes, in seconds: workerd with Latchkey, the origin, and this one. */
  readonly cpu: { readonly latchkey: number; readonly origin: number; readonly client: number };
}

const TELL_EVERY_MS = 5_000;
/** Leases are over, what was taken away is gone, and what is tried last is tried. */
const QUIET_MS = 2_000;
/** More say nothing new. */
const TOO_MANY_VIOLATIONS = 10_000;
const SAMPLES = 200;
const CHURNERS = 8;

/** Starts everything, sends the traffic, and holds what is left against the model. */
export const runSoak = async (options: SoakOptions): Promise<SoakRun> => {
  const { tell, requests, users, keys, seed, isolates, connections } = options;
  const before = loadAverage();
  tell(`starting ${isolates} isolates, Stytch and the origin`);
  await using stage = await startStage({ isolates, verifyEvery: 50 });
  const tally = openTally();
  const began = { at: 0 };
  const stop: { by: SoakRun['stoppedBy'] | 'done' } = { by: null };
  const isOver = (): boolean => {
    if (stop.by !== null) return true;
    if (options.signal.aborted) stop.by = 'signal';
    else if (tally.requests >= requests) stop.by = 'done';
    else if (options.seconds !== null && Date.now() > began.at + options.seconds * 1000) stop.by = 'time';
    else if (tally.violationCount >= TOO_MANY_VIOLATIONS) stop.by = 'violations';
    return stop.by !== null;
  };
  tell(`${users} users sign in`);
  const soak: Soak = {
    ...{ stage, tally, isOver, owners: await signUp(stage, users), operator: await operatorToken(stage) },
    ...{ keys: [], small: [], watched: [], ended: [], random: (purpose) => openRandom(seed, purpose) },
  };
  tell(`${keys} keys are issued`);
  await giveKeys(soak, soak.random('keys'), keys);

  began.at = Date.now();
  const cpuBefore = cpuNow(stage);
  const everyMs = Math.max(500, ((options.seconds ?? requests / 1_000) * 1000) / SAMPLES);
  const [samples] = await Promise.all([
    sampleMemory(stage.pid, everyMs, isOver, () => tally.requests),
    sendTraffic(soak, connections),
    churn(soak, {
      ...{ churners: CHURNERS, keysOfEach: Math.ceil(keys / users) },
      meanPauseMs: (CHURNERS / options.deedsPerSecond) * 1000,
    }),
    keepUp(soak),
    keepLines(soak),
    progress(soak, options, began.at),
  ]);
  const seconds = (Date.now() - began.at) / 1000;
  const cpu = cpuSince(cpuBefore, cpuNow(stage));
  tell('the traffic has ended: Stytch, the Rings and the audit trails are compared');
  await wait(QUIET_MS);
  endByThemselves(soak);
  const findings = await inspectEnd(soak, soak.random('end'), Date.now() - began.at);
  const memory = trendOf(samples);
  if (memory !== null && memory.growthMiB > memory.boundMiB) {
    const problem = `grew by ${memory.growthMiB} MiB from the second quarter to the last, and not at most ${memory.boundMiB}`;
    violate(tally, {
      ...{ kind: 'memory', problem, at: new Date().toISOString(), ms: 0, nonce: '' },
      detail: {},
    });
  }
  const { tell: _, signal: __, ...told } = options;
  return {
    ...{ date: new Date(began.at).toISOString(), options: told, machine: machine() },
    ...{ load: { before, after: loadAverage() }, stoppedBy: stop.by === 'done' ? null : stop.by },
    ...{ seconds, tally, findings, memory, cpu },
  };
};

/** A line every few seconds. */
const progress = async (soak: Soak, { tell, requests }: SoakOptions, began: number): Promise<void> => {
  const { tally, stage } = soak;
  let last = { at: began, requests: tally.requests };
  for (; !soak.isOver(); await wait(200)) {
    const now = Date.now();
    if (now - last.at < TELL_EVERY_MS) continue;
    const rate = ((tally.requests - last.requests) / (now - last.at)) * 1000;
    last = { at: now, requests: tally.requests };
    tell(
      `${Math.round((now - began) / 1000)} s: ${tally.requests} of ${requests} requests, ${rate.toFixed(0)}/s, ` +
        `${residentMiB(stage.pid).toFixed(0)} MiB, ${soak.keys.length + soak.small.length} keys, ` +
        `${tally.takings.length} times something was taken away, checked ${tally.revocationsChecked} times, ` +
        `${tally.violationCount} violations`,
    );
  }
};

const cpuNow = ({ pid, origin }: Stage): SoakRun['cpu'] => ({
  latchkey: cpuOf(pid) / 1e6,
  origin: cpuOf(origin.pid) / 1e6,
  client: cpuOfUs() / 1e6,
});

const cpuSince = (before: SoakRun['cpu'], after: SoakRun['cpu']): SoakRun['cpu'] => ({
  latchkey: after.latchkey - before.latchkey,
  origin: after.origin - before.origin,
  client: after.client - before.client,
});
