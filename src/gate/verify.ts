import type { Resolvable } from '../model/credential.ts';
import { type Evidence, keyIdOf } from '../model/evidence.ts';
import { type AuthKind, type Identity, identityOf } from '../model/identity.ts';
import { err, ok, type RefusalOf, type Result } from '../model/refusal.ts';

/**
 * Who the evidence makes the caller: with the token's scopes, as far as the Ring still grants them. Pure; asked at every
 * request, because time goes by. The signature, the kind and the owner were checked when the token came in.
 */
export const verify = (
  evidence: Evidence,
  credential: Resolvable,
  now: number,
): Result<Identity, RefusalOf<'credential_invalid'>> => {
  const standing = evidence.held?.standing ?? null;
  if (standing !== null && standing.expiresAt !== null && standing.expiresAt <= now) {
    return err({ reason: 'credential_invalid', because: 'expired', scheme: credential.scheme });
  }
  const auth = authOf(evidence, credential);
  const known = evidence.identity;
  if (known !== null && known.auth === auth) return ok(known);
  const granted = standing?.scopes ?? null;
  const { scopes } = evidence.token;
  const identity = identityOf(
    auth,
    standing?.owner ?? evidence.owner,
    keyIdOf(evidence.name),
    granted === null ? scopes : scopes.filter((scope) => granted.includes(scope)),
  );
  evidence.identity = identity;
  evidence.assertion = null;
  return ok(identity);
};

/** How somebody became somebody: a key by how it is written, a JWT by what it turned out to be. */
export const authOf = (
  { session }: Pick<Evidence, 'session'>,
  credential: Resolvable,
): Exclude<AuthKind, 'anonymous'> => {
  switch (credential.kind) {
    case 'key':
      return credential.auth;
    case 'pair':
      return 'client_credentials';
    case 'jwt':
      return session === null ? 'access_token' : 'session';
  }
};

/** Whether the evidence may be used at all: its token still lives, and is of the generation that the Ring names. */
export const isCurrent = ({ token, held }: Evidence, now: number): boolean =>
  token.expiresAt * 1000 > now &&
  (token.generation === null || token.generation === held?.standing.generation);
