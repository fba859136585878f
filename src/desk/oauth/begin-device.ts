import {
  hashOfDeviceCode,
  lobbyOfUserCode,
  mintDeviceCode,
  mintUserCode,
  namesOfUserCode,
  showUserCode,
} from '../../model/device-code.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import { aboutBox, type DeviceAbout } from '../device-texts.ts';
import type { DeskPorts } from '../ports.ts';
import { countTries, triesFrom } from '../tries.ts';
import type { NamedDeviceClient } from './device-client.ts';

/** How many devices of one client, from one address, wait at a time (SECURITY: DOS-14). */
const DEVICES_OF_ADDRESS = 20;

/** How often another user code is drawn, where one is taken or its Lobby is full. */
const DRAWS = 4;

type BeginPorts = Pick<DeskPorts, 'keychain' | 'projectId' | 'randomBytes' | 'lobbyOf'>;

/** The two codes of RFC 8628 §3.2. */
export interface Codes {
  readonly deviceCode: string;
  /** As it is shown. */
  readonly userCode: string;
}

/** A device begins to wait; one that cannot does not count. */
export const beginDevice = async (
  ports: BeginPorts,
  { clientId }: NamedDeviceClient,
  scopes: readonly string[],
  about: DeviceAbout,
): Promise<Result<Codes>> => {
  const tries = await triesFrom(ports, `devices of ${clientId}`, about.address, DEVICES_OF_ADDRESS);
  const counted = await countTries(ports, tries, limited);
  if (!counted.ok) return counted;
  const codes = await draw(ports, clientId, scopes, about);
  if (!codes.ok) await counted.value();
  return codes;
};

const limited = (retryAfterSeconds: number): Refusal => ({ reason: 'address_limited', retryAfterSeconds });

const draw = async (
  ports: BeginPorts,
  clientId: string,
  scopes: readonly string[],
  about: DeviceAbout,
): Promise<Result<Codes>> => {
  const { projectId, randomBytes } = ports;
  const keychain = await ports.keychain();
  let retryAfterSeconds = 1;
  for (let i = 0; i < DRAWS; i++) {
    const userCode = mintUserCode(randomBytes);
    const deviceCode = await mintDeviceCode(userCode, projectId, keychain, randomBytes);
    const begun = await ports.lobbyOf(lobbyOfUserCode(userCode)).beginDevice({
      names: await namesOfUserCode(userCode, projectId, keychain),
      deviceCode: await hashOfDeviceCode(deviceCode),
      ...{ clientId, scopes, about: await aboutBox.close(ports, userCode, about) },
    });
    if (!begun.ok) return begun;
    if (begun.value.result === 'begun') return ok({ deviceCode, userCode: showUserCode(userCode) });
    if (begun.value.result === 'full') retryAfterSeconds = begun.value.retryAfterSeconds;
  }
  return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds });
};
