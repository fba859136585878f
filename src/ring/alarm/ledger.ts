import { LATCHKEY } from '../../model/author.ts';
import { isForeignClientId } from '../../model/foreign.ts';
import { endKey } from '../keys/end.ts';
import { markOf } from '../mark.ts';
import type { RingParts } from '../parts.ts';
import type { Intention, KeyRow } from '../tables/rows.ts';
import { becauseOf } from '../unanswered.ts';
import { retryAfterMs } from './retry.ts';

/** How many intentions one alarm works on; the rest are due at once again. */
const BATCH = 20;

/** How many keys one alarm ends. */
const EXPIRED_AT_ONCE = 100;

/**
 * For this long after it was given up, a creation may still reach Stytch. A client that is not there counts as
 * undone only after it.
 */
const IN_FLIGHT_MS = 60_000;

/**
 * Does what is due: retires keys whose end has come and carries out the intentions. The next time is written
 * before the work, so that a crash in the middle is one more attempt and never a forgotten one.
 */
export const workOffLedger = async (parts: RingParts): Promise<void> => {
  const now = parts.now();
  endExpired(parts, now);
  const due = parts.tables.intentionsDue(now, BATCH);
  for (const intention of due) {
    const attempts = intention.attempts + 1;
    parts.tables.putIntention({ ...intention, attempts, dueAt: now + retryAfterMs(attempts) });
  }
  await parts.wake();
  await Promise.all(due.map((intention) => carryOut(parts, intention)));
  await parts.wake();
};

const endExpired = (parts: RingParts, now: number): void => {
  const owner = parts.tables.owner();
  if (owner === null) return;
  for (const { keyId } of parts.tables.expiring(now, EXPIRED_AT_ONCE))
    endKey(parts, owner, keyId, 'expired', LATCHKEY);
};

const carryOut = async (parts: RingParts, intention: Intention): Promise<void> => {
  const { clientId, kind } = intention;
  if (parts.creating.has(clientId) || parts.changing.has(clientId)) return;
  const before = parts.tables.key(clientId);
  const outcome = kind === 'update' ? await update(parts, before) : await parts.stytch.deleteClient(clientId);
  if (outcome === null) return parts.tables.deleteIntention(clientId);
  if (outcome.outcome !== 'answered') {
    const because = becauseOf(outcome);
    parts.log({ event: 'ledger', key_id: clientId, kind, attempts: intention.attempts + 1, because });
    return;
  }
  // Meanwhile the key may have been changed again, or have ended: that is another intention, and stays.
  const present = parts.tables.intention(clientId);
  if (present?.kind !== kind || present.since !== intention.since) return;
  switch (kind) {
    case 'update':
      if (parts.tables.key(clientId)?.generation === before?.generation)
        parts.tables.deleteIntention(clientId);
      return;
    case 'delete':
      await parts.vault.forget(intention.fingerprints);
      parts.tables.deleteIntention(clientId);
      return;
    case 'create':
      if (outcome.value.existed || parts.now() - intention.since >= IN_FLIGHT_MS)
        undoCreation(parts, clientId);
  }
};

/** Makes the client what the key is now; nothing to do for a key that no longer lives. */
const update = (parts: RingParts, key: KeyRow | null) => {
  if (key === null || key.status !== 'active') return null;
  const { keyId: clientId, name, description, scopes } = key;
  const { realm, ownerClaim } = parts.rules;
  const owner = parts.tables.owner();
  // On a client that was made elsewhere nothing is written that it does not have.
  const isOurs = owner !== null && !isForeignClientId(clientId, realm);
  return parts.stytch.updateClient({
    ...{ clientId, name, description, scopes },
    ...(isOurs ? { trustedMetadata: markOf(owner, ownerClaim) } : {}),
  });
};

const undoCreation = (parts: RingParts, clientId: string): void =>
  parts.storage.transactionSync(() => {
    parts.tables.deleteKey(clientId);
    parts.tables.deleteIntention(clientId);
    parts.tables.forgetUnanswered(clientId);
  });
