import { invalid } from '../../http/form.ts';
import { hashOfDeviceCode, lobbyOfUserCode, namesOfUserCode, userCodeOf } from '../../model/device-code.ts';
import type { DevicePolled, DeviceSettlement } from '../../model/device-lobby.ts';
import { err, type Refusal, type Result } from '../../model/refusal.ts';
import type { DeskPorts } from '../ports.ts';
import { deviceClientOf } from './device-client.ts';
import type { Grant, TokenAnswer } from './grant.ts';
import { type Approved, denied, type RedeemPorts, redeem } from './redeem.ts';

type GrantPorts = RedeemPorts & Pick<DeskPorts, 'deviceClients' | 'lobbyOf'>;

/** A device asks whether its user has decided, and is given its key if he said yes (RFC 8628 §3.4, §3.5). */
export const deviceGrant = (ports: GrantPorts): Grant => ({
  refusals: [
    ...(['client_unauthorized', 'grant_invalid', 'authorization_pending', 'slow_down'] as const),
    ...(['device_code_expired', 'device_denied', 'rate_limited', 'unavailable'] as const),
  ],
  handle: async ({ form: { device_code: deviceCode }, client: presented, call }) => {
    const client = deviceClientOf(ports, presented, call);
    if (!client.ok) return client;
    if (deviceCode === undefined) return invalid('device_code is missing');
    const keychain = await ports.keychain();
    const userCode = await userCodeOf(deviceCode, ports.projectId, keychain);
    // What was made up costs nothing.
    if (userCode === null) return err({ reason: 'grant_invalid' });
    const names = await namesOfUserCode(userCode, ports.projectId, keychain);
    const lobby = ports.lobbyOf(lobbyOfUserCode(userCode));
    const hash = await hashOfDeviceCode(deviceCode);
    const polled = await lobby.pollDevice({ names, deviceCode: hash, clientId: client.value.clientId });
    if (!polled.ok) return polled;
    if (polled.value.result !== 'approved') return err(toldOf(polled.value));
    const made = await redeem(ports, client.value, userCode, hash, polled.value, call);
    // A Lobby that is silent now lets the redemption lapse: it may be tried again, and the Ring makes no second key.
    await lobby.settleDevice({ names, redemption: polled.value.redemption, outcome: outcomeOf(made) });
    return made;
  },
});

/** RFC 8628 §3.5, and RFC 6749 §5.2 for a code that is good no more. */
const toldOf = (polled: Exclude<DevicePolled, Approved>): Refusal => {
  switch (polled.result) {
    case 'pending':
      return { reason: 'authorization_pending' };
    case 'slow_down':
      return { reason: 'slow_down' };
    case 'expired':
      return { reason: 'device_code_expired' };
    case 'denied':
      return denied(polled.because);
    case 'unknown':
      return { reason: 'grant_invalid' };
  }
};

/** What becomes of the code: all but a yes and a no may pass, and the device comes again. */
const outcomeOf = (made: Result<TokenAnswer>): DeviceSettlement['outcome'] => {
  if (made.ok || made.refusal.reason === 'grant_invalid') return { state: 'redeemed' };
  return made.refusal.reason === 'device_denied'
    ? { state: 'denied', because: made.refusal.detail }
    : { state: 'approved' };
};
