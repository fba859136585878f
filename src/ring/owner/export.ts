import { auditObject } from '../../model/audit-wire.ts';
import type { Author } from '../../model/author.ts';
import type { Owner } from '../../model/identity.ts';
import type { ExportLine, ExportPage, PagePosition } from '../../model/life.ts';
import { keyObject, ownerRecordObject, time } from '../../model/objects.ts';
import { writeAudit } from '../audit.ts';
import { toRecord } from '../keys/record.ts';
import type { RingParts } from '../parts.ts';
import { counted, HOUR_MS } from '../requests/usage.ts';
import { about } from './index.ts';

/** About how much is read, and crosses, in one step. */
const PAGE_LINES = 500;

/** Where an export goes on: in which section, behind what, and how many lines there were. */
interface Position {
  readonly section: keyof typeof SECTIONS;
  /** Of the section's own; null for its beginning. */
  readonly after: unknown;
  readonly lines: number;
}

/** What a section gives; `after` null when that was all of it, undefined when the rest of it is gone. */
interface Part {
  readonly lines: readonly ExportLine[];
  readonly after: unknown;
}

/**
 * All that is kept of the owner, in pages: who he is, his keys, their use, and the trail. No secret, no fingerprint and no
 * token is in it. The last line counts them all and has the head of the trail as it stands there: an export without it
 * is not whole.
 */
export const exportPage = (
  parts: RingParts,
  owner: Owner,
  after: string | null,
  author: Author,
): ExportPage => {
  const lines: ExportLine[] = after === null ? [begin(parts, owner, author)] : [];
  let at = after === null ? FIRST : (JSON.parse(after) as Position);
  const before = at.lines;
  while (lines.length < PAGE_LINES) {
    const part = SECTIONS[at.section](parts, owner, at.after, PAGE_LINES - lines.length);
    if (part.after === undefined) return { lines, next: null };
    lines.push(...part.lines);
    const following = part.after === null ? NEXT[at.section] : at.section;
    if (following === null) {
      lines.push(end(parts, before + lines.length + 1));
      return { lines, next: null };
    }
    at = { ...at, section: following, after: part.after };
  }
  return { lines, next: JSON.stringify({ ...at, lines: before + lines.length }) };
};

/** Written down first, so that the export has it too. Whoever has nothing here leaves no trace. */
const begin = (parts: RingParts, owner: Owner, author: Author): ExportLine => {
  if (counted(parts)) parts.storage.transactionSync(() => writeAudit(parts, author, 'owner.exported', null));
  const { live_keys: _, ...shown } = ownerRecordObject(about(parts, owner));
  return { type: 'owner', ring: parts.ring, ...shown };
};

const end = ({ tables, ring }: RingParts, lines: number): ExportLine => {
  const { seq, mac } = tables.auditHead(ring);
  return { type: 'end', lines, audit_head: { seq, mac } };
};

type Section = (parts: RingParts, owner: Owner, after: unknown, limit: number) => Part;

const keys: Section = (parts, owner, after, limit) => {
  const position = after as PagePosition | null;
  const rows = parts.tables.list({ status: null, limit, after: position });
  const last = rows.at(-1);
  return {
    lines: rows.map((row) => ({
      ...{ type: 'key', ...keyObject(toRecord(parts, row, owner)) },
      // What a restore needs besides: by whose tag it is known, as the trail says by whose key it is chained.
      master_key: row.masterKey,
    })),
    after: last === undefined || rows.length < limit ? null : { place: last.place, keyId: last.keyId },
  };
};

const usage: Section = ({ tables }, _owner, after, limit) => {
  const { hour, keyId } = (after ?? { hour: -1, keyId: '' }) as { hour: number; keyId: string };
  const uses = tables.usesAfter(hour, keyId, limit);
  const last = uses.at(-1);
  return {
    lines: uses.map(({ admitted, refused, limited, ...use }) => ({
      ...{ type: 'usage', key_id: use.keyId, hour: time(use.hour * HOUR_MS) },
      ...{ admitted, refused, limited },
    })),
    after: last === undefined || uses.length < limit ? null : { hour: last.hour, keyId: last.keyId },
  };
};

const audit: Section = ({ tables }, _owner, after, limit) => {
  const anchor = tables.auditAnchor();
  const begins = anchor?.seq ?? 0;
  const seq = (after ?? begins) as number;
  // Rows that were due have grown too old since the last page.
  if (seq < begins) return { lines: [], after: undefined };
  const entries = tables.auditAfter(seq, limit);
  const rows = entries.map((entry) => ({ type: 'audit', ...auditObject(entry) }));
  return {
    lines: after === null && anchor !== null ? [{ type: 'audit_anchor', ...anchor }, ...rows] : rows,
    after: entries.length < limit ? null : (entries.at(-1)?.seq ?? null),
  };
};

const SECTIONS = { keys, usage, audit };
const NEXT = { keys: 'usage', usage: 'audit', audit: null } as const;
const FIRST: Position = { section: 'keys', after: null, lines: 0 };
