// A key's life between birth and death, as the Desk asks it of a Ring: plain data, times in milliseconds since the epoch.

import type { Asker } from './asker.ts';
import type { ChainedEntry } from './audit-chain.ts';
import type { Author } from './author.ts';
import type { Owner } from './identity.ts';
import type { Limit, LimitName } from './lease-wire.ts';

/** Longest overlap of a rotation's two secrets, in seconds: 30 days. */
export const MAX_OVERLAP_SECONDS = 30 * 86_400;

/** A request that may be sent twice and is done once (draft-ietf-httpapi-idempotency-key-header). */
export interface Idempotency {
  /** Hash over who asks, what for, and the header's value. */
  readonly name: string;
  /** Hash over what is asked: another one under the same name is refused. */
  readonly request: string;
}

/** A rotation under way: two secrets are good until it is finished or cancelled. */
export interface Rotation {
  readonly startedAt: number;
  /** When the old secret ends by itself. */
  readonly finishesAt: number;
  /** When the old secret last let somebody in; null for not since the rotation began. */
  readonly oldSecretLastUsedAt: number | null;
  /** Of the key as it was shown when the rotation began. */
  readonly nextLastFour: string;
}

export interface RotateRequest {
  readonly owner: Owner;
  readonly keyId: string;
  /** For how long both secrets are good, 0 to `MAX_OVERLAP_SECONDS`. */
  readonly overlapSeconds: number;
  readonly idempotency: Idempotency | null;
  readonly author: Author;
}

/** A key as it was issued or rotated; the only answer that ever carries a whole key. */
export interface IssuedKey {
  readonly record: KeyRecord;
  /** Null when the same request was answered before: a secret is delivered once. */
  readonly key: string | null;
}

/** What of a key is to become what; absent stays as it is. */
export interface KeyPatch {
  readonly name?: string;
  readonly description?: string;
  readonly scopes?: readonly string[];
  /** A limit of the key's own, tighter than its owner's; null for none. */
  readonly limit?: Limit | null;
  readonly expiresAt?: number | null;
  /** Addresses and CIDR blocks that alone may use the key; null for any. */
  readonly ipAllowlist?: readonly string[] | null;
}

export interface ChangeRequest {
  readonly owner: Owner;
  readonly keyId: string;
  readonly patch: KeyPatch;
  /** The revision that the change was made for (RFC 9110 §13.1.1); null for whatever there is. */
  readonly revision: number | null;
  readonly author: Author;
}

/** What somebody presents who wants a key ended: its fingerprints under every pepper in use. */
export interface EndReport {
  readonly clientId: string;
  readonly fingerprints: readonly string[];
  /** Of whom alone it may be; null for who found it, who need not be anybody. */
  readonly by: Asker | null;
  /** Where it was found, as far as it was told; shown to the owner. */
  readonly source: string | null;
  readonly author: Author;
}

/** What of what was presented was ended: the key, one secret of a rotation, or nothing because it was dead already. */
export const END_OUTCOMES = ['key', 'old_secret', 'next_secret', 'nothing'] as const;
export type EndOutcome = (typeof END_OUTCOMES)[number];

export interface UsageQuery {
  readonly owner: Owner;
  /** Null for all of the owner's credentials. */
  readonly keyId: string | null;
  readonly from: number;
  readonly to: number;
  readonly by: 'hour' | 'day';
}

/** Requests in one hour or one UTC day. */
export interface UsageBucket {
  readonly at: number;
  readonly admitted: number;
  readonly refused: number;
  readonly limited: number;
}

/** How many keys' use is told at once, at the most. */
export const MAX_USAGE_KEYS = 100;

export interface KeysUsageQuery extends Omit<UsageQuery, 'keyId'> {
  /** At most `MAX_USAGE_KEYS`. */
  readonly keyIds: readonly string[];
}

/** What one key was used, oldest first; buckets without any use are left out. */
export interface KeyUsage {
  readonly keyId: string;
  readonly buckets: readonly UsageBucket[];
}

/** Use over a range, with a bucket for each hour or day of it. Times in milliseconds. */
export interface UsageReport {
  readonly from: number;
  readonly to: number;
  readonly by: UsageQuery['by'];
  readonly buckets: readonly UsageBucket[];
}

