import { type Author, LATCHKEY } from '../model/author.ts';
import { endKey } from './end.ts';
import type { RingParts } from './parts.ts';
import type { KeyRow } from './rows.ts';

/** Stytch did not answer: it is asked again after so long, in milliseconds. */
const AGAIN_AFTER_MS = 600_000;

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
  await Promise.all(due.map((key) => confirm(parts, key)));
};

const confirm = async (parts: RingParts, { keyId }: KeyRow): Promise<void> => {
  const outcome = await parts.stytch.getClient(keyId);
  if (outcome.outcome !== 'answered') {
    const because = outcome.outcome === 'declined' ? outcome.code : outcome.detail;
    parts.log({ event: 'confirm', key_id: keyId, outcome: outcome.outcome, because });
    return;
  }
  if (outcome.value?.status === 'active') return parts.tables.confirm(keyId, parts.now());
  endAtStytch(parts, keyId, outcome.value === null ? 'deleted at Stytch' : 'deactivated at Stytch');
};

/** What ended at Stytch alone ends here too. */
export const endAtStytch = (parts: RingParts, keyId: string, because: string): void => {
  const owner = parts.tables.owner();
  if (owner === null || parts.tables.key(keyId)?.status !== 'active') return;
  endKey(parts, owner, keyId, 'revoked', STYTCH, because);
};
