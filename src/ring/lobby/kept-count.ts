/** How many rows a table has. */
export interface KeptCount {
  readonly get: () => number;
  /** So many rows came, or went. */
  readonly add: (rows: number) => void;
}

/**
 * Counts the rows of a table once after waking, and from then on what comes and goes. Where that is done in a transaction
 * which may be taken back, the count would be wrong until the object sleeps: it is for tables without such.
 */
export const keepCount = (count: () => number): KeptCount => {
  let known: number | null = null;
  return {
    get: () => {
      known ??= count();
      return known;
    },
    add: (rows) => {
      if (known !== null) known += rows;
    },
  };
};
