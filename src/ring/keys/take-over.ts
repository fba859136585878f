import type { ImportRequest, KeyRecord } from '../../model/life.ts';
import type { ClientUpdate, LobbyProof, SecretName, StytchClient } from '../../model/ports.ts';
import { err, type Refusal, type Result } from '../../model/refusal.ts';
import { isReservedScope } from '../../model/scope.ts';
import { within } from '../../model/within.ts';
import { ownerMark } from '../mark.ts';
import { found } from '../owner/found.ts';
import { closed } from '../owner/index.ts';
import type { RingParts } from '../parts.ts';
import { becauseOf, COME_BACK_SECONDS, refusalOf, type Unanswered } from '../unanswered.ts';
import { adopt } from './adopt.ts';
import { answered } from './idempotency.ts';

/**
 * Claims a client for the owner in the Lobby, which has its secret proven, writes him into what its tokens say, and makes
 * it his key. A no gives the claim up. Of what nobody answered nothing is known: the claim stays, for a repeat.
 */
export const takeOver = async (
  parts: RingParts,
  request: ImportRequest,
  credential: SecretName,
): Promise<Result<KeyRecord>> => {
  const { clientId, clientSecret, author } = request;
  const owner = parts.tables.owner() ?? request.owner;
  const lobby = parts.lobbies(clientId);
  const asked = lobby.claimByProof({ credential, clientSecret, owner, address: author.address });
  const refusal = whyNotClaimed(await answer(parts, clientId, asked));
  if (refusal !== null) return err(refusal);

  const adopted = await nameOwner(parts, { ...request, owner });
  if (!adopted.ok && adopted.refusal.reason !== 'unavailable')
    await answer(parts, clientId, lobby.release({ clientId, owner }));
  return adopted;
};

/** Why a client could not be claimed; null for one that was. */
const whyNotClaimed = (proof: LobbyProof | null): Refusal | null => {
  switch (proof?.result) {
    case 'claimed':
      return null;
    case 'owned':
      return { reason: 'client_owned' };
    case 'refused':
      return { reason: 'client_not_proven' };
    case 'throttled':
      return { reason: 'too_many_attempts', retryAfterSeconds: proof.retryAfterSeconds };
    case 'unavailable':
      return { reason: 'unavailable', what: 'stytch', retryAfterSeconds: proof.retryAfterSeconds };
    default:
      return LOBBY_SILENT;
  }
};

const LOBBY_SILENT: Refusal = {
  ...{ reason: 'unavailable', what: 'ring' },
  retryAfterSeconds: COME_BACK_SECONDS,
};

/** From here on the client's tokens name their owner, and its row decides. */
const nameOwner = async (parts: RingParts, request: ImportRequest): Promise<Result<KeyRecord>> => {
  const { clientId, owner } = request;
  const read = await parts.stytch.getClient(clientId);
  if (read.outcome !== 'answered') return err(unanswered(parts, clientId, read));
  const client = read.value;
  if (client === null || client.status !== 'active') return err({ reason: 'client_not_proven' });
  const reserved = client.scopes.filter(isReservedScope);
  if (reserved.length > 0) return err({ reason: 'scope_not_grantable', scopes: reserved });
  const meanwhile = closed(parts);
  if (meanwhile !== null) return err(meanwhile);

  const updated = await parts.stytch.updateClient(ownedClient(parts, request, client));
  if (updated.outcome !== 'answered') return err(unanswered(parts, clientId, updated));
  if (!updated.value.existed) return err({ reason: 'client_not_proven' });
  const renewed = parts.lobbies(clientId).renew({ clientId, owner });
  const isRenewed = await answer(
    parts,
    clientId,
    renewed.then(() => true),
  );
  return isRenewed === true ? enter(parts, request, client) : err(LOBBY_SILENT);
};

/** The client with its owner's name on it. Our mark is not: we did not make it. */
const ownedClient = (parts: RingParts, request: ImportRequest, client: StytchClient): ClientUpdate => ({
  ...{ clientId: request.clientId, ...textsOf(request, client), scopes: client.scopes },
  trustedMetadata: ownerMark(request.owner, parts.rules.ownerClaim),
});

const textsOf = (request: ImportRequest, client: StytchClient) => ({
  name: request.name ?? client.name,
  description: request.description ?? client.description,
});

/** The key and the answer to a repeat, in one step with nothing awaited. */
const enter = (parts: RingParts, request: ImportRequest, client: StytchClient): Result<KeyRecord> => {
  const { clientId, owner, author, idempotency } = request;
  const { name, description } = textsOf(request, client);
  return parts.storage.transactionSync(() => {
    found(parts, owner);
    const adopted = adopt(
      parts,
      owner,
      {
        ...{ clientId, name, description, scopes: client.scopes, expiresAt: null, limit: null },
        createdBy: author.actor.id ?? owner.id,
      },
      author,
    );
    if (adopted.ok) answered(parts, idempotency, adopted.value);
    return adopted;
  });
};

const unanswered = (parts: RingParts, clientId: string, outcome: Unanswered): Refusal => {
  parts.log({ event: 'import', key_id: clientId, outcome: outcome.outcome, because: becauseOf(outcome) });
  return refusalOf(outcome);
};

/** How long a Lobby is waited for, which may have to ask Stytch; milliseconds. */
const LOBBY_DEADLINE_MS = 8_000;

/** What a Lobby answers; null for one that does not, or not in time: a repeat would wait for an import under way. */
const answer = async <T>(parts: RingParts, clientId: string, asked: Promise<T>): Promise<T | null> => {
  try {
    const answered = await within(asked, LOBBY_DEADLINE_MS);
    if (answered === null) silent(parts, clientId, 'timeout');
    return answered;
  } catch (error) {
    // A Durable Object that is overloaded, moved or broken throws whatever it likes: nothing is known of what it did.
    const because = error instanceof Error ? error.name : 'unknown';
    silent(parts, clientId, because);
    return null;
  }
};

const silent = ({ log }: RingParts, clientId: string, because: string): void =>
  log({ event: 'import', key_id: clientId, outcome: 'the Lobby is silent', because });
