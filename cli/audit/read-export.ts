import type { ChainedEntry, ChainHead } from '../../src/model/audit-chain.ts';
import { readAuditAnchor, readAuditObject } from '../../src/model/audit-wire.ts';

/** What an export says of an audit trail, up to its end or to the first line that cannot be believed. */
export interface Export {
  readonly ring: string;
  /** The last row that was pruned. */
  readonly anchor: ChainHead | null;
  readonly entries: readonly ChainedEntry[];
  readonly broken: Broken | null;
}

/** A line that cannot be read: where, and whether it says that it is a row. */
export interface Broken {
  readonly line: number;
  readonly isRow: boolean;
  readonly says: string;
}

/**
 * Reads an export: NDJSON, its first line the owner's. Lines of other types than the trail's are passed over. Null for a
 * text that does not begin like an export.
 */
export const readExport = (text: string): Export | null => {
  const [first = '', ...lines] = text.split('\n');
  const owner = parse(first);
  if (owner?.type !== 'owner' || typeof owner.ring !== 'string' || !RING.test(owner.ring)) return null;
  const entries: ChainedEntry[] = [];
  let anchor: ChainHead | null = null;
  const until = (broken: Broken | null): Export => ({ ring: String(owner.ring), anchor, entries, broken });
  for (const [i, each] of lines.entries()) {
    if (each.trim() === '') continue;
    const value = parse(each);
    const broken = (says: string): Export => until({ line: i + 2, isRow: value?.type === 'audit', says });
    if (value === null) return broken('is not a JSON object');
    if (value.type === 'owner') return broken('names an owner again');
    if (value.type === 'audit_anchor') {
      const found = readAuditAnchor(value);
      if (found === null || anchor !== null || entries.length > 0) return broken('is no anchor');
      anchor = found;
    }
    if (value.type === 'audit') {
      const entry = readAuditObject(value);
      if (entry === null) return broken('is no row');
      entries.push(entry);
    }
  }
  return until(null);
};

/** As `ringOfOwner` writes it. */
const RING = /^[0-9A-Za-z]{17}$/;

const parse = (line: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
