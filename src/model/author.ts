import type { AuditActor } from './audit-chain.ts';
import type { Owner } from './identity.ts';

/** Who does something, by which credential and from where: what the audit trail writes down of it. */
export interface Author {
  readonly actor: AuditActor;
  /** The session or the client by which he is known; public. Null for who needs none. */
  readonly via: string | null;
  /** As Cloudflare tells it (CF-Connecting-IP); null where nobody does. */
  readonly address: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly requestId: string | null;
}

/** What happens by itself: an end that has come, a deadline, a reconciliation. */
export const LATCHKEY: Author = {
  actor: { kind: 'latchkey', id: null },
  via: null,
  address: null,
  country: null,
  requestId: null,
};

/** Whoever a session is of, as he acts himself. */
export const actorOf = ({ kind, id }: Owner): AuditActor => ({
  kind: kind === 'member' ? 'member' : 'user',
  id,
});
