import { deskDevices } from '../src/assemble/desk-devices.ts';
import { deskRing } from '../src/assemble/desk-ring.ts';
import type { Approver, DeviceAsking, DeviceClient, Devices } from '../src/model/device.ts';
import { ringOfOwner } from '../src/model/key.ts';
import { openKeychain } from '../src/model/keychain.ts';
import type { Lobbies } from '../src/model/ports.ts';
import type { Result } from '../src/model/refusal.ts';
import { openLobbies } from '../src/ring/lobby-name.ts';
import { sleep } from '../src/runtime.ts';
import { ask } from './oauth.ts';
import { inUse } from './secrets.ts';
import { claimsOf, masterKeys, ownerOf, PROJECT, rooms } from './world.ts';

export const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

export interface Codes {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

/** What a device is answered that begins to wait; its codes are secrets. */
export const codesOf = async (response: Response): Promise<Codes> => {
  if (response.status !== 200) throw new Error(`begin: ${response.status} ${await response.text()}`);
  const codes: Codes = await response.json();
  for (const secret of [codes.device_code, codes.user_code, codes.user_code.replace('-', '')]) inUse(secret);
  return codes;
};

/** A device begins to wait. */
export const begin = async (
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Codes> =>
  codesOf(await ask('device_authorization', { client_id: 'acme-cli', ...fields }, headers));

/** The form of a device that asks for its key. */
export const asking = (deviceCode: string, clientId = 'acme-cli') => ({
  ...{ grant_type: GRANT, device_code: deviceCode, client_id: clientId },
});

/** A device asks for its key; one that it is given is a secret. */
export const poll = async (deviceCode: string, clientId?: string): Promise<Response> =>
  noted(await ask('token', asking(deviceCode, clientId)));

/** The key in an answer is a secret from now on. */
export const noted = async (response: Response): Promise<Response> => {
  const { access_token } = (await response.clone().json()) as { access_token?: string };
  if (access_token !== undefined) inUse(access_token);
  return response;
};

/** A key that a device was given. */
export interface Given {
  readonly access_token: string;
  readonly key_id: string;
  readonly scope: string;
  readonly token_type: string;
  readonly expires_in?: number;
}

export const given = async (response: Response): Promise<Given> => {
  if (response.status !== 200) throw new Error(`redeem: ${response.status} ${await response.text()}`);
  return response.json();
};

/** A refusal without more to it than its status and error. */
export const refused = (error: string, status = 400) => ({
  status,
  error,
  challenge: null,
  retryAfter: null,
});

const SCOPES = ['items:read', 'items:write'];
const ofUsers = (roles: readonly string[]) => (roles.includes('stytch_user') ? SCOPES : []);

/** What the pages work with, in this deployment; `lobbies` in the place of its Lobbies. */
export const devices = (
  lobbies: Lobbies = openLobbies(rooms.LOBBY),
  grantable: (roles: readonly string[]) => readonly string[] = ofUsers,
): Devices => {
  const reachPorts = { sleep, inBackground: () => undefined, log: () => undefined };
  return deskDevices({
    ...{ projectId: PROJECT, keychain: () => openKeychain(masterKeys()), now: () => Date.now() },
    grantable,
    ringOf: async (owner) => {
      const name = await ringOfOwner(PROJECT, owner);
      return deskRing(name, rooms.KEY_RING.getByName(name) as never, reachPorts);
    },
    deviceClients: new Map<string, DeviceClient>([
      ['acme-cli', { title: 'Acme CLI', scopes: SCOPES, keyDays: null }],
      ['acme-reader', { title: 'Acme Reader', scopes: ['items:read'], keyDays: 30 }],
    ]),
    ...{ keysPerUser: 5, lobbies, reachPorts, vertical: 'consumer' },
    stytch: { userRoles: async () => ({ outcome: 'answered', value: ['stytch_user'] }) },
  }).devices;
};

/** Who is at the pages with a session. */
export const approverOf = (session: string, address: string | null = null): Approver => {
  const claim = claimsOf(session)['https://stytch.com/session'];
  const { id, roles } = claim as { readonly id: string; readonly roles?: readonly string[] };
  return { owner: ownerOf(session), sessionId: id, roles: roles ?? ['stytch_user'], address };
};

export const held = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused: ${result.refusal.reason}`);
  return result.value;
};

/** A user opens a code and says yes or no. */
export const decide = async (
  session: string,
  userCode: string,
  isApproved: boolean,
  address: string | null = null,
): Promise<Result<DeviceAsking>> => {
  const by = approverOf(session, address);
  const { claim } = held(await devices().open(userCode, by));
  return devices().decide({ userCode, claim, isApproved }, by);
};

export const approve = async (session: string, userCode: string): Promise<DeviceAsking> =>
  held(await decide(session, userCode, true));
