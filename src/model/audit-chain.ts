import { createHmac } from 'node:crypto';
import type { Actor } from './author.ts';

/** One row of an audit trail as it is chained: everything that is shown of it. */
export interface AuditEntry {
  readonly seq: number;
  readonly at: number;
  readonly action: string;
  readonly actor: Actor;
  readonly via: string | null;
  readonly keyId: string | null;
  readonly address: string | null;
  readonly country: string | null;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ChainedEntry extends AuditEntry {
  readonly masterKey: string;
  readonly mac: string;
}

export interface AuditKey {
  readonly id: string;
  readonly key: Uint8Array;
}

export const genesis = (ring: string): string => ring;

export const chain = (ring: string, previousMac: string, entry: AuditEntry, key: AuditKey): ChainedEntry => ({
  ...entry,
  masterKey: key.id,
  mac: createHmac('sha256', key.key)
    .update(JSON.stringify([ring, previousMac, entry]))
    .digest('base64url'),
});
