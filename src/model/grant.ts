import type { Limit } from './lease-wire.ts';

/** What the policy knows about who asks and who else is there. Rates in units per second. */
export type Demand = {
  readonly rate: number;
  readonly used: number;
  readonly held: number;
  /** What is to be paid next, by the request that asks; 0 where it is decided with the ask. */
  readonly next: number;
  /** Over all live accounts of this limit, the asking one included. */
  readonly totalRate: number;
  readonly active: number;
  readonly leaseMs: number;
};

/** Units any newcomer may get unproven, and the base of slow start. Small enough to lose with a dead isolate. */
const WELCOME_UNITS = 8;

/** Even when units are short a lease should cover this much of the isolate's own demand, or this part of the window. */
const SCARCE_COVER_SECONDS = 1;
const SCARCE_COVER_OF_WINDOW = 1 / 20;

/** All refused isolates of one owner together ask the Ring no more than this often. A Ring is planned for 300 calls per second. */
const REFUSED_CALLS_PER_SECOND = 200;

/** Of an owner's own rate, the part that refused isolates may spend on asking again. */
const REFUSED_CALLS_OF_RATE = 0.1;

/** Whether a limit has room enough that everybody may simply have a whole lease of their own demand. */
export const isPlenty = (free: number, demand: Demand): boolean =>
  free >= WELCOME_UNITS * (demand.active + 1) && free / 2 >= (demand.totalRate * demand.leaseMs) / 1000;

/**
 * How many units one limit allows for a lease: the same number of seconds of its own demand for everybody,
 * fewer seconds the fuller the book. Never more than twice what was used lately (plus a welcome), nor more
 * than half of what is free while others are there; and enough for the request that asks, if there is so much. An
 * integer ≥ 0.
 */
export const grantUnits = (limit: Limit, free: number, demand: Demand): number => {
  const leaseSeconds = demand.leaseMs / 1000;
  const plenty = isPlenty(free, demand);
  const seconds = plenty ? leaseSeconds : scarceSeconds(limit, free, demand, leaseSeconds);
  const expected = demand.rate * seconds;
  let want = Math.min(expected + Math.sqrt(expected), WELCOME_UNITS + 2 * demand.used);
  if (plenty) {
    const earned = ((limit.requests / limit.perSeconds) * leaseSeconds) / (demand.active + 1);
    want = Math.max(want, Math.min(WELCOME_UNITS, free / 4 / (demand.active + 1), earned));
  }
  const most = demand.active > 1 ? free / 2 : free;
  const next = demand.next - demand.held;
  const units = Math.floor(Math.max(Math.min(want - demand.held, most), next <= most ? next : 0));
  return units >= 1 ? units : 0;
};

/** For how long a refused isolate shall at least refuse by itself, in ms: longer the more isolates there are to come back. */
export const refusalFloorMs = (limit: Limit, active: number): number => {
  const rate = limit.requests / limit.perSeconds;
  const seconds = Math.max(
    Math.min(1, limit.perSeconds / 60),
    Math.min(2, limit.perSeconds / 30, active / (REFUSED_CALLS_OF_RATE * rate)),
    active / REFUSED_CALLS_PER_SECOND,
  );
  return Math.ceil(seconds * 1000);
};

const scarceSeconds = (limit: Limit, free: number, demand: Demand, leaseSeconds: number): number => {
  const least = Math.min(SCARCE_COVER_SECONDS, limit.perSeconds * SCARCE_COVER_OF_WINDOW);
  const share = demand.totalRate > 0 ? free / (2 * demand.totalRate) : leaseSeconds;
  return Math.min(leaseSeconds, Math.max(least, share));
};
