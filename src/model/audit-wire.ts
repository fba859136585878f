import { ACTOR_KINDS, type AuditActor, type ChainedEntry, type ChainHead } from './audit-chain.ts';
import * as z from './zod.ts';

/** A row of an audit trail as it is shown and exported. Times are RFC 3339, UTC, with milliseconds. */
export interface AuditObject {
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly actor: AuditActor;
  readonly via: string | null;
  readonly key_id: string | null;
  readonly address: string | null;
  readonly country: string | null;
  readonly request_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly master_key: string;
  readonly mac: string;
}

/** A row for a page or a line; the line of an export has `type: 'audit'` besides. */
export const auditObject = (entry: ChainedEntry): AuditObject => ({
  seq: entry.seq,
  at: new Date(entry.at).toISOString(),
  action: entry.action,
  actor: { kind: entry.actor.kind, id: entry.actor.id },
  via: entry.via,
  key_id: entry.keyId,
  address: entry.address,
  country: entry.country,
  request_id: entry.requestId,
  details: entry.details,
  master_key: entry.masterKey,
  mac: entry.mac,
});

/**
 * Reads what `auditObject` made, with or without the `type` of a line; null for everything else. A member more is
 * refused: no mac covers it.
 */
export const readAuditObject = (value: unknown): ChainedEntry | null => {
  const { success, data: row } = ROW.safeParse(value);
  if (!success) return null;
  return {
    ...{ seq: row.seq, at: Date.parse(row.at), action: row.action, actor: row.actor },
    ...{ via: row.via, keyId: row.key_id, address: row.address, country: row.country },
    ...{ requestId: row.request_id, details: row.details, masterKey: row.master_key, mac: row.mac },
  };
};

/** Reads the line that says which row was the last to be pruned, `type: 'audit_anchor'`; null for everything else. */
export const readAuditAnchor = (value: unknown): ChainHead | null => {
  const { success, data } = ANCHOR.safeParse(value);
  return success ? { seq: data.seq, mac: data.mac } : null;
};

/** Reads an exported head, whatever else it says; null for what is none. */
export const readAuditHead = (value: unknown): (ChainHead & { readonly ring: string }) | null =>
  HEAD.safeParse(value).data ?? null;

/** Deeper details are none of ours, and would overflow the stack. */
const MAX_DEPTH = 16;

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1)));

/** One spelling of each time: two would be one and the same to the mac. */
const isTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString() === text;

const seq = z.int().check(z.minimum(1));
const mac = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));
const text = z.nullable(z.string());

const ROW = z.strictObject({
  type: z.optional(z.literal('audit')),
  seq,
  at: z.string().check(z.refine(isTime)),
  action: z.string(),
  actor: z.strictObject({ kind: z.enum(ACTOR_KINDS), id: text }),
  ...{ via: text, key_id: text, address: text, country: text, request_id: text },
  // As it is: a schema would copy it, and lose a member named __proto__.
  details: z.custom<ChainedEntry['details']>((value) => isPlain(value) && !isDeeper(value, MAX_DEPTH)),
  master_key: z.string(),
  mac,
});

const ANCHOR = z.strictObject({ type: z.literal('audit_anchor'), seq, mac });
const HEAD = z.object({ ring: z.string(), seq, mac });