/** The same of one key among several. */
export interface KeyUsageReport extends UsageReport {
  readonly keyId: string;
}

/** What became of requests. */
export type UsageCounts = Omit<UsageBucket, 'at'>;

/** What several times add up to. */
export const totalsOf = (all: readonly UsageCounts[]): UsageCounts => {
  const sum = (outcome: keyof UsageCounts) => all.reduce((total, counts) => total + counts[outcome], 0);
  return { admitted: sum('admitted'), refused: sum('refused'), limited: sum('limited') };
};

/** All requests of a time, whatever became of them. */
export const requestsIn = ({ admitted, refused, limited }: UsageCounts): number =>
  admitted + refused + limited;

/** Which rows of an audit trail: newest first. */
export interface AuditQuery {
  readonly owner: Owner;
  readonly keyId: string | null;
  readonly action: string | null;
  readonly actorId: string | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly limit: number;
  /** Rows before this one; null for the newest. */
  readonly before: number | null;
}

export interface AuditPage {
  readonly entries: readonly ChainedEntry[];
  /** `before` of the next page; null on the last. */
  readonly next: number | null;
}

/** The end of an audit trail: who keeps it elsewhere can tell later that nothing before it was altered. */
export interface AuditHead {
  readonly ring: string;
  /** 0 when there is no row yet. */
  readonly seq: number;
  readonly mac: string;
}

/** What is known of an owner as such. */
export interface OwnerRecord {
  readonly owner: Owner;
  /** Null where Latchkey never had anything to remember. */
  readonly createdAt: number | null;
  readonly plan: string | null;
  /** Of live keys; null for the operator's file's. */
  readonly keysLimit: number | null;
  readonly suspension: Suspension | null;
  /** When the owner's data was deleted; what is left goes at `keptUntil`. */
  readonly deletion: { readonly deletedAt: number; readonly keptUntil: number } | null;
  readonly liveKeys: number;
}

export interface Suspension {
  readonly suspendedAt: number;
  readonly reason: string;
}

/** Absent stays as it is. */
export interface OwnerLimits {
  readonly plan?: string | null;
  readonly keysLimit?: number | null;
}

/** An owner's limits, and what is left of them. */
export interface OwnerStanding extends Pick<OwnerRecord, 'plan' | 'keysLimit'> {
  /** How many keys he may have, and how many hold a slot. */
  readonly keys: { readonly limit: number; readonly used: number };
  /** The owner's first; a key's own where one was asked for that has one. */
  readonly limits: readonly LimitStanding[];
}

/** One limit, and what is left of it now: units that are out on lease count as spent. */
export interface LimitStanding extends Limit {
  readonly name: LimitName;
  readonly left: number;
  /** When all of it is left again at the latest, if nobody takes any; null when it is. */
  readonly wholeAt: number | null;
}

/** A client that was made at Stytch or elsewhere, and is to become one of an owner's keys. */
export interface ImportRequest {
  readonly owner: Owner;
  readonly clientId: string;
  /** Crosses through memory only, from the request to Stytch. */
  readonly clientSecret: string;
  /** Null: as Stytch has it. */
  readonly name: string | null;
  readonly description: string | null;
  readonly idempotency: Idempotency | null;
  readonly author: Author;
}

/** A client as one of its owner's keys. */
export interface ImportedKey {
  readonly record: KeyRecord;
  /** Whether this import made it one; false where it was one before. */
  readonly made: boolean;
}

