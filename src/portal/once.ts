import { toBase64url } from '../model/bytes.ts';
import type { PortalPorts } from './ports.ts';

const RANDOM_BYTES = 12;
const DAY_MS = 86_400_000;

/** Names a form that is to be sent once, and tells when it was opened: milliseconds to the base of 36, which are eight. */
export const newOnce = ({ randomBytes, now }: Pick<PortalPorts, 'randomBytes' | 'now'>): string =>
  `${now().toString(36)}-${toBase64url(randomBytes(RANDOM_BYTES))}`;

export const isOnce = (text: string): boolean => /^[0-9a-z]{8}-[A-Za-z0-9_-]{16}$/.test(text);

/**
 * From when days of a form are counted: what is sent twice must ask for the same, or it is no repeat. It is when the form
 * was opened, or the same time of a later day where it was left open for long.
 */
export const countedFrom = (once: string, now: number): number =>
  now - ((now - Number.parseInt(once.slice(0, 8), 36)) % DAY_MS);
