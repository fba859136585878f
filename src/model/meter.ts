import { type Book, emptyAt, emptyBook, recell, slide, takeUnits } from './book.ts';
import { grantUnits, isPlenty, refusalFloorMs } from './grant.ts';
import {
  type Ask,
  type Grant,
  LEASE_MEMORY_MS,
  type Limit,
  type Limited,
  OWNER_PURSE,
  type Report,
} from './lease-wire.ts';
import { openAccounts } from './meter-accounts.ts';
import { openBelated } from './meter-belated.ts';
import { type Lease, redate } from './meter-lease.ts';
import { type Month, monthAt, monthTally, type Tally, windowTally } from './meter-tally.ts';

/**
 * A lease is announced this much shorter than it is booked: between two I/O events a Worker's clock stands
 * still, so an isolate may spend by up to a slice of CPU later than it believes.
 */
export const LEASE_SLACK_MS = 100;

/** What the owner's plan says now. Given with every ask, so a change holds from the next one. */
export type MeterRules = {
  readonly owner: Limit;
  /** The own limit of the key that asks; null if it has none (or if the purse is the owner's). */
  readonly key: Limit | null;
  /** Units per UTC month, over all of the owner's keys; null for no quota. */
  readonly unitsPerMonth: number | null;
  /** Life of a lease in ms; 0 grants none. */
  readonly leaseMs: number;
};

/** All that must survive: plain JSON, a few KB. Must be durable before the answer leaves. Leases are not part of it. */
export type SavedMeter = {
  /** The latest time seen, ms; the meter's clock never runs backwards. */
  readonly last: number;
  readonly owner: Book | null;
  readonly keys: Readonly<Record<string, Book>>;
  readonly month: Month | null;
};

/** The same, of the keys' books only those that are others than when they were written last; null for one that is empty. */
export type ChangedMeter = Omit<SavedMeter, 'keys'> & {
  readonly keys: Readonly<Record<string, Book | null>>;
};

/** How often books that nobody asks of are looked through for what is over, in milliseconds of the Ring's clock. */
const LOOK_THROUGH_MS = 1_000;

/** One owner's meter, the Ring's side. */
export type Meter = {
  /** Settles the reports, admits what waits, grants a lease. The same leaseId gives the same lease. Throws RangeError for a cost that is no integer ≥ 1. */
  ask(ask: Ask, rules: MeterRules, now: number): Grant;
  /** Reports alone, for leases of any purse. Any order, any number of times. */
  settle(reports: readonly Report[], now: number): void;
  /** What an ask reports, where it is granted nothing. */
  hear(ask: Ask, rules: MeterRules, now: number): void;
  /** A copy of the state, or of what of it a purse is under. */
  saved(purse?: string): SavedMeter;
  /** Hands over what has to be written before the answer leaves. What was not taken, by a throw, is handed over again. */
  save(write: (changed: ChangedMeter) => void): void;
  /** When nothing is left to remember, in ms; a time gone by means now. */
  emptyAt(): number;
  /** How much memory the meter holds, for tests and metrics. */
  size(): { readonly cells: number; readonly leases: number; readonly accounts: number };
};

