const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 3_600_000;

/** 2 s, 4 s, 8 s … up to an hour, for ever. */
export const retryAfterMs = (attempts: number): number =>
  Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20));
