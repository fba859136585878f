import type { DeviceClient } from '../../model/device.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Call, DeskPorts } from '../ports.ts';
import type { PresentedClient } from './client.ts';

/** A device client, as it says that it is: it has no secret, and proves nothing (RFC 6749 §2.1). */
export interface NamedDeviceClient {
  readonly clientId: string;
  readonly client: DeviceClient;
}

/** Which device client asks. Who authenticates is another kind of client, and is not looked at any further. */
export const deviceClientOf = (
  { deviceClients }: Pick<DeskPorts, 'deviceClients'>,
  presented: PresentedClient,
  { trace }: Call,
): Result<NamedDeviceClient> => {
  if (presented.kind !== 'public')
    return err({ reason: 'client_unauthorized', detail: 'device codes are for clients without a secret' });
  const { clientId } = presented;
  const client = deviceClients.get(clientId);
  if (client === undefined) return err({ reason: 'client_invalid', because: 'unknown', scheme: null });
  // The log says what it calls itself: of what asks so often, an operator must know which program it is.
  trace.keyId = clientId;
  return ok({ clientId, client });
};
