import { type RateLimitField, rateLimitFields } from './lease-fields.ts';
import { boundLogs, entryMs, spendFrom } from './lease-log.ts';
import { isLive, left, type Purse, type Spending, type SpendOptions, see } from './lease-purse.ts';
import { observed, perSecond } from './lease-rate.ts';
import { isRefusing, refusedFor } from './lease-refusal.ts';

export { accept, compose, failed } from './lease-call.ts';
export {
  giveBack,
  inFlight,
  isOver,
  left,
  MAX_HELD_LEASES,
  openPurse,
  type Purse,
  type PurseOptions,
  type Spending,
  type SpendOptions,
  type Verdict,
} from './lease-purse.ts';

/** A lease is renewed in its last fifth. */
const RENEW_IN_LAST_PART = 0.2;

/** Fewer units than this are not worth a call of their own, unless units are short. */
const WORTH_RETURNING_UNITS = 8;
const WORTH_RETURNING_PART = 1 / 100;

const SPENT: Spending = { outcome: 'spent' };
const ASK: Spending = { outcome: 'ask' };

/**
 * Takes the cost from live leases, or says that the Ring must be asked, or refuses. Throws RangeError for a cost that
 * is no integer ≥ 1.
 */
export const spend = (
  purse: Purse,
  cost: number,
  now: number,
  { seenBefore = false, mustAsk = false }: SpendOptions = {},
): Spending => {
  if (!Number.isSafeInteger(cost) || cost < 1)
    throw new RangeError('a cost must be an integer of at least 1');
  see(purse, now);
  if (!seenBefore) purse.rate = observed(purse.rate, cost, now);
  purse.latestCost = cost;
  if (mustAsk || left(purse, now) < cost) {
    const refused = refusedFor(purse.refusal, cost, now);
    return refused ? { outcome: 'refused', ...refused } : ASK;
  }
  let rest = cost;
  for (const lease of purse.leases) {
    const units = isLive(lease, now) ? Math.min(rest, lease.left) : 0;
    if (units > 0) spendFrom(lease, units, now, entryMs(purse.levels));
    rest -= units;
  }
  boundLogs(purse.leases);
  purse.used += cost;
  return SPENT;
};

/** Whether to renew in the background now; asked after a local spend. */
export const renewalDue = (purse: Purse, now: number): boolean => {
  see(purse, now);
  const { rate, roundTripMs, options } = purse;
  if (isAsking(purse) || now < purse.renewNotBefore) return false;
  if (isRefusing(purse.refusal, now)) return false;
  const until = lastEnd(purse, now);
  // One request alone is no flow: it would read as half a unit per second, and be renewed for in vain.
  if (now >= until || (perSecond(rate, now, purse.latestCost) * options.leaseMs) / 1000 < 2) return false;
  if (until - now < RENEW_IN_LAST_PART * options.leaseMs) return true;
  return left(purse, now) <= (2 * perSecond(rate, now) * roundTripMs) / 1000;
};

/** When to look whether a last report is due, ms of the isolate's clock; null if it would not be worth it. */
export const reportDueAt = (purse: Purse, now: number): number | null => {
  const end = lastEnd(purse, now);
  return end > 0 && isWorthReturning(purse, left(purse, now)) ? end : null;
};

/** Whether the flow has stopped with units left that others could use: compose(purse, [], now, { wantsLease: false }). */
export const reportDue = (purse: Purse, now: number): boolean => {
  see(purse, now);
  if (isAsking(purse) || lastEnd(purse, now) > 0) return false;
  return isWorthReturning(
    purse,
    purse.leases.reduce((units, lease) => units + lease.left, 0),
  );
};

/** The numbers of the RateLimit fields; empty before the first answer. */
export const fields = (purse: Purse, now: number): readonly RateLimitField[] =>
  rateLimitFields(purse.levels, left(purse, now), Math.max(0, now - purse.answeredAt));

/** When the last live lease ends; 0 where there is none. */
const lastEnd = ({ leases }: Purse, now: number): number => {
  let end = 0;
  for (const lease of leases) if (isLive(lease, now)) end = Math.max(end, lease.until);
  return end;
};

const isAsking = ({ calls }: Purse): boolean => calls.some((call) => !call.failed);

const isWorthReturning = ({ levels, scarce }: Purse, units: number): boolean => {
  const least = Math.min(...levels.map((level) => level.requests));
  // While units are short, a few of a small limit are worth a call too; but not each single one of a large limit.
  const share = least * WORTH_RETURNING_PART;
  return scarce
    ? units >= Math.min(WORTH_RETURNING_UNITS, Math.max(1, share))
    : units > Math.max(WORTH_RETURNING_UNITS, share);
};
