// One isolate: who asks the Ring, and when. The gate does this with promises and timers (src/gate/admit/index.ts, ring-call.ts,
// ask.ts, resolve.ts); here are the same steps, with the same names and numbers, in virtual time. The purse is the real one.

import {
  accept,
  compose,
  declined,
  failed,
  left,
  openPurse,
  type Purse,
  renewalDue,
  reportDue,
  reportDueAt,
  type Spending,
  type SpendOptions,
  silence,
  spend as spendFrom,
  type Verdict,
} from '../../src/model/lease.ts';
import { type Ask, OWNER_PURSE } from '../../src/model/lease-wire.ts';
import { LEASE_SLACK_MS } from '../../src/model/meter.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import type { Answer } from './ring.ts';

/** As in src/gate/admit/index.ts. */
const LOOK_MS = 5;
const GATHER_MS = 1;
const MAX_GATHERINGS = 10;
const GIVE_UP_MS = 5_000;

/** As in src/gate/admit/ring-call.ts. */
const ADMIT_DEADLINE_MS = 2_000;
const RENEWAL_DEADLINE_MS = 1_000;
const REPORT_LATENESS_MS = 1_000;

/** One request on its way through an isolate. Times are the simulation's. */
export type Request = {
  readonly at: number;
  readonly user: number;
  readonly isolate: number;
  readonly credential: number;
  readonly cost: number;
  /** Whether it needed the Ring's answer. */
  waited: boolean;
  /** The longest of the calls that it waited for. */
  tripMs: number;
};

/** `refused`: the limit. `ended`: the credential. `failed`: the Ring was not heard of, or the isolate died. */
export type Outcome = 'admitted' | 'refused' | 'ended' | 'failed';

export type IsolatePorts = {
  readonly name: string;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly clock: Clock;
  /** What this isolate's clock shows at time 0. */
  readonly offsetMs: number;
  readonly jitter: Random;
  readonly call: (user: number, credential: number, ask: Ask, reply: (answer: Answer) => void) => void;
  /** `slot` is null for what was spent from a lease, here and now. */
  readonly decided: (request: Request, outcome: Outcome, slot: number | null) => void;
  /** So many units were admitted in grace, here and now. */
  readonly graced: (user: number, units: number) => void;
};

export type Isolate = {
  take(request: Request): void;
  /** Nobody hears of it again; who waited there is not answered. */
  die(): void;
};

type Account = { readonly user: number; readonly purse: Purse; reportAt: number };

/** What is known of a credential, and who waits for the Ring about it. */
type Evidence = {
  readonly credential: number;
  readonly account: Account;
  askedAt: number;
  renewedAt: number;
  /** Admitted from leases since the last ask. */
  admitted: number;
  known: boolean;
  endedUntil: number;
  resolving: Request[] | null;
  waiting: Request[];
  asking: boolean;
};

type Told =
  | {
      readonly status: 'live';
      readonly askedAt: number;
      readonly verdicts: readonly Verdict[];
      readonly slot: number | null;
    }
  | { readonly status: 'ended'; readonly askedAt: number }
  | { readonly status: 'overloaded' | 'silent' };

