import {
  type AuditKey,
  type ChainHead,
  type ChainVerdict,
  verifyChain,
} from '../../src/model/audit-chain.ts';
import { readExport } from './read-export.ts';

/** What the command says of an export, in one line. */
export interface Said {
  readonly ok: boolean;
  readonly line: string;
}

/** Verifies the audit trail of an export, and that it leads to a head that was exported before. */
export const verifyExport = (
  text: string,
  keys: readonly AuditKey[],
  head: (ChainHead & { readonly ring: string }) | null,
): Said => {
  const read = readExport(text);
  if (read === null) return bad('line 1: names no owner with a ring, as an export does');
  const { ring, anchor, entries, broken } = read;
  if (head !== null && head.ring !== ring) return bad('the head is of another ring');
  // What comes before a line that cannot be read may be altered too, and that is named first.
  const known = broken === null ? (head ?? undefined) : undefined;
  const verdict = verifyChain(ring, entries, keys, anchor ?? undefined, known);
  if (!verdict.ok || broken === null) return said(verdict);
  const place = broken.isRow ? `row ${(verdict.head?.seq ?? 0) + 1}: unreadable, ` : '';
  return bad(`${place}line ${broken.line}: ${broken.says}`);
};

const said = (verdict: ChainVerdict): Said => {
  if (!verdict.ok) return bad(`row ${verdict.seq}: ${verdict.because.replaceAll('_', ' ')}`);
  const { entries, head } = verdict;
  const count = `${entries} ${entries === 1 ? 'entry' : 'entries'}`;
  return { ok: true, line: `ok: ${count}, ${head === null ? 'no head' : `head ${head.seq} ${head.mac}`}` };
};

const bad = (line: string): Said => ({ ok: false, line });
