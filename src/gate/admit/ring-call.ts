import type { Evidence } from '../../model/evidence.ts';
import {
  accept,
  compose,
  declined,
  failed,
  type Purse,
  reportDue,
  reportDueAt,
  type Verdict,
} from '../../model/lease.ts';
import type { Seen } from '../../model/life.ts';
import type { Admission, CredentialName, SecretName, Standing } from '../../model/ports.ts';
import { type RingFailure, reach } from '../../model/reach.ts';
import { ok, type Result } from '../../model/refusal.ts';
import { newTrace, type Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import { isAdmission, isExchangeAnswer, shaped } from './shapes.ts';
import { takeUses } from './uses.ts';

/** How long the Ring is waited for, in milliseconds. A late grant is used, or given back by the next call. */
const ADMIT_DEADLINE_MS = 2_000;
const RENEWAL_DEADLINE_MS = 1_000;
const EXCHANGE_DEADLINE_MS = 5_000;

export interface AskOptions {
  readonly name: CredentialName;
  /** What is known of it here; null for one that is being found out about. */
  readonly evidence: Evidence | null;
  /** Whose standing is wanted besides. */
  readonly others: readonly CredentialName[];
  readonly ring: string;
  /** Which permits: `OWNER_PURSE`, or the id of a key with a limit of its own. */
  readonly purse: string;
  /** What waits for the Ring's decision; empty asks for standing and a lease only. */
  readonly costs: readonly number[];
  readonly wantToken: boolean;
  readonly wantsLease: boolean;
  /** What is paid from the lease, once it is known to be good and may do what it wants. */
  readonly next?: number;
  readonly seen: Seen | null;
}

export interface Asked {
  readonly standing: Standing;
  readonly others: readonly Standing[];
  /** This isolate's clock before it asked. */
  readonly askedAt: number;
  /** For each cost, in order; empty when the standing is not live. */
  readonly verdicts: readonly Verdict[];
  readonly sealed: string | null;
}

/** One `admit` call: composes the ask from the owner's purse, and puts what comes back into it. */
export const askRing = async (
  ports: DecisionPorts,
  options: AskOptions,
  trace: Trace,
): Promise<Result<Asked, RingFailure>> => {
  const { memory, now } = ports;
  const purse = memory.purse(options.ring, options.purse);
  const askedAt = now();
  const ask = compose(purse, options.costs, askedAt, options);
  const { name, others, wantToken, seen } = options;
  const { uses, putBack } = takeUses(ports, options.ring, options.evidence);
  const request = { credential: name, others, wantToken, ask, uses, seen };
  let verdicts: readonly Verdict[] = [];
  const take = (admission: Admission): Admission => {
    if (admission.grant !== null) verdicts = accept(purse, admission.grant, now(), ports.random());
    else declined(purse, ask.leaseId, now());
    memory.weigh(options.ring, purse);
    reportLater(ports, options, purse);
    return admission;
  };
  const isFirst = options.evidence === null || options.evidence.held === null;
  const deadlineMs = options.costs.length > 0 || isFirst ? ADMIT_DEADLINE_MS : RENEWAL_DEADLINE_MS;
  const answer = ports.rings(options.ring).admit(request).then(shaped(isAdmission)).then(take);
  const admission = await reach(ports, answer, deadlineMs);
  trace.ringMs += now() - askedAt;
  if (!admission.ok) {
    putBack();
    if (admission.refusal.reason === 'unavailable') failed(purse, ask.leaseId, now(), ports.random());
    else declined(purse, ask.leaseId, now());
    memory.weigh(options.ring, purse);
    return admission;
  }
  // While a new version is being rolled out, a Ring of the one before answers for one credential only.
  const { standing, others: theirs = [], sealed } = admission.value;
  return ok({ standing, others: theirs, askedAt, verdicts, sealed });
};

/** A report may be this much late: then the timer of an earlier ask will do. Milliseconds. */
const REPORT_LATENESS_MS = 1_000;

/**
 * When a flow has stopped, what is left of its lease is told to the Ring once the lease is over, so that others have the
 * units. Waits in the background, for as long as a lease.
 */
const reportLater = (ports: DecisionPorts, options: AskOptions, purse: Purse): void => {
  const dueAt = reportDueAt(purse, ports.now());
  if (dueAt === null || dueAt - purse.reportAt < REPORT_LATENESS_MS) return;
  purse.reportAt = dueAt;
  const report = async (): Promise<void> => {
    await ports.sleep(dueAt + REPORT_LATENESS_MS - ports.now());
    if (!reportDue(purse, ports.now())) return;
    const nothing = { others: [], costs: [], wantToken: false, wantsLease: false, seen: null };
    await askRing(ports, { ...options, ...nothing }, newTrace());
  };
  ports.inBackground(report());
};

/** One `exchange` call. */
export const exchangeAtRing = async (
  ports: DecisionPorts,
  name: SecretName,
  ring: string,
  clientSecret: string,
  trace: Trace,
  scopes: readonly string[] | null = null,
) => {
  const startedAt = ports.now();
  const call = () =>
    ports.rings(ring).exchange({ credential: name, clientSecret, scopes }).then(shaped(isExchangeAnswer));
  const answer = await trace.span('exchange', () => reach(ports, call(), EXCHANGE_DEADLINE_MS));
  if (answer.ok) {
    const { exchanged, stytchMs } = answer.value;
    trace.stytchMs += stytchMs;
    if (exchanged.result === 'token' && exchanged.made) trace.exchanges++;
  }
  trace.ringMs += ports.now() - startedAt - (answer.ok ? answer.value.stytchMs : 0);
  return answer;
};
