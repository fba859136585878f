import type { Owners } from '../model/owners.ts';
import { checked } from './body.ts';
import type { DeskPorts } from './ports.ts';
import { ownerLimitsBody, suspensionBody } from './schemas.ts';
import { createFindWork, type FindPorts } from './work/find.ts';
import { createWork } from './work/index.ts';

/** The work on owners for pages: behind the same schemas as the JSON endpoints. */
export const createOwners = (ports: DeskPorts, findUsers: FindPorts['findUsers']): Owners => {
  const { owners, ownerOfKey } = createWork(ports);
  const { realm, lobbyOf } = ports;
  return {
    find: createFindWork({ realm, lobbyOf, ownerOfKey, findUsers }),
    suspend: (who, asked) => checked(suspensionBody, asked, (body) => owners.suspend(who, body)),
    lift: owners.lift,
    setLimits: (who, asked) => checked(ownerLimitsBody, asked, (body) => owners.setLimits(who, body)),
    revokeAll: owners.revokeAll,
  };
};
