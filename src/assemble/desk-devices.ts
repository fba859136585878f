import { createDevices, type DevicesPorts } from '../desk/devices.ts';
import type { DeskPorts } from '../desk/ports.ts';
import type { Lobbies } from '../model/ports.ts';
import type { ReachPorts } from '../model/reach.ts';
import { ok } from '../model/refusal.ts';
import { randomBytes } from '../runtime.ts';
import type { StytchApi } from '../stytch/client.ts';
import type { StytchProject } from '../stytch/project.ts';
import { deskLobby } from './desk-lobby.ts';
import { stytchResult } from './stytch-result.ts';

/** What of the world the device flow needs besides. */
export interface DeskDevicesOptions
  extends Omit<DevicesPorts, 'lobbyOf' | 'randomBytes'>,
    Pick<StytchProject, 'vertical'> {
  readonly lobbies: Lobbies;
  readonly stytch: Pick<StytchApi, 'userRoles'>;
  readonly reachPorts: ReachPorts;
}

/** The device flow at the Desk: where codes wait, and what their users may still grant. */
export const deskDevices = ({
  lobbies,
  stytch,
  vertical,
  reachPorts,
  ...shared
}: DeskDevicesOptions): Pick<
  DeskPorts,
  'deviceClients' | 'keysPerUser' | 'lobbyOf' | 'randomBytes' | 'devices' | 'rolesOf'
> => {
  const lobbyOf: DeskPorts['lobbyOf'] = (name) => deskLobby(lobbies(name), reachPorts);
  const { deviceClients, keysPerUser } = shared;
  return {
    ...{ deviceClients, keysPerUser, lobbyOf, randomBytes },
    devices: createDevices({ ...shared, lobbyOf, randomBytes }),
    rolesOf: async (owner, before) => {
      // What tells of one member, Stytch has under his organisation alone, and no source says how it answers.
      if (vertical === 'b2b') return ok(before);
      return stytchResult(await stytch.userRoles(owner.id));
    },
  };
};
