import type { DeliverEvent, Outcome } from '../model/ports.ts';
import { signWebhook } from './standard.ts';

/** How long a receiver has for its answer, in milliseconds. */
const DEADLINE_MS = 10_000;

/** A receiver cannot put us off for longer: an hour. */
const MAX_RETRY_AFTER_SECONDS = 3_600;

/** RFC 9110 §15.5.11: the receiver wants no more of it. */
const GONE = 410;

export interface DeliverOptions {
  /** Where events go. */
  readonly url: string;
  /** What they are signed with: `whsec_…`, several apart by spaces. */
  readonly secret: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Posts events as Standard Webhooks has it. Taken: 2xx. Declined for good: 410. All else is no answer, a redirect too: an
 * event goes to the URL that the operator wrote down and to no other.
 */
export const createDeliver =
  ({ url, secret, fetch, now }: DeliverOptions): DeliverEvent =>
  async ({ id, body }) => {
    // Cleared when the answer is in: a Durable Object with a timer left runs on, and is paid for.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), DEADLINE_MS);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'latchkey',
          ...signWebhook(secret, id, now(), body),
        },
        body,
        redirect: 'manual',
        signal: deadline.signal,
      });
      // What it says besides its status does not matter.
      await response.body?.cancel().catch(() => undefined);
      return outcomeOf(response, now());
    } catch (error) {
      // The one place where a failed fetch becomes a value: whatever went wrong, nobody took it.
      return unreachable(error instanceof Error ? error.name : 'error', null);
    } finally {
      clearTimeout(timer);
    }
  };

/** For events of before, where nobody is to be told any more. */
export const deliverNowhere: DeliverEvent = async () => ({
  ...{ outcome: 'declined', status: GONE, code: 'no events.url' },
});

const outcomeOf = ({ ok, status, headers }: Response, now: number): Outcome<null> => {
  if (ok) return { outcome: 'answered', value: null };
  if (status === GONE) return { outcome: 'declined', status, code: 'gone' };
  return unreachable(`status ${status}`, parseRetryAfter(headers.get('retry-after'), now));
};

/** RFC 9110 §10.2.3: seconds, or a date as HTTP writes it (§5.6.7); in seconds. */
const parseRetryAfter = (value: string | null, now: number): number | null => {
  if (value === null || !/^(?:\d{1,9}|[A-Z][a-z]{2}, .+ GMT)$/.test(value)) return null;
  const seconds = /^\d/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS);
};

const unreachable = (detail: string, retryAfterSeconds: number | null): Outcome<null> => ({
  ...{ outcome: 'unreachable', detail, retryAfterSeconds },
});
