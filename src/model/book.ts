// The sliding-window book of one limit: which units were, or may yet be, spent when. docs/leases.md.

/** Cells per window. More cells waste less (a unit leaves up to one cell late, 1/128 of the window), and cost bytes in the row. */
export const CELLS_PER_WINDOW = 128;

/**
 * Plain JSON: units by cell, ascending. Cell i covers [i·d, (i+1)·d) ms of the Ring's clock, d = window / 128.
 * Cells in the future are leases not yet reported; they count like any other.
 */
export type Book = { readonly perSeconds: number; readonly cells: [cell: number, units: number][] };

/** An empty book for a window of `perSeconds`. */
export const emptyBook = (perSeconds: number): Book => ({ perSeconds, cells: [] });

/** Length of one cell in ms. Exact in binary for whole seconds (7.8125 · seconds). */
export const cellMs = (book: Book): number => (book.perSeconds * 1000) / CELLS_PER_WINDOW;

/** Drops the cells of which even the last instant lies a whole window back. Nothing else ever forgets a unit. */
export const slide = (book: Book, now: number): void => {
  let gone = 0;
  for (const [cell] of book.cells) {
    if (leavesAt(book, cell) > now) break;
    gone++;
  }
  book.cells.splice(0, gone);
};

/** Units on the book. */
export const bookedUnits = (book: Book): number => {
  let sum = 0;
  for (const [, units] of book.cells) sum += units;
  return sum;
};

/** Books units at a moment; ignored if that moment has already slid out at `now`. */
export const putUnits = (book: Book, at: number, units: number, now: number): void => {
  const cell = Math.floor(at / cellMs(book));
  if (units <= 0 || leavesAt(book, cell) <= now) return;
  const index = lastUpTo(book, cell);
  const entry = book.cells[index];
  if (entry?.[0] === cell) entry[1] += units;
  else book.cells.splice(index + 1, 0, [cell, units]);
};

/** Strikes out up to `units` booked at a moment, and says how many there were. */
export const takeUnits = (book: Book, at: number, units: number): number => {
  const cell = Math.floor(at / cellMs(book));
  const index = lastUpTo(book, cell);
  const entry = book.cells[index];
  if (entry?.[0] !== cell) return 0;
  const taken = Math.min(units, entry[1]);
  entry[1] -= taken;
  if (entry[1] === 0) book.cells.splice(index, 1);
  return taken;
};

/** Where the last entry of a cell no later than this stands; -1 where there is none. Most often it is among the newest. */
const lastUpTo = ({ cells }: Book, cell: number): number => cells.findLastIndex(([each]) => each <= cell);

/** Milliseconds until `cost` units are free, if nobody takes them before; 0 is now, never more than needed to empty the book. */
export const freesInMs = (book: Book, requests: number, cost: number, now: number): number => {
  let free = requests - bookedUnits(book);
  if (free >= cost) return 0;
  for (const [cell, units] of book.cells) {
    free += units;
    if (free >= cost) return leavesAt(book, cell) - now;
  }
  return book.perSeconds * 1000;
};

/** Milliseconds until the oldest unit leaves; 0 for an empty book. */
export const nextLeavesInMs = (book: Book, now: number): number => {
  const oldest = book.cells[0];
  return oldest ? leavesAt(book, oldest[0]) - now : 0;
};

/** When the last unit leaves, in ms of the Ring's clock; 0 for an empty book. */
export const emptyAt = (book: Book): number => {
  const newest = book.cells.at(-1);
  return newest ? leavesAt(book, newest[0]) : 0;
};

/**
 * The same units in cells of another window. Each is dated at the end of its old cell, later than it was
 * spent, so it may leave late but never early. What the old window had already let go is not brought back.
 */
export const recell = (book: Book, perSeconds: number, now: number): Book => {
  const changed = emptyBook(perSeconds);
  for (const [cell, units] of book.cells) {
    const end = Math.ceil(((cell + 1) * cellMs(book)) / cellMs(changed)) * cellMs(changed);
    putUnits(changed, end - cellMs(changed) / 2, units, now);
  }
  return changed;
};

const leavesAt = (book: Book, cell: number): number => (cell + 1) * cellMs(book) + book.perSeconds * 1000;
