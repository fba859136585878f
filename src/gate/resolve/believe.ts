import { type Evidence, type HeldStanding, newEvidence, type TokenEvidence } from '../../model/evidence.ts';
import { type ParsedKey, ringOfOwner } from '../../model/key.ts';
import type { Exchanged, SecretName } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { M2MToken } from '../../model/token.ts';
import type { DecisionPorts } from '../ports.ts';
import { type Presented, REFUSED_FOR_MS, refuseEnded, remember } from '../presented.ts';

/** How long a word in place of a token is taken, in seconds: grace is for while Stytch is unreachable only. */
const GRACE_WORD_SECONDS = 60;

/** When a word in place of a token is to be asked for again, in seconds. */
export const graceEnd = (until: number, now: number): number =>
  Math.min(until, Math.floor(now / 1000) + GRACE_WORD_SECONDS);

/** What an exchange proved, or why it proved nothing. */
export const evidenceOf = async (
  ports: DecisionPorts,
  presented: Presented,
  key: ParsedKey,
  name: SecretName,
  exchanged: Exchanged,
): Promise<Result<TokenEvidence>> => {
  const now = ports.now();
  switch (exchanged.result) {
    case 'token': {
      const { token, sealed, generation, expiresAt } = exchanged;
      if (exchanged.made) ports.inBackground(ports.vault.put(name.fingerprint, sealed, expiresAt, now));
      return believe(ports, token, key, generation);
    }
    case 'grace': {
      const { ownerId, scopes, generation, until } = exchanged;
      return ok({ ownerId, scopes, generation, expiresAt: graceEnd(until, now) });
    }
    case 'ended':
      return refuseEnded(ports, presented, exchanged.status, now);
    case 'refused':
      return remember(ports, presented, 'refused_by_stytch', now + REFUSED_FOR_MS);
    case 'unavailable':
      return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: exchanged.retryAfterSeconds });
    case 'scope_refused':
    case 'crowded':
      // Nobody asked for part of the scopes.
      return notBelieved(ports, key.clientId);
  }
};

/**
 * Takes a token for what it says only if Stytch signed it, for this very client. A token from our own stores, or
 * straight from Stytch, that fails is no verdict on the caller: we cannot tell.
 */
export const believe = async (
  ports: DecisionPorts,
  jwt: string,
  key: ParsedKey,
  generation: number,
): Promise<Result<TokenEvidence>> => {
  const token = await tokenFor(ports, jwt, key.clientId);
  if (!token.ok) return token;
  const { scopes, ownerId, expiresAt } = token.value;
  return ownerId === null ? notBelieved(ports, key.clientId) : ok({ scopes, ownerId, generation, expiresAt });
};

/** A client's token that came from our own stores or straight from Stytch. */
export const tokenFor = async (
  ports: DecisionPorts,
  jwt: string,
  clientId: string,
): Promise<Result<M2MToken>> => {
  const judged = await ports.verifyToken(jwt, ports.now());
  if (judged.verdict === 'unknowable')
    return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 });
  const token = judged.verdict === 'good' && judged.token.kind === 'm2m' ? judged.token : null;
  return token === null || token.clientId !== clientId ? notBelieved(ports, clientId) : ok(token);
};

/** The token, the Ring and the key itself must name one and the same owner. */
export const agree = async (
  ports: DecisionPorts,
  key: ParsedKey,
  name: SecretName,
  token: TokenEvidence,
  held: HeldStanding,
): Promise<Result<Evidence>> => {
  const { owner } = held.standing;
  const ring = await ringOfOwner(ports.projectId, owner);
  if (owner.id !== token.ownerId || ring !== key.ring) return notBelieved(ports, key.clientId);
  return ok(newEvidence({ name, ring, owner, session: null, token, held }));
};

export const notBelieved = (ports: DecisionPorts, clientId: string): Result<never> => {
  ports.log({ event: 'token', key_id: clientId, outcome: 'not believed' });
  return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: 1 });
};
