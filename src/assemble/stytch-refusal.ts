import type { Outcome } from '../model/ports.ts';
import { err, type Result } from '../model/refusal.ts';

/** When to come back to a Stytch that gave no answer and no time, in seconds. */
const COME_BACK_SECONDS = 5;

/** Stytch that does not answer, or not as it should, says nothing of anybody: we cannot tell. */
export const stytchRefusal = (
  answer: Exclude<Outcome<never>, { readonly outcome: 'answered' }>,
): Result<never> => {
  const asked = answer.outcome === 'unreachable' ? answer.retryAfterSeconds : null;
  return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: asked ?? COME_BACK_SECONDS });
};
