import { toBase64url } from '../model/bytes.ts';
import type { PortalPorts } from './ports.ts';

const RANDOM_BYTES = 12;

/** For so long it is known what was sent under a name (`Keys`). */
const KNOWN_MS = 86_400_000;

/** Clocks of isolates are not one clock. */
const SKEW_MS = 60_000;

/** Names a form that is to be sent once, and tells when it was opened: milliseconds to the base of 36, which are eight. */
export const newOnce = ({ randomBytes, now }: Pick<PortalPorts, 'randomBytes' | 'now'>): string =>
  `${now().toString(36)}-${toBase64url(randomBytes(RANDOM_BYTES))}`;

/**
 * When the form of this name was opened, in milliseconds: what is counted from then is the same in a repeat. Null for a
 * name that is none, and for a form that was left open so long that nobody would know a repeat of it.
 */
export const openedAt = (once: string, now: number): number | null => {
  const [, time] = /^([0-9a-z]{8})-[A-Za-z0-9_-]{16}$/.exec(once) ?? [];
  const at = time === undefined ? Number.NaN : Number.parseInt(time, 36);
  return at > now - KNOWN_MS && at <= now + SKEW_MS ? at : null;
};
