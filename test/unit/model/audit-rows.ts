import {
  type AuditEntry,
  type AuditKey,
  type ChainedEntry,
  chain,
  genesis,
} from '../../../src/model/audit-chain.ts';
import { utf8 } from '../../../src/model/bytes.ts';

export const RING = '0123456789ABCDEFG';
const NOON = Date.UTC(2026, 10, 1, 12);

export const auditKey = (id: string): AuditKey => ({ id, key: utf8(id.padEnd(32, ' audit key')) });
export const KEY = auditKey('2026');

/** A row like those that a Ring writes. */
export const auditEntry = (seq: number, members: Partial<AuditEntry> = {}): AuditEntry => ({
  seq,
  at: NOON + seq * 1000,
  action: 'key.created',
  actor: { kind: 'user', id: 'user-test-1' },
  via: 'session-test-1',
  keyId: `acme_test_${'A'.repeat(28)}`,
  address: '192.0.2.1',
  country: 'DE',
  requestId: 'request-1',
  details: { name: 'CI', scopes: ['items:read'], expires_at: null },
  ...members,
});

/** Rows as a Ring chains them one by one; `keyOf` says which master key is the current one then. */
export const chained = (
  entries: readonly AuditEntry[],
  keyOf: (seq: number) => AuditKey = () => KEY,
): readonly ChainedEntry[] => {
  const rows: ChainedEntry[] = [];
  for (const entry of entries)
    rows.push(chain(RING, rows.at(-1)?.mac ?? genesis(RING), entry, keyOf(entry.seq)));
  return rows;
};

/** The first so many rows of a trail. */
export const trail = (length: number): readonly ChainedEntry[] =>
  chained(Array.from({ length }, (_, i) => auditEntry(i + 1)));
