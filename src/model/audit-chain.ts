import { createHash, createHmac } from 'node:crypto';
import { equalInConstantTime, framed } from './bytes.ts';

export const ACTOR_KINDS = ['user', 'member', 'client', 'operator', 'anyone', 'stytch', 'latchkey'] as const;

/** Who did it; without an id where nobody is known by one. */
export interface AuditActor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  readonly id: string | null;
}

/** One row of an audit trail as it is chained: everything that is shown of it. */
export interface AuditEntry {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `key.created` … */
  readonly action: string;
  readonly actor: AuditActor;
  /** By which credential: a session's id or a client_id. Public. */
  readonly via: string | null;
  readonly keyId: string | null;
  readonly address: string | null;
  readonly country: string | null;
  readonly requestId: string | null;
  /** Whatever JSON can say. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A row in its chain. Its mac is HMAC-SHA-256 in base64url, under the master key that is named. */
export interface ChainedEntry extends AuditEntry {
  readonly masterKey: string;
  readonly mac: string;
}

/** What of a master key chains rows: its name and its `auditKey`. */
export interface AuditKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** A row by its number and its mac, which stands for all rows up to it. */
export interface ChainHead {
  readonly seq: number;
  readonly mac: string;
}

/**
 * - `altered`: a member, the mac, or the row before the first is not what was chained.
 * - `missing`: a row is not there.
 * - `out_of_order`: a row that belongs elsewhere stands here.
 * - `unknown_key`: it names a master key that was not given, so that nothing can be said.
 * - `not_the_head`: all rows fit, and the head that was exported is of another chain.
 * - `head_pruned`: the head that was exported is older than all that is left.
 */
export type ChainFault =
  | 'altered'
  | 'missing'
  | 'out_of_order'
  | 'unknown_key'
  | 'not_the_head'
  | 'head_pruned';

/** `seq` is the first place at which the trail is not what was written: the number of the row that is due there. */
export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: ChainHead | null }
  | { readonly ok: false; readonly seq: number; readonly because: ChainFault };

/** The mac before the first row of a Ring. */
export const genesis = (ring: string): string =>
  createHash('sha256').update(framed('audit', ring)).digest('base64url');

/**
 * Chains a row behind the one before it. Synchronous, because it is called inside a transaction. Who alters, takes out
 * or moves a row afterwards cannot make the macs fit again without the master key.
 */
export const chain = (ring: string, previousMac: string, entry: AuditEntry, key: AuditKey): ChainedEntry => ({
  ...entry,
  masterKey: key.id,
  mac: macOf(ring, previousMac, entry, key),
});

/**
 * Whether these are all rows of a Ring as they were written, oldest first. With an `anchor`, the last row that was
 * pruned, they begin behind it. A tail that was cut off shows only against a `head` that was exported before.
 */
export const verifyChain = (
  ring: string,
  entries: readonly ChainedEntry[],
  keys: readonly AuditKey[],
  anchor?: ChainHead,
  head?: ChainHead,
): ChainVerdict => {
  let last: ChainHead = anchor ?? { seq: 0, mac: genesis(ring) };
  for (const [i, entry] of entries.entries()) {
    const due = last.seq + 1;
    const because = placeFault(entries, i, due) ?? rowFault(ring, last.mac, entry, keys);
    if (because !== null) return { ok: false, seq: due, because };
    last = { seq: due, mac: entry.mac };
  }
  const fault = head === undefined ? null : headFault(entries, head, last, anchor);
  return fault ?? { ok: true, entries: entries.length, head: last.seq === 0 ? null : last };
};

const placeFault = (entries: readonly ChainedEntry[], i: number, due: number): ChainFault | null => {
  const found = entries[i]?.seq;
  if (found === due) return null;
  const comesLater = entries.slice(i).some(({ seq }) => seq === due);
  return found !== undefined && found > due && !comesLater ? 'missing' : 'out_of_order';
};

const rowFault = (
  ring: string,
  previousMac: string,
  entry: ChainedEntry,
  keys: readonly AuditKey[],
): ChainFault | null => {
  const key = keys.find(({ id }) => id === entry.masterKey);
  if (key === undefined) return 'unknown_key';
  return equalInConstantTime(entry.mac, macOf(ring, previousMac, entry, key)) ? null : 'altered';
};

const headFault = (
  entries: readonly ChainedEntry[],
  head: ChainHead,
  last: ChainHead,
  anchor: ChainHead | undefined,
): ChainVerdict | null => {
  if (head.seq > last.seq) return { ok: false, seq: last.seq + 1, because: 'missing' };
  const there = [anchor, ...entries].find((each) => each?.seq === head.seq);
  if (there === undefined) return { ok: false, seq: head.seq, because: 'head_pruned' };
  return there.mac === head.mac ? null : { ok: false, seq: head.seq, because: 'not_the_head' };
};

const macOf = (ring: string, previousMac: string, entry: AuditEntry, { id, key }: AuditKey): string =>
  createHmac('sha256', key)
    .update(framed(ring, previousMac, canonical(shown(entry)), id))
    .digest('base64url');

/** What the mac covers, by name: a member that is added to a row must be added here. */
const shown = (entry: AuditEntry): AuditEntry => {
  const { seq, at, action, actor, via, keyId, address, country, requestId } = entry;
  // As it will be read again: what JSON does not know is not chained either.
  const details = JSON.parse(JSON.stringify(entry.details));
  return {
    ...{ seq, at, action, actor: { kind: actor.kind, id: actor.id } },
    ...{ via, keyId, address, country, requestId, details },
  };
};

/** A value of JSON in its one spelling: members in the order of their names' code units, no space (RFC 8785 §3.2). */
const canonical = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
};
