import { fingerprintOf } from '../../model/fingerprint.ts';
import { spellKey } from '../../model/key.ts';
import type { IssuedKey, RotateRequest } from '../../model/life.ts';
import type { Outcome, RotationStart } from '../../model/ports.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import { writeAudit } from '../audit.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow } from '../tables/rows.ts';
import { ABANDONED_AFTER_MS, refusalOf, stytchSilent } from '../unanswered.ts';
import { answered, begin, repeated } from './idempotency.ts';
import { recordOf } from './record.ts';
import { endOldSecret } from './rotation-end.ts';

/** A second secret as Stytch minted it, spelled as a key. */
interface NextSecret {
  readonly key: string;
  readonly fingerprint: string;
  readonly pepper: string;
}

/**
 * Gives a key a second secret. Stytch mints it: it cannot be chosen, so that nobody knows the one of an answer that was
 * lost, and that one is undone. Written down before Stytch is asked, handed out once.
 */
export const rotate = async (parts: RingParts, request: RotateRequest): Promise<Result<IssuedKey>> => {
  const again = repeated(parts, request.idempotency);
  if (again !== null) return again;
  const { keyId } = request;
  const row = parts.tables.key(keyId);
  const refusal = whyNot(parts, row);
  if (refusal !== null || row === null) return err(refusal ?? { reason: 'not_found' });

  const startedAt = parts.now();
  const finishesAt = startedAt + request.overlapSeconds * 1000;
  parts.storage.transactionSync(() => {
    parts.tables.putRotation({
      ...{ clientId: keyId, status: 'starting', startedAt, finishesAt, nextLastFour: '', nextMasterKey: '' },
      ...{ attempts: 0, dueAt: startedAt + ABANDONED_AFTER_MS, fingerprints: [] },
    });
    begin(parts, request.idempotency, keyId);
  });

  parts.changing.add(keyId);
  try {
    await parts.wake();
    const outcome = await startAtStytch(parts, keyId);
    const next = outcome.outcome === 'answered' ? await nextSecret(parts, keyId, outcome.value) : null;
    // Nothing is awaited from here on. A revoke that ran meanwhile wins, and took the rotation with it.
    if (parts.tables.rotation(keyId)?.startedAt !== startedAt) return lost(parts, keyId);
    return next === null ? abandoned(parts, request, outcome) : open(parts, request, next);
  } finally {
    parts.changing.delete(keyId);
    await parts.wake();
  }
};

const whyNot = (parts: RingParts, row: KeyRow | null): Refusal | null => {
  if (row === null || row.status !== 'active') return { reason: 'not_found' };
  if (parts.tables.isSuspended()) return { reason: 'owner_suspended' };
  // The secret of a client that was made elsewhere has no spelling as a key of ours.
  if (row.masterKey === '') return { reason: 'made_elsewhere' };
  const rotation = parts.tables.rotation(row.keyId);
  if (rotation?.status === 'open' || rotation?.status === 'starting') return { reason: 'already_rotating' };
  return rotation !== null || parts.changing.has(row.keyId) ? { reason: 'conflict' } : null;
};

/** A rotation that runs at Stytch and not here is of a start whose answer was lost, or of the dashboard: it gives way. */
const startAtStytch = async (parts: RingParts, clientId: string): Promise<Outcome<RotationStart>> => {
  const first = await parts.stytch.startRotation(clientId);
  if (first.outcome !== 'answered' || first.value.rotation !== 'running') return first;
  const cancelled = await parts.stytch.cancelRotation(clientId);
  return cancelled.outcome === 'answered' ? parts.stytch.startRotation(clientId) : cancelled;
};

const nextSecret = async (
  parts: RingParts,
  clientId: string,
  start: RotationStart,
): Promise<NextSecret | null> => {
  if (start.rotation !== 'started') return null;
  const { current } = await parts.keychain();
  const fingerprint = await fingerprintOf(current, parts.rules.projectId, clientId, start.nextClientSecret);
  try {
    const key = await spellKey(clientId, start.nextClientSecret, current);
    return { key, fingerprint, pepper: current.id };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

/** From here on both secrets are good; without an overlap, the new one alone. */
const open = (parts: RingParts, request: RotateRequest, next: NextSecret): Result<IssuedKey> => {
  const { tables, storage } = parts;
  const { owner, keyId, author, overlapSeconds } = request;
  const { key, fingerprint, pepper } = next;
  return storage.transactionSync(() => {
    const starting = tables.rotation(keyId);
    if (starting === null) return err({ reason: 'not_found' });
    tables.putSecret({ fingerprint, clientId: keyId, pepper, tokenExpiresAt: null, slot: 'next' });
    const shown = { nextLastFour: key.slice(-4), nextMasterKey: pepper };
    tables.putRotation({ ...starting, ...shown, status: 'open', dueAt: starting.finishesAt });
    tables.touchKey(keyId);
    writeAudit(parts, author, 'key.rotation_started', keyId, { overlap_seconds: overlapSeconds });
    if (overlapSeconds === 0) endOldSecret(parts, owner, keyId, author, null);
    const record = recordOf(parts, keyId, owner);
    if (record === null) return err({ reason: 'not_found' });
    answered(parts, request.idempotency, record);
    return ok({ record, key });
  });
};

/** The key ended meanwhile, and its client at Stytch ends with it. Whoever asks the same again is told so. */
const lost = ({ tables }: RingParts, keyId: string): Result<never> => {
  if (tables.exists()) tables.forgetUnanswered(keyId);
  return err({ reason: 'not_found' });
};

/** Nothing began here. Where Stytch may have minted a secret, the ledger undoes that. */
const abandoned = (
  parts: RingParts,
  { keyId }: RotateRequest,
  outcome: Outcome<RotationStart>,
): Result<never> => {
  const { tables, storage } = parts;
  const begun = tables.rotation(keyId);
  const isUndone =
    outcome.outcome === 'declined' ||
    (outcome.outcome === 'answered' && outcome.value.rotation === 'no_client');
  storage.transactionSync(() => {
    tables.forgetUnanswered(keyId);
    if (isUndone || begun === null) tables.deleteRotation(keyId);
    else tables.putRotation({ ...begun, status: 'undoing', dueAt: parts.now() });
  });
  if (outcome.outcome === 'declined') return err(refusalOf(outcome));
  if (isUndone) return err({ reason: 'client_refused', detail: 'm2m_client_not_found' });
  parts.log({
    ...{ event: 'rotate', key_id: keyId },
    outcome: outcome.outcome === 'unreachable' ? outcome.detail : 'a secret without a spelling',
  });
  return err(outcome.outcome === 'unreachable' ? refusalOf(outcome) : stytchSilent(null));
};
