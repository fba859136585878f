import { acknowledgeGrace, fallSilent, followLevels, graceReport, hear } from './lease-grace.ts';
import { acknowledge, reportOf } from './lease-log.ts';
import { remember, rememberLog } from './lease-past.ts';
import { type Call, hold, holdFailed, left, type Purse, see, type Verdict } from './lease-purse.ts';
import { perSecond } from './lease-rate.ts';
import { lifted, refusing } from './lease-refusal.ts';
import type { Ask, Grant } from './lease-wire.ts';

/** A renewal that brought nothing is not repeated for this part of a lease. */
const EMPTY_RENEWAL_PAUSE_PART = 0.25;

/** The next call: for the costs that wait, or with none to renew. What it reports closed is never spent again. */
export const compose = (
  purse: Purse,
  costs: readonly number[],
  now: number,
  { wantsLease = true, next = 0 }: { readonly wantsLease?: boolean; readonly next?: number } = {},
): Ask => {
  see(purse, now);
  holdFailed(purse, now);
  const { options, name, used } = purse;
  const held = left(purse, now);
  const reports = purse.leases.map((lease) => reportOf(lease, now));
  const grace = graceReport(purse, now);
  const leaseId = options.newLeaseId();
  purse.calls.push({ leaseId, sentAt: now, costs, used, reports, grace, failed: false, untimed: false });
  purse.used = 0;
  const rate = perSecond(purse.rate, now, costs[0] ?? 0);
  const { isolate } = options;
  const forNext = next > 0 ? { next } : {};
  return { leaseId, isolate, purse: name, costs, wantsLease, ...forNext, rate, used, held, reports, grace };
};

/** Takes an answer, however late, and says what it means for each cost of its ask, in order. `jitter` in [0, 1). */
export const accept = (purse: Purse, grant: Grant, now: number, jitter: number): readonly Verdict[] => {
  see(purse, now);
  const call = purse.calls.find(({ leaseId }) => leaseId === grant.leaseId);
  // Answered already, or given back meanwhile: whatever it grants is not ours any more.
  if (!call) return [];
  purse.calls = purse.calls.filter((other) => other !== call);
  hear(purse, call, now);
  learn(purse, grant, call, now);
  const refused = call.costs[grant.decided];
  let units = 0;
  for (const cost of call.costs.slice(0, grant.decided)) {
    purse.refusal = lifted(purse.refusal, cost);
    units += cost;
  }
  purse.used += units;
  // The Ring decided them somewhere on the way there and back.
  const from = call.untimed ? Number.NEGATIVE_INFINITY : call.sentAt;
  if (purse.grace !== null) remember(purse.grace.pasts, { from, to: now, units }, now);
  if (refused !== undefined && grant.limited)
    purse.refusal = refusing(purse.refusal, refused, grant.limited, now, jitter);
  return call.costs.map((cost, index) => {
    if (index < grant.decided) return 'admitted';
    return refused !== undefined && cost >= refused ? 'refused' : 'again';
  });
};

/**
 * No answer came in time: the Ring is silent until one comes. A late one may still be accepted, until the next call
 * gives the lease back. `jitter` in [0, 1) spreads the next probe.
 */
export const failed = (purse: Purse, leaseId: string, now: number, jitter = 0): void => {
  see(purse, now);
  const call = purse.calls.find((one) => one.leaseId === leaseId);
  if (call && drop(purse, call)) fallSilent(purse, call, now, jitter);
};

/** The answer was a verdict, or that the Ring is overloaded: it grants nothing, and is not silent. */
export const declined = (purse: Purse, leaseId: string, now: number): void => {
  see(purse, now);
  const call = purse.calls.find((one) => one.leaseId === leaseId);
  if (!call) return;
  hear(purse, call, now);
  drop(purse, call);
};

/** A call that has no answer, or none with a grant; whether it had neither before. */
const drop = (purse: Purse, call: Call): boolean => {
  if (call.failed) return false;
  call.failed = true;
  purse.used += call.used;
  return true;
};

const learn = (purse: Purse, grant: Grant, call: Call, now: number): void => {
  purse.levels = grant.levels;
  followLevels(purse);
  const pasts = purse.grace?.pasts ?? [];
  for (const report of call.reports) {
    const lease = purse.leases.find(({ leaseId }) => leaseId === report.leaseId);
    if (lease) rememberLog(pasts, report.closed ? lease.log : acknowledge(lease, report), now);
  }
  acknowledgeGrace(purse, call.grace, now);
  const over = new Set(call.reports.filter(({ closed }) => closed).map(({ leaseId }) => leaseId));
  purse.leases = purse.leases.filter(({ leaseId }) => !over.has(leaseId));
  const tripMs = Math.max(0, now - call.sentAt);
  purse.roundTripMs = purse.roundTripMs === 0 ? tripMs : 0.7 * purse.roundTripMs + 0.3 * tripMs;
  purse.answeredAt = now;
  purse.scarce = grant.scarce;
  if (grant.units === 0) {
    if (call.costs.length === 0)
      purse.renewNotBefore = now + purse.options.leaseMs * EMPTY_RENEWAL_PAUSE_PART;
    return;
  }
  const { leaseId, units: left } = grant;
  // Counted from when the ask left: whatever the way back took is lost time, never extra time.
  const until = call.untimed ? Number.NEGATIVE_INFINITY : call.sentAt + grant.ms;
  hold(purse, { leaseId, until, left, total: 0, acknowledged: 0, closed: call.untimed, log: [] }, now);
};
