import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/policy.ts';
import { err, ok, type RefusalOf, type Result, type Scheme } from '../model/refusal.ts';

export type AuthorizeRefusal = RefusalOf<'credential_kind_not_allowed' | 'insufficient_scope'>;

/** What a route asks of whoever is let through. */
export type Demand = Pick<Route, 'credentials' | 'scopes'>;

/** Whether somebody may do this: the kind of his credential and every scope of the route, compared whole (RFC 6749 §3.3). */
export const authorize = (
  identity: Identity,
  demand: Demand,
  scheme: Scheme,
): Result<null, AuthorizeRefusal> => {
  if (!(demand.credentials as readonly string[]).includes(identity.auth)) {
    return err({ reason: 'credential_kind_not_allowed', allowed: demand.credentials });
  }
  return demand.scopes.every((scope) => identity.scopes.includes(scope))
    ? ok(null)
    : err({ reason: 'insufficient_scope', scopes: demand.scopes, scheme });
};
