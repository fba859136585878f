import { type Book, putUnits, takeUnits } from './book.ts';
import type { Report } from './lease-wire.ts';

/** A lease, or only decisions, as the Ring remembers them. Times are the Ring's. */
export type Lease = {
  /** The books it is on, by purse. */
  readonly purses: readonly string[];
  /** The month it was charged to. */
  readonly month: string | null;
  readonly decided: number;
  readonly units: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
  readonly forgetAt: number;
  /** Units not yet reported as spent. */
  open: number;
  total: number;
  closed: boolean;
};

/**
 * Moves the newest `fresh` units from the end of the lease to when they were spent. The age lacks the way
 * the report took, so this is never too early; what the log does not date stays at the end of the lease.
 */
export const redate = (
  book: Book,
  lease: Lease,
  spent: Report['spent'],
  fresh: number,
  now: number,
): void => {
  let rest = fresh;
  for (const [ageMs, logged] of spent.toReversed()) {
    const units = Math.max(0, Math.min(rest, logged));
    rest -= units;
    // Not before the grant, whatever the isolate's clock says, and not after the end.
    const at = Math.min(lease.expiresAt, Math.max(lease.grantedAt, now - Math.max(0, ageMs)));
    putUnits(book, at, takeUnits(book, lease.expiresAt, units), now);
  }
};
