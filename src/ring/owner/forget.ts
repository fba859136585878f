import type { Author } from '../../model/author.ts';
import type { Owner } from '../../model/identity.ts';
import type { OwnerRecord } from '../../model/life.ts';
import { ok, type Result } from '../../model/refusal.ts';
import { within } from '../../model/within.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import type { RingParts } from '../parts.ts';
import { found } from './found.ts';
import { about, revokeAll } from './index.ts';

/** The reason of a suspension that no operator can lift. */
const DELETED = 'deleted';

/**
 * For how long an owner stays refused of whom there was nothing to delete, in milliseconds: the session of a user who was
 * deleted at Stytch lives for five minutes.
 */
const STRANGER_KEPT_MS = 86_400_000;

/** What was not done when a Ring was to go is looked at again after so long, in milliseconds. */
const AGAIN_AFTER_MS = 3_600_000;

/** How long a Lobby is waited for, in milliseconds: an alarm that waits for ever never rings again. */
const LOBBY_DEADLINE_MS = 5_000;

/**
 * Revokes everything, refuses the owner for good, and forgets what is personal. What tells that there was something, its
 * tombstones and the trail, stays for as long as trails are kept. A second time changes nothing.
 */
export const forgetOwner = (parts: RingParts, owner: Owner, author: Author): Result<OwnerRecord> => {
  const { tables, rules, storage } = parts;
  if (tables.deletion() !== null) return ok(about(parts, owner));
  const isStranger = !tables.exists() || tables.isIdle();
  found(parts, owner);
  storage.transactionSync(() => {
    const now = parts.now();
    // First of all, so that nothing personal is in what is told of the end of the keys.
    tables.forgetPersonal();
    // What Stytch is paid for is nobody's secret: it goes when a Lobby has it.
    tables.addUpPresented();
    tables.forgetAllUse();
    tables.forgetAnswers();
    const revoked = revokeAll(parts, owner, author, DELETED);
    tables.suspend(author.actor.id ?? author.actor.kind, DELETED, now, null);
    tables.setDeletion(now, now + (isStranger ? STRANGER_KEPT_MS : rules.auditMs));
    writeAudit(parts, author, 'owner.deleted', null, { revoked });
    emit(parts, 'owner.suspended', null, { suspended: true, reason: DELETED });
  });
  return ok(about(parts, owner));
};

/** When the time has come and nothing is left to be done or told, the Ring goes. */
export const forgetWhenDue = async (parts: RingParts): Promise<void> => {
  const { tables } = parts;
  const deletion = tables.deletion();
  const now = parts.now();
  if (deletion === null || deletion.keptUntil > now) return;
  if (tables.isSettled() && (await releaseClients(parts))) return parts.drop();
  tables.setDeletion(deletion.deletedAt, now + AGAIN_AFTER_MS);
};

/** The Lobbies know whose the imported clients are: they forget it too. Whether all of them did. */
const releaseClients = async (parts: RingParts): Promise<boolean> => {
  const owner = parts.tables.owner();
  if (owner === null) return true;
  const clients = parts.tables.foreignKeys();
  const released = await Promise.allSettled(
    clients.map((clientId) =>
      within(
        parts
          .lobbies(clientId)
          .release({ clientId, owner })
          .then(() => true),
        LOBBY_DEADLINE_MS,
      ),
    ),
  );
  return released.every((each) => each.status === 'fulfilled' && each.value === true);
};
