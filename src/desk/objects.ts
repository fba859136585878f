import { ACTOR_KINDS } from '../model/audit-chain.ts';
import { OWNER_KINDS } from '../model/identity.ts';
import { KEY_STATUSES } from '../model/life.ts';
import * as z from '../model/zod.ts';

/** Times as the Desk writes them: RFC 3339 in UTC. */
const time = z.iso.datetime().check(z.meta({ description: 'RFC 3339, UTC' }));

const text = z.nullable(z.string());

export const LIMIT = z
  .strictObject({ requests: z.int().check(z.minimum(1)), per_seconds: z.int().check(z.minimum(1)) })
  .check(
    z.meta({ id: 'Limit', description: 'At most so many requests in every interval of so many seconds' }),
  );

export const OWNER = z
  .strictObject({ kind: z.enum(OWNER_KINDS), id: z.string(), organization_id: z.nullable(z.string()) })
  .check(z.meta({ id: 'Owner', description: 'Whose key it is' }));

const keyMembers = {
  key_id: z.string().check(z.meta({ description: 'Public, and the client_id of its client at Stytch' })),
  owner: OWNER,
  created_by: z.string(),
  name: z.string(),
  description: z.string(),
  scopes: z.array(z.string()),
  limit: z
    .nullable(LIMIT)
    .check(z.meta({ description: "A limit of the key's own, tighter than its owner's" })),
  status: z.enum(KEY_STATUSES),
  last_four: z.string().check(z.meta({ description: 'The last four characters of the key as it was shown' })),
  created_at: time,
  expires_at: z.nullable(time),
  ended_at: z.nullable(time),
  last_used_at: z.nullable(time),
  last_used_from: z.nullable(
    z.strictObject({ country: z.nullable(z.string()), client: z.nullable(z.string()) }),
  ),
  ip_allowlist: z.nullable(z.array(z.string())),
  rotation: z.nullable(
    z.strictObject({
      started_at: time,
      finishes_at: time,
      old_secret_last_used_at: z
        .nullable(time)
        .check(z.meta({ description: 'To a lease or so; null: not since the rotation began' })),
      next_last_four: z.string(),
    }),
  ),
  device_client: text.check(z.meta({ description: 'The device client that it was made for (RFC 8628)' })),
};

export const KEY = z.strictObject(keyMembers).check(z.meta({ id: 'Key' }));

const wholeKey = z
  .nullable(z.string())
  .check(z.meta({ description: 'The whole key, once; null where the same request was answered before' }));

/** A key in the answer that makes it. */
export const ISSUED_KEY = z.strictObject({ ...keyMembers, key: wholeKey }).check(z.meta({ id: 'IssuedKey' }));

/** A key in the answer that gives it a new secret. */
export const ROTATED_KEY = z
  .strictObject({
    ...keyMembers,
    key: wholeKey,
    effective_by: z.nullable(time).check(
      z.meta({
        description:
          'When the old secret is dead everywhere, where it was given no overlap; null while both are good',
      }),
    ),
  })
  .check(z.meta({ id: 'RotatedKey' }));

/** A key of which something ended, and when that is in force everywhere. */
export const REVOKED_KEY = z
  .strictObject({
    ...keyMembers,
    effective_by: time.check(z.meta({ description: 'When it is in force everywhere' })),
  })
  .check(z.meta({ id: 'ChangedKey' }));

/** A key's id where it is asked for. */
export const KEY_ID = z.string().check(z.maxLength(256), z.meta({ description: "A key's id" }));

const counts = {
  admitted: z.int().check(z.minimum(0), z.meta({ description: 'Requests that were let through' })),
  refused: z
    .int()
    .check(z.minimum(0), z.meta({ description: 'Requests that their credential may not make' })),
  limited: z.int().check(z.minimum(0), z.meta({ description: 'Requests over the limit' })),
};

export const USAGE = z
  .strictObject({
    key_id: z.nullable(z.string()).check(z.meta({ description: 'Null for all credentials together' })),
    from: time,
    to: time,
    by: z.enum(['hour', 'day']),
    totals: z.strictObject(counts),
    data: z.array(z.strictObject({ at: time, ...counts })),
    approximate: z.literal(true),
  })
  .check(z.meta({ id: 'Usage' }));

/** Of several keys, each on its own. */
export const KEYS_USAGE = z.strictObject({ data: z.array(USAGE) }).check(z.meta({ id: 'KeysUsage' }));

/** What `model/audit-wire.ts` makes of a row. */
export const AUDIT_ENTRY = z
  .strictObject({
    seq: z.int().check(z.minimum(1), z.meta({ description: '1, 2, 3 … without gaps' })),
    at: time,
    action: z.string(),
    actor: z.strictObject({ kind: z.enum(ACTOR_KINDS), id: text }),
    via: text.check(z.meta({ description: 'The session or the client that did it' })),
    ...{ key_id: text, address: text, country: text, request_id: text },
    details: z.record(z.string(), z.unknown()),
    master_key: z.string().check(z.meta({ description: 'The name of the key that the mac is made with' })),
    mac: z.string(),
  })
  .check(z.meta({ id: 'AuditEntry' }));

export const AUDIT_HEAD = z
  .strictObject({
    ring: z.string().check(z.meta({ description: 'The ring in the key ids of the owner' })),
    seq: z.int().check(z.minimum(0), z.meta({ description: '0 while there is no row' })),
    mac: z.string(),
    at: time,
    signed: z.string().check(z.meta({ description: 'A JWS of it' })),
  })
  .check(z.meta({ id: 'AuditHead' }));

/** A page of a list. */
export const pageOf = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({
    data: z.array(item),
    next_cursor: z.nullable(z.string()).check(z.meta({ description: 'For the next page; null on the last' })),
  });

export { time };
