import type { Outcome } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';

/** When to come back to a Stytch that gave no answer and no time, in seconds. */
const COME_BACK_SECONDS = 5;

/** What Stytch answers. That it does not, or not as it should, says nothing of anybody: we cannot tell. */
export const stytchResult = <T>(answer: Outcome<T>): Result<T> => {
  if (answer.outcome === 'answered') return ok(answer.value);
  const asked = answer.outcome === 'unreachable' ? answer.retryAfterSeconds : null;
  return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: asked ?? COME_BACK_SECONDS });
};
