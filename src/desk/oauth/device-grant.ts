import { type Author, LATCHKEY } from '../../model/author.ts';
import { framed, toBase64url } from '../../model/bytes.ts';
import {
  type Approver,
  type DeviceClient,
  hashOfDeviceCode,
  lobbyOfUserCode,
  namesOfUserCode,
  userCodeOf,
} from '../../model/device.ts';
import type { DevicePolled, DeviceSettlement } from '../../model/device-lobby.ts';
import type { IssuedKey } from '../../model/life.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import {
  aboutBox,
  approverBox,
  type DeviceAbout,
  grantableTo,
  keyEndOf,
  keyNameOf,
} from '../device-texts.ts';
import type { Call, DeskPorts } from '../ports.ts';
import { deviceClientOf, type NamedDeviceClient } from './device-client.ts';
import { invalid } from './form.ts';
import type { Grant, TokenAnswer } from './grant.ts';

type GrantPorts = Pick<
  DeskPorts,
  'projectId' | 'keychain' | 'deviceClients' | 'lobbyOf' | 'rolesOf' | 'grantable' | 'ringOf' | 'now'
>;

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

type Approved = Extract<DevicePolled, { readonly result: 'approved' }>;

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

const denied = (detail: string): Refusal => ({ reason: 'device_denied', detail });

/** What becomes of the code: all but a yes and a no may pass, and the device comes again. */
const outcomeOf = (made: Result<TokenAnswer>): DeviceSettlement['outcome'] => {
  if (made.ok || made.refusal.reason === 'grant_invalid') return { state: 'redeemed' };
  return made.refusal.reason === 'device_denied'
    ? { state: 'denied', because: made.refusal.detail }
    : { state: 'approved' };
};

/** Makes the key: of what was approved, what the user can grant still (SECURITY: OA-17). */
const redeem = async (
  ports: GrantPorts,
  { clientId, client }: NamedDeviceClient,
  userCode: string,
  hash: string,
  approved: Approved,
  call: Call,
): Promise<Result<TokenAnswer>> => {
  const approver = await approverBox.open(ports, userCode, approved.approver);
  const about = await aboutBox.open(ports, userCode, approved.about);
  if (approver === null || about === null) return err({ reason: 'grant_invalid' });
  const scopes = await stillGrantable(ports, client, approver, approved.scopes);
  if (!scopes.ok) return scopes;
  const { owner } = approver;
  const author = authorOf(approver, call);
  const ring = await ports.ringOf(owner);
  const issued = await ring.issue({
    ...{ owner, createdBy: owner.id, author, deviceClient: clientId, scopes: scopes.value },
    // One code, one key, whatever is repeated or cut off.
    idempotency: { name: await nameOf(hash), request: hash },
    ...describedAs({ clientId, client }, about),
    ...{ expiresAt: keyEndOf(client, ports.now()), limit: null, ipAllowlist: null },
  });
  if (!issued.ok) return err(asDevice(issued.refusal));
  const { key, record } = issued.value;
  call.trace.keyId = record.keyId;
  if (key !== null) return ok(answerOf(key, record, ports.now()));
  // It was made, and its secret reached nobody; or the code is shown again by whoever has no right to it (RFC 6749 §4.1.2).
  const revoked = await ring.revoke(owner, record.keyId, { ...LATCHKEY, requestId: call.requestId });
  return revoked.ok ? err({ reason: 'grant_invalid' }) : revoked;
};

const describedAs = ({ clientId, client }: NamedDeviceClient, about: DeviceAbout) => ({
  name: keyNameOf(client, about),
  description: `Made for ${client.title} (${clientId}), which its user let in by a code.`,
});

const stillGrantable = async (
  ports: GrantPorts,
  client: DeviceClient,
  { owner, roles: before }: Approver,
  approved: readonly string[],
): Promise<Result<readonly string[]>> => {
  const roles = await ports.rolesOf(owner, before);
  if (!roles.ok) return roles;
  if (roles.value === null) return err(denied('the user is not there any more'));
  const grantable = grantableTo(ports, client, roles.value);
  const scopes = approved.filter((scope) => grantable.includes(scope));
  return scopes.length === 0 ? err(denied('the user can grant none of the scopes any more')) : ok(scopes);
};

/** The user did it, in his session; his device asks now. */
const authorOf = ({ owner, sessionId, address }: Approver, { requestId }: Call): Author => ({
  actor: { kind: owner.kind === 'member' ? 'member' : 'user', id: owner.id },
  ...{ via: sessionId, address, country: null, requestId },
});

const nameOf = async (hash: string): Promise<string> =>
  toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', framed('device_code', hash))));

/** Why there is no key, as RFC 8628 §3.5 says it; what may pass is to be tried again. */
const asDevice = (refusal: Refusal): Refusal => {
  switch (refusal.reason) {
    case 'owner_suspended':
      return denied('the user is suspended');
    case 'owner_deleted':
      return denied('the data of the user was deleted');
    case 'key_limit_reached':
      return denied(`the user has ${refusal.limit} keys already, and no room for another`);
    case 'client_refused':
      return denied(`Stytch did not create the key: ${refusal.detail}`);
    case 'rate_limited':
      return refusal;
    case 'unavailable':
      return refusal;
    default:
      return { reason: 'unavailable', what: 'ring', retryAfterSeconds: COME_BACK_SECONDS };
  }
};

/** When to come back to what is being done meanwhile, in seconds. */
const COME_BACK_SECONDS = 5;

const answerOf = (
  key: string,
  { keyId, scopes, expiresAt }: IssuedKey['record'],
  now: number,
): TokenAnswer => ({
  accessToken: key,
  expiresInSeconds: expiresAt === null ? null : Math.floor((expiresAt - now) / 1000),
  ...{ scopes, keyId },
});
