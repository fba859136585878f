import { isAskersOwn } from '../../model/asker.ts';
import type { TokenRevocation } from '../../model/ports.ts';
import { writeAudit } from '../audit.ts';
import { found } from '../owner/found.ts';
import type { RingParts } from '../parts.ts';
import { standingOf } from '../requests/standing.ts';

/**
 * Ends one token by its hash; whether it did. One that is dead already is left alone: there is nothing to remember of it.
 * That of somebody suspended is not dead: it would live again with him.
 */
export const revokeToken = (parts: RingParts, revocation: TokenRevocation): boolean => {
  const { tables, storage } = parts;
  const { name, expiresAt, by, author } = revocation;
  const clientId = name.kind === 'token' ? name.clientId : null;
  const owner = tables.owner() ?? name.owner;
  if (!isAskersOwn(by, { clientId, owner, deviceClient: null })) return false;
  const { status } = standingOf(parts, name, parts.now());
  if (status !== 'live' && status !== 'suspended') return false;
  found(parts, name.owner);
  storage.transactionSync(() => {
    tables.revokeToken(name.tokenHash, expiresAt);
    const kind = name.kind === 'token' ? 'access_token' : 'session';
    writeAudit(parts, author, 'token.revoked', clientId, { kind });
  });
  return true;
};
