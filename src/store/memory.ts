import { LRUCache } from 'lru-cache';
import type { Evidence } from '../model/evidence.ts';
import { openPurse, type Purse } from '../model/lease.ts';
import { OWNER_PURSE, type Report } from '../model/lease-wire.ts';
import type { Refusal } from '../model/refusal.ts';

/** Bounds of an isolate, which has 128 MB for everything. */
const MAX_EVIDENCES = 10_000;
const MAX_REFUSALS = 10_000;
const MAX_PURSES = 10_000;

export interface MemoryOptions {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
  readonly leaseMs: number;
  readonly newLeaseId: () => string;
  readonly now: () => number;
  /** Takes back what an evicted purse still held. */
  readonly giveBack: (ring: string, reports: readonly Report[]) => void;
}

interface RememberedRefusal {
  readonly refusal: Refusal;
  readonly until: number;
}

/** What an isolate remembers, least recently used first to go. Keyed by credentials as presented: heap only. */
export const createMemory = ({ isolate, leaseMs, newLeaseId, now, giveBack }: MemoryOptions) => {
  const evidences = new LRUCache<string, Evidence>({ max: MAX_EVIDENCES });
  const refusals = new LRUCache<string, RememberedRefusal>({ max: MAX_REFUSALS });
  const purses = new LRUCache<string, Purse>({
    max: MAX_PURSES,
    dispose: (purse, name, reason) => {
      const ask = reason === 'evict' ? purse.giveBack(now()) : null;
      if (ask !== null) giveBack(name.split('/', 1)[0] ?? name, ask.reports);
    },
  });

  const reports = new WeakMap<Purse, number>();

  return {
    reportAt: (purse: Purse): number | undefined => reports.get(purse),
    setReportAt: (purse: Purse, at: number): void => void reports.set(purse, at),
    recall: (presented: string): Evidence | undefined => evidences.get(presented),
    remember: (presented: string, evidence: Evidence): void => void evidences.set(presented, evidence),
    forget: (presented: string): void => void evidences.delete(presented),

    refusal: (presented: string, at: number): Refusal | null => {
      const remembered = refusals.get(presented);
      return remembered !== undefined && at < remembered.until ? remembered.refusal : null;
    },
    refuse: (presented: string, refusal: Refusal, until: number): void =>
      void refusals.set(presented, { refusal, until }),

    purse: (ring: string, name: string): Purse => {
      const place = name === OWNER_PURSE ? ring : `${ring}/${name}`;
      const known = purses.get(place);
      if (known !== undefined) return known;
      const purse = openPurse({ isolate, purse: name, leaseMs, newLeaseId });
      purses.set(place, purse);
      return purse;
    },
  };
};
