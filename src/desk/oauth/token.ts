import { json, PRAGMA } from '../../http/answer.ts';
import { invalid } from '../../http/form.ts';
import { err, ok } from '../../model/refusal.ts';
import * as z from '../../model/zod.ts';
import type { Doors } from '../doors.ts';
import { operation } from '../operation.ts';
import type { Call, DeskPorts } from '../ports.ts';
import { presentedClient } from './client.ts';
import { clientCredentials } from './client-credentials.ts';
import { deviceGrant } from './device-grant.ts';
import { type Grant, type TokenAnswer, tokenForm } from './grant.ts';
import { DEVICE_CODE_GRANT } from './metadata.ts';
import { PRAGMA_DESCRIBED } from './pragma.ts';

/** By grant_type. Nothing else is taken, and nothing else of a form is passed on. */
const grantsOf = (ports: DeskPorts): ReadonlyMap<string, Grant> =>
  new Map([
    ['client_credentials', clientCredentials(ports)],
    [DEVICE_CODE_GRANT, deviceGrant(ports)],
  ]);

const TOKEN = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.optional(z.int().check(z.positive())).check(z.meta({ description: 'Seconds' })),
    scope: z
      .optional(z.string())
      .check(z.meta({ description: 'What the token is good for; absent for nothing' })),
    key_id: z
      .optional(z.string())
      .check(z.meta({ description: 'Of the API key that a device is given as its token' })),
  })
  .check(z.meta({ id: 'TokenAnswer' }));

/** The token endpoint (RFC 6749 §3.2). */
export const tokenOperation = (ports: DeskPorts, doors: Doors) => {
  const grants = grantsOf(ports);
  const refusals = [...grants.values()].flatMap((grant) => grant.refusals);
  return operation({
    ...{ method: 'POST', path: '/oauth2/token', operationId: 'token', tag: 'OAuth' },
    ...{ door: doors.client, body: tokenForm },
    summary: 'Gives a client an access token (RFC 6749 §4.4), or a device its key (RFC 8628 §3.4)',
    description:
      'The client authenticates by Basic, or by `client_id` and `client_secret` in the form. Its token is kept: asked again, the answer is the same token until shortly before it ends. A device sends `client_id` and `device_code` every few seconds, until its user has decided; its token is an API key, and comes once.',
    answers: {
      200: {
        ...{ description: 'The token', body: TOKEN },
        headers: PRAGMA_DESCRIBED,
      },
    },
    refusals: ['client_invalid', 'grant_type_unsupported', ...new Set(refusals)],
    handle: async ({ body: form, request, call }) => {
      if (form.grant_type === undefined) return invalid('grant_type is missing');
      const grant = grants.get(form.grant_type);
      if (grant === undefined) return err({ reason: 'grant_type_unsupported' });
      const client = presentedClient(ports, request.headers, form);
      if (!client.ok) return client;
      // A token shows who somebody is, not which client asks (RFC 6749 §2.3).
      if (client.value.kind === 'bearer')
        return err({ reason: 'client_invalid', because: 'scheme', scheme: 'other' });
      const given = await grant.handle({ form, client: client.value, request, call });
      return given.ok ? ok(answered(given.value, call)) : given;
    },
  });
};

/** RFC 6749 §5.1. */
const answered = (
  { accessToken, expiresInSeconds, scopes, keyId }: TokenAnswer,
  { requestId }: Call,
): Response => {
  const body: z.input<typeof TOKEN> = {
    access_token: accessToken,
    token_type: 'Bearer',
    ...(expiresInSeconds === null ? {} : { expires_in: expiresInSeconds }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    ...(keyId === undefined ? {} : { key_id: keyId }),
  };
  return json(body, 200, requestId, PRAGMA);
};
