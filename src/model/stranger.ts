import type { Throttle } from './ports.ts';
import type { RefusalOf } from './refusal.ts';

/** The binding says no more than no: its longest period is over after that many seconds. */
const RETRY_AFTER_SECONDS = 60;

/** What somebody sends with a credential: where it comes from is told by its headers. */
export type Sender = Pick<Request, 'headers'>;

/** The one true address of a client; null where nobody in front of us says it. */
export const addressOf = (headers: Headers): string | null => headers.get('cf-connecting-ip');

/** Why somebody without a credential is not served now, or null. Nobody who has one is asked for an address. */
export const strangerRefusal = async (
  throttle: Throttle,
  headers: Headers,
): Promise<RefusalOf<'address_limited'> | null> =>
  (await throttle(addressOf(headers)))
    ? null
    : { reason: 'address_limited', retryAfterSeconds: RETRY_AFTER_SECONDS };
