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
  const given = await tokenForPart<Untold>(parts, request, clientOf(parts, request));
  return { exchanged: answerOf(parts, clientId, given), stytchMs: parts.now() - startedAt };
};

/** The generation is the Lobby's own: of an owner's Ring it says nothing. */
const answerOf = (
  parts: LobbyParts,
  clientId: string,
  given: Awaited<ReturnType<typeof tokenForPart<Untold>>>,
): LobbyExchanged => {
  if (given.result !== 'token') return given;
  const { result, token, sealed, expiresAt, made } = given;
  const owner = parts.tables.owner(clientId) ?? ownOwner(clientId);
  return { ...{ result, token, sealed, expiresAt, made }, owner };
};

type Untold = Exclude<LobbyExchanged, { readonly result: 'token' }>;

/** The client as its Lobby knows it. A claim that was renewed is another generation: older tokens cannot name its owner. */
const clientOf = (parts: LobbyParts, request: LobbyExchangeRequest & PartRequest): PartClient<Untold> => {
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
    // Rotations of foreign clients are Stytch's own affair.
    isOutlived: () => false,
    // A secret that is good no more is a stranger's from now on, as when its main token is asked for.
    refused: async () => parts.tables.deleteSecret(fingerprint),
    unavailable: (because, retryAfterSeconds) => unavailable(parts, because, retryAfterSeconds),
  };
};
