import type { Config } from '../config.ts';
import { createKeys } from '../desk/keys-for-people.ts';
import { createOwners } from '../desk/owners-for-people.ts';
import type { DeskPorts } from '../desk/ports.ts';
import type { FindPorts } from '../desk/work/find.ts';
import { ok } from '../model/refusal.ts';
import { createPortal } from '../portal/index.ts';
import type { PortalPorts } from '../portal/ports.ts';
import type { Shared } from './shared.ts';
import { stytchRefusal } from './stytch-refusal.ts';

/** A sign-in that lets a device in is of the same day where the operator's file says nothing. Seconds. */
const MAX_AUTH_AGE_SECONDS = 86_400;

/** The pages for people. */
export const openPortal = (
  config: Config,
  { stytch }: Pick<Shared, 'stytch'>,
  ports: DeskPorts,
): ReturnType<typeof createPortal> => {
  const { deskUrl, projectId, devices, throttle, keychain, randomBytes, requestId, now, log } = ports;
  const { grantable, organizationRoles, largestLeaseSeconds, everyScope, keysPerUser } = ports;
  const { brand, desk, portal, roles, scopes, limits } = config;
  // Whoever runs a project may give users many roles: a cookie has room for those alone that something hangs on.
  const known = new Set([...roles.keys(), ...organizationRoles]);
  const sessionOf: PortalPorts['sessionOf'] = async (token) => {
    const answer = await stytch.authenticateSession(token, now());
    if (answer.outcome !== 'answered') return stytchRefusal(answer);
    const session = answer.value;
    return ok(session && { ...session, roles: session.roles.filter((role) => known.has(role)) });
  };
  const endSession: PortalPorts['endSession'] = async (token) => {
    const answer = await stytch.revokeSession(token);
    return answer.outcome === 'answered' ? ok(undefined) : stytchRefusal(answer);
  };
  const findUsers: FindPorts['findUsers'] = async (email) => {
    const answer = await stytch.findUsers(email);
    return answer.outcome === 'answered' ? ok(answer.value) : stytchRefusal(answer);
  };
  return createPortal({
    ...{ deskUrl, projectId, devices, throttle, keychain, randomBytes, requestId, now, log },
    ...{ sessionOf, endSession, grantable, organizationRoles, largestLeaseSeconds },
    ...{ keys: createKeys(ports), keyBrand: brand },
    ...{ owners: createOwners(ports, findUsers), everyScope, operatorPeople: new Set(config.operatorPeople) },
    ...{ plans: [...limits.plans.keys()], keysPerUser },
    brand: portal.title,
    look: portal,
    login: portal,
    maxAuthAgeSeconds: desk.maxAuthAgeSeconds ?? MAX_AUTH_AGE_SECONDS,
    scopeTitle: (scope) => scopes.get(scope)?.title ?? scope,
    scopeDescription: (scope) => scopes.get(scope)?.description ?? null,
  });
};
