import type { EventType, KeyRecord } from '../model/life.ts';
import { keyObject, ownerObject } from '../model/objects.ts';
import { retryAfterMs } from './alarm/retry.ts';
import type { RingParts } from './parts.ts';
import type { EventRow } from './tables/rows.ts';
import { becauseOf } from './unanswered.ts';

/** An event that was not taken in this many tries, about four days, is given up, and the log says so. */
const MAX_ATTEMPTS = 100;

/** How many events one alarm hands over; the rest are due at once again. */
const BATCH = 20;

/** Writes down an event for the operator's URL, where there is one. To be called in the transaction of what it tells of. */
export const emit = (
  parts: RingParts,
  type: EventType,
  key: KeyRecord | null,
  more: Readonly<Record<string, unknown>> = {},
): void => {
  const owner = key?.owner ?? parts.tables.owner();
  if (parts.rules.events === null || owner === null) return;
  const at = parts.now();
  const data = { owner: ownerObject(owner), ...(key === null ? {} : { key: keyObject(key) }), ...more };
  const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
  parts.tables.putEvent({ id: parts.newId(), type, at, body, attempts: 0, dueAt: at });
};

/**
 * Tells what is due, each event by itself: one that is not taken keeps no other back. The next time is written before the
 * try, so that a crash is one more try and never a lost event.
 */
export const deliverEvents = async (parts: RingParts): Promise<void> => {
  const now = parts.now();
  const due = parts.tables.eventsDue(now, BATCH);
  for (const { id, attempts } of due)
    parts.tables.postponeEvent(id, attempts + 1, now + retryAfterMs(attempts + 1));
  await parts.wake();
  await Promise.all(due.map((event) => tell(parts, event)));
};

const tell = async (parts: RingParts, event: EventRow): Promise<void> => {
  const { tables } = parts;
  const outcome = await parts.deliver(event);
  if (outcome.outcome === 'answered') return tables.deleteEvent(event.id);
  const attempts = event.attempts + 1;
  const isGivenUp = outcome.outcome === 'declined' || attempts >= MAX_ATTEMPTS;
  parts.log({
    ...{ event: 'events', id: event.id, type: event.type, attempts },
    outcome: isGivenUp ? 'given up' : 'not taken',
    because: becauseOf(outcome),
  });
  if (isGivenUp) return tables.deleteEvent(event.id);
  if (outcome.outcome !== 'unreachable' || outcome.retryAfterSeconds === null) return;
  const waitMs = Math.max(retryAfterMs(attempts), outcome.retryAfterSeconds * 1000);
  tables.postponeEvent(event.id, attempts, parts.now() + waitMs);
};
