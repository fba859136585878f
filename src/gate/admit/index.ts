import { ageOf, type Evidence } from '../../model/evidence.ts';
import { fields, renewalDue, silence, spend, type Verdict } from '../../model/lease.ts';
import { retryAfterSeconds } from '../../model/lease-fields.ts';
import { LEASE_SLACK_MS } from '../../model/meter.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import { type Presented, toldAs } from '../presented.ts';
import { isRefreshDue, refresh } from '../resolve/refresh.ts';
import { ask, purseOf } from './ask.ts';
import { isSilenceOfRing, mayGoOn } from './grace.ts';
import type { Price } from './price.ts';
import { isStandingDue, renew } from './renew.ts';
import { countAdmitted } from './uses.ts';

/** How often somebody who waits looks whether he was decided, in milliseconds. */
const LOOK_MS = 5;

/** The one who asks lets others come to him first, for as long as somebody came in the last millisecond, up to ten. */
const GATHER_MS = 1;
const MAX_GATHERINGS = 10;

/** After this long, whoever asked for us is taken to have vanished, and the next asks; milliseconds. */
const PATIENCE_MS = 2_500;

/** After this long nobody waits any more, in milliseconds. */
const GIVE_UP_MS = 5_000;

/** Whether the Ring's word on a credential is young enough for a route. */
export const isFresh = ({ held }: Evidence, price: Price, now: number): boolean => {
  if (held === null) return false;
  const ageMs = ageOf(held, now);
  if (price.leaseSeconds === 0) return ageMs <= now - price.startedAt;
  const leaseMs = Math.min(price.leaseSeconds * 1000, held.standing.leaseMs) - LEASE_SLACK_MS;
  return ageMs < leaseMs;
};

/** Spends a request's cost: from a lease at hand, at once, or by the Ring's decision. */
export type Admit = (
  evidence: Evidence,
  presented: Presented,
  price: Price,
  trace: Trace,
) => Result<null> | Promise<Result<null>>;

interface Waiter {
  readonly price: Price;
  readonly trace: Trace;
  outcome: Result<null> | null;
}

/** Those who wait for the Ring about one credential, in this isolate. */
interface Queue {
  waiting: Waiter[];
  /** Those for whom the Ring is being asked. */
  asked: Waiter[];
  askingSince: number | null;
}

const ADMITTED = ok(null);
const SILENT: Result<null> = err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });

/** Everybody in the isolate who has to wait for the Ring about the same credential shares one call. */
export const createAdmit = (ports: DecisionPorts): Admit => {
  const queues = new WeakMap<Evidence, Queue>();

  const wait = async (
    evidence: Evidence,
    presented: Presented,
    price: Price,
    trace: Trace,
  ): Promise<Result<null>> => {
    const ended = ports.memory.refusal(presented.text, ports.now());
    if (ended !== null) return toldAs(err(ended), presented.credential.scheme);
    const queue = queues.get(evidence) ?? { waiting: [], asked: [], askingSince: null };
    queues.set(evidence, queue);
    const waiter: Waiter = { price, trace, outcome: null };
    const since = ports.now();
    queue.waiting.push(waiter);
    while (waiter.outcome === null && ports.now() - since < GIVE_UP_MS) {
      const isAsking = queue.askingSince !== null && ports.now() - queue.askingSince < PATIENCE_MS;
      if (isAsking) await ports.sleep(LOOK_MS);
      else await askForAll(evidence, presented, queue, trace);
    }
    if (waiter.outcome === null) leave(queue, waiter);
    if (queue.askingSince === null && queue.waiting.length + queue.asked.length === 0)
      queues.delete(evidence);
    return toldAs(waiter.outcome ?? SILENT, presented.credential.scheme);
  };

  /** Asks for everybody who waits by now, those of a caller who vanished too, and gives each his answer. */
  const askForAll = async (
    evidence: Evidence,
    presented: Presented,
    queue: Queue,
    trace: Trace,
  ): Promise<void> => {
    const startedAt = ports.now();
    queue.askingSince = startedAt;
    // A burst comes in within a moment, each request on a timer of its own: one call for all of it.
    for (let round = 0, before = -1; before < queue.waiting.length && round < MAX_GATHERINGS; round++) {
      before = queue.waiting.length;
      await ports.sleep(GATHER_MS);
    }
    const batch = [...queue.asked.filter((waiter) => waiter.outcome === null), ...queue.waiting];
    Object.assign(queue, { waiting: [], asked: batch });
    const costs = batch.map(({ price }) => price.cost).filter((cost) => cost > 0);
    const wantsLease = batch.some(({ price }) => hasUseOfLease(evidence, price));
    const next = batch.reduce((units, { price }) => units + (price.next ?? 0), 0);
    const answer = await ask(ports, evidence, presented, { costs, wantsLease, next }, trace);
    const verdicts = answer.ok ? [...answer.value] : [];
    for (const waiter of batch) {
      if (answer.ok) {
        waiter.trace.tier = 'lease';
        const verdict = waiter.price.cost === 0 ? 'admitted' : verdicts.shift();
        waiter.outcome = outcomeOf(ports, evidence, waiter, verdict);
      } else if (isSilenceOfRing(answer.refusal)) waiter.outcome = inGrace(ports, evidence, waiter) ?? answer;
      else waiter.outcome = answer;
    }
    // Whom the Ring did not decide waits on.
    queue.waiting.push(...batch.filter((waiter) => waiter.outcome === null));
    if (queue.askingSince === startedAt) Object.assign(queue, { asked: [], askingSince: null });
  };

  return (evidence, presented, price, trace) => {
    const now = ports.now();
    if (isRefreshDue(evidence, presented, now)) ports.inBackground(refresh(ports, evidence, presented));
    const fresh = isFresh(evidence, price, now);
    if (fresh && price.cost === 0) return ADMITTED;
    const purse = purseOf(ports, evidence);
    const good = fresh || mayGoOn(evidence, price, silence(purse, now));
    const spending = price.cost === 0 ? null : spend(purse, price.cost, now, { mustAsk: !good });
    if (spending?.outcome === 'spent') {
      countAdmitted(evidence, now);
      if (renewalDue(purse, now) || (isStandingDue(evidence, now) && silence(purse, now) === null))
        ports.inBackground(renew(ports, evidence, presented));
      return ADMITTED;
    }
    // Nobody waits for a Ring that is known to be silent: it is probed in the background.
    if (spending?.outcome === 'silent' || (good && price.cost === 0)) {
      if (renewalDue(purse, now)) ports.inBackground(renew(ports, evidence, presented));
      return spending === null ? ADMITTED : SILENT;
    }
    // Whom the Ring has not seen yet it may refuse for something else, which is then to be told.
    if (spending?.outcome === 'refused' && evidence.held !== null)
      return limited(ports, evidence, spending.retryAfterMs, spending.by);
    return trace.span('admit', () => wait(evidence, presented, price, trace));
  };
};

