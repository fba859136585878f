import { ringOfClientId } from '../../model/key.ts';
import type { ClientAtStytch, Reconciled, ReconciledKey } from '../../model/life.ts';
import { intend } from '../intend.ts';
import { isRestoring } from '../owner/restoring.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow } from '../tables/rows.ts';
import { endAtStytch } from './confirm.ts';

/** A client that no Ring knows is left alone for this long after it was made, in milliseconds. */
const YOUNG_MS = 900_000;

/**
 * What the Ring makes of clients at Stytch, and what follows from it, in one step; a dry run has no consequences. Orphans
 * are not the Ring's to remove: one that knows nothing writes nothing down.
 */
export const reconcile = (
  parts: RingParts,
  clients: readonly ClientAtStytch[],
  dryRun: boolean,
): readonly ReconciledKey[] =>
  clients.map((client) => {
    const row = parts.tables.key(client.clientId);
    const isOurs = ringOfClientId(client.clientId, parts.rules.realm) === parts.ring;
    const found = isOurs ? madeHere(parts, client, row) : madeElsewhere(client, row);
    const masterKeys = row?.status === 'active' && isOurs ? masterKeysOf(parts, row) : [];
    if (!dryRun) follow(parts, client, found);
    return { found, masterKeys };
  });

/**
 * The master keys that a key's tags need. While there are two secrets, those of their peppers too: without these the Ring
 * cannot tell which of the two is presented.
 */
const masterKeysOf = ({ tables }: RingParts, { keyId, masterKey }: KeyRow): readonly string[] => {
  const rotation = tables.rotation(keyId);
  if (rotation === null) return [masterKey];
  const peppers = tables.secrets(keyId).map(({ pepper }) => pepper);
  return [...new Set([masterKey, rotation.nextMasterKey, ...peppers])];
};

/** What was made elsewhere is changed and deleted there: here it can only end. */
const madeElsewhere = ({ status }: ClientAtStytch, row: KeyRow | null): Reconciled => {
  if (row === null || row.status !== 'active') return 'foreign';
  return status === 'inactive' ? 'deactivated' : 'same';
};

const madeHere = (parts: RingParts, client: ClientAtStytch, row: KeyRow | null): Reconciled => {
  switch (row?.status) {
    case 'active':
      return living(parts, client, row);
    case 'revoked':
    case 'expired':
      return 'ended';
    // Reserved or unknown: nobody was ever shown a key for it.
    default:
      // While the Ring is being restored, its keys are still to come.
      if (parts.creating.has(client.clientId) || isRestoring(parts)) return 'young';
      if (!client.marked) return 'unmarked';
      return isYoung(client, parts.now()) ? 'young' : 'orphan';
  }
};

/** A time to come, but for what clocks differ, is as good as none: nothing stays young by it. */
const isYoung = ({ madeAt }: ClientAtStytch, now: number): boolean =>
  madeAt !== null && Math.abs(now - madeAt) < YOUNG_MS;

const living = (parts: RingParts, client: ClientAtStytch, row: KeyRow): Reconciled => {
  if (client.status === 'inactive') return 'deactivated';
  const isBeingTold = parts.changing.has(row.keyId) || parts.tables.intention(row.keyId) !== null;
  return isBeingTold || isAsItMustBe(parts, client, row) ? 'same' : 'drifted';
};

/** Scopes are a set: in which order Stytch gives them does not matter. */
const isAsItMustBe = ({ tables }: RingParts, client: ClientAtStytch, row: KeyRow): boolean =>
  client.name === row.name &&
  client.description === row.description &&
  client.scopes.length === row.scopes.length &&
  client.scopes.every((scope) => row.scopes.includes(scope)) &&
  client.marked &&
  client.ownerId === tables.owner()?.id;

const follow = (parts: RingParts, { clientId, status }: ClientAtStytch, found: Reconciled): void => {
  const now = parts.now();
  if (found === 'deactivated') endAtStytch(parts, clientId, 'deactivated at Stytch');
  if (found === 'drifted') intend(parts, clientId, 'update');
  // Whoever has it on his list already is not told twice, nor sooner.
  if (found === 'ended' && parts.tables.intention(clientId)?.kind !== 'delete')
    intend(parts, clientId, 'delete');
  if ((found === 'same' || found === 'drifted') && status === 'active') parts.tables.confirm(clientId, now);
};
