import { isForeignClientId, ownerNamedBy } from '../../model/foreign.ts';
import { isSameOwner, type Owner } from '../../model/identity.ts';
import { ringOfOwner } from '../../model/key.ts';
import type { LobbyClaimRequest, LobbyProof, LobbyProofRequest } from '../../model/ports.ts';
import { sealToken } from '../requests/kept-token.ts';
import { nameAddress, type Tried, tryPair } from './attempt.ts';
import { settleOwner } from './owner.ts';
import type { LobbyParts } from './parts.ts';

/**
 * Claims a client for an owner who shows its secret. It must be nobody's, here and by what its token says. However many
 * show the same secret at once, Stytch is asked once, and one of them is the first.
 */
export const claimByProof = async (parts: LobbyParts, request: LobbyProofRequest): Promise<LobbyProof> => {
  const { clientId, fingerprint } = request.credential;
  if (!isForeignClientId(clientId, parts.rules.realm)) return { result: 'refused' };
  const held = parts.tables.owner(clientId);
  if (held !== null && !isSameOwner(held, request.owner)) return { result: 'owned' };
  const address = await nameAddress(parts, request.address);
  const tried = await parts.join(`claim ${fingerprint}`, () => tryPair(parts, request, address)).value;
  switch (tried.proof) {
    case 'proven':
      return claim(parts, request, tried);
    case 'refused':
      return { result: 'refused' };
    case 'throttled':
      return { result: 'throttled', retryAfterSeconds: tried.retryAfterSeconds };
    case 'silent':
      return { result: 'unavailable', retryAfterSeconds: tried.retryAfterSeconds ?? COME_BACK_SECONDS };
    case 'unusable':
    case 'scope_refused':
    case 'unverifiable':
      return { result: 'unavailable', retryAfterSeconds: COME_BACK_SECONDS };
  }
};

const COME_BACK_SECONDS = 5;

const claim = async (
  parts: LobbyParts,
  request: LobbyProofRequest,
  { text: token, token: claims, askedAt }: Extract<Tried, { readonly proof: 'proven' }>,
): Promise<LobbyProof> => {
  const { credential, owner } = request;
  const { clientId, fingerprint } = credential;
  const { scopes, expiresAt: tokenExpiresAt } = claims;
  const named = ownerNamedBy(claims);
  // A token that names nobody speaks for the client itself: it is of no use to the owner, and is not kept for him.
  const isUnnamed = named.kind === 'client';
  if (!isUnnamed && !isSameOwner(named, owner)) return { result: 'owned' };
  const ring = await ringOfOwner(parts.rules.projectId, owner);
  const sealed = isUnnamed ? null : await sealToken(parts, request, { token, ring, generation: 0 });
  // Nothing is awaited from here on: of two claims one is the first.
  const claimed = parts.storage.transactionSync((): LobbyProof => {
    const settled = settleOwner(parts, clientId, owner);
    if (settled.ownership !== 'owned') return { result: 'owned' };
    const accepted = { fingerprint, clientId, named: settled.owner, scopes, sealed };
    parts.tables.putSecret({ ...accepted, acceptedAt: askedAt, tokenExpiresAt });
    return { result: 'claimed', scopes };
  });
  await parts.wake();
  return claimed;
};

/** What tokens said until now of whose the client is, counts no more: not even one that is being made. */
export const renew = (parts: LobbyParts, { clientId, owner }: LobbyClaimRequest): void => {
  if (isHeldBy(parts, clientId, owner)) parts.tables.renewClaim(clientId, parts.now());
};

/** Forgets whose a client is, with the secrets that it was known by; another owner's claim is left alone. */
export const release = (parts: LobbyParts, { clientId, owner }: LobbyClaimRequest): void => {
  if (!isHeldBy(parts, clientId, owner)) return;
  parts.storage.transactionSync(() => parts.tables.forgetClient(clientId));
};

const isHeldBy = ({ tables }: LobbyParts, clientId: string, owner: Owner): boolean => {
  const held = tables.owner(clientId);
  return held !== null && isSameOwner(held, owner);
};
