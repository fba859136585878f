import type { Idempotency, IssuedKey, KeyRecord } from '../../model/life.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { RingParts } from '../parts.ts';

/** For how long a request can be repeated, in milliseconds: a day. */
const KEPT_MS = 24 * 3_600_000;

/**
 * The answer to a request that was sent before, or why there is none; null for a request that is new. What a crash cut
 * off may be asked again as soon as the ledger has undone it.
 */
export const repeated = (parts: RingParts, idempotency: Idempotency | null): Result<IssuedKey> | null => {
  if (idempotency === null) return null;
  const now = parts.now();
  parts.tables.sweepIdempotency(now);
  const held = parts.tables.idempotency(idempotency.name);
  if (held === null) return null;
  if (held.request !== idempotency.request) return err({ reason: 'idempotency_key_reused' });
  if (held.answer === null) return err({ reason: 'idempotency_key_in_use' });
  return ok({ record: JSON.parse(held.answer) as KeyRecord, key: null });
};

/** Writes down that a request has begun. */
export const begin = (parts: RingParts, idempotency: Idempotency | null, clientId: string): void => {
  if (idempotency === null) return;
  parts.tables.putIdempotency({
    ...idempotency,
    clientId,
    answer: null,
    expiresAt: parts.now() + KEPT_MS,
  });
};

/** Writes down what was answered, in the transaction that makes it true. The secret is no part of it. */
export const answered = (parts: RingParts, idempotency: Idempotency | null, record: KeyRecord): void => {
  if (idempotency === null) return;
  const expiresAt = parts.now() + KEPT_MS;
  parts.tables.putIdempotency({
    ...idempotency,
    clientId: record.keyId,
    answer: JSON.stringify(record),
    expiresAt,
  });
};
