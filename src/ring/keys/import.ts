import { fingerprintOf } from '../../model/fingerprint.ts';
import { isForeignClientId } from '../../model/foreign.ts';
import type { Idempotency, ImportedKey, ImportRequest } from '../../model/life.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import { closed, keysLimit } from '../owner/index.ts';
import type { RingParts } from '../parts.ts';
import { repeated } from './idempotency.ts';
import { recordOf } from './record.ts';
import { takeOver } from './take-over.ts';

/**
 * Makes a client that was made elsewhere one of the owner's keys, for who shows its secret: unless somebody has it. Cut
 * off anywhere, it leaves at most a claim of this owner's, from which a repeat goes on.
 */
export const importClient = async (
  parts: RingParts,
  request: ImportRequest,
): Promise<Result<ImportedKey>> => {
  const { clientId, clientSecret } = request;
  const wrong = notImportable(parts, clientId);
  if (wrong !== null) return err(wrong);
  const { current } = await parts.keychain();
  const fingerprint = await fingerprintOf(current, parts.rules.projectId, clientId, clientSecret);
  const idempotency = withSecret(request.idempotency, fingerprint);

  // From here to the reservation nothing is awaited: parallel imports see each other.
  const known = alreadyKnown(parts, request, idempotency);
  if (known !== null) return known;
  parts.importing.set(clientId, idempotency);
  try {
    const credential = { kind: 'secret', clientId, fingerprint, pepper: current.id } as const;
    const taken = await takeOver(parts, { ...request, idempotency }, credential);
    return taken.ok ? ok({ record: taken.value, made: true }) : taken;
  } finally {
    parts.importing.delete(clientId);
    await parts.wake();
  }
};

const notImportable = ({ rules }: RingParts, clientId: string): Refusal | null => {
  if (rules.foreignClients === 'off') return { reason: 'not_configured', setting: 'foreignClients' };
  if (!isForeignClientId(clientId, rules.realm)) return badId(NOT_FOREIGN);
  return rules.operators.has(clientId) ? badId('is an operator: it may not be the key of a user') : null;
};

const NOT_FOREIGN = 'must be the id of a client that was not made here';

const badId = (detail: string): Refusal => ({
  reason: 'request_invalid',
  errors: [{ pointer: '/client_id', detail }],
});

/** The secret is part of what is asked; what is written down of it is the name that it has everywhere. */
const withSecret = (idempotency: Idempotency | null, fingerprint: string): Idempotency | null =>
  idempotency === null ? null : { ...idempotency, request: `${idempotency.request} ${fingerprint}` };

/** The answer that needs nobody's proof: to a repeat, or why there is nothing to be taken over. */
const alreadyKnown = (
  parts: RingParts,
  { clientId, owner }: ImportRequest,
  idempotency: Idempotency | null,
): Result<ImportedKey> | null => {
  const { tables, importing } = parts;
  const refusal = closed(parts) ?? underWay(parts, clientId, idempotency);
  if (refusal !== null) return err(refusal);
  const again = repeated(parts, idempotency);
  if (again !== null) return again.ok ? ok({ record: again.value.record, made: true }) : again;
  const present = tables.key(clientId);
  if (present !== null) {
    const record = recordOf(parts, clientId, owner);
    // What ended here ends at Stytch: its secret proves nothing any more.
    if (record === null || present.status !== 'active') return err({ reason: 'client_not_proven' });
    return ok({ record, made: false });
  }
  const limit = keysLimit(parts);
  return tables.openKeys() + importing.size >= limit ? err({ reason: 'key_limit_reached', limit }) : null;
};

/** Imports are under way in memory alone: one that a crash cut off may be asked for again at once. */
const underWay = (
  { importing }: RingParts,
  clientId: string,
  idempotency: Idempotency | null,
): Refusal | null => {
  const same = [...importing.values()].find((each) => each?.name === idempotency?.name);
  if (idempotency === null || same === null || same === undefined)
    return importing.has(clientId) ? { reason: 'conflict' } : null;
  return {
    reason: same.request === idempotency.request ? 'idempotency_key_in_use' : 'idempotency_key_reused',
  };
};
