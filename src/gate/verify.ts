import type { Evidence } from '../model/evidence.ts';
import { type Identity, identityOf } from '../model/identity.ts';
import { err, ok, type RefusalOf, type Result, type Scheme } from '../model/refusal.ts';

/** How somebody presented the credential: decides what he is told and called. */
export interface Presented {
  readonly auth: 'api_key' | 'client_credentials';
  readonly scheme: Scheme;
}

/**
 * Who the evidence makes the caller: the token's scopes as far as the Ring still grants them. Pure; asked at every
 * request, because time goes by. The signature, the kind and the owner were checked when the token came in.
 */
export const verify = (
  evidence: Evidence,
  presented: Presented,
  now: number,
): Result<Identity, RefusalOf<'credential_invalid'>> => {
  const { standing } = evidence.held;
  if (standing.expiresAt !== null && standing.expiresAt <= now) {
    return err({ reason: 'credential_invalid', because: 'expired', scheme: presented.scheme });
  }
  const known = evidence.identity;
  if (known !== null && known.auth === presented.auth) return ok(known);
  const scopes = evidence.token.scopes.filter((scope) => standing.scopes.includes(scope));
  const identity = identityOf(presented.auth, standing.owner, evidence.name.clientId, scopes);
  evidence.identity = identity;
  evidence.assertion = null;
  return ok(identity);
};

/** Whether the evidence may be used at all: its token still lives, and is of the generation that the Ring names. */
export const isCurrent = (evidence: Evidence, now: number): boolean =>
  evidence.token.expiresAt * 1000 > now && evidence.token.generation === evidence.held.standing.generation;
