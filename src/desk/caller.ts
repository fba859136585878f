import type { Evidence } from '../model/evidence.ts';
import type { Identity } from '../model/identity.ts';
import type { SessionToken } from '../model/token.ts';

/** Somebody at the Desk. */
export interface Caller {
  readonly identity: Identity;
  /** What is known of his credential; null for nobody. */
  readonly evidence: Evidence | null;
  readonly session: SessionToken | null;
}
