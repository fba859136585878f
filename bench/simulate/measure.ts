import type { Request } from './isolate.ts';
import { isOutage, type Scenario } from './scenario.ts';

/** What one run came to. Shares in 0..1, rounded, so that two machines print the same. */
export type Measured = {
  readonly requests: number;
  /** Units above the limit in the worst window of w seconds of any user; the whole run counts. */
  readonly over_admission: number;
  /** Of what the ideal limiter admitted of the same arrivals; 0 if we admitted as much. */
  readonly unused_share: number;
  readonly ring_calls_per_1000: number;
  readonly waits_per_1000: number;
  /** From the Ring's refusal to the last admission anywhere, the worst of all revocations; null where nothing is revoked. */
  readonly revocation_delay_s: number | null;
  readonly ring_calls_per_second: number;
  /** In the busiest second, the cold start included. */
  readonly ring_calls_peak: number;
  /** How many times the calls that any policy needs as long as nobody is refused. */
  readonly ring_calls_to_least: number;
  /** Requests that were neither admitted nor refused, since the Ring was not heard of in time. */
  readonly failed_share: number;
  /** The same during the warm-up. */
  readonly failed_at_start: number;
  /** 99 in 100 of those who waited did not wait longer. */
  readonly wait_p99_ms: number;
  /** 999 in 1,000 of those who waited waited no longer than two round trips and this. */
  readonly wait_beyond_ms: number;
  /** Jain's index of admitted to asked over the isolates, in parts of the ideal limiter's. */
  readonly fairness: number;
  /** The most units of one user, in any window, that were admitted in grace and not yet on his book; null where there is no grace. */
  readonly grace_untold: number | null;
  /** Units admitted in the time of the grace, in parts of what the ideal limiter admits then; null where no Ring is silent. */
  readonly grace_served_share: number | null;
};

/** Notes what happens in one run. */
export type Tape = {
  asked(request: Request, ideal: boolean): void;
  admitted(request: Request): void;
  failed(request: Request): void;
  waited(request: Request, ms: number): void;
  called(at: number): void;
  revoked(delayMs: number): void;
  /** How much a moment's units count for the unused share. */
  weightAt(at: number): number;
  result(
    worstExcess: number,
    weighedUnits: number,
    leastCallsPerSecond: number,
    mostUntold: number,
  ): Measured;
};

/** A tape that counts what begins in [fromMs, toMs). */
export const openTape = (scenario: Scenario, fromMs: number, toMs: number): Tape => {
  const { isolates, limit, outage, ringGraceSeconds } = scenario;
  const askedOf = new Float64Array(isolates);
  const idealOf = new Float64Array(isolates);
  const oursOf = new Float64Array(isolates);
  const waits: number[] = [];
  const callsIn = new Uint32Array(Math.ceil(toMs / 1000) + 1);
  const count = { requests: 0, failed: 0, failedAtStart: 0, waits: 0, calls: 0, ideal: 0 };
  const graced = { ideal: 0, ours: 0 };
  const beyond: number[] = [];
  let revocationMs: number | null = null;
  /**
   * The first and the last window count gradually: over its limit a flow comes in bursts a window apart, and it must
   * not matter whether one more or one less of them falls between two sharp edges.
   */
  const windowMs = limit.perSeconds * 1000;
  const weightAt = (at: number): number =>
    Math.max(0, Math.min(1, (at - fromMs) / windowMs)) * Math.max(0, Math.min(1, (toMs - at) / windowMs));
  /** From when leases are over to when the Ring answers, or the grace ends. */
  const isGrace = (at: number): boolean =>
    outage !== null &&
    isOutage(outage, at) &&
    at >= (outage.atSeconds + 2 * scenario.leaseSeconds) * 1000 &&
    at < (outage.atSeconds + ringGraceSeconds) * 1000;
  const counts = (at: number): boolean => at >= fromMs && at < toMs;

  return {
    weightAt,
    asked({ at, isolate, cost }, ideal) {
      if (!counts(at)) return;
      count.requests++;
      askedOf[isolate] = (askedOf[isolate] ?? 0) + cost;
      if (!ideal) return;
      if (isGrace(at)) graced.ideal += cost;
      count.ideal += cost * weightAt(at);
      idealOf[isolate] = (idealOf[isolate] ?? 0) + cost;
    },
    admitted({ at, isolate, cost }) {
      if (counts(at) && isGrace(at)) graced.ours += cost;
      if (counts(at)) oursOf[isolate] = (oursOf[isolate] ?? 0) + cost;
    },
    failed({ at }) {
      if (at < fromMs) count.failedAtStart++;
      else if (counts(at)) count.failed++;
    },
    waited({ at, tripMs }, ms) {
      if (!counts(at)) return;
      count.waits++;
      waits.push(ms);
      beyond.push(Math.max(0, ms - 2 * tripMs));
    },
    called(at) {
      const second = Math.floor(at / 1000);
      if (second < callsIn.length) callsIn[second] = (callsIn[second] ?? 0) + 1;
      if (counts(at)) count.calls++;
    },
    revoked(delayMs) {
      revocationMs = Math.max(revocationMs ?? 0, delayMs);
    },
    result(worstExcess, weighedUnits, leastCallsPerSecond, mostUntold) {
      const requests = Math.max(1, count.requests);
      const callsPerSecond = count.calls / ((toMs - fromMs) / 1000);
      return {
        requests: count.requests,
        over_admission: Math.max(0, worstExcess),
        unused_share: round(count.ideal === 0 ? 0 : Math.max(0, 1 - weighedUnits / count.ideal), 4),
        ring_calls_per_1000: round((1000 * count.calls) / requests, 2),
        waits_per_1000: round((1000 * count.waits) / requests, 2),
        revocation_delay_s: revocationMs === null ? null : round(revocationMs / 1000, 3),
        ring_calls_per_second: round(callsPerSecond, 2),
        ring_calls_peak: callsIn.reduce((most, calls) => Math.max(most, calls), 0),
        ring_calls_to_least: round(callsPerSecond / leastCallsPerSecond, 2),
        failed_share: round(count.failed / requests, 4),
        failed_at_start: count.failedAtStart,
        wait_p99_ms: round(quantile(waits, 0.99), 1),
        wait_beyond_ms: round(quantile(beyond, 0.999), 1),
        fairness: round(jain(oursOf, askedOf) / jain(idealOf, askedOf), 3),
        grace_untold: ringGraceSeconds === 0 ? null : mostUntold,
        grace_served_share: outage === null ? null : round(graced.ours / Math.max(1, graced.ideal), 4),
      };
    },
  };
};

/** 1 when everybody got the same part of what he asked for, 1/n when one got all. */
const jain = (got: Float64Array, asked: Float64Array): number => {
  let sum = 0;
  let squares = 0;
  let count = 0;
  asked.forEach((units, index) => {
    if (units === 0) return;
    const part = (got[index] ?? 0) / units;
    sum += part;
    squares += part * part;
    count++;
  });
  return squares === 0 ? 1 : (sum * sum) / (count * squares);
};

/** The value that this part of all values does not exceed; 0 of none. */
const quantile = (values: readonly number[], part: number): number =>
  Float64Array.from(values).sort()[Math.max(0, Math.ceil(values.length * part) - 1)] ?? 0;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
