import { LATCHKEY } from '../../model/author.ts';
import { endOldSecret } from '../keys/rotation-end.ts';
import type { RingParts } from '../parts.ts';
import type { RotationRow } from '../tables/rows.ts';
import { becauseOf } from '../unanswered.ts';
import { retryAfterMs } from './retry.ts';

/** How many rotations one alarm works on; the rest are due at once again. */
const BATCH = 20;

/** What Stytch is still to be told of. */
const TOLD: ReadonlySet<RotationRow['status']> = new Set(['finishing', 'cancelling', 'undoing']);

/** Ends rotations whose deadline has come, gives up starts that were cut off, and tells Stytch of what is over. */
export const workOffRotations = async (parts: RingParts): Promise<void> => {
  const { tables, storage } = parts;
  const now = parts.now();
  const owner = tables.owner();
  if (owner === null) return;
  for (const rotation of tables.rotationsDue(now, BATCH)) {
    const { clientId, status } = rotation;
    if (status === 'open')
      storage.transactionSync(() => endOldSecret(parts, owner, clientId, LATCHKEY, 'deadline'));
    // Its call is still there: it is looked at again, and not at once.
    if (status === 'starting' && parts.changing.has(clientId))
      tables.putRotation({ ...rotation, dueAt: now + retryAfterMs(1) });
    else if (status === 'starting') {
      storage.transactionSync(() => {
        tables.putRotation({ ...rotation, status: 'undoing', dueAt: now });
        tables.forgetUnanswered(clientId);
      });
    }
  }
  // Where more are due than one batch, some are still open: Stytch is told of those that are over, and of no other.
  const due = tables.rotationsDue(now, BATCH).filter(({ status }) => TOLD.has(status));
  // Written before the work: a crash in the middle is one more attempt and never a forgotten one.
  for (const rotation of due) {
    const attempts = rotation.attempts + 1;
    tables.putRotation({ ...rotation, attempts, dueAt: now + retryAfterMs(attempts) });
  }
  await parts.wake();
  await Promise.all(due.map((rotation) => tellStytch(parts, rotation)));
  await parts.wake();
};

const tellStytch = async (parts: RingParts, rotation: RotationRow): Promise<void> => {
  const { tables, stytch, vault, storage } = parts;
  const { clientId, status, startedAt } = rotation;
  const isCurrent = (): boolean => {
    const present = tables.rotation(clientId);
    return present?.status === status && present.startedAt === startedAt;
  };
  const outcome = await (status === 'finishing'
    ? stytch.finishRotation(clientId)
    : stytch.cancelRotation(clientId));
  if (outcome.outcome !== 'answered') {
    const because = becauseOf(outcome);
    parts.log({ event: 'ledger', key_id: clientId, kind: status, attempts: rotation.attempts + 1, because });
    return;
  }
  if (!isCurrent()) return;
  const toldAt = parts.now();
  await vault.forget(rotation.fingerprints);
  // A key that was revoked meanwhile took its rotation with it.
  if (!isCurrent()) return;
  storage.transactionSync(() => {
    // Until now the secret that ended here could still open tokens at Stytch.
    if (status !== 'undoing') tables.setTokensFrom(clientId, toldAt);
    tables.deleteRotation(clientId);
  });
};
