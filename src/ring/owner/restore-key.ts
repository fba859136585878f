import { isForeignClientId } from '../../model/foreign.ts';
import { ringOfClientId } from '../../model/key.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import type { RestoredKey } from '../../model/restore-wire.ts';
import { isReservedScope } from '../../model/scope.ts';
import { within } from '../../model/within.ts';
import type { RingParts } from '../parts.ts';
import { refusalOf, stytchSilent } from '../unanswered.ts';
import { isRestoring } from './restoring.ts';

/** How long a Lobby is waited for, in milliseconds. */
const LOBBY_DEADLINE_MS = 5_000;

/**
 * Takes back a key; the refusal is what of its line is wrong, or who did not answer. A tombstone is what it was. Of a
 * living one Stytch says whether it still lives: one that ended there after the export ends here, and of scopes it has
 * those that the export and Stytch both give it. No secret of it is known: the first that Stytch accepts is written down.
 */
export const restoreKey = async (
  parts: RingParts,
  key: RestoredKey,
): Promise<Result<null, Refusal | string>> => {
  const { tables, rules, ring } = parts;
  const isForeign = isForeignClientId(key.keyId, rules.realm);
  if (!isForeign && ringOfClientId(key.keyId, rules.realm) !== ring) return err('is no key of this owner');
  if (key.scopes.some(isReservedScope)) return err('has a scope that no key may have');
  if (tables.key(key.keyId) !== null) return ok(null);
  if (isForeign) {
    const claimed = await claim(parts, key.keyId);
    if (!claimed.ok) return claimed;
  }
  if (key.status !== 'active') return insert(parts, key);
  const read = await parts.stytch.getClient(key.keyId);
  if (read.outcome !== 'answered') return err(refusalOf(read));
  const client = read.value;
  const scopes = key.scopes.filter((scope) => client?.scopes.includes(scope));
  if (client?.status !== 'active' || scopes.length === 0)
    return insert(parts, { ...key, status: 'revoked', endedAt: parts.now() });
  return insert(parts, isForeign ? { ...key, scopes } : { ...key, ...named(client), scopes });
};

/** What a key of ours is called at Stytch was written there by its Ring. */
const named = ({ name, description }: { readonly name: string; readonly description: string }) => ({
  name,
  description,
});

/** Whoever has the client by now keeps it. */
const claim = async (parts: RingParts, clientId: string): Promise<Result<null, Refusal | string>> => {
  const owner = parts.tables.owner();
  if (owner === null) return err(stytchSilent(null));
  try {
    const claimed = await within(parts.lobbies(clientId).claim({ clientId, owner }), LOBBY_DEADLINE_MS);
    if (claimed === null) return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
    return claimed.id === owner.id ? ok(null) : err('is the client of another owner by now');
  } catch {
    // A Durable Object that is overloaded, moved or broken throws whatever it likes.
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  }
};

/**
 * Counters that only grow begin where no earlier one can have come to: evidence, tokens and pages from before the loss
 * are of another generation, an earlier time and another revision. Nothing is awaited from the look at the row on: while
 * Stytch was asked, the owner may have been deleted, or the restore have come to its end.
 */
const insert = (parts: RingParts, key: RestoredKey): Result<null, Refusal> => {
  const { tables, now } = parts;
  if (!isRestoring(parts)) return err({ reason: 'owner_known' });
  const seconds = Math.floor(now() / 1000);
  if (tables.key(key.keyId) !== null) return ok(null);
  const { type: _, ...row } = key;
  tables.insertKey({
    ...row,
    ...{ generation: seconds, revision: seconds, tokensFrom: seconds },
    ...{ lastSeen: null, confirmedAt: now() },
  });
  return ok(null);
};
