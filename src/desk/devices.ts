import type { Approver, DeviceAsking, Devices } from '../model/device.ts';
import { lobbyOfUserCode, namesOfUserCode, readUserCode, showUserCode } from '../model/device-code.ts';
import { err, ok, type Refusal, type Result } from '../model/refusal.ts';
import { aboutBox, approverBox, grantableTo, keyEndOf, keyNameOf } from './device-texts.ts';
import type { DeskPorts } from './ports.ts';
import { countTries, type Tries, triesFrom } from './tries.ts';

/** How many wrong codes in ten minutes (SECURITY: OA-13): of 34.5 bits, nobody finds one with so few. */
const WRONG_CODES_OF_USER = 5;
const WRONG_CODES_OF_ADDRESS = 10;

export type DevicesPorts = Pick<
  DeskPorts,
  | 'projectId'
  | 'keychain'
  | 'randomBytes'
  | 'deviceClients'
  | 'grantable'
  | 'ringOf'
  | 'lobbyOf'
  | 'keysPerUser'
  | 'now'
>;

const UNKNOWN = err({ reason: 'user_code_unknown' } as const);

const tooMany = (retryAfterSeconds: number): Refusal => ({ reason: 'too_many_codes', retryAfterSeconds });

/** Device codes as the pages of the Desk work with them (RFC 8628 §3.3). */
export const createDevices = (ports: DevicesPorts): Devices => ({
  open: async (typed, by) => {
    const userCode = readUserCode(typed);
    // What can be no code is no guess.
    if (userCode === null) return UNKNOWN;
    const counted = await countTries(ports, await triesOf(ports, by), tooMany);
    if (!counted.ok) return counted;
    const asking = await look(ports, userCode, by, null);
    // A code that was right does not count, nor one of which nobody was told anything.
    if (asking.ok || asking.refusal.reason !== 'user_code_unknown') await counted.value();
    return asking;
  },

  // It needs the claim: who has none learns nothing by trying, and is not counted.
  decide: async ({ userCode: typed, claim, isApproved }, by) => {
    const userCode = readUserCode(typed);
    if (userCode === null) return UNKNOWN;
    const asking = await look(ports, userCode, by, claim);
    if (!asking.ok) return asking;
    const { scopes, beyond } = asking.value;
    const refusal = isApproved ? await whyNot(ports, scopes, beyond, by) : null;
    if (refusal !== null) return err(refusal);
    const approval = isApproved ? { scopes, approver: await approverBox.close(ports, userCode, by) } : null;
    const decided = await ports.lobbyOf(lobbyOfUserCode(userCode)).decideDevice({
      ...{ names: await namesOf(ports, userCode), sessionId: by.sessionId, claim, approval },
    });
    if (!decided.ok) return decided;
    return decided.value ? asking : UNKNOWN;
  },
});

const namesOf = async ({ keychain, projectId }: DevicesPorts, userCode: string): Promise<readonly string[]> =>
  namesOfUserCode(userCode, projectId, await keychain());

/** Under what names a code that he types is counted: his own, and his address's. */
const triesOf = async (ports: DevicesPorts, { owner, address }: Approver): Promise<readonly Tries[]> => {
  const { name } = await ports.ringOf(owner);
  return [
    { name: `codes ${name}`, max: WRONG_CODES_OF_USER },
    ...(await triesFrom(ports, 'codes', address, WRONG_CODES_OF_ADDRESS)),
  ];
};

/** What waits behind a code, for this session; with a claim, only what it has opened before. */
const look = async (
  ports: DevicesPorts,
  userCode: string,
  { sessionId, roles }: Approver,
  claim: string | null,
): Promise<Result<DeviceAsking>> => {
  const names = await namesOf(ports, userCode);
  const opened = await ports.lobbyOf(lobbyOfUserCode(userCode)).openDevice({ names, sessionId, claim });
  if (!opened.ok) return opened;
  if (opened.value === null) return UNKNOWN;
  const { clientId, scopes: asked, about: box, expiresAt, claim: given } = opened.value;
  const client = ports.deviceClients.get(clientId);
  const about = await aboutBox.open(ports, userCode, box);
  // A deployment may have ended the client, or retired the master key.
  if (client === undefined || about === null) return UNKNOWN;
  const { deviceName, ...from } = about;
  const grantable = grantableTo(ports, client, roles);
  return ok({
    ...{ userCode: showUserCode(userCode), claim: given, clientId, clientTitle: client.title },
    keyName: keyNameOf(client, about),
    scopes: asked.filter((scope) => grantable.includes(scope)),
    beyond: asked.filter((scope) => !grantable.includes(scope)),
    keyExpiresAt: keyEndOf(client, ports.now()),
    ...{ from, expiresAt },
  });
};

/** Why no key would come of a yes: the user hears it here, before his device does. */
const whyNot = async (
  ports: DevicesPorts,
  scopes: readonly string[],
  beyond: readonly string[],
  { owner }: Approver,
): Promise<Refusal | null> => {
  if (scopes.length === 0) return { reason: 'scope_not_grantable', scopes: beyond };
  const told = await (await ports.ringOf(owner)).about(owner);
  if (!told.ok) return told.refusal;
  const { deletion, suspension, liveKeys, keysLimit } = told.value;
  if (deletion !== null) return { reason: 'owner_deleted' };
  if (suspension !== null) return { reason: 'owner_suspended' };
  const limit = keysLimit ?? ports.keysPerUser;
  return liveKeys >= limit ? { reason: 'key_limit_reached', limit } : null;
};
