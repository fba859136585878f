import type { Author } from '../../model/author.ts';
import type { Owner } from '../../model/identity.ts';
import type { OwnerLimits, OwnerRecord } from '../../model/life.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import { endKey } from '../keys/end.ts';
import type { RingParts } from '../parts.ts';
import { found } from './found.ts';
import { isRestoring } from './restoring.ts';

/** What is known of the owner as such; a Ring that has nothing to remember makes no trace by telling so. */
export const about = ({ tables }: RingParts, owner: Owner): OwnerRecord => ({
  owner: tables.owner() ?? owner,
  createdAt: tables.createdAt(),
  plan: tables.plan(),
  keysLimit: tables.keysLimit(),
  suspension: tables.suspension(),
  deletion: tables.deletion(),
  liveKeys: tables.liveKeys(),
});

/** Why nothing can be made for this owner; null for one in good standing. */
export const closed = ({ tables }: Pick<RingParts, 'tables'>): Refusal | null => {
  if (tables.deletion() !== null) return { reason: 'owner_deleted' };
  return tables.isSuspended() ? { reason: 'owner_suspended' } : null;
};

/** How many living keys the owner may have. */
export const keysLimit = ({ tables, rules }: RingParts): number => tables.keysLimit() ?? rules.keysPerUser;

/** How long a suspension lasts that nothing but itself is left to remember: longer than any session or token. */
const LAPSE_MS = 86_400_000;

/**
 * Refuses everything of the owner's from now on, or no longer. The reason is the first one, or what an operator says
 * since. What was deleted stays refused. One that `mayLapse` is of an owner who is gone elsewhere: where nothing is known
 * of him here, it leaves no trail and ends with its Ring.
 */
export const suspend = (
  parts: RingParts,
  owner: Owner,
  reason: string | null,
  author: Author,
  mayLapse = false,
): Result<OwnerRecord> => {
  const { tables, storage, rules } = parts;
  // What is being restored is refused already; what it was suspended for comes back with it.
  if (isRestoring(parts)) return err({ reason: 'conflict' });
  const before = tables.suspension();
  const isDeleted = tables.deletion() !== null;
  if (reason === null && isDeleted) return err({ reason: 'owner_deleted' });
  // Where every client of the project is taken, the Ring does not know which of them are this owner's.
  const lapses = mayLapse && rules.foreignClients !== 'any' && (!tables.exists() || tables.isIdle());
  const isSaidAnew = author.actor.kind === 'operator' && !isDeleted && before?.reason !== reason;
  const stands = before !== null && (lapses || tables.lapsesAt() === null) && !isSaidAnew;
  if (reason === null ? before === null : stands) return ok(about(parts, owner));
  found(parts, owner);
  storage.transactionSync(() => {
    const now = parts.now();
    if (reason === null) tables.lift();
    else tables.suspend(author.actor.id ?? author.actor.kind, reason, now, lapses ? now + LAPSE_MS : null);
    if (lapses) return;
    const [action, details] =
      reason === null ? (['owner.lifted', {}] as const) : (['owner.suspended', { reason }] as const);
    writeAudit(parts, author, action, null, details);
    emit(parts, 'owner.suspended', null, { suspended: reason !== null, reason });
  });
  return ok(about(parts, owner));
};

/** Ends a suspension that lapses, and with it the Ring; one of an owner who is known by now stays. */
export const lapseWhenDue = ({ tables, now }: RingParts): void => {
  const lapsesAt = tables.lapsesAt();
  if (lapsesAt === null || lapsesAt > now()) return;
  if (tables.isIdle()) tables.lift();
  else tables.keepSuspension();
};

/** Another plan of the operator's file, another number of keys; null for what everybody has. */
export const setLimits = (
  parts: RingParts,
  owner: Owner,
  limits: OwnerLimits,
  author: Author,
): Result<OwnerRecord> => {
  const { tables, rules, storage } = parts;
  const { plan = tables.plan(), keysLimit: keys = tables.keysLimit() } = limits;
  if (plan !== null && !rules.plans.has(plan)) {
    return err({
      reason: 'request_invalid',
      errors: [{ pointer: '/plan', detail: 'is no plan of the operator' }],
    });
  }
  if (tables.deletion() !== null) return err({ reason: 'owner_deleted' });
  found(parts, owner);
  storage.transactionSync(() => {
    tables.setPlan(plan);
    tables.setKeysLimit(keys);
    writeAudit(parts, author, 'owner.limits_changed', null, { plan, keys_limit: keys });
  });
  return ok(about(parts, owner));
};

/** Revokes every living key; how many there were. */
export const revokeAll = (parts: RingParts, owner: Owner, author: Author, because: string | null): number => {
  const living = parts.tables.livingKeys();
  parts.storage.transactionSync(() => {
    for (const { keyId } of living) endKey(parts, owner, keyId, 'revoked', author, because);
  });
  return living.length;
};
