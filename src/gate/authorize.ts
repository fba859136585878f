import { type AddressRange, addressIn } from '../model/address.ts';
import { isRecent } from '../model/auth-age.ts';
import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/policy.ts';
import { err, ok, type RefusalOf, type Result, type Scheme } from '../model/refusal.ts';
import { addressOf, type Sender } from '../model/stranger.ts';
import type { SessionToken } from '../model/token.ts';

export type AuthorizeRefusal = RefusalOf<
  | 'address_not_allowed'
  | 'credential_kind_not_allowed'
  | 'insufficient_user_authentication'
  | 'insufficient_scope'
>;

/** What a route asks of whoever is let through. */
export type Demand = Pick<Route, 'credentials' | 'scopes' | 'maxAuthAgeSeconds'>;

/** Whether a request comes from where its key may not be used. Only where the key has a list is its address looked at. */
export const comesFromElsewhere = (addresses: readonly AddressRange[] | null, from: Sender | null): boolean =>
  addresses !== null && !addressIn(from === null ? null : addressOf(from.headers), addresses);

/**
 * Whether somebody may do this: where he is, the kind of his credential, the age of his sign-in (RFC 9470), and every
 * scope of the route, compared whole (RFC 6749 §3.3). `now` in milliseconds.
 *
 * Where he is comes first: whoever tries a stolen key from another address gets one and the same answer on every route,
 * and learns nothing of what the key may do.
 */
export const authorize = (
  identity: Identity,
  session: Pick<SessionToken, 'authenticatedAt'> | null,
  demand: Demand,
  scheme: Scheme,
  now: number,
  isElsewhere: boolean,
): Result<null, AuthorizeRefusal> => {
  if (isElsewhere) return err({ reason: 'address_not_allowed' });
  if (!(demand.credentials as readonly string[]).includes(identity.auth)) {
    return err({ reason: 'credential_kind_not_allowed', allowed: demand.credentials });
  }
  const { maxAuthAgeSeconds } = demand;
  if (maxAuthAgeSeconds !== null && !isRecent(session?.authenticatedAt ?? null, maxAuthAgeSeconds, now)) {
    return err({ reason: 'insufficient_user_authentication', maxAgeSeconds: maxAuthAgeSeconds });
  }
  return demand.scopes.every((scope) => identity.scopes.includes(scope))
    ? ok(null)
    : err({ reason: 'insufficient_scope', scopes: demand.scopes, scheme });
};
