import { isAskersOwn } from '../../model/asker.ts';
import type { TokenRevocation } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { retryAfterOf } from '../../model/retry-after.ts';
import { writeAudit } from '../audit.ts';
import { found } from '../owner/found.ts';
import type { RingParts } from '../parts.ts';
import { standingOf } from '../requests/standing.ts';

/**
 * How many tokens of an owner's clients are remembered at a time. Each one ended is another one bought at Stytch and a row
 * in the trail: whoever does so all day is told to come back, and to end the key itself is never refused.
 */
const MAX_REVOKED = 1_000;

/**
 * Ends one token by its hash; whether it did. One that is dead already is left alone: there is nothing to remember of it.
 * That of somebody suspended is not dead: it would live again with him.
 */
export const revokeToken = (parts: RingParts, revocation: TokenRevocation): Result<boolean> => {
  const { tables, storage } = parts;
  const { name, expiresAt, by, author } = revocation;
  const { clientId } = name;
  const owner = tables.owner() ?? name.owner;
  const deviceClient = tables.key(clientId)?.deviceClient ?? null;
  if (!isAskersOwn(by, { clientId, owner, deviceClient })) return ok(false);
  const now = parts.now();
  const { status } = standingOf(parts, name, now);
  if (status !== 'live' && status !== 'suspended') return ok(false);
  tables.forgetRevokedTokens(now);
  const { count, firstGoesAt } = tables.revokedTokens();
  if (count >= MAX_REVOKED) {
    parts.log({ event: 'budget', ring: parts.ring, scopes: 'revoked tokens', client_id: clientId });
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: retryAfterOf(firstGoesAt - now) });
  }
  found(parts, name.owner);
  storage.transactionSync(() => {
    tables.revokeToken(name.tokenHash, expiresAt);
    writeAudit(parts, author, 'token.revoked', clientId, {});
  });
  return ok(true);
};
