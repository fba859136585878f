import type { Limit } from '../../model/lease-wire.ts';
import type { KeyRecord, OutboxEvent, PagePosition, Seen } from '../../model/life.ts';

export type Row = Record<string, SqlStorageValue>;

/** A key's row. `creating`: reserved, and Stytch has not confirmed its client yet; nobody has seen the key. */
export interface KeyRow extends Omit<KeyRecord, 'status' | 'owner' | 'rotation'> {
  readonly status: 'creating' | 'active' | 'revoked' | 'expired';
  /** Counts what makes older evidence worthless: scopes, secrets or standing changed. */
  readonly generation: number;
  /** The master key that tagged it; empty for a client that was made elsewhere. */
  readonly masterKey: string;
  /** Tokens made until then are refused: the secret that opened them was rotated out. NumericDate, seconds; null for none. */
  readonly tokensFrom: number | null;
  /** When Stytch was last seen to have its client; milliseconds since the epoch. */
  readonly confirmedAt: number | null;
}

/** A key in a list, with what it is ordered by there. One that is being made is in none. */
export type ListedRow = KeyRow &
  Pick<PagePosition, 'place'> & { readonly status: Exclude<KeyRow['status'], 'creating'> };

/** What of a key can be changed. */
export type KeyChange = Pick<
  KeyRow,
  'name' | 'description' | 'scopes' | 'limit' | 'expiresAt' | 'ipAllowlist'
>;

/** A rotation, or what is left to be done about one. */
export interface RotationRow {
  readonly clientId: string;
  /**
   * `starting`: Stytch is being asked for a second secret. `open`: both are good. `finishing` and `cancelling`: one of
   * them is dead here, and Stytch has to be told. `undoing`: Stytch may have made a secret that nobody knows.
   */
  readonly status: 'starting' | 'open' | 'finishing' | 'cancelling' | 'undoing';
  readonly startedAt: number;
  readonly finishesAt: number;
  readonly nextLastFour: string;
  /** The master key that tagged the next key; empty until there is one. */
  readonly nextMasterKey: string;
  readonly attempts: number;
  readonly dueAt: number;
  /** The Vault's entries to forget when it is done. */
  readonly fingerprints: readonly string[];
}

/** A request with an Idempotency-Key; `answer` is null until it is done. */
export interface IdempotencyRow {
  readonly name: string;
  readonly request: string;
  readonly clientId: string;
  readonly answer: string | null;
  readonly expiresAt: number;
}

/** An event that waits, and when it is told again. */
export interface EventRow extends OutboxEvent {
  readonly attempts: number;
  readonly dueAt: number;
}

/** A live secret of a key, by fingerprint. */
export interface SecretRow {
  readonly fingerprint: string;
  readonly clientId: string;
  readonly pepper: string;
  /** When the last token that Stytch gave for it ends, in seconds; null until Stytch has accepted it once. */
  readonly tokenExpiresAt: number | null;
  /** `next` for the one that a rotation adds, until it is finished. */
  readonly slot: 'next' | null;
  readonly lastUsedAt: number | null;
}

export interface KeptTokenRow {
  readonly sealed: string;
  readonly generation: number;
  readonly expiresAt: number;
}

/** Something to be done at Stytch, written down before it is tried and crossed out when it is done. */
export interface Intention {
  readonly clientId: string;
  /**
   * `create`: an issue under way, to be undone if its call is gone. `update`: the client has to become what the key
   * is here. `delete`: the key has ended here.
   */
  readonly kind: 'create' | 'update' | 'delete';
  readonly attempts: number;
  readonly dueAt: number;
  readonly since: number;
  /** The Vault's entries to forget when it is done. */
  readonly fingerprints: readonly string[];
}

/** A lease whose isolate never said what it did with it. */
export interface LostLease {
  readonly leaseId: string;
  readonly keyId: string;
  readonly units: number;
  readonly expiresAt: number;
}

export const limitText = (limit: Limit | null): string | null =>
  limit === null ? null : JSON.stringify(limit);

export const toKeyRow = (row: Row): KeyRow => ({
  keyId: row.client_id as string,
  status: row.status as KeyRow['status'],
  name: row.name as string,
  description: row.description as string,
  scopes: JSON.parse(row.scopes as string) as string[],
  createdBy: row.created_by as string,
  createdAt: row.created_at as number,
  expiresAt: row.expires_at as number | null,
  endedAt: row.ended_at as number | null,
  lastFour: row.last_four as string,
  lastUsedAt: row.last_used_at as number | null,
  lastSeen: row.last_seen === null ? null : (JSON.parse(row.last_seen as string) as Seen),
  generation: row.generation as number,
  limit: row.own_limit === null ? null : (JSON.parse(row.own_limit as string) as Limit),
  masterKey: row.master_key as string,
  tokensFrom: row.tokens_from as number | null,
  ipAllowlist: row.ip_allowlist === null ? null : (JSON.parse(row.ip_allowlist as string) as string[]),
  revision: (row.revision as number | null) ?? 1,
  confirmedAt: row.confirmed_at as number | null,
  deviceClient: row.device_client as string | null,
});

export const toKeptTokenRow = (row: Row): KeptTokenRow => ({
  sealed: row.sealed as string,
  generation: row.generation as number,
  expiresAt: row.expires_at as number,
});

export const toSecretRow = (row: Row): SecretRow => ({
  fingerprint: row.fingerprint as string,
  clientId: row.client_id as string,
  pepper: row.pepper as string,
  tokenExpiresAt: row.token_expires_at as number | null,
  slot: row.slot as 'next' | null,
  lastUsedAt: row.last_used_at as number | null,
});

export const toRotationRow = (row: Row): RotationRow => ({
  clientId: row.client_id as string,
  status: row.status as RotationRow['status'],
  startedAt: row.started_at as number,
  finishesAt: row.finishes_at as number,
  nextLastFour: row.next_last_four as string,
  nextMasterKey: row.next_master_key as string,
  attempts: row.attempts as number,
  dueAt: row.due_at as number,
  fingerprints: JSON.parse(row.fingerprints as string) as string[],
});

export const toIntention = (row: Row): Intention => ({
  clientId: row.client_id as string,
  kind: row.kind as Intention['kind'],
  attempts: row.attempts as number,
  dueAt: row.due_at as number,
  since: row.since as number,
  fingerprints: JSON.parse(row.fingerprints as string) as string[],
});
