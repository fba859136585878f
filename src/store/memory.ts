import { type Evidence, isUsed, type Known, useOf } from '../model/evidence.ts';
import { giveBack, isOver, openPurse, type Purse, weightOf } from '../model/lease.ts';
import { OWNER_PURSE, type Report } from '../model/lease-wire.ts';
import type { KeyUse } from '../model/ports.ts';
import type { Refusal } from '../model/refusal.ts';
import { createBounded } from './bounded.ts';

/** Bounds of an isolate, which has 128 MB for everything: of each kind so many, least recently used first to go. */
const MAX_EVIDENCES = 10_000;
const MAX_REFUSALS = 10_000;
const MAX_PURSES = 10_000;

/** Over all purses, with those that hold none and with what grace remembers (`weightOf`). */
const MAX_LEASES = 10_000;

/** How many old purses are looked at for each new one: they must go faster than they come. */
const OLD_FOR_NEW = 2;

/** The same by size, because a JWT may have 8 KiB: in bytes, as far as they can be told. */
const MAX_EVIDENCE_BYTES = 20 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 4 * 1024 * 1024;

/** What an entry takes besides its texts: objects, their places in maps and lists. Bytes, estimated generously. */
const EVIDENCE_BYTES = 1_500;
const SCOPE_BYTES = 40;
const RANGE_BYTES = 360;
const REFUSAL_BYTES = 300;

export interface MemoryOptions {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
  readonly leaseMs: number;
  /** For how long an isolate may repeat its own past while a Ring is silent; none by default. */
  readonly graceMs?: number;
  readonly newLeaseId: () => string;
  readonly now: () => number;
  /** Takes back what an evicted purse still held, and what was done with a credential that is forgotten. */
  readonly giveBack: (ring: string, reports: readonly Report[], uses: readonly KeyUse[]) => void;
}

interface RememberedRefusal {
  readonly refusal: Refusal;
  readonly until: number;
}

/** The text by which it is known, the scopes (the token says them, and the Ring again), and where it may come from. */
const sizeOf = ({ token, session, held }: Evidence, text: string): number => {
  const texts = [...token.scopes, ...(session?.roles ?? [])];
  const ranges = held?.addresses?.length ?? 0;
  return texts.reduce(
    (bytes, each) => bytes + 2 * (SCOPE_BYTES + each.length),
    EVIDENCE_BYTES + text.length + ranges * RANGE_BYTES,
  );
};

/** What an isolate remembers, least recently used first to go. Keyed by credentials as presented: heap only. */
export const createMemory = ({ now, giveBack: takeBack, ...purseOptions }: MemoryOptions) => {
  const texts = openTexts();
  /** Evidence that is put in again, to be weighed anew. */
  let staying: Evidence | null = null;
  const evidences = createBounded<Evidence>({
    max: MAX_EVIDENCES,
    maxWeight: MAX_EVIDENCE_BYTES,
    weightOf: sizeOf,
    gone: (evidence, text) => {
      texts.remove(evidence.ring, text);
      if (evidence !== staying && isUsed(evidence)) takeBack(evidence.ring, [], [useOf(evidence, now())]);
    },
  });
  const refusals = createBounded<RememberedRefusal>({
    max: MAX_REFUSALS,
    maxWeight: MAX_REFUSAL_BYTES,
    weightOf: (_, text) => REFUSAL_BYTES + text.length,
  });
  const returnAll = (purse: Purse, place: string): void => {
    const reports = giveBack(purse, now());
    if (reports.length > 0) takeBack(ringAt(place), reports, []);
  };
  const purses = createBounded<Purse>({
    max: MAX_PURSES,
    maxWeight: MAX_LEASES,
    weightOf,
    gone: (purse, place, evicted) => {
      if (evicted) returnAll(purse, place);
    },
  });

  /** Lets the purses go that were not looked at for longest, if nothing in them matters any more: a flow that stopped leaves its dates. */
  const forgetOver = (): void => {
    for (let i = 0; i < OLD_FOR_NEW; i++) {
      const oldest = purses.oldest();
      if (oldest === null || !isOver(oldest.value, now())) return;
      purses.delete(oldest.name);
    }
  };

  return {
    recall: (presented: string): Evidence | undefined => evidences.get(presented),
    remember: (presented: string, evidence: Evidence): void => {
      staying = evidence;
      evidences.set(presented, evidence);
      staying = null;
      texts.add(evidence.ring, presented);
    },
    forget: (presented: string): void => void evidences.delete(presented),

    *knownOf(ring: string): Generator<Known> {
      for (const text of texts.of(ring)) {
        const evidence = evidences.peek(text);
        if (evidence !== undefined) yield { text, evidence };
      }
    },

    refusal: (presented: string, at: number): Refusal | null => {
      const remembered = refusals.get(presented);
      return remembered !== undefined && at < remembered.until ? remembered.refusal : null;
    },
    refuse: (presented: string, refusal: Refusal, until: number): void =>
      void refusals.set(presented, { refusal, until }),

    purse: (ring: string, name: string): Purse => {
      const place = placeOf(ring, name);
      const known = purses.get(place);
      if (known !== undefined) return known;
      forgetOver();
      const purse = openPurse(purseOptions, name);
      purses.set(place, purse);
      return purse;
    },

    weigh: (ring: string, purse: Purse): void => {
      const place = placeOf(ring, purse.name);
      if (purses.peek(place) !== purse) {
        returnAll(purse, place);
        return;
      }
      purses.set(place, purse);
    },
  };
};

const placeOf = (ring: string, name: string): string => (name === OWNER_PURSE ? ring : `${ring}/${name}`);

const ringAt = (place: string): string => place.split('/', 1)[0] ?? place;

/** Which credentials each owner is known by here. Most are known by one: a set for each would take more than that. */
const openTexts = () => {
  const byRing = new Map<string, string | Set<string>>();
  return {
    of: (ring: string): Iterable<string> => {
      const known = byRing.get(ring) ?? [];
      return typeof known === 'string' ? [known] : known;
    },
    add: (ring: string, text: string): void => {
      const known = byRing.get(ring);
      if (known === undefined) byRing.set(ring, text);
      else if (typeof known !== 'string') known.add(text);
      else if (known !== text) byRing.set(ring, new Set([known, text]));
    },
    remove: (ring: string, text: string): void => {
      const known = byRing.get(ring);
      if (known === text) byRing.delete(ring);
      if (!(known instanceof Set)) return;
      known.delete(text);
      const [only, other] = known;
      if (only !== undefined && other === undefined) byRing.set(ring, only);
    },
  };
};
