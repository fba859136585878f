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

/** No accounts yet. */
export const openAccounts = (): Accounts => {
  /** In the order in which they were last seen. */
  const accounts = new Map<
    string,
    { readonly purse: string; readonly rate: number; readonly seenAt: number }
  >();
  return {
    see(ask, now) {
      const id = `${ask.isolate} ${ask.purse}`;
      accounts.delete(id);
      accounts.set(id, { purse: ask.purse, rate: size(ask.rate), seenAt: now });
    },
    forget(now, leaseMs) {
      for (const [id, account] of accounts) {
        if (account.seenAt + Math.max(ACCOUNT_LIFE_MS, 2 * leaseMs) > now) break;
        accounts.delete(id);
      }
    },
    demandOf(ask, limit, leaseMs) {
      let totalRate = 0;
      let active = 0;
      for (const account of accounts.values()) {
        if (limit === 'key' && account.purse !== ask.purse) continue;
        totalRate += account.rate;
        active++;
      }
      return { rate: size(ask.rate), used: size(ask.used), held: size(ask.held), totalRate, active, leaseMs };
    },
    count: () => accounts.size,
  };
};

/** A number from another isolate, made harmless: policy only, so a wrong one can waste but not admit. */
const size = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);
