import { LEASE_SLACK_MS } from '../../model/meter.ts';
import type { Refusal, Result } from '../../model/refusal.ts';

/**
 * Whether somebody who was let in may stay, judged on a word that was asked for at `since` or later. The value is when
 * that word was asked for; both by this isolate's clock in milliseconds.
 */
export type StillGood = (since: number) => Promise<Result<number>>;

/** On what somebody was let in. */
export interface Leave {
  /** When the word that let him in was asked for. */
  readonly askedAt: number;
  /** The oldest word that lets him stay, as the route says; DESIGN.md §5.7 has at least a second. */
  readonly leaseMs: number;
  /** For how much longer an answer that is under way is waited for, where a silent Ring lets him stay. */
  readonly patienceMs: number;
  readonly stillGood: StillGood;
}

export interface WatchPorts {
  readonly now: () => number;
  /** Ends early, without error, when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** What is done to whatever outlives a lease; each at most once, `close` for good. */
export interface Watched {
  readonly open: () => void;
  readonly close: (because: Refusal) => void;
}

/** The next word is asked for so long before the one in hand is too old, so that a slow Ring breaks nothing off. */
const AHEAD_PART = 0.25;
const AHEAD_AT_LEAST_MS = 500;

/** A word that was asked for by others that short a time ago will do: as a part of the time ahead. */
const SHARED_PART = 0.5;

/** What began to flow is given so long to end by itself before anybody is asked about it, in milliseconds. */
const SOON_OVER_MS = 100;

/** Who asks again after an answer that said nothing waits so long, in milliseconds. */
const RETRY_MS = 100;

/**
 * For a word that was too old from the start, or has no time left to be replaced in, nothing flows before the new one has
 * come; milliseconds. What began to flow would be broken off by a Ring that is only slow.
 */
const FIRST_WORD_MS = 2_000;

/** By then it is known that a Ring is silent; milliseconds. */
const SILENT_AFTER_MS = 1_500;

const SILENT: Refusal = { reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 };

/** The age up to which the word of a route lets something go on. */
export const watchLeaseMs = ({ leaseSeconds }: { readonly leaseSeconds: number }): number =>
  Math.max(leaseSeconds, 1) * 1000;

/** How long an answer may be waited for beyond the lease: not at all where each request asks, or grace is off. */
export const watchPatienceMs = (
  { leaseSeconds }: { readonly leaseSeconds: number },
  graceMs: number,
): number => (leaseSeconds === 0 ? 0 : Math.min(graceMs, SILENT_AFTER_MS));

/**
 * Looks after something that outlives a lease: opens it as soon as there is a word young enough, asks for the next one
 * in time, and closes it on a no, or when the word in hand is too old and there is no other. Answers how to stop.
 */
export const watch = (leave: Leave, ports: WatchPorts, watched: Watched): (() => void) => {
  const { now, sleep } = ports;
  const aheadMs = Math.max(leave.leaseMs * AHEAD_PART, AHEAD_AT_LEAST_MS);
  const until = (askedAt: number): number => askedAt + leave.leaseMs - LEASE_SLACK_MS;
  const over = new AbortController();
  const { signal } = over;

  /** When the next word was asked for, or why there is none. */
  const next = async (lastAskAt: number, patienceMs: number): Promise<Result<number>> => {
    const deadline = lastAskAt + patienceMs;
    const limit = new AbortController();
    const cancel = (): void => limit.abort();
    signal.addEventListener('abort', cancel);
    const late = sleep(deadline - now(), limit.signal).then(() => null);
    try {
      while (now() < lastAskAt && !signal.aborted) {
        const answer = await Promise.race([leave.stillGood(now() - aheadMs * SHARED_PART), late]);
        if (answer === null) break;
        if (answer.ok || !isUnknown(answer.refusal)) return answer;
        await Promise.race([sleep(RETRY_MS, limit.signal), late]);
      }
      return { ok: false, refusal: SILENT };
    } finally {
      signal.removeEventListener('abort', cancel);
      cancel();
    }
  };

  const look = async (): Promise<void> => {
    let goodUntil = until(leave.askedAt);
    let isOpen = goodUntil - now() >= AHEAD_AT_LEAST_MS;
    if (isOpen) watched.open();
    let atLeastMs = SOON_OVER_MS;
    while (!signal.aborted) {
      if (isOpen) await sleep(Math.max(atLeastMs, goodUntil - aheadMs - now()), signal);
      // A later word may have less time left than that.
      atLeastMs = 0;
      if (signal.aborted) return;
      const word = isOpen ? await next(goodUntil, leave.patienceMs) : await next(now() + FIRST_WORD_MS, 0);
      if (signal.aborted) return;
      if (!word.ok) return watched.close(word.refusal);
      const before = goodUntil;
      goodUntil = until(word.value);
      // A grace that nears its end gives no later word.
      if (isOpen && goodUntil <= before) await sleep(RETRY_MS, signal);
      // It took so long that it is too old already.
      if (goodUntil <= now()) return watched.close(SILENT);
      if (!isOpen) watched.open();
      isOpen = true;
    }
  };
  // A bug must not leave open what nobody looks after any more.
  look().catch(() => watched.close({ reason: 'internal' }));
  return () => over.abort();
};

/** Whether a refusal says that nobody knows, rather than no. */
const isUnknown = ({ reason }: Refusal): boolean => reason === 'unavailable' || reason === 'rate_limited';
