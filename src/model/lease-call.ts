import { acknowledge, reportOf } from './lease-log.ts';
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
  { wantsLease = true }: { readonly wantsLease?: boolean } = {},
): Ask => {
  see(purse, now);
  holdFailed(purse);
  const { options, name, used } = purse;
  const held = left(purse, now);
  const reports = purse.leases.map((lease) => reportOf(lease, now));
  const leaseId = options.newLeaseId();
  purse.calls.push({ leaseId, sentAt: now, costs, used, reports, failed: false, untimed: false });
  purse.used = 0;
  const rate = perSecond(purse.rate, now, costs[0] ?? 0);
  return { leaseId, isolate: options.isolate, purse: name, costs, wantsLease, rate, used, held, reports };
};

/** Takes an answer, however late, and says what it means for each cost of its ask, in order. `jitter` in [0, 1). */
export const accept = (purse: Purse, grant: Grant, now: number, jitter: number): readonly Verdict[] => {
  see(purse, now);
  const call = purse.calls.find(({ leaseId }) => leaseId === grant.leaseId);
  // Answered already, or given back meanwhile: whatever it grants is not ours any more.
  if (!call) return [];
  purse.calls = purse.calls.filter((other) => other !== call);
  learn(purse, grant, call, now);
  const refused = call.costs[grant.decided];
  for (const cost of call.costs.slice(0, grant.decided)) {
    purse.refusal = lifted(purse.refusal, cost);
    purse.used += cost;
  }
  if (refused !== undefined && grant.limited)
    purse.refusal = refusing(purse.refusal, refused, grant.limited, now, jitter);
  return call.costs.map((cost, index) => {
    if (index < grant.decided) return 'admitted';
    return refused !== undefined && cost >= refused ? 'refused' : 'again';
  });
};

/** No answer came in time. A late one may still be accepted, until the next call gives the lease back. */
export const failed = (purse: Purse, leaseId: string, now: number): void => {
  see(purse, now);
  const call = purse.calls.find((one) => one.leaseId === leaseId);
  if (!call || call.failed) return;
  call.failed = true;
  purse.used += call.used;
};

const learn = (purse: Purse, grant: Grant, call: Call, now: number): void => {
  for (const report of call.reports) {
    const lease = purse.leases.find(({ leaseId }) => leaseId === report.leaseId);
    if (lease && !report.closed) acknowledge(lease, report);
  }
  const over = new Set(call.reports.filter(({ closed }) => closed).map(({ leaseId }) => leaseId));
  purse.leases = purse.leases.filter(({ leaseId }) => !over.has(leaseId));
  const tripMs = Math.max(0, now - call.sentAt);
  purse.roundTripMs = purse.roundTripMs === 0 ? tripMs : 0.7 * purse.roundTripMs + 0.3 * tripMs;
  purse.levels = grant.levels;
  purse.answeredAt = now;
  purse.scarce = grant.scarce;
  if (grant.units === 0) {
    if (call.costs.length === 0)
      purse.renewNotBefore = now + purse.options.leaseMs * EMPTY_RENEWAL_PAUSE_PART;
    return;
  }
  hold(purse, {
    leaseId: grant.leaseId,
    // Counted from when the ask left: whatever the way back took is lost time, never extra time.
    until: call.untimed ? Number.NEGATIVE_INFINITY : call.sentAt + grant.ms,
    left: grant.units,
    total: 0,
    acknowledged: 0,
    closed: call.untimed,
    log: [],
  });
};
