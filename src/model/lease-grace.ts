// What an isolate does while its owner's Ring is silent: it repeats its own past, and nothing else. docs/leases.md.

import {
  acknowledge,
  agesOf,
  boundLogs,
  entryMs,
  type HeldLease,
  type Spent,
  spendFrom,
} from './lease-log.ts';
import { openPast, type Past, type PastUnits } from './lease-past.ts';
import type { GraceReport, Level } from './lease-wire.ts';

/** A silent Ring is asked this often, at random between the two, in the background; ms. */
const PROBE_AFTER_MS = [500, 1_500] as const;

/** Since when a Ring is silent: when the first ask without an answer was sent. Until when that lets an isolate go on. */
export type Silence = { readonly since: number; readonly until: number };

/** The units that leases gave and that the Ring has not acknowledged, by lease. */
type Logs = Iterable<readonly Spent[]>;

/** One purse's grace. Every method takes the isolate's clock in ms. */
export type Grace = {
  /** The limits as the last answer named them. */
  limited(levels: readonly Level[]): void;
  /** Units that were admitted, and of which the Ring knows. */
  remember(past: PastUnits, now: number): void;
  /** An ask that was sent at `sentAt` has no answer. */
  silent(sentAt: number, now: number, jitter: number, logs: Logs): void;
  /** An ask that was sent at `sentAt` has an answer. */
  heard(sentAt: number): void;
  /** The clock ran backwards: nothing that was dated by it counts any more. */
  forget(): void;
  isSilent(): boolean;
  silence(now: number): Silence | null;
  /** Takes a cost where so many of the isolate's own units have left its own window; says whether it did. */
  spend(cost: number, now: number, logs: Logs): boolean;
  probeDue(now: number): boolean;
  /** What the next ask has to tell; null for nothing. */
  report(now: number): GraceReport | null;
  /** The answer to an ask that told it has come. */
  acknowledge(report: GraceReport, now: number): void;
};

export type GraceOptions = { readonly graceMs: number; readonly newId: () => string };

type Began = {
  readonly since: number;
  /** Most units that each window may hold. */
  readonly caps: readonly { readonly past: Past; readonly units: number }[];
  /** What the month had left by the last answer: it has no window that anything could leave. */
  leftOfMonth: number;
  probeNotBefore: number;
};

/** No past, no grace: an isolate that knows nothing of the Ring's limits, or has admitted nothing lately, admits nothing. */
export const openGrace = ({ graceMs, newId }: GraceOptions): Grace => {
  let pasts: readonly Past[] = [];
  let levels: readonly Level[] = [];
  let began: Began | null = null;
  let mine: HeldLease | null = null;
  let heardOf = Number.NEGATIVE_INFINITY;

  const windows = (): readonly Level[] => levels.filter(({ name }) => name !== 'month');
  const silence = (now: number): Silence | null =>
    began !== null && now < began.since + graceMs
      ? { since: began.since, until: began.since + graceMs }
      : null;
  const remember = (past: PastUnits, now: number): void => {
    for (const each of pasts) each.add(past, now);
  };

  return {
    limited(newest) {
      levels = newest;
      const before = pasts;
      const lengths = [...new Set(windows().map(({ perSeconds }) => perSeconds * 1000))];
      if (lengths.length === before.length && lengths.every((ms, i) => before[i]?.windowMs === ms)) return;
      const longest = before.reduce<Past | null>(
        (one, other) => (one !== null && one.windowMs > other.windowMs ? one : other),
        null,
      );
      pasts = lengths.map((ms) => before.find(({ windowMs }) => windowMs === ms) ?? resized(longest, ms));
    },
    remember,
    silent(sentAt, now, jitter, logs) {
      // What was asked later has been answered: this one was lost, and nobody is silent.
      if (sentAt < heardOf) return;
      const [least, most] = PROBE_AFTER_MS;
      const probeNotBefore = sentAt + least + jitter * (most - least);
      if (began !== null) {
        began.probeNotBefore = probeNotBefore;
        return;
      }
      // Counted now and not as of the ask: until now the Ring may have given others what had left this window.
      const caps = windows().flatMap(({ requests, perSeconds }) => {
        const past = pasts.find(({ windowMs }) => windowMs === perSeconds * 1000);
        return past === undefined ? [] : [{ past, units: Math.min(requests, past.booked(logs, now)) }];
      });
      const leftOfMonth = levels.find(({ name }) => name === 'month')?.free ?? Number.POSITIVE_INFINITY;
      began = { since: sentAt, caps, leftOfMonth, probeNotBefore };
    },
    heard(sentAt) {
      began = null;
      heardOf = Math.max(heardOf, sentAt);
    },
    forget() {
      began = null;
      heardOf = Number.NEGATIVE_INFINITY;
      pasts = pasts.map(({ windowMs }) => openPast(windowMs / 1000));
    },
    isSilent: () => began !== null,
    silence,
    spend(cost, now, logs) {
      if (began === null || silence(now) === null || began.caps.length === 0) return false;
      const all = mine === null ? [...logs] : [...logs, mine.log];
      if (began.leftOfMonth < cost) return false;
      if (!began.caps.every(({ past, units }) => past.present(all, now) + cost <= units)) return false;
      mine ??= { ...NOTHING, leaseId: newId(), log: [] };
      spendFrom(mine, cost, now, entryMs(levels));
      boundLogs([mine]);
      began.leftOfMonth -= cost;
      return true;
    },
    probeDue: (now) => began !== null && now >= began.probeNotBefore,
    report: (now) =>
      mine === null ? null : { graceId: mine.leaseId, total: mine.total, spent: agesOf(mine, now) },
    acknowledge(report, now) {
      if (mine?.leaseId !== report.graceId) return;
      for (const { at, units } of acknowledge(mine, report)) remember({ from: at, to: at, units }, now);
      if (mine.acknowledged >= mine.total) mine = null;
    },
  };
};

/** No lease at all: only its log is used. */
const NOTHING: Omit<HeldLease, 'leaseId' | 'log'> = {
  until: Number.NEGATIVE_INFINITY,
  left: 0,
  total: 0,
  acknowledged: 0,
  closed: true,
};

/** What is known of one window, for another: it may be too little, never too much. */
const resized = (known: Past | null, windowMs: number): Past => {
  const past = openPast(windowMs / 1000);
  const entries = [...(known?.entries() ?? [])];
  const now = Math.max(...entries.map(({ to }) => to));
  for (const each of entries) past.add(each, now);
  return past;
};
