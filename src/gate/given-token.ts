import type { Resolvable } from '../model/credential.ts';
import { ownerNamedBy, ownershipOf } from '../model/foreign.ts';
import type { Owner } from '../model/identity.ts';
import { parseKey } from '../model/key.ts';
import type { Exchanged, LobbyExchanged } from '../model/ports.ts';
import { type CredentialFault, err, ok, type Refusal, type Result } from '../model/refusal.ts';
import type { IssuedToken } from '../model/token.ts';
import type { DecisionPorts } from './ports.ts';
import { type Presented, REFUSED_FOR_MS, toldAs } from './presented.ts';
import { notBelieved, tokenFor } from './resolve/believe.ts';

/** A token with less than this left is of no use to who asks for one, in seconds. */
const MIN_LEFT_SECONDS = 2;

/** A token that may be handed to its client. */
export interface Given extends IssuedToken {
  /** The key's when it was made; null where there is none. */
  readonly generation: number | null;
}

/**
 * What may be handed out of an exchange: a token that Stytch signed for this very client and owner (null for an operator,
 * who is nobody's), with no scope that was not asked for. What Stytch refused is not asked again for a while, here alone:
 * who is let in by a token of before is not refused for it elsewhere.
 */
export const judgeExchange = async (
  ports: DecisionPorts,
  presented: Presented,
  owner: Owner | null,
  part: readonly string[] | null,
  exchange: (scopes: readonly string[] | null) => Promise<Result<Exchanged | LobbyExchanged>>,
): Promise<Result<Given>> => {
  // However it is asked for, one set of scopes is one name.
  const scopes = part === null ? null : [...new Set(part)].sort();
  const asked = `${presented.text}\n${scopes?.join(' ') ?? ''}`;
  const refused = ports.memory.refusal(asked, ports.now());
  if (refused !== null) return toldAs(err(refused), presented.credential.scheme);
  const exchanged = await exchange(scopes);
  if (!exchanged.ok) return exchanged;
  const { value } = exchanged;
  const refuse = (refusal: Refusal): Result<never> => {
    ports.memory.refuse(asked, refusal, ports.now() + REFUSED_FOR_MS);
    return err(refusal);
  };
  const invalid = (because: CredentialFault): Refusal => ({
    ...{ reason: 'credential_invalid', because },
    scheme: presented.credential.scheme,
  });
  switch (value.result) {
    case 'token':
      if (!value.isRevoked) return handedOut(ports, presented, owner, scopes, value);
      // Of the next second Stytch makes another one.
      return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: 1 });
    case 'grace':
      // Somebody vouches for the client, and there is no token.
      return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: 1 });
    case 'ended':
      return err(value.status === 'suspended' ? { reason: 'owner_suspended' } : invalid(value.status));
    case 'refused':
      return refuse(invalid('refused_by_stytch'));
    case 'unregistered':
      return err(invalid('foreign'));
    case 'ownerless':
    case 'owner_changed':
      return err(invalid('owner'));
    case 'scope_refused':
      return refuse({ reason: 'scope_invalid', scopes: scopes ?? [] });
    case 'crowded':
      return err({ reason: 'too_many_scope_sets', retryAfterSeconds: value.retryAfterSeconds });
    case 'throttled':
      return err({ reason: 'too_many_attempts', retryAfterSeconds: value.retryAfterSeconds });
    case 'unavailable':
      return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: value.retryAfterSeconds });
  }
};

const handedOut = async (
  ports: DecisionPorts,
  presented: Presented,
  owner: Owner | null,
  asked: readonly string[] | null,
  kept: Extract<Exchanged | LobbyExchanged, { readonly result: 'token' }>,
): Promise<Result<Given>> => {
  const clientId = clientIdOf(ports, presented.credential);
  const token = await tokenFor(ports, kept.token, clientId);
  if (!token.ok) return token;
  const { scopes, expiresAt } = token.value;
  const isOwners =
    owner === null ||
    ownershipOf(ownerNamedBy(token.value), owner, ports.ownerlessClients).ownership === 'owned';
  const isMore = asked !== null && !scopes.every((scope) => asked.includes(scope));
  if (!isOwners || isMore || expiresAt - ports.now() / 1000 < MIN_LEFT_SECONDS)
    return notBelieved(ports, clientId);
  const generation = 'generation' in kept ? kept.generation : null;
  return ok({ accessToken: kept.token, scopes, expiresAt, generation });
};

const clientIdOf = ({ realm }: DecisionPorts, credential: Resolvable): string => {
  if (credential.kind === 'pair') return credential.clientId;
  return credential.kind === 'key' ? (parseKey(credential.key.reveal(), realm)?.clientId ?? '') : '';
};
