/** The limit is as high as it goes: it is not what is measured. */
const LIMIT = 1_000_000_000;
const WINDOW_MS = 60_000;

/** The number of the fixed window that is now. */
export const windowNow = (): number => Math.floor(Date.now() / WINDOW_MS);

export const isWithin = (count: number): boolean => count <= LIMIT;
