import { LRUCache } from 'lru-cache';
import type { Evidence, Known } from '../model/evidence.ts';
import { openPurse, type Purse } from '../model/lease.ts';
import { OWNER_PURSE, type Report } from '../model/lease-wire.ts';
import type { Refusal } from '../model/refusal.ts';

/** Bounds of an isolate, which has 128 MB for everything. */
const MAX_EVIDENCES = 10_000;
const MAX_REFUSALS = 10_000;
const MAX_PURSES = 10_000;

/** The same by size, because a JWT may have 8 KiB: in bytes, as far as they can be told. */
const MAX_EVIDENCE_BYTES = 16 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 4 * 1024 * 1024;

/** What an entry takes besides its texts: objects, their places in maps and lists. Bytes, estimated generously. */
const EVIDENCE_BYTES = 1_500;
const REFUSAL_BYTES = 300;

export interface MemoryOptions {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
  readonly leaseMs: number;
  /** For how long an isolate may repeat its own past while a Ring is silent; none by default. */
  readonly graceMs?: number;
  readonly newLeaseId: () => string;
  readonly now: () => number;
  /** Takes back what an evicted purse still held. */
  readonly giveBack: (ring: string, reports: readonly Report[]) => void;
}

interface RememberedRefusal {
  readonly refusal: Refusal;
  readonly until: number;
}

/** The text by which it is known, and the scopes, which may be as long again. */
const sizeOf = ({ token, session }: Evidence, text: string): number => {
  const texts = [...token.scopes, ...(session?.roles ?? [])];
  return texts.reduce((bytes, each) => bytes + each.length, EVIDENCE_BYTES + text.length);
};

/** What an isolate remembers, least recently used first to go. Keyed by credentials as presented: heap only. */
export const createMemory = ({ isolate, leaseMs, graceMs = 0, newLeaseId, now, giveBack }: MemoryOptions) => {
  const byRing = new Map<string, Map<string, Evidence>>();
  const drop = (evidence: Evidence, text: string): void => {
    const known = byRing.get(evidence.ring);
    known?.delete(text);
    if (known?.size === 0) byRing.delete(evidence.ring);
  };
  const evidences = new LRUCache<string, Evidence>({
    max: MAX_EVIDENCES,
    maxSize: MAX_EVIDENCE_BYTES,
    sizeCalculation: sizeOf,
    dispose: drop,
  });
  const refusals = new LRUCache<string, RememberedRefusal>({
    max: MAX_REFUSALS,
    maxSize: MAX_REFUSAL_BYTES,
    sizeCalculation: (_, text) => REFUSAL_BYTES + text.length,
  });
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
    remember: (presented: string, evidence: Evidence): void => {
      evidences.set(presented, evidence);
      const known = byRing.get(evidence.ring) ?? new Map<string, Evidence>();
      byRing.set(evidence.ring, known.set(presented, evidence));
    },
    forget: (presented: string): void => void evidences.delete(presented),

    *knownOf(ring: string): Generator<Known> {
      for (const [text, evidence] of byRing.get(ring) ?? []) yield { text, evidence };
    },

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
      const purse = openPurse({ isolate, purse: name, leaseMs, newLeaseId, graceMs });
      purses.set(place, purse);
      return purse;
    },
  };
};
