import { readCapped } from '../model/capped.ts';
import type { Outcome } from '../model/ports.ts';
import { readOAuthError, readStytchError } from './errors-wire.ts';

/** The longest answer that is read of most calls: they are of a few hundred bytes, a JWKS of a few thousand. */
const MAX_ANSWER_BYTES = 65_536;

/** What a retry waits for, at most, before each further try; the whole stays within the caller's patience. */
const RETRY_DELAYS_MS = [100, 300];

/** A longer `Retry-After` than this is passed on to the client, not waited for. */
const MAX_WAIT_MS = 1_000;

/** Nor is one passed on that would send our own clients away for longer (SECURITY: ORG-07). */
const MAX_RETRY_AFTER_SECONDS = 60;

/** What a call needs of the world: all of it an argument, so that tests can hold each. */
export interface Wires {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1): the jitter of retries. */
  readonly random: () => number;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  /** The longest answer that is read; 64 KiB where it is not given. */
  readonly maxAnswerBytes?: number;
  /** Whether a repeat is harmless: only then is an unanswered call made again. */
  readonly idempotent: boolean;
}

/**
 * Calls Stytch and reads the answer with `read`. Answered: 2xx that `read` understands. Declined: a 4xx, other
 * than 408 and 429, in one of Stytch's two error envelopes. Everything else is unreachable: silence, a redirect, 429,
 * 5xx, HTML, a cut or oversized body.
 */
export const call = async <T>(
  wires: Wires,
  url: string,
  request: Call,
  read: (body: unknown, attempt: number) => T | null,
  readDecline: (decline: Declined, attempt: number) => Outcome<T> = (decline) => decline,
): Promise<Outcome<T>> => {
  const tries = request.idempotent ? RETRY_DELAYS_MS.length + 1 : 1;
  for (let attempt = 0; ; attempt++) {
    const outcome = await callOnce(wires, url, request, (body) => read(body, attempt));
    if (outcome.outcome === 'declined') return readDecline(outcome, attempt);
    if (outcome.outcome === 'answered' || attempt + 1 >= tries) return outcome;
    const askedMs = (outcome.retryAfterSeconds ?? 0) * 1000;
    if (askedMs > MAX_WAIT_MS) return outcome;
    await wires.sleep(Math.max(askedMs, (RETRY_DELAYS_MS[attempt] ?? 0) * (0.5 + wires.random())));
  }
};

export type Declined = Extract<Outcome<never>, { readonly outcome: 'declined' }>;

const callOnce = async <T>(
  wires: Wires,
  url: string,
  request: Call,
  read: (body: unknown) => T | null,
): Promise<Outcome<T>> => {
  // Cleared when the answer is in: a Durable Object with a timer left runs on, and is paid for.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), request.deadlineMs);
  try {
    const response = await wires.fetch(url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal: deadline.signal,
    });
    if (isSilence(response.status)) {
      // What it says does not matter, and that it may break off must not cost the Retry-After.
      await response.body?.cancel().catch(() => undefined);
      return unreachable(`status ${response.status}`, parseRetryAfter(response.headers.get('retry-after')));
    }
    const text = await readCapped(response, request.maxAnswerBytes ?? MAX_ANSWER_BYTES);
    return judge(response.status, text, read);
  } catch (error) {
    // The one place where a failed fetch becomes a value: whatever went wrong, we have no answer.
    return unreachable(error instanceof Error ? error.name : 'error');
  } finally {
    clearTimeout(timer);
  }
};

/** Statuses that say nothing of what was asked: come again. */
const isSilence = (status: number): boolean => status === 408 || status === 429 || status >= 500;

const judge = <T>(status: number, text: string | null, read: (body: unknown) => T | null): Outcome<T> => {
  const body = text === null ? null : parseJson(text);
  if (body === null) return unreachable('unreadable answer');
  if (status >= 200 && status < 300) {
    const value = read(body);
    return value === null ? unreachable('unexpected answer') : { outcome: 'answered', value };
  }
  const code = status >= 400 ? (readOAuthError(body) ?? readStytchError(body)) : null;
  return code === null ? unreachable(`status ${status}`) : { outcome: 'declined', status, code };
};

const unreachable = (detail: string, retryAfterSeconds: number | null = null): Outcome<never> => ({
  outcome: 'unreachable',
  detail,
  retryAfterSeconds,
});

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** RFC 9110 §10.2.3, the delay-seconds form; a date or nonsense counts as absent. */
const parseRetryAfter = (value: string | null): number | null =>
  value !== null && /^\d{1,6}$/.test(value) ? Math.min(Number(value), MAX_RETRY_AFTER_SECONDS) : null;
