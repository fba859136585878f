import { type Author, actorOf, LATCHKEY } from '../../model/author.ts';
import { framed, sha256 } from '../../model/bytes.ts';
import type { Approver, DeviceClient } from '../../model/device.ts';
import type { DevicePolled } from '../../model/device-lobby.ts';
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
import type { NamedDeviceClient } from './device-client.ts';
import type { TokenAnswer } from './grant.ts';

export type RedeemPorts = Pick<
  DeskPorts,
  'projectId' | 'keychain' | 'rolesOf' | 'grantable' | 'ringOf' | 'now'
>;

/** A code that its user said yes to. */
export type Approved = Extract<DevicePolled, { readonly result: 'approved' }>;

/** Makes the key: of what was approved, what the user can grant still (SECURITY: OA-17). */
export const redeem = async (
  ports: RedeemPorts,
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
    idempotency: { name: await sha256(framed('device_code', hash)), request: hash },
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
  ports: RedeemPorts,
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
  ...{ actor: actorOf(owner), via: sessionId, address, country: null, requestId },
});

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

export const denied = (detail: string): Refusal => ({ reason: 'device_denied', detail });
