import type { Grant, Report } from '../../src/model/lease-wire.ts';

/** What became of all leases, and every promise about them that was broken. */
export interface Findings {
  readonly leases: number;
  /** Leases that came back because their purse was evicted. */
  readonly givenBack: number;
  /** Leases of which nobody has said yet that they are over. */
  readonly open: number;
  readonly faults: readonly string[];
}

/** Writes down every lease and every report of it. */
export interface Ledger {
  granted(grant: Grant): void;
  /** `returned`: it came by itself, from a purse that was evicted. */
  reported(reports: readonly Report[], returned: boolean): void;
  findings(): Findings;
}

interface Entry {
  readonly units: number;
  total: number;
  closed: boolean;
  givenBack: boolean;
}

/** More faults than this say nothing new. */
const MAX_FAULTS = 20;

export const openLedger = (): Ledger => {
  const entries = new Map<string, Entry>();
  const faults: string[] = [];
  let open = 0;
  let givenBack = 0;
  const fault = (what: string): void => {
    if (faults.length < MAX_FAULTS) faults.push(what);
  };

  const report = ({ leaseId, total, closed }: Report, returned: boolean): void => {
    const lease = entries.get(leaseId);
    if (lease === undefined) {
      fault('a lease was reported that nobody granted');
      return;
    }
    if (total > lease.units) fault(`${total} units were spent of a lease of ${lease.units}`);
    if (lease.closed && total > lease.total) fault('a lease was spent after it was closed');
    if (returned && !closed) fault('a lease was given back and kept');
    if (returned && lease.givenBack) fault('a lease was given back twice');
    if (returned && !lease.givenBack) givenBack++;
    if (closed && !lease.closed) open--;
    lease.total = Math.max(lease.total, total);
    lease.closed ||= closed;
    lease.givenBack ||= returned;
  };

  return {
    granted({ leaseId, units }) {
      if (units === 0) return;
      if (entries.has(leaseId)) fault('a lease was granted twice');
      entries.set(leaseId, { units, total: 0, closed: false, givenBack: false });
      open++;
    },
    reported: (reports, returned) => {
      for (const each of reports) report(each, returned);
    },
    findings: () => ({ leases: entries.size, givenBack, open, faults }),
  };
};
