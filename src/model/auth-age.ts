/**
 * Whether a user last showed who he is recently enough (RFC 9470 §3, `max_age`: "the allowable elapsed time in seconds"). Who
 * does not say when, did not. `now` in milliseconds.
 */
export const isRecent = (authenticatedAt: number | null, maxAgeSeconds: number, now: number): boolean =>
  authenticatedAt !== null && now - authenticatedAt * 1000 <= maxAgeSeconds * 1000;
