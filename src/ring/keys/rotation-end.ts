import type { Author } from '../../model/author.ts';
import type { Owner } from '../../model/identity.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import type { RingParts } from '../parts.ts';
import type { RotationRow } from '../tables/rows.ts';
import { recordOf } from './record.ts';

/** Finishes or cancels the rotation of a key, if there is one: dead here first, Stytch is told from the ledger. */
export const endRotation = (
  parts: RingParts,
  owner: Owner,
  keyId: string,
  author: Author,
  end: 'finish' | 'cancel',
): Result<null> => {
  const { tables, storage } = parts;
  if (tables.key(keyId)?.status !== 'active') return err({ reason: 'not_found' });
  // Of a key of a suspended owner nothing is made to live on: but ending a secret is never refused.
  if (tables.rotation(keyId)?.status !== 'open') return err({ reason: 'not_rotating' });
  storage.transactionSync(() => {
    if (end === 'finish') endOldSecret(parts, owner, keyId, author, null);
    else endNextSecret(parts, keyId, author, null);
  });
  return ok(null);
};

/** The old secret of an open rotation is dead from this write on. In a transaction. */
export const endOldSecret = (
  parts: RingParts,
  owner: Owner,
  keyId: string,
  author: Author,
  because: string | null,
): void => {
  const { tables } = parts;
  const open = tables.rotation(keyId);
  if (open === null) return;
  const fingerprints = tables.deleteSecrets(keyId, 'old');
  tables.settleNext(keyId);
  leave(
    parts,
    open,
    'finishing',
    { lastFour: open.nextLastFour, masterKey: open.nextMasterKey },
    fingerprints,
  );
  writeAudit(parts, author, 'key.rotation_finished', keyId, because === null ? {} : { because });
  emit(parts, 'key.rotated', recordOf(parts, keyId, owner));
};

/** The new secret of an open rotation is dead from this write on. In a transaction. */
export const endNextSecret = (
  parts: RingParts,
  keyId: string,
  author: Author,
  because: string | null,
): void => {
  const { tables } = parts;
  const open = tables.rotation(keyId);
  const key = tables.key(keyId);
  if (open === null || key === null) return;
  const fingerprints = tables.deleteSecrets(keyId, 'next');
  leave(parts, open, 'cancelling', key, fingerprints);
  writeAudit(parts, author, 'key.rotation_cancelled', keyId, because === null ? {} : { because });
};

/** Tokens do not say which secret opened them: all of before are refused. */
const leave = (
  { tables, now }: RingParts,
  open: RotationRow,
  status: 'finishing' | 'cancelling',
  left: { readonly lastFour: string; readonly masterKey: string },
  fingerprints: readonly string[],
): void => {
  tables.rotateOut(open.clientId, left, now());
  tables.putRotation({ ...open, status, attempts: 0, dueAt: now(), fingerprints });
};
