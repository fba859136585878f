import { type Evidence, type HeldStanding, noUses, type TokenEvidence } from '../model/evidence.ts';
import { type ParsedKey, ringOfOwner } from '../model/key.ts';
import type { CredentialName, Exchanged } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { DecisionPorts } from './ports.ts';
import { type PresentedKey, refuseEnded, remember } from './presented.ts';

/** How long a credential that Stytch refused is refused without asking again, at most; milliseconds. */
const REFUSED_FOR_MS = 30_000;

/** How long the Ring's word in place of a token is taken, in seconds: grace is for while Stytch is unreachable only. */
const GRACE_WORD_SECONDS = 60;

/** What an exchange proved, or why it proved nothing. */
export const evidenceOf = async (
  ports: DecisionPorts,
  presented: PresentedKey,
  key: ParsedKey,
  name: CredentialName,
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
      const again = Math.floor(now / 1000) + GRACE_WORD_SECONDS;
      return ok({ ownerId, scopes, generation, expiresAt: Math.min(until, again) });
    }
    case 'ended':
      return refuseEnded(ports, presented, exchanged.status, now);
    case 'refused':
      return remember(ports, presented, 'refused_by_stytch', now + REFUSED_FOR_MS);
    case 'unavailable':
      return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: exchanged.retryAfterSeconds });
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
  const judged = await ports.verifyToken(jwt, ports.now());
  if (judged.verdict === 'unknowable')
    return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 });
  const token = judged.verdict === 'good' && judged.token.kind === 'm2m' ? judged.token : null;
  if (token === null || token.clientId !== key.clientId || token.ownerId === null)
    return notBelieved(ports, key);
  return ok({ scopes: token.scopes, ownerId: token.ownerId, generation, expiresAt: token.expiresAt });
};

/** The token, the Ring and the key itself must name one and the same owner. */
export const agree = async (
  ports: DecisionPorts,
  key: ParsedKey,
  name: CredentialName,
  token: TokenEvidence,
  held: HeldStanding,
): Promise<Result<Evidence>> => {
  const { owner } = held.standing;
  const ring = await ringOfOwner(ports.projectId, owner);
  if (owner.id !== token.ownerId || ring !== key.ring) return notBelieved(ports, key);
  const untold = { uses: noUses(), renewedAt: 0, refreshedAt: 0 };
  return ok({ name, ring, token, held, identity: null, assertion: null, ...untold });
};

const notBelieved = (ports: DecisionPorts, key: ParsedKey): Result<never> => {
  ports.log({ event: 'token', key_id: key.clientId, outcome: 'not believed' });
  return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: 1 });
};
