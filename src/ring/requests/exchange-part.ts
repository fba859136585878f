import type { ExchangeAnswer, Exchanged, ExchangeRequest } from '../../model/ports.ts';
import type { RingParts } from '../parts.ts';
import { askSoon, exchange, unavailable } from './exchange.ts';
import { type PartClient, type PartRequest, tokenForPart } from './part.ts';
import { isOutlived, standingOf } from './standing.ts';

/**
 * A token for part of a key's scopes. A secret that the Ring cannot tell is proven by its main token first, so that
 * there is one way for a secret to become known.
 */
export const exchangePart = async (
  parts: RingParts,
  request: ExchangeRequest & PartRequest,
): Promise<ExchangeAnswer> => {
  const startedAt = parts.now();
  const standing = standingOf(parts, request.credential, startedAt);
  if (standing.status === 'unproven') {
    const main = await exchange(parts, { ...request, scopes: null });
    if (main.exchanged.result !== 'token') return main;
  }
  const exchanged = await tokenForPart<Exchanged>(parts, request, clientOf(parts, request));
  return { exchanged, stytchMs: parts.now() - startedAt };
};

/** The key as its Ring knows it. */
const clientOf = (parts: RingParts, request: ExchangeRequest & PartRequest): PartClient<Exchanged> => ({
  look: () => {
    const standing = standingOf(parts, request.credential, parts.now());
    if (standing.status === 'unproven') return { result: 'unavailable', retryAfterSeconds: 1 };
    if (standing.status !== 'live') return { result: 'ended', status: standing.status };
    const { scopes, generation } = standing;
    return request.scopes.every((scope) => scopes?.includes(scope))
      ? { generation }
      : { result: 'scope_refused' };
  },
  ring: async () => parts.ring,
  isOwners: ({ ownerId }) => ownerId === parts.tables.owner()?.id,
  isRevoked: (tokenHash) => parts.tables.isRevokedToken(tokenHash),
  isOutlived: (issuedAt) => isOutlived(parts, request.credential.clientId, issuedAt),
  refused: () => askSoon(parts, request),
  unavailable: (because, retryAfterSeconds) => unavailable(parts, because, retryAfterSeconds),
});
