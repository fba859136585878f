/** `Retry-After` for what passes in so many milliseconds: whole seconds, rounded up, and never none (RFC 9110 §10.2.3). */
export const retryAfterOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
