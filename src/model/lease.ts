import { type RateLimitField, rateLimitFields } from './lease-fields.ts';
import { acknowledge, boundLogs, entryMs, type HeldLease, reportOf, spendFrom } from './lease-log.ts';
import { openRate } from './lease-rate.ts';
import type { Ask, Grant, Level, LimitName, Report } from './lease-wire.ts';

/** Leases one purse may remember, live, closed and lost ones together; beyond it the oldest is dropped unreported (it slides out of the book). */
export const MAX_HELD_LEASES = 32;

/**
 * The longest an isolate refuses by itself before it asks again (unless the Ring's floor is longer). The
 * units of others come back, and limits get raised, before the Ring's estimate is over.
 */
const LONGEST_LOCAL_REFUSAL_MS = 5_000;

/** A lease is renewed in its last fifth. */
const RENEW_IN_LAST_PART = 0.2;

/** A renewal that brought nothing is not repeated for this part of a lease. */
const EMPTY_RENEWAL_PAUSE_PART = 0.05;

/** Fewer units than this are not worth a call of their own, unless units are short. */
const WORTH_RETURNING_UNITS = 8;
const WORTH_RETURNING_PART = 1 / 100;

/** Who the purse belongs to. */
export type PurseOptions = {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
  /** `OWNER_PURSE`, or the id of a key with a limit of its own. */
  readonly purse: string;
  /** Life of a lease in ms, as configured. */
  readonly leaseMs: number;
  /** A new lease id each time: at least 64 random bits. */
  readonly newLeaseId: () => string;
};

/** What became of a request's cost. */
export type Spending =
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'ask' }
  | { readonly outcome: 'refused'; readonly retryAfterMs: number; readonly by: readonly LimitName[] };

/** `seenBefore`: this request was counted in the rate already. `mustAsk`: no lease will do, the Ring shall decide. */
export type SpendOptions = { readonly seenBefore?: boolean; readonly mustAsk?: boolean };

/** What an answer means for one waiting cost; `again` is a cost smaller than the one that was refused: spend it anew. */
export type Verdict = 'admitted' | 'refused' | 'again';

/** One isolate's side of an owner's permits (or of a key's with its own limit). Every method takes the isolate's clock in ms. */
export type Purse = {
  /** Takes the cost from live leases, or says that the Ring must be asked, or refuses. Throws RangeError for a cost that is no integer ≥ 1. */
  spend(cost: number, now: number, options?: SpendOptions): Spending;
  /** The next call: for the costs that wait, or with none to renew. What it reports closed is never spent again. */
  compose(costs: readonly number[], now: number, options?: { readonly wantsLease?: boolean }): Ask;
  /** Takes an answer, however late, and says what it means for each cost of its ask, in order. `jitter` in [0, 1). */
  accept(grant: Grant, now: number, jitter: number): readonly Verdict[];
  /** No answer came in time. A late one may still be accepted, until the next call gives the lease back. */
  failed(leaseId: string, now: number): void;
  /** Calls under way. There should be at most one of each. */
  inFlight(): { readonly waiting: boolean; readonly background: boolean };
  /** Whether to renew in the background now; asked after a local spend. */
  renewalDue(now: number): boolean;
  /** When to look whether a last report is due, ms of the isolate's clock; null if it would not be worth it. */
  reportDueAt(now: number): number | null;
  /** Whether the flow has stopped with units left that others could use: compose([], now, { wantsLease: false }). */
  reportDue(now: number): boolean;
  /** Closes every lease and says so; null if there is nothing to say. For a purse that is evicted. */
  giveBack(now: number): Ask | null;
  /** Units in live leases. */
  left(now: number): number;
  /** The numbers of the RateLimit fields; empty before the first answer. */
  fields(now: number): readonly RateLimitField[];
};

type Call = {
  readonly sentAt: number;
  readonly costs: readonly number[];
  readonly used: number;
  readonly reports: readonly Report[];
  /** Its answer did not come in time: it is no longer in flight, and its lease is given back by the next call. */
  failed: boolean;
  /** The clock ran backwards since: its lease cannot be timed. */
  untimed: boolean;
};

type Refusal = {
  readonly cost: number;
  readonly until: number;
  readonly retryAt: number;
  readonly by: readonly LimitName[];
};

