import type { Demand } from './grant.ts';
import type { Ask, LimitName } from './lease-wire.ts';

/** An isolate that has not called for this long, or for two leases, no longer counts as one to share with. */
const ACCOUNT_LIFE_MS = 10_000;

/** Who asks of this meter, and how much: for the policy only, in memory only. An account is one purse of one isolate. */
export type Accounts = {
  see(ask: Ask, now: number): void;
  forget(now: number, leaseMs: number): void;
  /** What one limit is asked for: a key's by that key's purses, the others by all. */
  demandOf(ask: Ask, limit: LimitName, leaseMs: number): Demand;
  count(): number;
};

type Account = { readonly purse: string; readonly rate: number; readonly seenAt: number };
type Sum = { rate: number; count: number };

/** No accounts yet. Sums are kept as accounts come and go: ten thousand isolates may ask, and each ask needs the sum. */
export const openAccounts = (): Accounts => {
  /** In the order in which they were last seen. */
  const accounts = new Map<string, Account>();
  const total: Sum = { rate: 0, count: 0 };
  const byPurse = new Map<string, Sum>();

  const add = (sum: Sum, { rate }: Account, sign: 1 | -1): void => {
    sum.rate += sign * rate;
    sum.count += sign;
  };
  const sumOf = (purse: string): Sum => byPurse.get(purse) ?? { rate: 0, count: 0 };
  const put = (id: string, account: Account): void => {
    accounts.set(id, account);
    const ofPurse = sumOf(account.purse);
    byPurse.set(account.purse, ofPurse);
    add(ofPurse, account, 1);
    add(total, account, 1);
  };
  const remove = (id: string): void => {
    const account = accounts.get(id);
    if (account === undefined) return;
    accounts.delete(id);
    const ofPurse = sumOf(account.purse);
    add(ofPurse, account, -1);
    add(total, account, -1);
    if (ofPurse.count === 0) byPurse.delete(account.purse);
  };

  return {
    see(ask, now) {
      const id = `${ask.isolate} ${ask.purse}`;
      remove(id);
      put(id, { purse: ask.purse, rate: size(ask.rate), seenAt: now });
    },
    forget(now, leaseMs) {
      for (const [id, account] of accounts) {
        if (account.seenAt + Math.max(ACCOUNT_LIFE_MS, 2 * leaseMs) > now) break;
        remove(id);
      }
    },
    demandOf(ask, limit, leaseMs) {
      const { rate, count } = limit === 'key' ? sumOf(ask.purse) : total;
      return {
        rate: size(ask.rate),
        used: size(ask.used),
        held: size(ask.held),
        next: size(ask.next ?? 0),
        totalRate: rate,
        active: count,
        leaseMs,
      };
    },
    count: () => accounts.size,
  };
};

/** Numbers are taken in steps of 1/1024, and no greater than this: so adding and taking away leaves exactly nothing. */
const STEPS = 1_024;
const GREATEST = 1_000_000_000;

/** A number from another isolate, made harmless: policy only, so a wrong one can waste but not admit. */
const size = (value: number): number =>
  value > 0 ? Math.round(Math.min(value, GREATEST) * STEPS) / STEPS : 0;
