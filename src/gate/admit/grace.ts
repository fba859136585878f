import type { Evidence } from '../../model/evidence.ts';
import type { Silence } from '../../model/lease-grace.ts';
import { LEASE_SLACK_MS } from '../../model/meter.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Price } from './price.ts';

/**
 * Whether a credential may go on without a new word of a silent Ring: if its last one was still good when the silence
 * began, and never where the Ring is to be asked for each request. Such a word ends with the grace, and so no later than
 * a lease and a grace after it was given.
 */
export const mayGoOn = (
  { held }: Evidence,
  { leaseSeconds, mayGoOn: asked }: Price,
  silence: Silence | null,
): boolean =>
  silence !== null &&
  held !== null &&
  (leaseSeconds > 0 || asked === true) &&
  Number.isFinite(held.seenAt) &&
  held.askedAt <= silence.since &&
  silence.since - held.askedAt < held.standing.leaseMs - LEASE_SLACK_MS;

/** Whether a refusal says that the Ring said nothing. */
export const isSilenceOfRing = (refusal: Refusal): boolean =>
  refusal.reason === 'unavailable' && refusal.what === 'ring';