/** Opens an empty purse. */
export const openPurse = ({ isolate, purse, leaseMs, newLeaseId }: PurseOptions): Purse => {
  const leases = new Map<string, HeldLease>();
  const calls = new Map<string, Call>();
  let rate = openRate();
  let lastSeen = Number.NEGATIVE_INFINITY;
  let used = 0;
  let roundTripMs = 0;
  let renewNotBefore = Number.NEGATIVE_INFINITY;
  let refusal: Refusal | null = null;
  let levels: readonly Level[] = [];
  let answeredAt = 0;
  let scarce = false;

  /** A clock that ran backwards cannot say how old a lease is: all are closed, those under way too. */
  const see = (now: number): void => {
    if (now < lastSeen) {
      for (const lease of leases.values()) lease.closed = true;
      for (const call of calls.values()) call.untimed = true;
      rate = openRate();
      refusal = null;
      renewNotBefore = Number.NEGATIVE_INFINITY;
      answeredAt = now;
    }
    lastSeen = now;
  };

  const live = (now: number): HeldLease[] =>
    [...leases.values()].filter((lease) => !lease.closed && now < lease.until);

  const sum = (held: readonly HeldLease[]): number => held.reduce((units, lease) => units + lease.left, 0);

  const hold = (lease: HeldLease): void => {
    leases.set(lease.leaseId, lease);
    for (const id of leases.keys()) {
      if (leases.size <= MAX_HELD_LEASES) break;
      leases.delete(id);
    }
  };

  const refusalOf = (cost: number, now: number): Spending | null => {
    if (!refusal || cost < refusal.cost || now >= refusal.until) return null;
    const retryAfterMs = Math.max(refusal.until, refusal.retryAt) - now;
    return { outcome: 'refused', retryAfterMs, by: refusal.by };
  };

  const inFlight = () => {
    const under = [...calls.values()].filter((call) => !call.failed);
    return {
      waiting: under.some((call) => call.costs.length > 0),
      background: under.some((call) => call.costs.length === 0),
    };
  };

  const compose: Purse['compose'] = (costs, now, { wantsLease = true } = {}) => {
    see(now);
    for (const [leaseId, call] of calls) {
      if (!call.failed) continue;
      calls.delete(leaseId);
      hold(returned(leaseId));
    }
    const held = sum(live(now));
    const reports = [...leases.values()].map((lease) => reportOf(lease, now));
    const leaseId = newLeaseId();
    calls.set(leaseId, { sentAt: now, costs, used, reports, failed: false, untimed: false });
    const perSecond = rate.perSecond(now, costs[0] ?? 0);
    const ask = { leaseId, isolate, purse, costs, wantsLease, rate: perSecond, used, held, reports };
    used = 0;
    return ask;
  };

  const learn = (grant: Grant, call: Call, now: number): void => {
    for (const report of call.reports) {
      const lease = leases.get(report.leaseId);
      if (!lease) continue;
      if (report.closed) leases.delete(report.leaseId);
      else acknowledge(lease, report);
    }
    const tripMs = Math.max(0, now - call.sentAt);
    roundTripMs = roundTripMs === 0 ? tripMs : 0.7 * roundTripMs + 0.3 * tripMs;
    levels = grant.levels;
    answeredAt = now;
    scarce = grant.scarce;
    if (call.costs.length === 0 && grant.units === 0)
      renewNotBefore = now + leaseMs * EMPTY_RENEWAL_PAUSE_PART;
    if (grant.units === 0) return;
    // Counted from when the ask left: whatever the way back took is lost time, never extra time.
    const until = call.untimed ? Number.NEGATIVE_INFINITY : call.sentAt + grant.ms;
    hold({ ...returned(grant.leaseId), until, left: grant.units, closed: call.untimed });
  };

  const refuse = (cost: number, grant: Grant, now: number, jitter: number): void => {
    if (!grant.limited || (refusal && refusal.cost < cost && now < refusal.until)) return;
    const { retryMs, floorMs, by } = grant.limited;
    const pause = Math.max(floorMs, Math.min(retryMs, LONGEST_LOCAL_REFUSAL_MS)) + (jitter * floorMs) / 2;
    refusal = { cost, until: now + pause, retryAt: now + retryMs, by };
  };

  return {
    spend(cost, now, { seenBefore = false, mustAsk = false } = {}) {
      if (!Number.isSafeInteger(cost) || cost < 1)
        throw new RangeError('a cost must be an integer of at least 1');
      see(now);
      if (!seenBefore) rate.observe(cost, now);
      const from = live(now);
      if (mustAsk || sum(from) < cost) return refusalOf(cost, now) ?? { outcome: 'ask' };
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
      calls.delete(grant.leaseId);
      learn(grant, call, now);
      const refused = call.costs[grant.decided];
      if (refused !== undefined) refuse(refused, grant, now, jitter);
      const decided = call.costs.slice(0, grant.decided);
      if (refusal && decided.some((cost) => refusal && cost >= refusal.cost)) refusal = null;
      used += decided.reduce((units, cost) => units + cost, 0);
      return call.costs.map((cost, index) => {
        if (index < grant.decided) return 'admitted';
        return refused !== undefined && cost >= refused ? 'refused' : 'again';
      });
    },
    failed(leaseId, now) {
      see(now);
      const call = calls.get(leaseId);
      if (!call || call.failed) return;
      call.failed = true;
      used += call.used;
    },
    inFlight,
    renewalDue(now) {
      see(now);
      const { waiting, background } = inFlight();
      if (waiting || background || now < renewNotBefore) return false;
      if (refusal && now < refusal.until) return false;
      const until = Math.max(...[...leases.values()].map((lease) => (lease.closed ? 0 : lease.until)));
      const perSecond = rate.perSecond(now);
      if (now >= until || (perSecond * leaseMs) / 1000 < 2) return false;
      const left = sum(live(now));
      return until - now < RENEW_IN_LAST_PART * leaseMs || left <= (2 * perSecond * roundTripMs) / 1000;
    },
    reportDueAt(now) {
      const ends = live(now).map((lease) => lease.until);
      return ends.length > 0 && worthReturning(sum(live(now))) ? Math.max(...ends) : null;
    },
    reportDue(now) {
      see(now);
      const { waiting, background } = inFlight();
      if (waiting || background || live(now).length > 0) return false;
      return worthReturning(sum([...leases.values()]));
    },
    giveBack(now) {
      for (const lease of leases.values()) lease.closed = true;
      const ask = compose([], now, { wantsLease: false });
      return ask.reports.length > 0 ? ask : null;
    },
    left: (now) => sum(live(now)),
    fields: (now) => rateLimitFields(levels, sum(live(now)), Math.max(0, now - answeredAt)),
  };

  function worthReturning(units: number): boolean {
    const least = Math.min(...levels.map((level) => level.requests));
    return units > 0 && (scarce || units > Math.max(WORTH_RETURNING_UNITS, least * WORTH_RETURNING_PART));
  }
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