/** Whether a lease is of use: to itself where it pays next, or to more like it, of which a route that asks each time has none. */
const hasUseOfLease = ({ held }: Evidence, { cost, leaseSeconds, next = 0 }: Price): boolean =>
  (leaseSeconds > 0 && cost > 0) || (next > 0 && held === null);

/** Whoever gives up must not be paid for by the next call. */
const leave = (queue: Queue, gone: Waiter): void => {
  queue.waiting = queue.waiting.filter((waiter) => waiter !== gone);
  queue.asked = queue.asked.filter((waiter) => waiter !== gone);
};

/** What becomes of one who waited for a Ring that said nothing. */
const inGrace = (ports: DecisionPorts, evidence: Evidence, { price }: Waiter): Result<null> | null => {
  const now = ports.now();
  const purse = purseOf(ports, evidence);
  const silent = silence(purse, now);
  if (silent === null || !(isFresh(evidence, price, now) || mayGoOn(evidence, price, silent))) return null;
  if (price.cost === 0) return ADMITTED;
  if (spend(purse, price.cost, now, { seenBefore: true }).outcome !== 'spent') return null;
  countAdmitted(evidence, now);
  return ADMITTED;
};

const outcomeOf = (
  ports: DecisionPorts,
  evidence: Evidence,
  { price }: Waiter,
  verdict: Verdict | undefined,
): Result<null> | null => {
  if (verdict === 'admitted') return ADMITTED;
  if (verdict === undefined) return null;
  // Who was refused, or passed over by a dearer request, may still be paid for from a lease that came meanwhile.
  const purse = purseOf(ports, evidence);
  const now = ports.now();
  const again = spend(purse, price.cost, now, { seenBefore: true });
  if (again.outcome === 'refused') return limited(ports, evidence, again.retryAfterMs, again.by);
  if (again.outcome === 'spent') {
    countAdmitted(evidence, now);
    return ADMITTED;
  }
  return verdict === 'refused' ? err({ reason: 'rate_limited', retryAfterSeconds: 1, by: [] }) : null;
};

const limited = (
  ports: DecisionPorts,
  evidence: Evidence,
  retryAfterMs: number,
  by: Parameters<typeof retryAfterSeconds>[1],
): Result<null> => {
  evidence.uses.limited++;
  const levels = fields(purseOf(ports, evidence), ports.now());
  const seconds = retryAfterSeconds(retryAfterMs, by, levels, ports.random());
  return err({ reason: 'rate_limited', retryAfterSeconds: seconds, by });
};
