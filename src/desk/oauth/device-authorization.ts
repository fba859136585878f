import { json, PRAGMA } from '../../http/answer.ts';
import type { DeviceClient } from '../../model/device.ts';
import { DEVICE_CODE_SECONDS, DEVICE_INTERVAL_SECONDS } from '../../model/device-code.ts';
import { MAX_NAME } from '../../model/plain-text.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { seenFrom } from '../../model/seen.ts';
import { addressOf } from '../../model/stranger.ts';
import * as z from '../../model/zod.ts';
import type { DeviceAbout } from '../device-texts.ts';
import type { Doors } from '../doors.ts';
import { operation } from '../operation.ts';
import type { DeskPorts } from '../ports.ts';
import { text } from '../schemas.ts';
import { beginDevice } from './begin-device.ts';
import { CLIENT_FIELDS, presentedClient } from './client.ts';
import { scopesWanted } from './client-credentials.ts';
import { deviceClientOf } from './device-client.ts';
import { PRAGMA_DESCRIBED } from './pragma.ts';

const FORM = z
  .object({
    ...CLIENT_FIELDS,
    scope: z
      .optional(z.string())
      .check(
        z.meta({ description: 'Scope-tokens, separated by one space each; absent for all of the client' }),
      ),
    device_name: z.optional(text(1, MAX_NAME)).check(
      z.meta({
        description: 'What the device calls itself: the key is named after it. No parameter of RFC 8628',
      }),
    ),
  })
  .check(
    z.meta({
      id: 'DeviceAuthorizationRequest',
      examples: [{ client_id: 'acme-cli', device_name: 'my laptop' }],
    }),
  );

const CODES = z
  .strictObject({
    device_code: z.string().check(z.meta({ description: 'For the token endpoint: keep it secret' })),
    user_code: z.string().check(z.meta({ description: 'For the user, who types it at `verification_uri`' })),
    verification_uri: z.url(),
    verification_uri_complete: z.url(),
    expires_in: z.int().check(z.positive(), z.meta({ description: 'Seconds' })),
    interval: z
      .int()
      .check(z.positive(), z.meta({ description: 'Seconds between two requests at the token endpoint' })),
  })
  .check(z.meta({ id: 'DeviceAuthorization' }));

/** Where a device begins to wait for its user's word (RFC 8628 §3.1). */
export const deviceAuthorizationOperation = (ports: DeskPorts, doors: Doors) =>
  operation({
    ...{ method: 'POST', path: '/oauth2/device_authorization', operationId: 'authorizeDevice' },
    ...{ tag: 'OAuth', door: doors.stranger, body: FORM },
    summary: 'Begins to ask a user for a key, from a device without a browser (RFC 8628)',
    description: 'For the clients in `deviceClients` of the configuration. They have no secret.',
    answers: {
      200: {
        ...{ description: 'The codes', body: CODES },
        headers: PRAGMA_DESCRIBED,
      },
    },
    refusals: ['client_invalid', 'client_unauthorized', 'scope_invalid', 'unavailable'],
    handle: async ({ body: form, request, call }) => {
      const presented = presentedClient(ports, request.headers, form);
      if (!presented.ok) return presented;
      const named = deviceClientOf(ports, presented.value, call);
      if (!named.ok) return named;
      const scopes = scopesOf(named.value.client, form.scope);
      if (!scopes.ok) return scopes;
      const about = aboutOf(request, form.device_name);
      const codes = await beginDevice(ports, named.value, scopes.value, about);
      if (!codes.ok) return codes;
      const { deviceCode, userCode } = codes.value;
      const uri = `${ports.deskUrl}/device`;
      const body: z.input<typeof CODES> = {
        ...{ device_code: deviceCode, user_code: userCode, verification_uri: uri },
        verification_uri_complete: `${uri}?user_code=${userCode}`,
        ...{ expires_in: DEVICE_CODE_SECONDS, interval: DEVICE_INTERVAL_SECONDS },
      };
      return ok(json(body, 200, call.requestId, PRAGMA));
    },
  });

/** What of the client's scopes is asked for: by default all of them (RFC 6749 §3.3). */
const scopesOf = ({ scopes }: DeviceClient, asked: string | undefined): Result<readonly string[]> => {
  const wanted = scopesWanted(asked);
  if (!wanted.ok) return wanted;
  const beyond = (wanted.value ?? []).filter((scope) => !scopes.includes(scope));
  return beyond.length > 0 ? err({ reason: 'scope_invalid', scopes: beyond }) : ok(wanted.value ?? scopes);
};

/** What the user is shown of the device that asks, so that he knows whether it is his own (RFC 8628 §5.4). */
const aboutOf = (request: Request, deviceName: string | undefined): DeviceAbout => {
  const { city } = (request as { readonly cf?: { readonly city?: unknown } }).cf ?? {};
  return {
    ...seenFrom(request),
    address: addressOf(request.headers),
    city: typeof city === 'string' ? city : null,
    deviceName: deviceName ?? null,
  };
};