/** Opens a meter from what was saved, or a new one. After an eviction all outstanding leases stay booked until they slide out. */
export const openMeter = (saved: SavedMeter | null): Meter => {
  let last = saved?.last ?? 0;
  let month: Month | null = saved?.month ? { ...saved.month } : null;
  const books = new Map<string, Book>();
  if (saved?.owner) books.set(OWNER_PURSE, copyBook(saved.owner));
  for (const [key, book] of Object.entries(saved?.keys ?? {})) books.set(key, copyBook(book));
  /** Keys' books that are not as they were written: an owner may have a thousand, of which an ask is about one. */
  const changed = new Set<string>();
  let lookedThroughAt = 0;
  const leases = new Map<string, Lease>();
  const accounts = openAccounts();
  const belated = openBelated();

  /** Moves the clock on, never back, and forgets what is over. */
  const advance = (now: number, leaseMs: number): number => {
    last = Math.max(last, now);
    if (last - lookedThroughAt >= LOOK_THROUGH_MS) lookThrough();
    for (const [id, lease] of leases) {
      if (lease.forgetAt > last) break;
      leases.delete(id);
    }
    belated.forget(last);
    accounts.forget(last, leaseMs);
    return last;
  };

  const lookThrough = (): void => {
    lookedThroughAt = last;
    for (const [purse, book] of books) {
      slide(book, last);
      if (book.cells.length > 0) continue;
      books.delete(purse);
      changed.add(purse);
    }
  };

  /** The book of a purse under its present window. Leases are forgotten when cells change length: late, never early. */
  const bookOf = (purse: string, limit: Limit): Book => {
    const present = books.get(purse);
    changed.add(purse);
    if (present) slide(present, last);
    if (present?.perSeconds === limit.perSeconds) return present;
    if (present) leases.clear();
    const book = present ? recell(present, limit.perSeconds, last) : emptyBook(limit.perSeconds);
    books.set(purse, book);
    return book;
  };

  const talliesOf = (purse: string, rules: MeterRules): readonly Tally[] => {
    const tallies = [windowTally('owner', rules.owner, bookOf(OWNER_PURSE, rules.owner), last)];
    if (purse !== OWNER_PURSE && rules.key) {
      tallies.push(windowTally('key', rules.key, bookOf(purse, rules.key), last));
    }
    if (rules.unitsPerMonth !== null) {
      month = monthAt(month, last);
      tallies.push(monthTally(rules.unitsPerMonth, month, last));
    }
    return tallies;
  };

  const settleOne = (report: Report): void => {
    const lease = leases.get(report.leaseId);
    if (!lease || lease.closed || lease.forgetAt <= last) return;
    const fresh = Math.max(0, Math.min(report.total - lease.total, lease.open));
    lease.total = Math.max(lease.total, report.total);
    lease.open -= fresh;
    for (const purse of lease.purses) changed.add(purse);
    const booked = lease.purses.flatMap((purse) => books.get(purse) ?? []);
    for (const book of booked) redate(book, lease, report.spent, fresh, last);
    if (!report.closed) return;
    for (const book of booked) takeUnits(book, lease.expiresAt, lease.open);
    if (month && month.name === lease.month) month.units = Math.max(0, month.units - lease.open);
    lease.open = 0;
    lease.closed = true;
  };

  const admit = (ask: Ask, rules: MeterRules, tallies: readonly Tally[]): Lease => {
    let free = Math.min(...tallies.map((tally) => tally.free()));
    let decided = 0;
    let admitted = 0;
    for (const cost of ask.costs) {
      if (cost > free) break;
      free -= cost;
      admitted += cost;
      decided++;
    }
    for (const tally of tallies) tally.charge(last, admitted);
    const refused = ask.costs.length > 0 && decided === 0;
    const units = refused || !ask.wantsLease ? 0 : leaseUnits(ask, rules, tallies);
    const expiresAt = last + rules.leaseMs;
    for (const tally of tallies) tally.charge(expiresAt, units);
    const shortest = Math.min(...tallies.map((tally) => tally.perSeconds)) * 1000;
    return {
      purses: tallies.some((tally) => tally.name === 'key') ? [OWNER_PURSE, ask.purse] : [OWNER_PURSE],
      month: rules.unitsPerMonth === null ? null : (month?.name ?? null),
      decided,
      units,
      grantedAt: last,
      expiresAt,
      forgetAt: expiresAt + Math.min(LEASE_MEMORY_MS, shortest),
      open: units,
      total: 0,
      closed: false,
    };
  };

  const leaseUnits = (ask: Ask, rules: MeterRules, tallies: readonly Tally[]): number =>
    Math.min(
      ...tallies.map((tally) =>
        grantUnits(tally, tally.free(), accounts.demandOf(ask, tally.name, rules.leaseMs)),
      ),
    );

  const limitedOf = (cost: number, ask: Ask, tallies: readonly Tally[], leaseMs: number): Limited => {
    const full = tallies.filter((tally) => tally.free() < cost);
    // An ask that is repeated keeps its decisions, even if there would be room by now.
    const short = full.length > 0 ? full : tallies.slice(0, 1);
    const floors = short.map((tally) =>
      refusalFloorMs(tally, accounts.demandOf(ask, tally.name, leaseMs).active),
    );
    return {
      retryMs: Math.max(1, ...short.map((tally) => Math.ceil(tally.freesInMs(cost)))),
      floorMs: Math.max(1, ...floors),
      by: short.map((tally) => tally.name),
    };
  };

  const answer = (ask: Ask, lease: Lease, rules: MeterRules, tallies: readonly Tally[]): Grant => {
    const next = ask.costs[lease.decided];
    return {
      leaseId: ask.leaseId,
      decided: lease.decided,
      units: lease.closed ? 0 : lease.units,
      ms: Math.max(0, lease.expiresAt - last - LEASE_SLACK_MS),
      levels: tallies.map((tally) => tally.level()),
      active: accounts.count(),
      scarce: tallies.some(
        (tally) => !isPlenty(tally.free(), accounts.demandOf(ask, tally.name, rules.leaseMs)),
      ),
      limited: next === undefined ? null : limitedOf(next, ask, tallies, rules.leaseMs),
    };
  };

  /** The book of a purse, if there is anything in it. */
  const filled = (purse: string): Book | null => {
    const book = books.get(purse);
    if (book === undefined) return null;
    slide(book, last);
    return book.cells.length > 0 ? book : null;
  };

  return {
    ask(ask, rules, now) {
      if (!ask.costs.every((cost) => Number.isSafeInteger(cost) && cost >= 1)) {
        throw new RangeError('a cost must be an integer of at least 1');
      }
      advance(now, rules.leaseMs);
      for (const report of ask.reports) settleOne(report);
      const tallies = talliesOf(ask.purse, rules);
      if (ask.grace) belated.book(ask.grace, tallies, last);
      accounts.see(ask, last);
      const known = leases.get(ask.leaseId);
      const lease = known ?? admit(ask, rules, tallies);
      // A refusal is not remembered: nothing was booked, and the same ask may fare better later.
      if (lease.decided > 0 || lease.units > 0) leases.set(ask.leaseId, lease);
      return answer(ask, lease, rules, tallies);
    },
    settle(reports, now) {
      advance(now, 0);
      for (const report of reports) settleOne(report);
    },
    hear(ask, rules, now) {
      advance(now, 0);
      for (const report of ask.reports) settleOne(report);
      if (ask.grace) belated.book(ask.grace, talliesOf(ask.purse, rules), last);
    },
    saved(purse) {
      const asked = purse === undefined ? [...books.keys()] : [OWNER_PURSE, purse];
      const { [OWNER_PURSE]: owner = null, ...keys } = Object.fromEntries(
        asked.flatMap((each) => {
          const book = filled(each);
          return book === null ? [] : [[each, copyBook(book)]];
        }),
      );
      return { last, owner, keys, month: month && { ...month } };
    },
    save(write) {
      const keys = [...changed].filter((purse) => purse !== OWNER_PURSE);
      const theirs = Object.fromEntries(keys.map((purse) => [purse, filled(purse)]));
      write({ last, owner: filled(OWNER_PURSE), keys: theirs, month });
      changed.clear();
    },
    emptyAt: () => Math.max(month && month.units > 0 ? month.endsAt : 0, ...[...books.values()].map(emptyAt)),
    size() {
      const cells = [...books.values()].reduce((sum, book) => sum + book.cells.length, 0);
      return { cells, leases: leases.size, accounts: accounts.count() };
    },
  };
};

const copyBook = (book: Book): Book => ({
  perSeconds: book.perSeconds,
  cells: book.cells.map(([cell, units]) => [cell, units]),
});
