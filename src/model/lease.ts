import { type RateLimitField, rateLimitFields } from './lease-fields.ts';
import { isSilent, probeDue, silence, spendInGrace } from './lease-grace.ts';
import { boundLogs, entryMs, spendFrom } from './lease-log.ts';
import { isLive, left, type Purse, type Spending, type SpendOptions, see } from './lease-purse.ts';
import { observed, perSecond } from './lease-rate.ts';
import { isRefusing, refusedFor } from './lease-refusal.ts';

export { accept, compose, declined, failed } from './lease-call.ts';
export { type Silence, silence } from './lease-grace.ts';
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
  weightOf,
} from './lease-purse.ts';

/** A lease is renewed in its last fifth. */
const RENEW_IN_LAST_PART = 0.2;

/** Fewer units than this are not worth a call of their own, unless units are short. */
const WORTH_RETURNING_UNITS = 8;
const WORTH_RETURNING_PART = 1 / 100;

const SPENT: Spending = { outcome: 'spent' };
const ASK: Spending = { outcome: 'ask' };
const SILENT: Spending = { outcome: 'silent' };

/**
 * Takes the cost from live leases, or in grace from the isolate's own past, or says that the Ring must be asked, or
 * refuses. Throws RangeError for a cost that
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
    if (refused) return { outcome: 'refused', ...refused };
    if (mustAsk || silence(purse, now) === null) return ASK;
    if (!spendInGrace(purse, cost, now)) return SILENT;
    purse.used += cost;
    return SPENT;
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

/** Whether to renew, or to probe a silent Ring, in the background now; asked after a local spend. */
export const renewalDue = (purse: Purse, now: number): boolean => {
  see(purse, now);
  const { rate, roundTripMs, options } = purse;
  if (isAsking(purse) || now < purse.renewNotBefore) return false;
  if (isSilent(purse)) return probeDue(purse, now);
  if (isRefusing(purse.refusal, now)) return false;
  const until = lastEnd(purse, now);
  // One request alone is no flow: it would read as half a unit per second, and be renewed for in vain.
  if (now >= until || (perSecond(rate, now, purse.latestCost) * options.leaseMs) / 1000 < 2) return false;
  if (until - now < RENEW_IN_LAST_PART * options.leaseMs) return true;
  return left(purse, now) <= (2 * perSecond(rate, now) * roundTripMs) / 1000;
};

/** When to look whether a last report is due, ms of the isolate's clock; null if it would not be worth it. */
export const reportDueAt = (purse: Purse, now: number): number | null => {
  if (hasUntold(purse)) return now;
  const end = lastEnd(purse, now);
  return end > 0 && isWorthReturning(purse, left(purse, now)) ? end : null;
};

/** Whether the flow has stopped with units left that others could use: compose(purse, [], now, { wantsLease: false }). */
export const reportDue = (purse: Purse, now: number): boolean => {
  see(purse, now);
  if (isAsking(purse)) return false;
  if (hasUntold(purse) && !isSilent(purse)) return true;
  if (lastEnd(purse, now) > 0) return false;
  return isWorthReturning(
    purse,
    purse.leases.reduce((units, lease) => units + lease.left, 0),
  );
};

/** The numbers of the RateLimit fields; empty before the first answer. What a silent Ring has left nobody knows. */
export const fields = (purse: Purse, now: number): readonly RateLimitField[] => {
  const levels = isSilent(purse) ? purse.levels.map((level) => ({ ...level, free: 0 })) : purse.levels;
  return rateLimitFields(levels, left(purse, now), Math.max(0, now - purse.answeredAt));
};

/** When the last live lease ends; 0 where there is none. */
const lastEnd = ({ leases }: Purse, now: number): number => {
  let end = 0;
  for (const lease of leases) if (isLive(lease, now)) end = Math.max(end, lease.until);
  return end;
};

const hasUntold = ({ grace }: Purse): boolean => grace !== null && grace.untold !== null;

const isAsking = ({ calls }: Purse): boolean => calls.some((call) => !call.failed);

const isWorthReturning = ({ levels, scarce }: Purse, units: number): boolean => {
  const least = Math.min(...levels.map((level) => level.requests));
  // While units are short, a few of a small limit are worth a call too; but not each single one of a large limit.
  const share = least * WORTH_RETURNING_PART;
  return scarce
    ? units >= Math.min(WORTH_RETURNING_UNITS, Math.max(1, share))
    : units > Math.max(WORTH_RETURNING_UNITS, share);
};
