import type { Owner } from './identity.ts';
import type { Limit } from './lease-wire.ts';
import type { KeyRecord, OwnerRecord, OwnerStanding, Rotation } from './life.ts';

/** A key as it is shown, at the Desk and in events: ids are strings, times are RFC 3339 in UTC. The key itself is not part of it. */
export const keyObject = (record: KeyRecord) => ({
  key_id: record.keyId,
  owner: ownerObject(record.owner),
  created_by: record.createdBy,
  name: record.name,
  description: record.description,
  scopes: record.scopes,
  limit: limitObject(record.limit),
  status: record.status,
  last_four: record.lastFour,
  created_at: time(record.createdAt),
  expires_at: time(record.expiresAt),
  ended_at: time(record.endedAt),
  last_used_at: time(record.lastUsedAt),
  last_used_from: record.lastSeen,
  ip_allowlist: record.ipAllowlist,
  rotation: rotationObject(record.rotation),
  // What an earlier version wrote down for a repeat does not say it.
  device_client: record.deviceClient ?? null,
});

const rotationObject = (rotation: Rotation | null) =>
  rotation === null
    ? null
    : {
        started_at: time(rotation.startedAt),
        finishes_at: time(rotation.finishesAt),
        old_secret_last_used_at: time(rotation.oldSecretLastUsedAt),
        next_last_four: rotation.nextLastFour,
      };

const limitObject = (limit: Limit | null) =>
  limit === null ? null : { requests: limit.requests, per_seconds: limit.perSeconds };

export const ownerObject = ({ kind, id, organizationId }: Owner) => ({
  kind,
  id,
  organization_id: organizationId,
});

/** What is known of an owner, as it is shown. */
export const ownerRecordObject = (record: OwnerRecord) => ({
  owner: ownerObject(record.owner),
  created_at: time(record.createdAt),
  ...limitsObject(record),
  live_keys: record.liveKeys,
  suspension:
    record.suspension === null
      ? null
      : { suspended_at: time(record.suspension.suspendedAt), reason: record.suspension.reason },
  deletion:
    record.deletion === null
      ? null
      : {
          deleted_at: time(record.deletion.deletedAt),
          kept_until: time(record.deletion.keptUntil),
        },
});

/** An owner's limits as they are shown, with what is left of them. */
export const standingObject = ({ plan, keysLimit, keys, limits }: OwnerStanding) => ({
  ...limitsObject({ plan, keysLimit }),
  keys,
  limits: limits.map(({ name, left, wholeAt, ...limit }) => ({
    ...{ name, requests: limit.requests, per_seconds: limit.perSeconds, left },
    // Not before it is so: times are to the second.
    whole_at: wholeAt === null ? null : time(wholeAt + 999),
  })),
});

/** What an owner has of his own. */
export const limitsObject = ({ plan, keysLimit }: Pick<OwnerRecord, 'plan' | 'keysLimit'>) => ({
  plan,
  keys_limit: keysLimit,
});

/** RFC 3339, to the second; null stays null. */
export function time(at: number): string;
export function time(at: number | null): string | null;
export function time(at: number | null): string | null {
  return at === null ? null : new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
