import { type BoxPorts, closeValue, openValue } from '../model/box.ts';
import type { Approver, DeviceClient, DeviceOrigin } from '../model/device.ts';
import { MAX_NAME, shortened } from '../model/plain-text.ts';
import { isReservedScope } from '../model/scope.ts';
import type { DeskPorts } from './ports.ts';

/** What is kept of a device: where it asked from, and what it calls itself. */
export interface DeviceAbout extends DeviceOrigin {
  readonly deviceName: string | null;
}

/**
 * What a Lobby keeps of people, closed: it can tell nobody where somebody was. Each box is of one user code, and of no
 * other use.
 */
const boxOf = <T>(use: string) => ({
  close: (ports: BoxPorts, userCode: string, value: T): Promise<string> =>
    closeValue(value, `${use} ${userCode}`, ports),
  /** Null where the master key that closed it was retired meanwhile. */
  open: async (ports: Omit<BoxPorts, 'randomBytes'>, userCode: string, box: string): Promise<T | null> =>
    (await openValue(box, `${use} ${userCode}`, ports)) as T | null,
});

export const aboutBox = boxOf<DeviceAbout>('device about');
export const approverBox = boxOf<Approver>('device approver');

/** How a key is called that is made for a device. */
export const keyNameOf = ({ title }: DeviceClient, { deviceName }: DeviceAbout): string =>
  shortened(deviceName === null ? title : `${title} on ${deviceName}`, MAX_NAME);

/** What a user with these roles can give to a key for this client: of the scopes that it may ask for now. */
export const grantableTo = (
  { grantable }: Pick<DeskPorts, 'grantable'>,
  { scopes }: DeviceClient,
  roles: readonly string[],
): readonly string[] => grantable(roles).filter((scope) => scopes.includes(scope) && !isReservedScope(scope));

const DAY_MS = 86_400_000;

/** When a key ends that is made now. */
export const keyEndOf = ({ keyDays }: DeviceClient, now: number): number | null =>
  keyDays === null ? null : now + keyDays * DAY_MS;
