import type { TryCounted } from '../../model/device-lobby.ts';
import { retryAfterOf } from '../../model/retry-after.ts';
import { DEVICE_KEPT_MS } from './device-tables.ts';
import type { LobbyParts } from './parts.ts';

/** How many tries one Lobby counts at a time: of more, none is made. */
const MAX_TRIES = 10_000;

/** Counts a try before it is made, so that many at once do not get past. Nothing is awaited between look and mark. */
export const countTry = async (parts: LobbyParts, name: string, max: number): Promise<TryCounted> => {
  const { tables } = parts;
  const now = parts.now();
  tables.sweepDevices(now);
  const tries = tables.tries(name);
  // The one that has to be forgotten first, for there to be room.
  const oldest = tries.at(-max);
  if (tries.length >= max && oldest !== undefined) return exhausted(oldest, now);
  if (tables.countTries() >= MAX_TRIES) {
    parts.log({ event: 'budget', lobby: parts.name, scopes: 'tries', client_id: null });
    return exhausted(now, now);
  }
  const id = tables.putTry(name, now);
  await parts.wake();
  return { result: 'counted', id };
};

const exhausted = (oldest: number, now: number): TryCounted => ({
  result: 'exhausted',
  retryAfterSeconds: retryAfterOf(oldest + DEVICE_KEPT_MS - now),
});
