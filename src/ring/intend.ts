import type { RingParts } from './parts.ts';
import type { Intention } from './tables/rows.ts';

/** Writes down what is to be done at Stytch about a client, from now on or after a while, in milliseconds. */
export const intend = (
  { tables, now }: Pick<RingParts, 'tables' | 'now'>,
  clientId: string,
  kind: Intention['kind'],
  { afterMs = 0, fingerprints = [] }: { afterMs?: number; fingerprints?: readonly string[] } = {},
): void => {
  const since = now();
  tables.putIntention({ clientId, kind, attempts: 0, dueAt: since + afterMs, since, fingerprints });
};
