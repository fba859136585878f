import type { Ask, Grant } from '../../src/model/lease-wire.ts';
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
  let meter = open(null);
  let busyUntil = 0;

  const serve = (credential: number, ask: Ask): Answer => {
    if (ended.has(credential)) return { status: 'ended' };
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
    revoke: (credential) => void ended.add(credential),
    evict() {
      meter = open(JSON.parse(JSON.stringify(meter.saved())));
      // What was decided before is unknown now: asked again, it is decided, and booked, again.
      slots.clear();
    },
  };
};
