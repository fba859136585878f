import type { Credential } from '../model/credential.ts';
import type { VerifyToken } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { OPERATOR_SCOPE } from '../model/scope.ts';
import type { M2MToken } from '../model/token.ts';
import type { Trace } from '../model/trace.ts';

export interface OperatorPorts {
  readonly verifyToken: VerifyToken;
  /** The clients that the operator's file lists; none of them is of our grammar. */
  readonly operators: ReadonlySet<string>;
  readonly now: () => number;
}

/** The access token of a listed client that a JWT is, whatever its scopes; null for every other, and for what is none. */
export type FindOperatorToken = (jwt: string) => Promise<Result<M2MToken | null>>;

/** Its signature says all that there is to know of it: it has no Ring, and ends by itself alone. */
export const createFindOperatorToken =
  ({ verifyToken, operators, now }: OperatorPorts): FindOperatorToken =>
  async (jwt) => {
    const judged = await verifyToken(jwt, now());
    if (judged.verdict === 'unknowable')
      return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 });
    const token = judged.verdict === 'good' && judged.token.kind === 'm2m' ? judged.token : null;
    const isGood = token !== null && operators.has(token.clientId) && token.expiresAt * 1000 > now();
    return ok(isGood ? token : null);
  };

/** Which operator presents a credential, if one does. */
export type IdentifyOperator = (credential: Credential, trace: Trace) => Promise<Result<string>>;

/**
 * Takes an access token of a listed client, with the scope of operators. Judged by its signature alone: an operator owns
 * no keys, so that there is no Ring to ask, and what he may do, the file says.
 */
export const createIdentifyOperator =
  ({ verifyToken, operators, now }: OperatorPorts): IdentifyOperator =>
  async (credential, trace) => {
    if (credential.kind === 'none' || credential.kind === 'unsupported')
      return err({ reason: 'credential_missing' });
    if (credential.kind === 'unknown')
      return err({ reason: 'credential_invalid', because: 'grammar', scheme: credential.scheme });
    if (credential.kind !== 'jwt') return err(NOT_THIS_KIND);
    const { scheme, jwt } = credential;
    const judged = await verifyToken(jwt.reveal(), now());
    if (judged.verdict === 'unknowable')
      return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 });
    if (judged.verdict === 'bad') return err({ reason: 'credential_invalid', because: 'token', scheme });
    const { token } = judged;
    if (token.expiresAt * 1000 <= now())
      return err({ reason: 'credential_invalid', because: 'expired', scheme });
    if (token.kind !== 'm2m') return err(NOT_THIS_KIND);
    trace.keyId = token.clientId;
    return operators.has(token.clientId) && token.scopes.includes(OPERATOR_SCOPE)
      ? ok(token.clientId)
      : err({ reason: 'insufficient_scope', scopes: [OPERATOR_SCOPE], scheme });
  };

const NOT_THIS_KIND = { reason: 'credential_kind_not_allowed', allowed: ['access_token'] } as const;