/** One line of an export of all that is kept of an owner. */
export type ExportLine = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ExportPage {
  readonly lines: readonly ExportLine[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
}

/** A client as a reconciliation found it at Stytch: of our grammar, or made elsewhere and claimed here. */
export interface ClientAtStytch {
  readonly clientId: string;
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly status: 'active' | 'inactive';
  /** Whether it carries our mark. */
  readonly marked: boolean;
  /** When the mark says it was made; null where it does not. Milliseconds. */
  readonly madeAt: number | null;
  /** Whose it is by what stands at Stytch; null where that names nobody. */
  readonly ownerId: string | null;
}

/**
 * What is made of a client at Stytch. `orphan`: no Ring knows it, it goes. `young`: not known, but perhaps only not yet.
 * `unmarked`: not known, and not made by us though its id looks so: left alone. `ended`: dead here, it goes at Stytch
 * too. `deactivated`: revoked here now. `drifted`: Stytch is told again. `foreign`: none of ours.
 */
export const RECONCILED = [
  'same',
  'young',
  'orphan',
  'unmarked',
  'ended',
  'deactivated',
  'drifted',
  'foreign',
] as const;
export type Reconciled = (typeof RECONCILED)[number];

/** What is made of a client, and of a living key besides the master keys without which it, or a secret of it, is refused. */
export interface ReconciledKey {
  readonly found: Reconciled;
  readonly masterKeys: readonly string[];
}

/** What Latchkey tells the operator's URL of (Standard Webhooks). */
export const EVENT_TYPES = [
  'key.created',
  'key.rotated',
  'key.revoked',
  'key.leaked',
  'key.expiring',
  'key.unused',
  'quota.reached',
  'owner.suspended',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** An event that waits for the operator's URL to take it. */
export interface OutboxEvent {
  readonly id: string;
  readonly type: EventType;
  readonly at: number;
  /** JSON, as it is sent. No secret is in it. */
  readonly body: string;
}

/** A key's record, with times in milliseconds since the epoch. */
export interface KeyRecord {
  readonly keyId: string;
  readonly owner: Owner;
  readonly createdBy: string;
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly limit: Limit | null;
  readonly status: KeyStatus;
  readonly lastFour: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly endedAt: number | null;
  readonly lastUsedAt: number | null;
  readonly lastSeen: Seen | null;
  readonly ipAllowlist: readonly string[] | null;
  readonly rotation: Rotation | null;
  /** The device client that it was made for (RFC 8628); null for every other key. */
  readonly deviceClient: string | null;
  /** Counts the changes of what can be changed: what an entity-tag is made of. */
  readonly revision: number;
}

/** `rotating` is an active key with two secrets. */
export const KEY_STATUSES = ['active', 'rotating', 'revoked', 'expired'] as const;

export type KeyStatus = (typeof KEY_STATUSES)[number];

/** What is shown of a key's last use. */
export interface Seen {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** The family of the client, such as `curl`. */
  readonly client: string | null;
}

/** In which order keys are listed: newest first, last used first, soonest to end first, A to Z. What is never, goes last. */
export const KEY_SORTS = ['created', 'used', 'expires', 'name'] as const;

export type KeySort = (typeof KEY_SORTS)[number];

/** The longest text that keys are searched by, in characters. */
export const MAX_SEARCH = 100;

/** The last key of a page: where it stands in the order of the list, and which it is. */
export interface PagePosition {
  readonly place: number | string;
  readonly keyId: string;
}

export interface KeyPage {
  readonly records: readonly KeyRecord[];
  readonly next: PagePosition | null;
}

export interface ListRequest {
  readonly owner: Owner;
  /** Null lists every key, the ended ones too. `active` are those with two secrets as well. */
  readonly status: KeyStatus | null;
  /** What the name, the description, the id or the last four characters must have in them, in whatever case; null for all. */
  readonly search?: string | null;
  /** The scope that a key must have; null for any. */
  readonly scope?: string | null;
  /** Default: `created`. */
  readonly sort?: KeySort;
  readonly limit: number;
  /** Where the last page ended, or null for the first. */
  readonly after: PagePosition | null;
}

export interface IssueRequest {
  readonly owner: Owner;
  readonly createdBy: string;
  readonly author: Author;
  readonly idempotency: Idempotency | null;
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch, or null for a key without end. */
  readonly expiresAt: number | null;
  /** A limit of the key's own; null for its owner's alone. */
  readonly limit: Limit | null;
  /** Addresses and CIDR blocks that alone may use the key; null for any. */
  readonly ipAllowlist: readonly string[] | null;
  /** The device client that it is for; absent for a key that is asked for by hand. */
  readonly deviceClient?: string;
}

/** A client that was made at Stytch or elsewhere, and is to be one of an owner's keys. */
export interface AdoptedClient {
  /** Never of our grammar: of those the Ring knows all there are. */
  readonly clientId: string;
  readonly createdBy: string;
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch, or null for a client without end. */
  readonly expiresAt: number | null;
  readonly limit: Limit | null;
}
