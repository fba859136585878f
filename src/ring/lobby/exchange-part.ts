import { ownerNamedBy, ownOwner } from '../../model/foreign.ts';
import { ringOfOwner } from '../../model/key.ts';
import type { LobbyExchangeAnswer, LobbyExchanged, LobbyExchangeRequest } from '../../model/ports.ts';
import { type PartClient, type PartRequest, tokenForPart } from '../requests/part.ts';
import { exchange, unavailable } from './exchange.ts';
import { ownershipFor } from './owner.ts';
import type { LobbyParts } from './parts.ts';

/**
 * A token for part of a foreign client's scopes: only for a secret that Stytch accepted, so that it is the main token
 * that is behind the budgets.
 */
export const exchangePart = async (
  parts: LobbyParts,
  request: LobbyExchangeRequest & PartRequest,
): Promise<LobbyExchangeAnswer> => {
  const startedAt = parts.now();
  const { clientId, fingerprint } = request.credential;
  if (parts.tables.secret(fingerprint, clientId) === null) {
    const main = await exchange(parts, { ...request, scopes: null });
    if (main.exchanged.result !== 'token') return main;
  }
  const given = await tokenForPart<Exclude<LobbyExchanged, { readonly result: 'token' }>>(
    parts,
    request,
    clientOf(parts, request),
  );
  const owner = parts.tables.owner(clientId) ?? ownOwner(clientId);
  const exchanged = given.result === 'token' ? { ...given, owner } : given;
  return { exchanged, stytchMs: parts.now() - startedAt };
};

/** The client as its Lobby knows it. A claim that was renewed is another generation: older tokens cannot name its owner. */
const clientOf = (
  parts: LobbyParts,
  request: LobbyExchangeRequest & PartRequest,
): PartClient<Exclude<LobbyExchanged, { readonly result: 'token' }>> => {
  const { clientId, fingerprint } = request.credential;
  return {
    look: () =>
      parts.tables.secret(fingerprint, clientId) === null
        ? { result: 'refused' }
        : { generation: parts.tables.claimedAt(clientId) ?? 0 },
    ring: (token) => ringOfOwner(parts.rules.projectId, ownerNamedBy(token)),
    isOwners: (token) => ownershipFor(parts, request, ownerNamedBy(token)).ownership === 'owned',
    // What was revoked is not kept; what Stytch gives in the same second is the same token.
    isRevoked: (tokenHash) => parts.revokedTokens.has(tokenHash),
    // A secret that is good no more is a stranger's from now on, as when its main token is asked for.
    refused: async () => parts.tables.deleteSecret(fingerprint),
    unavailable: (because, retryAfterSeconds) => unavailable(parts, because, retryAfterSeconds),
  };
};
