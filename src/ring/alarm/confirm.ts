import { type Author, LATCHKEY } from '../../model/author.ts';
import { isForeignClientId } from '../../model/foreign.ts';
import { ringOfOwner } from '../../model/key.ts';
import { endKey } from '../keys/end.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow } from '../tables/rows.ts';
import { becauseOf } from '../unanswered.ts';

/** Stytch did not answer: it is asked again after so long, in milliseconds. Every Ring may be waiting for it. */
const AGAIN_AFTER_MS = 3_600_000;

/** How many clients one alarm asks about. */
const BATCH = 20;

const STYTCH: Author = { ...LATCHKEY, actor: { kind: 'stytch', id: null } };

/**
 * Asks Stytch about living keys of which there was no word for long: whoever deletes or deactivates a client in Stytch's
 * dashboard ends the key.
 */
export const confirmKeys = async (parts: RingParts): Promise<void> => {
  const { tables, rules } = parts;
  const now = parts.now();
  const due = tables.unconfirmedSince(now - rules.confirmMs, BATCH);
  // Written before the work, so that a crash in the middle costs one more question.
  for (const { keyId } of due) tables.confirm(keyId, now - rules.confirmMs + AGAIN_AFTER_MS);
  if (due.length === 0 || !(await isOfThisProject(parts))) return;
  await Promise.all(due.map((key) => confirm(parts, key)));
};

/** Under the id of another project, Stytch has none of our clients: that says nothing of the keys. */
const isOfThisProject = async ({ tables, rules, ring, log }: RingParts): Promise<boolean> => {
  const owner = tables.owner();
  const isSo = owner !== null && (await ringOfOwner(rules.projectId, owner)) === ring;
  if (!isSo) log({ event: 'confirm', ring, outcome: 'of another project' });
  return isSo;
};

const confirm = async (parts: RingParts, { keyId }: KeyRow): Promise<void> => {
  const outcome = await parts.stytch.getClient(keyId);
  if (outcome.outcome !== 'answered') {
    parts.log({ event: 'confirm', key_id: keyId, outcome: outcome.outcome, because: becauseOf(outcome) });
    return;
  }
  if (outcome.value?.status === 'active') return parts.tables.confirm(keyId, parts.now());
  endAtStytch(parts, keyId, outcome.value === null ? 'deleted at Stytch' : 'deactivated at Stytch');
};

/** What ended at Stytch alone ends here too. A client that was made elsewhere is left there as it is. */
export const endAtStytch = (parts: RingParts, keyId: string, because: string): void => {
  const { tables, rules } = parts;
  const owner = tables.owner();
  if (owner === null || tables.key(keyId)?.status !== 'active') return;
  endKey(parts, owner, keyId, 'revoked', STYTCH, because);
  if (isForeignClientId(keyId, rules.realm)) tables.deleteIntention(keyId);
};
