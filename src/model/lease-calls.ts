import type { GraceReport, Report } from './lease-wire.ts';

/** One ask that has left an isolate. */
export type Call = {
  readonly sentAt: number;
  readonly costs: readonly number[];
  readonly used: number;
  readonly reports: readonly Report[];
  readonly grace: GraceReport | null;
  /** Its answer did not come in time: it is no longer in flight, and its lease is given back by the next call. */
  failed: boolean;
  /** The clock ran backwards since: its lease cannot be timed. */
  untimed: boolean;
};

/** The asks of a purse that have no answer yet, by the lease that each may bring. */
export type Calls = {
  add(leaseId: string, call: Omit<Call, 'failed' | 'untimed'>): void;
  /** A call that was not answered nor given back yet. */
  get(leaseId: string): Call | undefined;
  answered(leaseId: string): void;
  /** Ends a call without a grant; null if it had ended. */
  fail(leaseId: string): Call | null;
  /** The leases of calls that failed, to be given back: whatever they bring is not ours any more. */
  giveUp(): readonly string[];
  untime(): void;
  inFlight(): { readonly waiting: boolean; readonly background: boolean };
};

export const openCalls = (): Calls => {
  const calls = new Map<string, Call>();
  return {
    add: (leaseId, call) => void calls.set(leaseId, { ...call, failed: false, untimed: false }),
    get: (leaseId) => calls.get(leaseId),
    answered: (leaseId) => void calls.delete(leaseId),
    fail(leaseId) {
      const call = calls.get(leaseId);
      if (!call || call.failed) return null;
      call.failed = true;
      return call;
    },
    giveUp() {
      const failed = [...calls].filter(([, call]) => call.failed).map(([leaseId]) => leaseId);
      for (const leaseId of failed) calls.delete(leaseId);
      return failed;
    },
    untime() {
      for (const call of calls.values()) call.untimed = true;
    },
    inFlight() {
      const under = [...calls.values()].filter((call) => !call.failed);
      return {
        waiting: under.some((call) => call.costs.length > 0),
        background: under.some((call) => call.costs.length === 0),
      };
    },
  };
};
