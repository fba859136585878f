import { type AuditActor, type ChainedEntry, genesis } from '../../model/audit-chain.ts';
import type { AuditHead, AuditQuery } from '../../model/life.ts';
import type { Row } from './rows.ts';
import type { Sql } from './sql.ts';

/** The tables of the audit trail: rows are added at its end, and go from its beginning when they are old. */
export const auditTables = ({ all, first, run }: Sql, exists: () => boolean) => {
  const anchor = (): { readonly seq: number; readonly mac: string } | null => {
    const row = exists() ? first('SELECT seq, mac FROM audit_anchor') : null;
    return row === null ? null : { seq: row.seq as number, mac: row.mac as string };
  };

  return {
    auditAnchor: anchor,
    auditHead: (ring: string): AuditHead => {
      const row = exists() ? first('SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1') : null;
      if (row !== null) return { ring, seq: row.seq as number, mac: row.mac as string };
      return { ring, ...(anchor() ?? { seq: 0, mac: genesis(ring) }) };
    },
    /** The mac of a row, or of the last one that was pruned. */
    auditMac: (seq: number): string | null => {
      const row = exists() ? first('SELECT mac FROM audit WHERE seq = ?', seq) : null;
      const pruned = anchor();
      return (row?.mac as string | undefined) ?? (pruned?.seq === seq ? pruned.mac : null);
    },
    putAuditAnchor: (seq: number, mac: string): void =>
      run('INSERT OR REPLACE INTO audit_anchor (id, seq, mac) VALUES (1, ?, ?)', seq, mac),
    putAudit: (entry: ChainedEntry): void =>
      run(
        `INSERT INTO audit (seq, at, action, actor_kind, actor_id, via, client_id, address, country, request_id,
           details, master_key, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[entry.seq, entry.at, entry.action, entry.actor.kind, entry.actor.id, entry.via, entry.keyId],
        ...[entry.address, entry.country, entry.requestId, JSON.stringify(entry.details)],
        ...[entry.masterKey, entry.mac],
      ),
    /** Newest first. */
    audit: ({ keyId, action, actorId, from, to, limit, before }: Omit<AuditQuery, 'owner'>) => {
      if (!exists()) return [];
      const asked = [
        ['client_id = ?', keyId],
        ['action = ?', action],
        ['actor_id = ?', actorId],
        ['at >= ?', from],
        ['at < ?', to],
        ['seq < ?', before],
      ] as const;
      const filters = asked.filter(([, value]) => value !== null);
      return all(
        `SELECT * FROM audit WHERE ${['true', ...filters.map(([sql]) => sql)].join(' AND ')}
         ORDER BY seq DESC LIMIT ?`,
        ...[...filters.map(([, value]) => value), limit],
      ).map(toEntry);
    },
    /** Oldest first, behind a row. */
    auditAfter: (seq: number, limit: number): readonly ChainedEntry[] =>
      exists() ? all('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit).map(toEntry) : [],
    /** Forgets rows of before `before`; the last of them is what the chain begins behind. */
    pruneAudit: (before: number): void => {
      // Rows are in the order of their writing, and a clock may have been put back: up to the first that is young.
      const row = first(
        `SELECT seq, mac FROM audit WHERE seq < coalesce((SELECT min(seq) FROM audit WHERE at > ?1), 9e15)
           ORDER BY seq DESC LIMIT 1`,
        before,
      );
      if (row === null) return;
      run('INSERT OR REPLACE INTO audit_anchor (id, seq, mac) VALUES (1, ?, ?)', row.seq ?? 0, row.mac ?? '');
      run('DELETE FROM audit WHERE seq <= ?', row.seq ?? 0);
    },
  };
};

const toEntry = (row: Row): ChainedEntry => ({
  seq: row.seq as number,
  at: row.at as number,
  action: row.action as string,
  actor: { kind: row.actor_kind as AuditActor['kind'], id: row.actor_id as string | null },
  via: row.via as string | null,
  keyId: row.client_id as string | null,
  address: row.address as string | null,
  country: row.country as string | null,
  requestId: row.request_id as string | null,
  details: JSON.parse(row.details as string) as Record<string, unknown>,
  masterKey: row.master_key as string,
  mac: row.mac as string,
});
