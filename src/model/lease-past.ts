import { CELLS_PER_WINDOW } from './book.ts';
import { AGE_MARGIN_MS, entriesOf, type HeldLease, unitsAfter } from './lease-log.ts';
import type { Level } from './lease-wire.ts';

/** Units that were admitted no earlier than `from` and no later than `to`, by the isolate's clock. */
export type PastUnits = { readonly from: number; readonly to: number; readonly units: number };

/** What an isolate admitted in the last window, so that it could do the same again. */
export type Past = {
  readonly windowMs: number;
  /** Of 1/128 of the window each, so at most 130: the earliest moment of a cell, its latest, its units, those of the next. */
  cells: number[];
};

type Leases = readonly Pick<HeldLease, 'log'>[];

/** How many numbers are one cell. */
const CELL = 3;

/** How many cells a purse remembers. */
export const cellsOf = (pasts: readonly Past[]): number =>
  pasts.reduce((sum, { cells }) => sum + cells.length / CELL, 0);

/** Units that were admitted, and of which the Ring knows. */
export const remember = (pasts: readonly Past[], units: PastUnits, now: number): void => {
  for (const past of pasts) add(past, units, now);
};

/** What a lease gave, and the Ring knows of or will never hear of: from now on only the past remembers it. */
export const rememberLog = (pasts: readonly Past[], log: readonly number[], now: number): void => {
  if (pasts.length === 0) return;
  for (const [at, units] of entriesOf(log)) remember(pasts, { from: at, to: at, units }, now);
};

/** Units that the Ring has on its book at `now` at the least, and with them what is still in the isolate's logs. */
export const booked = ({ windowMs, cells }: Past, leases: Leases, now: number): number =>
  unitsIn(cells, 0, now - windowMs) + inLogs(leases, now - windowMs);

/** Units in the window that ends now, at the most. */
export const present = ({ windowMs, cells }: Past, leases: Leases, now: number): number => {
  // A Worker's clock stands still while it computes: what was spent may be this much younger than it says.
  const since = now - windowMs - AGE_MARGIN_MS;
  return unitsIn(cells, 1, since) + inLogs(leases, since);
};

/** The same past, for windows as these levels have them. A month is none. */
export const sized = (pasts: readonly Past[], levels: readonly Level[]): readonly Past[] => {
  const lengths = [...new Set(windowsOf(levels).map(({ perSeconds }) => perSeconds * 1000))];
  if (lengths.length === pasts.length && lengths.every((ms, i) => pasts[i]?.windowMs === ms)) return pasts;
  return lengths.map((ms) => pasts.find(({ windowMs }) => windowMs === ms) ?? resized(longestOf(pasts), ms));
};

/** The past when nothing that was dated counts any more. */
export const emptied = (pasts: readonly Past[]): readonly Past[] =>
  pasts.map(({ windowMs }) => ({ windowMs, cells: [] }));

/** The limits that something can slide out of. */
export const windowsOf = (levels: readonly Level[]): readonly Level[] =>
  levels.filter(({ name }) => name !== 'month');

const add = (past: Past, { from, to, units }: PastUnits, now: number): void => {
  const isOver = (at: number): boolean => now - at > past.windowMs + AGE_MARGIN_MS;
  forget(past.cells, isOver);
  if (units <= 0 || isOver(to)) return;
  const { cells, windowMs } = past;
  const numberOf = (at: number): number => Math.floor((at * CELLS_PER_WINDOW) / windowMs);
  // Most often it is the newest.
  let index = cells.length - CELL;
  while (index >= 0 && numberOf(valueAt(cells, index + 1)) !== numberOf(to)) index -= CELL;
  if (index >= 0) {
    cells[index] = Math.min(valueAt(cells, index), from);
    cells[index + 1] = Math.max(valueAt(cells, index + 1), to);
    cells[index + 2] = valueAt(cells, index + 2) + units;
  } else if (cells.length === 0) {
    // Not pushed: that would make room for sixteen numbers at once.
    past.cells = [from, to, units];
  } else {
    cells.push(from, to, units);
  }
};

const forget = (cells: number[], isOver: (to: number) => boolean): void => {
  let kept = 0;
  for (let index = 0; index < cells.length; index += CELL) {
    if (isOver(valueAt(cells, index + 1))) continue;
    if (kept < index) cells.copyWithin(kept, index, index + CELL);
    kept += CELL;
  }
  cells.length = kept;
};

/** Units of the cells whose earliest (0) or latest (1) moment is later than that. */
const unitsIn = (cells: readonly number[], moment: 0 | 1, since: number): number => {
  let sum = 0;
  for (let index = 0; index < cells.length; index += CELL)
    if (valueAt(cells, index + moment) > since) sum += valueAt(cells, index + 2);
  return sum;
};

const inLogs = (leases: Leases, since: number): number =>
  leases.reduce((sum, { log }) => sum + unitsAfter(log, since), 0);

const longestOf = (pasts: readonly Past[]): Past | null =>
  pasts.reduce<Past | null>(
    (one, other) => (one !== null && one.windowMs > other.windowMs ? one : other),
    null,
  );

/** What is known of one window, for another: it may be too little, never too much. */
const resized = (known: Past | null, windowMs: number): Past => {
  const past: Past = { windowMs, cells: [] };
  const cells = known?.cells ?? [];
  let now = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < cells.length; index += CELL) now = Math.max(now, valueAt(cells, index + 1));
  for (let index = 0; index < cells.length; index += CELL) {
    const [from = 0, to = 0, units = 0] = cells.slice(index, index + CELL);
    add(past, { from, to, units }, now);
  }
  return past;
};

const valueAt = (cells: readonly number[], index: number): number => cells[index] ?? 0;
