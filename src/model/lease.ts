import { type Call, openCalls } from './lease-calls.ts';
import { rateLimitFields } from './lease-fields.ts';
import { openGrace } from './lease-grace.ts';
import {
  acknowledge,
  boundLogs,
  entryMs,
  type HeldLease,
  reportOf,
  type Spent,
  spendFrom,
} from './lease-log.ts';
import type { Purse, PurseOptions } from './lease-purse.ts';
import { openRate } from './lease-rate.ts';
import { openRefusal } from './lease-refusal.ts';
import { isWorthReturning } from './lease-return.ts';
import type { Grant, Level } from './lease-wire.ts';

export type { Purse, PurseOptions, Spending, SpendOptions, Verdict } from './lease-purse.ts';

/** Leases one purse may remember, live, closed and lost ones together; beyond it the oldest is dropped unreported (it slides out of the book). */
export const MAX_HELD_LEASES = 32;

/** A lease is renewed in its last fifth. */
const RENEW_IN_LAST_PART = 0.2;

/** A renewal that brought nothing is not repeated for this part of a lease. */
const EMPTY_RENEWAL_PAUSE_PART = 0.25;

/** Opens an empty purse. */
export const openPurse = ({ isolate, purse, leaseMs, newLeaseId, graceMs = 0 }: PurseOptions): Purse => {
  const leases = new Map<string, HeldLease>();
  const calls = openCalls();
  const refusal = openRefusal();
  const grace = graceMs === 0 ? null : openGrace({ graceMs, newId: newLeaseId });
  let rate = openRate();
  let lastSeen = Number.NEGATIVE_INFINITY;
  let used = 0;
  let latestCost = 0;
  let roundTripMs = 0;
  let renewNotBefore = Number.NEGATIVE_INFINITY;
  let levels: readonly Level[] = [];
  let answeredAt = 0;
  let scarce = false;

  /** A clock that ran backwards cannot say how old a lease is: all are closed, those under way too. */
  const see = (now: number): void => {
    if (now < lastSeen) {
      for (const lease of leases.values()) {
        lease.closed = true;
        // What is dated wrong is no past to repeat; undated, it stays on the book until the lease's end.
        if (grace !== null) lease.log = [];
      }
      calls.untime();
      rate = openRate();
      refusal.forget();
      grace?.forget();
      renewNotBefore = Number.NEGATIVE_INFINITY;
      answeredAt = now;
    }
    lastSeen = now;
  };

  const live = (now: number): HeldLease[] =>
    [...leases.values()].filter((lease) => !lease.closed && now < lease.until);

  const sum = (held: readonly HeldLease[]): number => held.reduce((units, lease) => units + lease.left, 0);

  const logs = (): readonly (readonly Spent[])[] => [...leases.values()].map((lease) => lease.log);

  /** What leases gave, and the Ring knows of or will never hear of: from now on only the past remembers it. */
  const remember = (spent: readonly Spent[], now: number): void => {
    for (const { at, units } of spent) grace?.remember({ from: at, to: at, units }, now);
  };

  const hold = (lease: HeldLease, now: number): void => {
    leases.set(lease.leaseId, lease);
    for (const [id, oldest] of leases) {
      if (leases.size <= MAX_HELD_LEASES) break;
      remember(oldest.log, now);
      leases.delete(id);
    }
  };

  const compose: Purse['compose'] = (costs, now, { wantsLease = true } = {}) => {
    see(now);
    for (const leaseId of calls.giveUp()) hold(returned(leaseId), now);
    const held = sum(live(now));
    const reports = [...leases.values()].map((lease) => reportOf(lease, now));
    const told = grace?.report(now) ?? null;
    const leaseId = newLeaseId();
    calls.add(leaseId, { sentAt: now, costs, used, reports, grace: told });
    const perSecond = rate.perSecond(now, costs[0] ?? 0);
    const ask = {
      leaseId,
      isolate,
      purse,
      costs,
      wantsLease,
      rate: perSecond,
      used,
      held,
      reports,
      grace: told,
    };
    used = 0;
    return ask;
  };

  const learn = (grant: Grant, call: Call, now: number): void => {
    levels = grant.levels;
    grace?.limited(levels);
    for (const report of call.reports) {
      const lease = leases.get(report.leaseId);
      if (!lease) continue;
      remember(report.closed ? lease.log : acknowledge(lease, report), now);
      if (report.closed) leases.delete(report.leaseId);
    }
    if (call.grace !== null) grace?.acknowledge(call.grace, now);
    const tripMs = Math.max(0, now - call.sentAt);
    roundTripMs = roundTripMs === 0 ? tripMs : 0.7 * roundTripMs + 0.3 * tripMs;
    answeredAt = now;
    scarce = grant.scarce;
    if (grant.units === 0) {
      if (call.costs.length === 0) renewNotBefore = now + leaseMs * EMPTY_RENEWAL_PAUSE_PART;
      return;
    }
    // Counted from when the ask left: whatever the way back took is lost time, never extra time.
    const until = call.untimed ? Number.NEGATIVE_INFINITY : call.sentAt + grant.ms;
    hold({ ...returned(grant.leaseId), until, left: grant.units, closed: call.untimed }, now);
  };

  /** A call that has no answer, or none with a grant. */
  const drop = (leaseId: string): Call | null => {
    const call = calls.fail(leaseId);
    used += call?.used ?? 0;
    return call;
  };

  return {
    spend(cost, now, { seenBefore = false, mustAsk = false } = {}) {
      if (!Number.isSafeInteger(cost) || cost < 1) {
        throw new RangeError('a cost must be an integer of at least 1');
      }
      see(now);
      if (!seenBefore) rate.observe(cost, now);
      latestCost = cost;
      const from = live(now);
      if (mustAsk || sum(from) < cost) {
        const refused = refusal.of(cost, now);
        if (refused) return { outcome: 'refused', ...refused };
        if (mustAsk || grace === null || grace.silence(now) === null) return { outcome: 'ask' };
        if (!grace.spend(cost, now, logs())) return { outcome: 'silent' };
        used += cost;
        return { outcome: 'spent' };
      }
      let rest = cost;
      for (const lease of from) {
        const units = Math.min(rest, lease.left);
        if (units > 0) spendFrom(lease, units, now, entryMs(levels));
        rest -= units;
      }
      boundLogs(leases.values());
      used += cost;
      return { outcome: 'spent' };
    },
    compose,
    accept(grant, now, jitter) {
      see(now);
      const call = calls.get(grant.leaseId);
      // Answered already, or given back meanwhile: whatever it grants is not ours any more.
      if (!call) return [];
      calls.answered(grant.leaseId);
      grace?.heard(call.untimed ? now : call.sentAt);
      learn(grant, call, now);
      const refused = call.costs[grant.decided];
      const decided = call.costs.slice(0, grant.decided);
      for (const cost of decided) refusal.lift(cost);
      if (refused !== undefined && grant.limited) refusal.begin(refused, grant.limited, now, jitter);
      const units = decided.reduce((sum, cost) => sum + cost, 0);
      used += units;
      // The Ring decided them somewhere on the way there and back.
      grace?.remember({ from: call.untimed ? Number.NEGATIVE_INFINITY : call.sentAt, to: now, units }, now);
      return call.costs.map((cost, index) => {
        if (index < grant.decided) return 'admitted';
        return refused !== undefined && cost >= refused ? 'refused' : 'again';
      });
    },
    failed(leaseId, now, jitter = 0) {
      see(now);
      const call = drop(leaseId);
      if (call !== null) grace?.silent(call.untimed ? now : call.sentAt, now, jitter, logs());
    },
    declined(leaseId, now) {
      see(now);
      const call = calls.get(leaseId);
      if (call) grace?.heard(call.untimed ? now : call.sentAt);
      drop(leaseId);
    },
    silence: (now) => grace?.silence(now) ?? null,
    inFlight: calls.inFlight,
    renewalDue(now) {
      see(now);
      const { waiting, background } = calls.inFlight();
      if (waiting || background || now < renewNotBefore) return false;
      if (grace?.isSilent()) return grace.probeDue(now);
      if (refusal.active(now)) return false;
      const until = Math.max(...[...leases.values()].map((lease) => (lease.closed ? 0 : lease.until)));
      // One request alone is no flow: it would read as half a unit per second, and be renewed for in vain.
      if (now >= until || (rate.perSecond(now, latestCost) * leaseMs) / 1000 < 2) return false;
      const perSecond = rate.perSecond(now);
      const left = sum(live(now));
      return until - now < RENEW_IN_LAST_PART * leaseMs || left <= (2 * perSecond * roundTripMs) / 1000;
    },
    reportDueAt(now) {
      if (grace !== null && grace.report(now) !== null) return now;
      const ends = live(now).map((lease) => lease.until);
      return ends.length > 0 && isWorthReturning(sum(live(now)), levels, scarce) ? Math.max(...ends) : null;
    },
    reportDue(now) {
      see(now);
      const { waiting, background } = calls.inFlight();
      if (waiting || background) return false;
      if (grace !== null && !grace.isSilent() && grace.report(now) !== null) return true;
      if (live(now).length > 0) return false;
      return isWorthReturning(sum([...leases.values()]), levels, scarce);
    },
    giveBack(now) {
      for (const lease of leases.values()) lease.closed = true;
      const ask = compose([], now, { wantsLease: false });
      return ask.reports.length > 0 ? ask : null;
    },
    left: (now) => sum(live(now)),
    fields: (now) =>
      rateLimitFields(
        grace?.isSilent() ? levels.map((level) => ({ ...level, free: 0 })) : levels,
        sum(live(now)),
        Math.max(0, now - answeredAt),
      ),
  };
};

/** A lease that was or may have been granted, and is never to be spent. */
const returned = (leaseId: string): HeldLease => ({
  leaseId,
  until: Number.NEGATIVE_INFINITY,
  left: 0,
  total: 0,
  acknowledged: 0,
  closed: true,
  log: [],
});
