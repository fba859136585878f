import type { Outcome } from '../../model/ports.ts';
import type { M2MToken } from '../../model/token.ts';
import type { RingPorts } from '../parts.ts';

/** A token is renewed in the last five minutes of its life; until then the kept one is the answer. */
export const RENEW_BEFORE_SECONDS = 300;

/** The token endpoint's words for "this client or secret is not good" (RFC 6749 §5.2). Its status is not one. */
const BAD_CREDENTIAL = new Set(['invalid_client', 'unauthorized_client', 'invalid_grant']);

/** What it takes to ask for a token. */
export interface ProofParts extends Pick<RingPorts, 'stytch' | 'verifyToken' | 'canVerify'> {
  /** Until when Stytch's token endpoint asked not to be called (RFC 9110 §10.2.3), milliseconds since the epoch. */
  quietUntil: number;
  readonly now: () => number;
  /** Stytch gave a token: it is to be paid for, whatever it turns out to be. */
  readonly spent: () => void;
}

/** What a credential comes to when it is put to the proof. Only `proven` and `refused` say anything of it. */
export type Proof =
  | { readonly proof: 'proven'; readonly text: string; readonly token: M2MToken }
  | { readonly proof: 'refused' }
  /** The client is good, and has not the scopes that were asked for. */
  | { readonly proof: 'scope_refused' }
  /** Stytch answered, and its answer is none that can be gone by. */
  | { readonly proof: 'unusable'; readonly because: string }
  /** Stytch does not answer. */
  | {
      readonly proof: 'silent';
      readonly because: string;
      readonly retryAfterSeconds: number | null;
      /** Whether it was called at all. */
      readonly called: boolean;
    }
  /** There are no signing keys to check a token with, so that none was asked for. */
  | { readonly proof: 'unverifiable' };

/**
 * Puts a client's secret to the proof: Stytch's token endpoint, one call. A token is believed only when it is a good one
 * for this very client. Whose it is, the caller has to see to.
 */
export const prove = async (
  parts: ProofParts,
  clientId: string,
  clientSecret: string,
  scopes: readonly string[] | null = null,
): Promise<Proof> => {
  // Without keys a token would be bought for nothing. Their silence is Stytch's.
  if (!(await parts.canVerify())) return { proof: 'unverifiable' };
  const quietMs = parts.quietUntil - parts.now();
  if (quietMs > 0) {
    const retryAfterSeconds = Math.ceil(quietMs / 1000);
    return { proof: 'silent', because: 'asked for quiet', retryAfterSeconds, called: false };
  }
  const outcome = await parts.stytch.exchange(clientId, clientSecret, scopes);
  if (outcome.outcome === 'answered') {
    parts.spent();
    return judge(parts, clientId, scopes, outcome.value);
  }
  // RFC 6749 §5.2. Who asked for no scopes cannot have asked for too many.
  const isOfScopes = scopes !== null && outcome.outcome === 'declined' && outcome.code === 'invalid_scope';
  return isOfScopes ? { proof: 'scope_refused' } : unanswered(parts, outcome);
};

const judge = async (
  parts: ProofParts,
  clientId: string,
  scopes: readonly string[] | null,
  text: string,
): Promise<Proof> => {
  const judged = await parts.verifyToken(text, parts.now());
  if (judged.verdict === 'unknowable') return { proof: 'unusable', because: 'no signing keys' };
  if (judged.verdict === 'bad') return { proof: 'unusable', because: `bad token: ${judged.because}` };
  const { token } = judged;
  if (token.kind !== 'm2m' || token.clientId !== clientId)
    return { proof: 'unusable', because: "another client's token" };
  if (scopes !== null && !token.scopes.every((scope) => scopes.includes(scope)))
    return { proof: 'unusable', because: 'a token for more than was asked' };
  // Scopes that the client has not may be left out (RFC 6749 §3.3), and then there may be none.
  return scopes !== null && token.scopes.length === 0
    ? { proof: 'scope_refused' }
    : { proof: 'proven', text, token };
};

const unanswered = (parts: ProofParts, outcome: Exclude<Outcome<string>, { outcome: 'answered' }>): Proof => {
  if (outcome.outcome === 'declined') {
    return BAD_CREDENTIAL.has(outcome.code)
      ? { proof: 'refused' }
      : { proof: 'unusable', because: `declined: ${outcome.code}` };
  }
  const { detail: because, retryAfterSeconds } = outcome;
  // Where Stytch said when to come back, it is not called before.
  if (retryAfterSeconds !== null) parts.quietUntil = parts.now() + retryAfterSeconds * 1000;
  return { proof: 'silent', because, retryAfterSeconds, called: true };
};
