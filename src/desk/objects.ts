import * as z from 'zod';
import { ACTOR_KINDS } from '../model/audit-chain.ts';
import { OWNER_KINDS } from '../model/identity.ts';
import { KEY_STATUSES } from '../model/life.ts';

/** Times as the Desk writes them: RFC 3339 in UTC. */
const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });

const text = z.string().nullable();

export const LIMIT = z
  .strictObject({ requests: z.int().min(1), per_seconds: z.int().min(1) })
  .meta({ id: 'Limit', description: 'At most so many requests in every interval of so many seconds' });

export const OWNER = z
  .strictObject({ kind: z.enum(OWNER_KINDS), id: z.string(), organization_id: z.string().nullable() })
  .meta({ id: 'Owner', description: 'Whose key it is' });

const keyMembers = {
  key_id: z.string().meta({ description: 'Public, and the client_id of its client at Stytch' }),
  owner: OWNER,
  created_by: z.string(),
  name: z.string(),
  description: z.string(),
  scopes: z.array(z.string()),
  limit: LIMIT.nullable().meta({ description: "A limit of the key's own, tighter than its owner's" }),
  status: z.enum(KEY_STATUSES),
  last_four: z.string().meta({ description: 'The last four characters of the key as it was shown' }),
  created_at: time,
  expires_at: time.nullable(),
  ended_at: time.nullable(),
  last_used_at: time.nullable(),
  last_used_from: z
    .strictObject({ country: z.string().nullable(), client: z.string().nullable() })
    .nullable(),
  ip_allowlist: z.array(z.string()).nullable(),
  rotation: z
    .strictObject({
      started_at: time,
      finishes_at: time,
      old_secret_last_used_at: time
        .nullable()
        .meta({ description: 'To a lease or so; null: not since the rotation began' }),
      next_last_four: z.string(),
    })
    .nullable(),
  device_client: text.meta({ description: 'The device client that it was made for (RFC 8628)' }),
};

export const KEY = z.strictObject(keyMembers).meta({ id: 'Key' });

const wholeKey = z
  .string()
  .nullable()
  .meta({ description: 'The whole key, once; null where the same request was answered before' });

/** A key in the answer that makes it. */
export const ISSUED_KEY = z.strictObject({ ...keyMembers, key: wholeKey }).meta({ id: 'IssuedKey' });

/** A key in the answer that gives it a new secret. */
export const ROTATED_KEY = z
  .strictObject({
    ...keyMembers,
    key: wholeKey,
    effective_by: time.nullable().meta({
      description:
        'When the old secret is dead everywhere, where it was given no overlap; null while both are good',
    }),
  })
  .meta({ id: 'RotatedKey' });

/** A key of which something ended, and when that is in force everywhere. */
export const REVOKED_KEY = z
  .strictObject({ ...keyMembers, effective_by: time.meta({ description: 'When it is in force everywhere' }) })
  .meta({ id: 'ChangedKey' });

/** A key's id where it is asked for. */
export const KEY_ID = z.string().max(256).meta({ description: "A key's id" });

const counts = {
  admitted: z.int().min(0).meta({ description: 'Requests that were let through' }),
  refused: z.int().min(0).meta({ description: 'Requests that their credential may not make' }),
  limited: z.int().min(0).meta({ description: 'Requests over the limit' }),
};

export const USAGE = z
  .strictObject({
    key_id: z.string().nullable().meta({ description: 'Null for all credentials together' }),
    from: time,
    to: time,
    by: z.enum(['hour', 'day']),
    totals: z.strictObject(counts),
    data: z.array(z.strictObject({ at: time, ...counts })),
    approximate: z.literal(true),
  })
  .meta({ id: 'Usage' });

/** Of several keys, each on its own. */
export const KEYS_USAGE = z.strictObject({ data: z.array(USAGE) }).meta({ id: 'KeysUsage' });

/** What `model/audit-wire.ts` makes of a row. */
export const AUDIT_ENTRY = z
  .strictObject({
    seq: z.int().min(1).meta({ description: '1, 2, 3 … without gaps' }),
    at: time,
    action: z.string(),
    actor: z.strictObject({ kind: z.enum(ACTOR_KINDS), id: text }),
    via: text.meta({ description: 'The session or the client that did it' }),
    ...{ key_id: text, address: text, country: text, request_id: text },
    details: z.record(z.string(), z.unknown()),
    master_key: z.string().meta({ description: 'The name of the key that the mac is made with' }),
    mac: z.string(),
  })
  .meta({ id: 'AuditEntry' });

export const AUDIT_HEAD = z
  .strictObject({
    ring: z.string().meta({ description: 'The ring in the key ids of the owner' }),
    seq: z.int().min(0).meta({ description: '0 while there is no row' }),
    mac: z.string(),
    at: time,
    signed: z.string().meta({ description: 'A JWS of it' }),
  })
  .meta({ id: 'AuditHead' });

/** A page of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    data: z.array(item),
    next_cursor: z.string().nullable().meta({ description: 'For the next page; null on the last' }),
  });

export { time };
