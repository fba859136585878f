import type { EventType, KeyRecord } from '../model/life.ts';
import { keyObject, ownerObject, time } from '../model/objects.ts';
import type { RingParts } from './parts.ts';
import { retryAfterMs } from './retry.ts';

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
  const body = JSON.stringify({ type, timestamp: time(at), data });
  parts.tables.putEvent({ id: parts.newId(), type, at, body, attempts: 0, dueAt: at });
};

/** Tells what is due. The next time is written before the try, so that a crash is one more try and never a lost event. */
export const deliverEvents = async (parts: RingParts): Promise<void> => {
  const now = parts.now();
  const due = parts.tables.eventsDue(now, BATCH);
  for (const event of due) {
    const attempts = event.attempts + 1;
    parts.tables.putEvent({ ...event, attempts, dueAt: now + retryAfterMs(attempts) });
  }
  await parts.wake();
  await Promise.all(
    due.map(async (event) => {
      const outcome = await parts.deliver(event);
      if (outcome.outcome === 'answered') return parts.tables.deleteEvent(event.id);
      const because = outcome.outcome === 'declined' ? outcome.code : outcome.detail;
      const given = event.attempts + 1 >= MAX_ATTEMPTS;
      parts.log({
        ...{ event: 'events', id: event.id, type: event.type, attempts: event.attempts + 1, because },
        outcome: given ? 'given up' : 'not taken',
      });
      if (given) parts.tables.deleteEvent(event.id);
    }),
  );
};
