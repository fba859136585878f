import { createDoors } from './doors.ts';
import { keyOperations } from './keys.ts';
import type { Operation } from './operation.ts';
import { operatorOperations } from './operators.ts';
import type { DeskPorts } from './ports.ts';
import { publicOperations } from './public.ts';

/** Everything that can be done at the Desk: what is served, and what OpenAPI tells of. */
export const deskOperations = (ports: DeskPorts): readonly Operation[] => {
  const doors = createDoors(ports);
  return [
    ...keyOperations(ports, {
      ...{ path: '/v1/keys', tag: 'Keys', idOf: (verb) => `${verb}Key${verb === 'list' ? 's' : ''}` },
      ...{ door: doors.own(null), freshDoor: doors.own(ports.maxAuthAgeSeconds) },
    }),
    ...keyOperations(ports, {
      ...{ path: '/v1/organization/keys', tag: 'Keys of an organisation' },
      idOf: (verb) => `${verb}OrganizationKey${verb === 'list' ? 's' : ''}`,
      ...{ door: doors.organization(null), freshDoor: doors.organization(ports.maxAuthAgeSeconds) },
    }),
    ...keyOperations(ports, {
      ...{ path: '/v1/users/{user_id}/keys', tag: 'Operators' },
      idOf: (verb) => `${verb}UserKey${verb === 'list' ? 's' : ''}`,
      ...{ door: doors.ofUser, freshDoor: doors.ofUser },
    }),
    ...operatorOperations(ports, doors),
    ...publicOperations(ports, doors),
  ];
};
