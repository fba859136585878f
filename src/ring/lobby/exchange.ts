import { isForeignClientId, ownerNamedBy } from '../../model/foreign.ts';
import { ringOfOwner } from '../../model/key.ts';
import type { LobbyExchangeAnswer, LobbyExchanged, LobbyExchangeRequest } from '../../model/ports.ts';
import { hashOfToken } from '../../model/token.ts';
import { sealToken, unsealToken } from '../requests/kept-token.ts';
import { RENEW_BEFORE_SECONDS } from '../requests/prove.ts';
import { nameAddress, type Tried, tryPair } from './attempt.ts';
import { isUnregistered, ownershipFor } from './owner.ts';
import type { LobbyParts } from './parts.ts';
import type { AcceptedSecret } from './tables.ts';

/**
 * A token that names no owner, or another one than before, is asked for anew after this long, in seconds: the operator
 * may have put it right, and whoever tries all day must not cost a token each time.
 */
const RECONSIDER_SECONDS = 300;

/**
 * A token for a foreign pair: the kept one, or one exchange at a time for each fingerprint. The budgets come last: who
 * has a token, or a secret that Stytch accepted, is not stopped by what strangers did.
 */
export const exchange = async (
  parts: LobbyParts,
  request: LobbyExchangeRequest,
): Promise<LobbyExchangeAnswer> => {
  const { clientId } = request.credential;
  if (!isForeignClientId(clientId, parts.rules.realm)) return unasked({ result: 'refused' });
  if (isUnregistered(parts, request)) return unasked({ result: 'unregistered' });
  const kept = await fromKept(parts, request, RENEW_BEFORE_SECONDS);
  if (kept !== null) return unasked(kept);
  const address = await nameAddress(parts, request.address);
  const startedAt = parts.now();
  const { joined, value } = parts.join(joinOf(request), () => exchangeNow(parts, request, address));
  const exchanged = await value;
  return {
    exchanged: joined && exchanged.result === 'token' ? { ...exchanged, made: false } : exchanged,
    stytchMs: parts.now() - startedAt,
  };
};

/** What is found out for an operator says of his client what the Gate would not: the two are not mixed. */
const joinOf = ({ credential: { fingerprint }, asOperator }: LobbyExchangeRequest): string =>
  asOperator === true ? `operator ${fingerprint}` : fingerprint;

const unasked = (exchanged: LobbyExchanged): LobbyExchangeAnswer => ({ exchanged, stytchMs: 0 });

const exchangeNow = async (
  parts: LobbyParts,
  request: LobbyExchangeRequest,
  address: string | null,
): Promise<LobbyExchanged> => {
  const tried = await tryPair(parts, request, address);
  if (tried.proof === 'throttled') return { result: 'throttled', retryAfterSeconds: tried.retryAfterSeconds };
  return conclude(parts, request, tried);
};

const conclude = async (
  parts: LobbyParts,
  request: LobbyExchangeRequest,
  proof: Exclude<Tried, { proof: 'throttled' }>,
): Promise<LobbyExchanged> => {
  switch (proof.proof) {
    case 'refused':
    case 'scope_refused':
      return { result: proof.proof };
    case 'unusable':
      return unavailable(parts, proof.because, null);
    case 'unverifiable':
      return fromGrace(parts, request) ?? unavailable(parts, 'no signing keys', null);
    case 'silent':
      return (
        (await fromKept(parts, request, 0)) ??
        fromGrace(parts, request) ??
        unavailable(parts, proof.because, proof.retryAfterSeconds)
      );
    case 'proven':
      return keep(parts, request, proof);
  }
};

