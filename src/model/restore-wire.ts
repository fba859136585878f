import { isAddressRange } from './address.ts';
import type { ChainedEntry, ChainHead } from './audit-chain.ts';
import { readAuditAnchor, readAuditObject } from './audit-wire.ts';
import { OWNER_KINDS, type Owner } from './identity.ts';
import type { Limit } from './lease-wire.ts';
import type { Suspension } from './life.ts';
import * as z from './zod.ts';

/** The parts of a restore, in their order: who he is; his trail and his keys, in as many steps as they take; the end. */
export const RESTORE_STEPS = ['begin', 'lines', 'end'] as const;
export type RestoreStep = (typeof RESTORE_STEPS)[number];

/** What an export says of an owner as such. Times in milliseconds. */
export interface RestoredOwner {
  readonly type: 'owner';
  readonly ring: string;
  readonly owner: Owner;
  readonly createdAt: number | null;
  readonly plan: string | null;
  readonly keysLimit: number | null;
  readonly suspension: Suspension | null;
  readonly deletion: { readonly deletedAt: number; readonly keptUntil: number } | null;
}

/** What an export says of a key. Times in milliseconds. */
export interface RestoredKey {
  readonly type: 'key';
  readonly keyId: string;
  readonly status: 'active' | 'revoked' | 'expired';
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly endedAt: number | null;
  readonly lastUsedAt: number | null;
  readonly lastFour: string;
  readonly limit: Limit | null;
  readonly ipAllowlist: readonly string[] | null;
  readonly deviceClient: string | null;
  readonly masterKey: string;
}

/** A line of an export, as far as a Ring takes it back. */
export type RestoredLine =
  | RestoredOwner
  | RestoredKey
  | { readonly type: 'audit_anchor'; readonly anchor: ChainHead }
  | { readonly type: 'audit'; readonly entry: ChainedEntry }
  | { readonly type: 'end'; readonly head: ChainHead };

/** Reads a line of an export; null for one that is none, or that no Ring takes back. */
export const readRestoredLine = (value: unknown): RestoredLine | null => {
  switch ((value as { readonly type?: unknown } | null)?.type) {
    case 'owner':
      return readOwner(value);
    case 'key':
      return readKey(value);
    case 'audit': {
      const entry = readAuditObject(value);
      return entry === null ? null : { type: 'audit', entry };
    }
    case 'audit_anchor': {
      const anchor = readAuditAnchor(value);
      return anchor === null ? null : { type: 'audit_anchor', anchor };
    }
    case 'end': {
      const end = END.safeParse(value).data;
      return end === undefined ? null : { type: 'end', head: end.audit_head };
    }
    default:
      return null;
  }
};

const readOwner = (value: unknown): RestoredOwner | null => {
  const row = OWNER.safeParse(value).data;
  if (row === undefined) return null;
  const { suspension, deletion } = row;
  return {
    ...{ type: 'owner', ring: row.ring, createdAt: at(row.created_at), plan: row.plan },
    keysLimit: row.keys_limit,
    owner: { kind: row.owner.kind, id: row.owner.id, organizationId: row.owner.organization_id },
    suspension:
      suspension === null
        ? null
        : { suspendedAt: Date.parse(suspension.suspended_at), reason: suspension.reason },
    deletion:
      deletion === null
        ? null
        : { deletedAt: Date.parse(deletion.deleted_at), keptUntil: Date.parse(deletion.kept_until) },
  };
};

const readKey = (value: unknown): RestoredKey | null => {
  const row = KEY.safeParse(value).data;
  if (row === undefined) return null;
  return {
    ...{ type: 'key', keyId: row.key_id, status: row.status === 'rotating' ? 'active' : row.status },
    ...{ name: row.name, description: row.description, scopes: row.scopes, createdBy: row.created_by },
    ...{ createdAt: Date.parse(row.created_at), expiresAt: at(row.expires_at), endedAt: at(row.ended_at) },
    ...{ lastUsedAt: at(row.last_used_at), lastFour: row.last_four, ipAllowlist: row.ip_allowlist },
    ...{ deviceClient: row.device_client, masterKey: row.master_key },
    limit: row.limit === null ? null : { requests: row.limit.requests, perSeconds: row.limit.per_seconds },
  };
};

const at = (time: string | null): number | null => (time === null ? null : Date.parse(time));

const time = z.iso.datetime();
const count = z.int().check(z.minimum(1));
const texts = z.array(z.string());

const OWNER = z.object({
  ring: z.string(),
  owner: z.object({ kind: z.enum(OWNER_KINDS), id: z.string(), organization_id: z.nullable(z.string()) }),
  created_at: z.nullable(time),
  plan: z.nullable(z.string()),
  keys_limit: z.nullable(z.int().check(z.minimum(0))),
  suspension: z.nullable(z.object({ suspended_at: time, reason: z.string() })),
  deletion: z.nullable(z.object({ deleted_at: time, kept_until: time })),
});

const KEY = z.object({
  key_id: z.string(),
  status: z.enum(['active', 'rotating', 'revoked', 'expired']),
  ...{ name: z.string(), description: z.string(), scopes: texts, created_by: z.string() },
  ...{ created_at: time, expires_at: z.nullable(time), ended_at: z.nullable(time) },
  ...{ last_used_at: z.nullable(time), last_four: z.string() },
  limit: z.nullable(z.object({ requests: count, per_seconds: count })),
  // A range that is none holds nobody: the key would be refused from everywhere.
  ip_allowlist: z.nullable(z.array(z.string().check(z.refine(isAddressRange)))),
  device_client: z.nullable(z.string()),
  master_key: z.string(),
});

const END = z.object({ audit_head: z.object({ seq: z.int().check(z.minimum(0)), mac: z.string() }) });
