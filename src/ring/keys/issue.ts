import { fingerprintOf } from '../../model/fingerprint.ts';
import { mintClientId, mintSecret, spellKey } from '../../model/key.ts';
import type { IssuedKey, IssueRequest, KeyRecord } from '../../model/life.ts';
import type { NewClient } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import { intend } from '../intend.ts';
import { madeAtMark, markOf } from '../mark.ts';
import { keysLimit } from '../owner/index.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow } from '../tables/rows.ts';
import { ABANDONED_AFTER_MS, becauseOf, refusalOf, stytchSilent } from '../unanswered.ts';
import { answered, begin, repeated } from './idempotency.ts';
import { toRecord } from './record.ts';

/**
 * Makes a key: reserves a slot, has Stytch create the client under an id and a secret of our choosing, commits,
 * and only then hands out the one text that opens anything. Cut off anywhere, it leaves a row that the alarm
 * undoes at Stytch and here.
 */
export const issue = async (parts: RingParts, request: IssueRequest): Promise<Result<IssuedKey>> => {
  const { tables, rules } = parts;
  const keychain = await parts.keychain();
  const clientId = mintClientId(rules.brand, rules.environment, parts.ring, parts.randomBytes);
  const clientSecret = mintSecret(parts.randomBytes);
  const fingerprint = await fingerprintOf(keychain.current, rules.projectId, clientId, clientSecret);
  const key = await spellKey(clientId, clientSecret, keychain.current);

  // From here to the end of reserve nothing is awaited: parallel issues see each other's slots.
  const again = repeated(parts, request.idempotency);
  if (again !== null) return again;
  const limit = keysLimit(parts);
  if (tables.openKeys() + parts.importing.size >= limit) return err({ reason: 'key_limit_reached', limit });
  const row = reserve(parts, request, clientId, key.slice(-4), keychain.current.id);
  await parts.wake();

  parts.creating.add(clientId);
  try {
    const outcome = await parts.stytch.createClient(newClient(parts, request, clientId, clientSecret));
    if (tables.key(clientId)?.status !== 'creating') return err(stytchSilent(null));
    if (outcome.outcome === 'answered' && tables.deletion() !== null) {
      abandoned(parts, clientId);
      return err({ reason: 'owner_deleted' });
    }
    if (outcome.outcome === 'answered') {
      const secret = { fingerprint, clientId, pepper: keychain.current.id, tokenExpiresAt: null };
      const record = toRecord(parts, { ...row, status: 'active' }, request.owner);
      parts.storage.transactionSync(() => {
        tables.activateKey(clientId, parts.now());
        tables.putSecret({ ...secret, slot: null });
        tables.deleteIntention(clientId);
        commit(parts, request, record);
      });
      return ok({ record, key });
    }
    parts.log({ event: 'issue', key_id: clientId, outcome: outcome.outcome, because: becauseOf(outcome) });
    if (outcome.outcome === 'declined') dropped(parts, clientId);
    else abandoned(parts, clientId);
    return err(refusalOf(outcome));
  } finally {
    parts.creating.delete(clientId);
    await parts.wake();
  }
};

const reserve = (
  parts: RingParts,
  request: IssueRequest,
  clientId: string,
  lastFour: string,
  masterKey: string,
): KeyRow => {
  const now = parts.now();
  const { name, description, scopes, createdBy, expiresAt, limit, ipAllowlist } = request;
  const ages = { createdAt: now, expiresAt, endedAt: null, lastUsedAt: null, lastSeen: null };
  const row: KeyRow = {
    ...{ keyId: clientId, status: 'creating', name, description, scopes, createdBy, lastFour },
    ...{ ...ages, generation: 1, limit, masterKey, tokensFrom: null },
    ...{ ipAllowlist, deviceClient: request.deviceClient ?? null, revision: 1, confirmedAt: null },
  };
  parts.storage.transactionSync(() => {
    parts.tables.insertKey(row);
    intend(parts, clientId, 'create', { afterMs: ABANDONED_AFTER_MS });
    begin(parts, request.idempotency, clientId);
  });
  return row;
};

/** What a key that is made leaves behind: the trail, the event, and the answer to a repeat. */
const commit = (parts: RingParts, request: IssueRequest, record: KeyRecord): void => {
  const { name, scopes, expiresAt, deviceClient } = request;
  writeAudit(parts, request.author, 'key.created', record.keyId, {
    ...{ name, scopes, expires_at: expiresAt },
    ...(deviceClient === undefined ? {} : { device_client: deviceClient }),
  });
  emit(parts, 'key.created', record);
  answered(parts, request.idempotency, record);
};

const newClient = (
  parts: RingParts,
  request: IssueRequest,
  clientId: string,
  clientSecret: string,
): NewClient => ({
  clientId,
  clientSecret,
  name: request.name,
  description: request.description,
  scopes: request.scopes,
  trustedMetadata: { ...markOf(request.owner, parts.rules.ownerClaim), ...madeAtMark(parts.now()) },
});

/** Stytch said no, so there is nothing to undo. */
const dropped = (parts: RingParts, clientId: string): void =>
  parts.storage.transactionSync(() => {
    parts.tables.deleteKey(clientId);
    parts.tables.deleteIntention(clientId);
    parts.tables.forgetUnanswered(clientId);
  });

/** Nobody knows whether Stytch made it: the ledger will see to it that it has not. */
const abandoned = (parts: RingParts, clientId: string): void => {
  parts.tables.forgetUnanswered(clientId);
  intend(parts, clientId, 'create');
};