/** A cold isolate. */
export const openIsolate = ({
  name,
  leaseMs,
  graceMs,
  clock,
  offsetMs,
  jitter,
  call,
  decided,
  graced,
}: IsolatePorts): Isolate => {
  const accounts = new Map<number, Account>();
  const evidences = new Map<number, Evidence>();
  const underWay = new Set<Request>();
  let alive = true;
  let asked = 0;

  /** Whole milliseconds, as a Worker's clock shows. */
  const now = (): number => Math.floor(clock.now() + offsetMs);
  const after = (ms: number, happen: () => void): void => clock.after(ms, () => alive && happen());

  const accountOf = (user: number): Account => {
    const present = accounts.get(user);
    if (present) return present;
    const newLeaseId = () => `${name}.${asked++}`;
    const purse = openPurse({ isolate: name, leaseMs, newLeaseId, graceMs }, OWNER_PURSE);
    const account = { user, purse, reportAt: Number.NEGATIVE_INFINITY };
    accounts.set(user, account);
    return account;
  };

  const evidenceOf = ({ user, credential }: Request): Evidence => {
    const present = evidences.get(credential);
    if (present) return present;
    const evidence: Evidence = {
      credential,
      account: accountOf(user),
      askedAt: Number.NEGATIVE_INFINITY,
      renewedAt: Number.NEGATIVE_INFINITY,
      admitted: 0,
      known: false,
      endedUntil: Number.NEGATIVE_INFINITY,
      resolving: null,
      waiting: [],
      asking: false,
    };
    evidences.set(credential, evidence);
    return evidence;
  };

  const end = (request: Request, outcome: Outcome, slot: number | null = null): void => {
    underWay.delete(request);
    decided(request, outcome, slot);
  };

  const willWait = (request: Request): void => {
    request.waited = true;
    underWay.add(request);
  };

  /** resolve.ts: a credential that this isolate does not know. All its requests share one run. */
  const resolve = (evidence: Evidence, request: Request): void => {
    willWait(request);
    if (evidence.resolving) {
      evidence.resolving.push(request);
      return;
    }
    evidence.resolving = [request];
    const startedAt = clock.now();
    askRing(evidence, [], ADMIT_DEADLINE_MS, (told) => {
      const all = evidence.resolving ?? [];
      evidence.resolving = null;
      evidence.known = told.status === 'live';
      if (told.status === 'ended') evidence.endedUntil = told.askedAt + leaseMs;
      for (const one of all) {
        one.tripMs = Math.max(one.tripMs, clock.now() - startedAt);
        if (told.status === 'live') admit(evidence, one);
        else end(one, told.status === 'ended' ? 'ended' : 'failed');
      }
    });
  };

  /** admit.ts: from a lease at hand, at once, or by the Ring's decision. */
  const admit = (evidence: Evidence, request: Request): void => {
    const { purse } = evidence.account;
    const spending = spend(evidence, request, { mustAsk: !isGood(evidence) });
    if (spending.outcome === 'spent') {
      end(request, 'admitted');
      evidence.admitted++;
      if (renewalDue(purse, now()) || (isStandingDue(evidence) && silence(purse, now()) === null))
        renew(evidence);
    } else if (spending.outcome === 'silent') {
      end(request, 'failed');
      if (renewalDue(purse, now())) renew(evidence);
    } else if (spending.outcome === 'refused') {
      end(request, 'refused');
    } else {
      willWait(request);
      evidence.waiting.push(request);
      if (!evidence.asking) askForAll(evidence);
    }
  };

  const renew = (evidence: Evidence): void => {
    evidence.renewedAt = now();
    ask(evidence, [], RENEWAL_DEADLINE_MS, () => {});
  };

  /** Whether the Ring's word is young enough, or was when a silent Ring fell silent (src/gate/admit/grace.ts). */
  const isGood = ({ askedAt, account }: Evidence): boolean => {
    const at = now();
    if (askedAt <= at && at - askedAt < leaseMs - LEASE_SLACK_MS) return true;
    const silent = silence(account.purse, at);
    return silent !== null && askedAt <= silent.since && silent.since - askedAt < leaseMs - LEASE_SLACK_MS;
  };

  const spend = ({ account }: Evidence, { cost }: Request, options: SpendOptions): Spending => {
    const { purse } = account;
    const before = silence(purse, now()) === null ? 0 : left(purse, now());
    const spending = spendFrom(purse, cost, now(), options);
    if (spending.outcome !== 'spent' || silence(purse, now()) === null || before >= cost) return spending;
    graced(account.user, cost);
    return spending;
  };

  /** Who waited for a Ring that said nothing. */
  const endInGrace = (evidence: Evidence, request: Request): void => {
    const isSpent =
      silence(evidence.account.purse, now()) !== null &&
      isGood(evidence) &&
      spend(evidence, request, { seenBefore: true }).outcome === 'spent';
    if (isSpent) evidence.admitted++;
    end(request, isSpent ? 'admitted' : 'failed');
  };

  /** The Ring's word is renewed in its last fifth, as a lease is, while the key is in use. */
  const isStandingDue = ({ askedAt, admitted, renewedAt }: Evidence): boolean =>
    admitted >= 3 && now() >= askedAt + 0.8 * leaseMs && now() - renewedAt >= 0.2 * leaseMs;

  /** A burst comes in within a moment: one call for all of it. */
  const askForAll = (evidence: Evidence): void => {
    evidence.asking = true;
    const gather = (round: number, before: number): void => {
      const count = evidence.waiting.length;
      if (before < count && round < MAX_GATHERINGS) after(GATHER_MS, () => gather(round + 1, count));
      else askFor(evidence, evidence.waiting.splice(0));
    };
    gather(0, -1);
  };

  const askFor = (evidence: Evidence, batch: readonly Request[]): void => {
    const startedAt = clock.now();
    const costs = batch.map((request) => request.cost);
    ask(evidence, costs, ADMIT_DEADLINE_MS, (told) => {
      if (told.status === 'ended') evidence.endedUntil = told.askedAt + leaseMs;
      if (told.status === 'ended') evidence.known = false;
      for (const request of [...batch, ...evidence.waiting]) {
        request.tripMs = Math.max(request.tripMs, clock.now() - startedAt);
      }
      batch.forEach((request, index) => {
        if (told.status === 'ended') end(request, 'ended');
        else if (told.status === 'silent') endInGrace(evidence, request);
        else if (told.status !== 'live') end(request, 'failed');
        else if (told.verdicts[index] === 'admitted') end(request, 'admitted', told.slot);
        else passedOver(evidence, request, told.verdicts[index] === 'refused');
      });
      evidence.asking = false;
      askNext(evidence);
    });
  };

  /** Who was refused, or passed over by a dearer request, may still be paid for from a lease that came meanwhile. */
  const passedOver = (evidence: Evidence, request: Request, isRefused: boolean): void => {
    const { outcome } = spendFrom(evidence.account.purse, request.cost, now(), { seenBefore: true });
    if (outcome === 'spent') {
      evidence.admitted++;
      end(request, 'admitted');
    } else if (isRefused || outcome === 'refused') end(request, 'refused');
    else evidence.waiting.push(request);
  };

  /** Whoever waits on looks at his next look whether somebody asks; the first who sees that nobody does asks for all. */
  const askNext = (evidence: Evidence): void => {
    for (const request of evidence.waiting)
      if (clock.now() - request.at >= GIVE_UP_MS) end(request, 'failed');
    evidence.waiting = evidence.waiting.filter((request) => underWay.has(request));
    if (evidence.waiting.length === 0) return;
    const looks = evidence.waiting.map((request) => LOOK_MS - ((clock.now() - request.at) % LOOK_MS));
    after(Math.min(...looks), () => {
      if (!evidence.asking && evidence.waiting.length > 0) askForAll(evidence);
    });
  };

  /** ask.ts: tells what was admitted meanwhile. */
  const ask: typeof askRing = (evidence, costs, deadlineMs, tell) => {
    const { admitted } = evidence;
    evidence.admitted = 0;
    askRing(evidence, costs, deadlineMs, (told) => {
      if (told.status === 'overloaded' || told.status === 'silent') evidence.admitted += admitted;
      tell(told);
    });
  };

  /** ring-call.ts: one call. What comes too late is kept by the purse; the one who asked has gone. */
  const askRing = (
    evidence: Evidence,
    costs: readonly number[],
    deadlineMs: number,
    tell: (told: Told) => void,
    options?: { readonly wantsLease: boolean },
  ): void => {
    const { account, credential } = evidence;
    const { purse, user } = account;
    const askedAt = now();
    const sent = compose(purse, costs, askedAt, options);
    let over = false;
    const finish = (told: Told): void => {
      if (over) return;
      over = true;
      if (told.status === 'live' && askedAt > evidence.askedAt) evidence.askedAt = askedAt;
      tell(told);
    };
    after(deadlineMs, () => {
      if (over) return;
      failed(purse, sent.leaseId, now(), graceMs > 0 ? jitter() : 0);
      finish({ status: 'silent' });
    });
    call(user, credential, sent, (answer) => {
      if (!alive) return;
      if (answer.status === 'live') {
        const verdicts = accept(purse, answer.grant, now(), jitter());
        finish({ status: 'live', askedAt, verdicts, slot: answer.slot });
      } else {
        declined(purse, sent.leaseId, now());
        finish({ status: answer.status, askedAt });
      }
      reportLater(evidence);
    });
  };

  /** When a flow has stopped, what is left of its lease goes back. */
  const reportLater = (evidence: Evidence): void => {
    const { account } = evidence;
    const dueAt = reportDueAt(account.purse, now());
    if (dueAt === null || dueAt - account.reportAt < REPORT_LATENESS_MS) return;
    account.reportAt = dueAt;
    after(dueAt + REPORT_LATENESS_MS - now(), () => {
      if (reportDue(account.purse, now()))
        askRing(evidence, [], RENEWAL_DEADLINE_MS, () => {}, { wantsLease: false });
    });
  };

  return {
    take(request) {
      const evidence = evidenceOf(request);
      if (now() < evidence.endedUntil) end(request, 'ended');
      else if (evidence.known) admit(evidence, request);
      else resolve(evidence, request);
    },
    die() {
      alive = false;
      for (const request of underWay) decided(request, 'failed', null);
    },
  };
};
