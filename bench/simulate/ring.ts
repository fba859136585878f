import type { Ask, GraceReport, Grant } from '../../src/model/lease-wire.ts';
import { type Meter, openMeter, type SavedMeter } from '../../src/model/meter.ts';
import type { Clock } from './clock.ts';
import type { AdmissionLog } from './log.ts';
import type { Scenario } from './scenario.ts';

/** As much of a meter as a Ring needs. */
export type RingMeter = Pick<Meter, 'ask' | 'saved'>;

/** What the Ring sends back. `slot` is where its decisions stand in the log, if it took any. */
export type Answer =
  | { readonly status: 'live'; readonly grant: Grant; readonly slot: number | null }
  | { readonly status: 'ended' }
  | { readonly status: 'overloaded' };

/** One user's Ring: one call at a time, first come first served, and no more than it can serve. */
export type Ring = {
  call(credential: number, ask: Ask, reply: (answer: Answer) => void): void;
  /** An isolate has admitted so many units in grace. */
  graced(isolate: string, units: number): void;
  /** The most units of grace that were of the last window and not booked yet, at any moment. */
  mostUntold(): number;
  revoke(credential: number): void;
  /** Memory is lost; the row is not. */
  evict(): void;
};

/** The Ring's clock begins here; isolates have clocks of their own. */
export const RING_EPOCH = Date.UTC(2026, 10, 22);

/** How tests put a faulty meter in the place of the real one. */
export type OpenMeter = (saved: SavedMeter | null) => RingMeter;

/** A Ring with an empty book. */
export const openRing = (
  { limit, leaseSeconds, serviceMs, queueMs }: Scenario,
  clock: Clock,
  log: AdmissionLog,
  open: OpenMeter = openMeter,
): Ring => {
  const rules = { owner: limit, key: null, unitsPerMonth: null, leaseMs: leaseSeconds * 1000 };
  const ended = new Set<number>();
  /** Where the decisions of an ask stand, should it be asked again. */
  const slots = new Map<string, number>();
  const untold = openUntold(limit.perSeconds * 1000, clock);
  let meter = open(null);
  let busyUntil = 0;

  const serve = (credential: number, ask: Ask): Answer => {
    if (ended.has(credential)) return { status: 'ended' };
    if (ask.grace) untold.told(ask.isolate, ask.grace);
    // A Worker's clock shows whole milliseconds.
    const grant = meter.ask(ask, rules, Math.floor(RING_EPOCH + clock.now()));
    if (grant.decided > 0 && !slots.has(ask.leaseId)) slots.set(ask.leaseId, log.reserve(clock.now()));
    return { status: 'live', grant, slot: slots.get(ask.leaseId) ?? null };
  };

  return {
    call(credential, ask, reply) {
      const waitMs = Math.max(0, busyUntil - clock.now());
      if (waitMs > queueMs) {
        reply({ status: 'overloaded' });
        return;
      }
      busyUntil = clock.now() + waitMs + serviceMs;
      if (serviceMs === 0) reply(serve(credential, ask));
      else clock.after(waitMs + serviceMs, () => reply(serve(credential, ask)));
    },
    graced: untold.add,
    mostUntold: untold.most,
    revoke: (credential) => void ended.add(credential),
    evict() {
      meter = open(JSON.parse(JSON.stringify(meter.saved())));
      // What was decided before is unknown now: asked again, it is decided, and booked, again.
      slots.clear();
    },
  };
};

/** Units of grace until the Ring is told of them. */
const openUntold = (windowMs: number, clock: Clock) => {
  const waiting = new Map<string, { readonly at: number; units: number }[]>();
  /** Of each grace, what was told. */
  const totals = new Map<string, number>();
  let most = 0;
  const inWindow = (): number => {
    let sum = 0;
    for (const each of waiting.values()) {
      while (each[0] !== undefined && each[0].at <= clock.now() - windowMs) each.shift();
      for (const { units } of each) sum += units;
    }
    return sum;
  };
  return {
    add(isolate: string, units: number): void {
      const own = waiting.get(isolate) ?? [];
      waiting.set(isolate, own);
      own.push({ at: clock.now(), units });
      most = Math.max(most, inWindow());
    },
    told(isolate: string, { graceId, total }: GraceReport): void {
      const own = waiting.get(isolate) ?? [];
      let fresh = total - (totals.get(graceId) ?? 0);
      for (; fresh > 0 && own.length > 0; own.shift()) fresh -= own[0]?.units ?? 0;
      totals.set(graceId, Math.max(total, totals.get(graceId) ?? 0));
    },
    most: () => most,
  };
};
