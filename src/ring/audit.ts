import { chain } from '../model/audit-chain.ts';
import type { Author } from '../model/author.ts';
import type { RingParts } from './parts.ts';

/** What is written down of what was done. */
export type AuditAction =
  | 'key.created'
  | 'key.changed'
  | 'key.imported'
  | 'key.rotation_started'
  | 'key.rotation_finished'
  | 'key.rotation_cancelled'
  | 'key.revoked'
  | 'key.expired'
  | 'key.leaked'
  | 'token.revoked'
  | 'owner.suspended'
  | 'owner.lifted'
  | 'owner.limits_changed'
  | 'owner.exported'
  | 'owner.restored'
  | 'owner.deleted';

/** Adds a row to the owner's trail. To be called in the transaction of what it tells of. No secret is among `details`. */
export const writeAudit = (
  parts: RingParts,
  author: Author,
  action: AuditAction,
  keyId: string | null,
  details: Readonly<Record<string, unknown>> = {},
): void => {
  const head = parts.tables.auditHead(parts.ring);
  const entry = { ...author, seq: head.seq + 1, at: parts.now(), action, keyId, details };
  parts.tables.putAudit(chain(parts.ring, head.mac, entry, parts.auditKey()));
};
