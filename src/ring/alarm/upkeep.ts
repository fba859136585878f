import type { KeyRecord } from '../../model/life.ts';
import { time } from '../../model/objects.ts';
import { dayOf, TOKEN_DAYS_KEPT } from '../../model/token-days.ts';
import { emit } from '../events.ts';
import { recordOf } from '../keys/record.ts';
import type { RingParts } from '../parts.ts';

/** How many keys one alarm tells of; the rest are due at once again. */
const BATCH = 100;

/** What a Ring does for the sake of order when it wakes: forgets what is old, and tells of keys that end or rest. */
export const upkeep = (parts: RingParts): void => {
  const { tables, rules } = parts;
  if (!tables.exists()) return;
  const now = parts.now();
  tables.forgetRevokedTokens(now);
  tables.sweepScopedTokens(now);
  tables.sweepIdempotency(now);
  tables.forgetTokenDays(dayOf(now) - TOKEN_DAYS_KEPT);
  tables.pruneAudit(now - rules.auditMs);
  if (rules.events === null) return;
  const { expiringMs, unusedMs } = rules.events;
  for (const { keyId, expiresAt } of tables.nearTheirEnd(now + expiringMs, BATCH)) {
    tell(parts, keyId, (key) => {
      tables.markTold(keyId, 'expiring', now);
      emit(parts, 'key.expiring', key, { expires_at: time(expiresAt) });
    });
  }
  const since = now - unusedMs;
  for (const { keyId, createdAt, lastUsedAt, isTold } of tables.notLookedAtSince(since, BATCH)) {
    const restsSince = lastUsedAt ?? createdAt;
    tables.lookAfter(keyId, restsSince > since ? restsSince : now);
    if (restsSince > since || isTold) continue;
    tell(parts, keyId, (key) => {
      tables.markTold(keyId, 'unused', now);
      emit(parts, 'key.unused', key, { last_used_at: time(lastUsedAt) });
    });
  }
};

const tell = (parts: RingParts, keyId: string, what: (key: KeyRecord) => void): void => {
  const owner = parts.tables.owner();
  const key = owner === null ? null : recordOf(parts, keyId, owner);
  if (key !== null) parts.storage.transactionSync(() => what(key));
};
