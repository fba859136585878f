import type { Config } from '../config.ts';
import { createKeys } from '../desk/keys-for-people.ts';
import { createOwners } from '../desk/owners-for-people.ts';
import type { DeskPorts } from '../desk/ports.ts';
import { createTokens } from '../desk/tokens-for-people.ts';
import type { FindPorts } from '../desk/work/find.ts';
import type { Health } from '../model/health.ts';
import { ok } from '../model/refusal.ts';
import { createPortal } from '../portal/index.ts';
import type { PortalPorts } from '../portal/ports.ts';
import type { Shared } from './shared.ts';
import { stytchResult } from './stytch-result.ts';

/** A sign-in that lets a device in is of the same day where the operator's file says nothing. Seconds. */
const MAX_AUTH_AGE_SECONDS = 86_400;

/** The pages for people. */
export const openPortal = (
  config: Config,
  { stytch }: Pick<Shared, 'stytch'>,
  ports: DeskPorts,
  health: () => Promise<Health>,
): ReturnType<typeof createPortal> => {
  const { deskUrl, projectId, devices, throttle, keychain, randomBytes, requestId, now, log } = ports;
  const { grantable, organizationRoles, largestLeaseSeconds, everyScope, keysPerUser } = ports;
  const { brand, desk, portal, roles, scopes, limits } = config;
  // Whoever runs a project may give users many roles: a cookie has room for those alone that something hangs on.
  const known = new Set([...roles.keys(), ...organizationRoles]);
  const sessionOf: PortalPorts['sessionOf'] = async (token) => {
    const answer = stytchResult(await stytch.authenticateSession(token, now()));
    if (!answer.ok || answer.value === null) return answer;
    return ok({ ...answer.value, roles: answer.value.roles.filter((role) => known.has(role)) });
  };
  const findUsers: FindPorts['findUsers'] = async (email) => stytchResult(await stytch.findUsers(email));
  return createPortal({
    ...{ deskUrl, projectId, devices, throttle, keychain, randomBytes, requestId, now, log },
    ...{ sessionOf, grantable, organizationRoles, largestLeaseSeconds },
    endSession: async (token) => stytchResult(await stytch.revokeSession(token)),
    ...{ keys: createKeys(ports), keyVariable: `${brand.toUpperCase()}_API_KEY` },
    ...{ owners: createOwners(ports, findUsers), everyScope, operatorPeople: new Set(config.operatorPeople) },
    ...{ plans: [...limits.plans.keys()], keysPerUser, health, tokens: createTokens(ports) },
    brand: portal.title,
    look: portal,
    login: portal,
    maxAuthAgeSeconds: desk.maxAuthAgeSeconds ?? MAX_AUTH_AGE_SECONDS,
    scopeTitle: (scope) => scopes.get(scope)?.title ?? scope,
    scopeDescription: (scope) => scopes.get(scope)?.description ?? null,
  });
};
