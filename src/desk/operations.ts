import { auditOperations } from './audit.ts';
import { describingOperations } from './describe.ts';
import { createDoors } from './doors.ts';
import { githubOperations } from './github.ts';
import { keyOwnerOperations } from './key-owners.ts';
import { keyOperations } from './keys.ts';
import { leakedOperations } from './leaked.ts';
import { limitsOperations } from './limits.ts';
import { oauthOperations } from './oauth/index.ts';
import type { Operation } from './operation.ts';
import { operatorOperations } from './operators.ts';
import type { Place } from './place.ts';
import type { DeskPorts } from './ports.ts';
import { publicOperations } from './public.ts';
import { reconciliationOperations } from './reconciliation.ts';
import { stytchOperations } from './stytch.ts';
import { tokensOperations } from './tokens.ts';
import { usageOperations } from './usage.ts';
import { createWork, type Work } from './work/index.ts';

/** Everything that can be done at the Desk: what is served, what OpenAPI tells of, and what the client knows. */
export const deskOperations = (ports: DeskPorts) => {
  const doors = createDoors(ports);
  const work = createWork(ports);
  const done = [
    ...placeOperations(ports, work, {
      ...{ base: '/v1', tag: 'Keys', of: '' },
      ...{ door: doors.own(null), freshDoor: doors.own(ports.maxAuthAgeSeconds) },
    }),
    ...placeOperations(ports, work, {
      ...{ base: '/v1/organization', tag: 'Keys of an organisation', of: 'Organization' },
      ...{ door: doors.organization(null), freshDoor: doors.organization(ports.maxAuthAgeSeconds) },
    }),
    ...placeOperations(ports, work, {
      ...{ base: '/v1/users/{user_id}', tag: 'Operators', of: 'User' },
      ...{ door: doors.ofUser, freshDoor: doors.ofUser },
    }),
    ...operatorOperations(ports, work.owners, doors),
    ...keyOwnerOperations(work.ownerOfKey, doors),
    ...reconciliationOperations(ports, doors),
    ...tokensOperations(work, doors),
    ...leakedOperations(ports, doors),
    ...githubOperations(ports),
    ...stytchOperations(ports),
    ...oauthOperations(ports, doors),
    ...publicOperations(ports, doors),
  ] as const;
  const described = describingOperations(ports, doors, (): readonly Operation[] => [...done, ...described]);
  return [...done, ...described] as const;
};

/** What an owner's keys, their use and their trail are looked at and changed by, the same wherever it is served. */
const placeOperations = <P extends string>(ports: DeskPorts, work: Work, place: Place<P>) =>
  [
    ...keyOperations(ports, work.keys, place),
    ...usageOperations(work, place),
    ...limitsOperations(work.limits, place),
    ...auditOperations(ports, work.audit, place),
  ] as const;
