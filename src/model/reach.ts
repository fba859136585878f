import type { InBackground, Log } from './ports.ts';
import { err, ok, type RefusalOf, type Result } from './refusal.ts';

export type RingFailure = RefusalOf<'unavailable' | 'rate_limited'>;

export interface ReachPorts {
  /** Ends early, without error, when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly inBackground: InBackground;
  readonly log: Log;
}

/**
 * Waits for a Ring no longer than `deadlineMs`. Its silence and whatever it throws mean that we cannot tell; that
 * it is overloaded is its owner's doing and nobody else's. A late answer is still waited for, in the background.
 */
export const reach = async <T>(
  ports: ReachPorts,
  answer: Promise<T>,
  deadlineMs: number,
): Promise<Result<T, RingFailure>> => {
  const settled: Promise<Result<T, RingFailure>> = answer.then(
    (value) => ok(value),
    (error: unknown) => err(failure(ports, error)),
  );
  const timer = new AbortController();
  const first = await Promise.race([settled, ports.sleep(deadlineMs, timer.signal).then(() => null)]);
  timer.abort();
  if (first !== null) return first;
  ports.inBackground(settled);
  return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
};

const failure = (ports: ReachPorts, error: unknown): RingFailure => {
  const overloaded = error instanceof Error && 'overloaded' in error && error.overloaded === true;
  const because = error instanceof Error ? error.name : 'unknown';
  ports.log({ event: 'ring', outcome: overloaded ? 'overloaded' : 'failed', because });
  return overloaded
    ? { reason: 'rate_limited', retryAfterSeconds: 1, by: [] }
    : { reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 };
};
