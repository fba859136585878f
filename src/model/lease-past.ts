import { CELLS_PER_WINDOW } from './book.ts';
import { AGE_MARGIN_MS, type Spent } from './lease-log.ts';

/** Units that were admitted no earlier than `from` and no later than `to`, by the isolate's clock. */
export type PastUnits = { readonly from: number; readonly to: number; readonly units: number };

/** What an isolate admitted in the last window, so that it could do the same again. */
export type Past = {
  readonly windowMs: number;
  add(past: PastUnits, now: number): void;
  /** Units that the Ring has on its book at `now` at the least, and with them what is still in the isolate's logs. */
  booked(logs: Iterable<readonly Spent[]>, now: number): number;
  /** Units in the window that ends now, at the most. */
  present(logs: Iterable<readonly Spent[]>, now: number): number;
  /** The same units, for a window of another length. */
  entries(): Iterable<PastUnits>;
};

type Cell = { from: number; to: number; units: number };

/** An empty past: 1/128 of a window each, so at most 130 cells. */
export const openPast = (perSeconds: number): Past => {
  const windowMs = perSeconds * 1000;
  const cells = new Map<number, Cell>();
  const inCells = (isIn: (cell: Cell) => boolean): number => {
    let sum = 0;
    for (const cell of cells.values()) if (isIn(cell)) sum += cell.units;
    return sum;
  };
  const inLogs = (logs: Iterable<readonly Spent[]>, since: number): number => {
    let sum = 0;
    for (const log of logs) for (const { at, units } of log) if (at > since) sum += units;
    return sum;
  };

  return {
    windowMs,
    add({ from, to, units }, now) {
      for (const [number, cell] of cells) if (now - cell.to > windowMs + AGE_MARGIN_MS) cells.delete(number);
      if (units <= 0 || now - to > windowMs + AGE_MARGIN_MS) return;
      const number = Math.floor((to * CELLS_PER_WINDOW) / windowMs);
      const known = cells.get(number);
      if (known === undefined) cells.set(number, { from, to, units });
      else {
        known.from = Math.min(known.from, from);
        known.to = Math.max(known.to, to);
        known.units += units;
      }
    },
    booked: (logs, now) => inCells(({ from }) => from > now - windowMs) + inLogs(logs, now - windowMs),
    present: (logs, now) => {
      // A Worker's clock stands still while it computes: what was spent may be this much younger than it says.
      const since = now - windowMs - AGE_MARGIN_MS;
      return inCells(({ to }) => to > since) + inLogs(logs, since);
    },
    entries: () => cells.values(),
  };
};