/** Keeps a token, whoever it names: it is not asked for again only because it lets nobody in. */
const keep = async (
  parts: LobbyParts,
  request: LobbyExchangeRequest,
  { text: token, token: claims, askedAt: acceptedAt }: Extract<Tried, { proof: 'proven' }>,
): Promise<LobbyExchanged> => {
  const { clientId, fingerprint } = request.credential;
  const { expiresAt, scopes } = claims;
  const named = ownerNamedBy(claims);
  const ring = await ringOfOwner(parts.rules.projectId, named);
  const sealed = await sealToken(parts, request, { token, ring, generation: 0 });
  // Of one second Stytch makes one token: one that was revoked is not to be kept again.
  const isRevoked = parts.revokedTokens.has(await hashOfToken(token));
  // Nothing is awaited from here on: whose client it is by now, not when Stytch was asked, decides.
  const settled = parts.storage.transactionSync(() => {
    const secret = {
      ...{ fingerprint, clientId, named, scopes, acceptedAt, tokenExpiresAt: expiresAt },
      sealed: isRevoked ? null : sealed,
    };
    parts.tables.putSecret(secret);
    return ownershipFor(parts, request, named);
  });
  await parts.wake();
  if (settled.ownership !== 'owned') return told(parts, clientId, settled.ownership);
  const revoked = isRevoked ? { isRevoked } : {};
  return { result: 'token', token, sealed, owner: settled.owner, expiresAt, made: true, ...revoked };
};

/** The kept token, opened with the presented secret, if it has more than `marginSeconds` left; or that it is nobody's. */
const fromKept = async (
  parts: LobbyParts,
  request: LobbyExchangeRequest,
  marginSeconds: number,
): Promise<LobbyExchanged | null> => {
  const { clientId, fingerprint } = request.credential;
  const secret = parts.tables.secret(fingerprint, clientId);
  if (secret === null || secret.sealed === null) return null;
  const { sealed, tokenExpiresAt: expiresAt } = secret;
  if (expiresAt - parts.now() / 1000 <= marginSeconds) return null;
  const token = await unsealToken(parts, request, sealed);
  if (token === null) return null;
  const settled = ownershipFor(parts, request, secret.named);
  if (settled.ownership === 'owned')
    return { result: 'token', token, sealed, owner: settled.owner, expiresAt, made: false };
  return isFresh(parts, secret) ? { result: settled.ownership } : null;
};

const isFresh = (parts: LobbyParts, secret: AcceptedSecret): boolean =>
  parts.now() - secret.acceptedAt < RECONSIDER_SECONDS * 1000 && !isOutdated(parts, secret);

/** Whether its token was asked for before the client was given the owner that it has: it cannot name him. */
const isOutdated = ({ tables }: LobbyParts, { clientId, acceptedAt }: AcceptedSecret): boolean =>
  acceptedAt <= (tables.claimedAt(clientId) ?? Number.NEGATIVE_INFINITY);

/** While Stytch is unreachable: a secret that it once accepted is good for a while past its last token. */
const fromGrace = (parts: LobbyParts, request: LobbyExchangeRequest): LobbyExchanged | null => {
  const { clientId, fingerprint } = request.credential;
  const secret = parts.tables.secret(fingerprint, clientId);
  if (secret === null) return null;
  const until = secret.tokenExpiresAt + parts.rules.stytchGraceSeconds;
  if (until * 1000 <= parts.now()) return null;
  const settled = ownershipFor(parts, request, secret.named);
  if (settled.ownership !== 'owned') return isOutdated(parts, secret) ? null : { result: settled.ownership };
  return { result: 'grace', owner: settled.owner, scopes: secret.scopes, until };
};

const told = (parts: LobbyParts, clientId: string, outcome: 'ownerless' | 'owner_changed') => {
  parts.log({ event: 'exchange', lobby: parts.name, client_id: clientId, outcome });
  return { result: outcome };
};

export const unavailable = (
  parts: LobbyParts,
  because: string,
  retryAfterSeconds: number | null,
): Extract<LobbyExchanged, { readonly result: 'unavailable' }> => {
  parts.log({ event: 'exchange', lobby: parts.name, outcome: 'unavailable', because });
  return { result: 'unavailable', retryAfterSeconds: retryAfterSeconds ?? 1 };
};
