import type { Outcome } from '../model/ports.ts';
import type { Refusal } from '../model/refusal.ts';

/** An outcome without a value: Stytch, or whoever else was called, said no or nothing. */
export type Unanswered = Exclude<Outcome<unknown>, { readonly outcome: 'answered' }>;

/** When to come back to whoever gave no answer and no time, in seconds. */
export const COME_BACK_SECONDS = 5;

/** A change at Stytch that has not ended by then was cut off, in milliseconds: Stytch's tries end well before. */
export const ABANDONED_AFTER_MS = 60_000;

/** Why there is no value, for the log: the code of a no, or what went wrong on the way. */
export const becauseOf = (outcome: Unanswered): string =>
  outcome.outcome === 'declined' ? outcome.code : outcome.detail;

/** What Stytch refuses is refused; where it says nothing, somebody has to come back. */
export const refusalOf = (outcome: Unanswered): Refusal =>
  outcome.outcome === 'declined'
    ? { reason: 'client_refused', detail: outcome.code }
    : stytchSilent(outcome.retryAfterSeconds);

/** Nothing is known of what Stytch did: come back when it said, or in a moment. */
export const stytchSilent = (retryAfterSeconds: number | null): Refusal => ({
  ...{ reason: 'unavailable', what: 'stytch' },
  retryAfterSeconds: retryAfterSeconds ?? COME_BACK_SECONDS,
});
