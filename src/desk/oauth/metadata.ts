import { json } from '../../http/answer.ts';
import { ok } from '../../model/refusal.ts';
import * as z from '../../model/zod.ts';
import type { Doors } from '../doors.ts';
import { operation } from '../operation.ts';
import type { DeskPorts } from '../ports.ts';

/** How long a client may keep it, in seconds: it changes by a deployment only. */
const MAX_AGE_SECONDS = 3600;

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** How a client with a secret authenticates (RFC 6749 §2.3.1). */
const WITH_SECRET = ['client_secret_basic', 'client_secret_post'];

const texts = z.array(z.string());

const METADATA = z
  .strictObject({
    issuer: z.url(),
    token_endpoint: z.url(),
    token_endpoint_auth_methods_supported: texts,
    introspection_endpoint: z.url(),
    introspection_endpoint_auth_methods_supported: texts,
    revocation_endpoint: z.url(),
    revocation_endpoint_auth_methods_supported: texts,
    device_authorization_endpoint: z.optional(z.url()),
    jwks_uri: z
      .url()
      .check(z.meta({ description: 'The keys of assertions. Access tokens are signed by Stytch' })),
    grant_types_supported: texts,
    response_types_supported: texts.check(
      z.meta({ description: 'Empty: there is no authorization endpoint' }),
    ),
    scopes_supported: z.optional(texts),
    service_documentation: z.url(),
  })
  .check(z.meta({ id: 'AuthorizationServerMetadata' }));

/** What standard clients find everything by (RFC 8414). The issuer is the configured one, whatever `Host` says. */
export const metadataOperation = (ports: DeskPorts, doors: Doors) =>
  operation({
    ...{ method: 'GET', path: '/.well-known/oauth-authorization-server', operationId: 'metadata' },
    ...{ tag: 'OAuth', door: doors.open },
    summary: 'Tells OAuth clients where everything is (RFC 8414)',
    answers: { 200: { description: 'Metadata of the authorization server', body: METADATA } },
    handle: async ({ call }) =>
      ok(
        json(metadataOf(ports), 200, call.requestId, {
          'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
          'access-control-allow-origin': '*',
        }),
      ),
  });

const metadataOf = ({ deskUrl, deviceClients, selfServiceScopes }: DeskPorts): z.input<typeof METADATA> => {
  const hasDevices = deviceClients.size > 0;
  const withoutSecret = hasDevices ? ['none'] : [];
  return {
    issuer: deskUrl,
    token_endpoint: `${deskUrl}/oauth2/token`,
    token_endpoint_auth_methods_supported: [...WITH_SECRET, ...withoutSecret],
    introspection_endpoint: `${deskUrl}/oauth2/introspect`,
    introspection_endpoint_auth_methods_supported: WITH_SECRET,
    revocation_endpoint: `${deskUrl}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: [...WITH_SECRET, ...withoutSecret],
    ...(hasDevices ? { device_authorization_endpoint: `${deskUrl}/oauth2/device_authorization` } : {}),
    jwks_uri: `${deskUrl}/.well-known/jwks.json`,
    grant_types_supported: ['client_credentials', ...(hasDevices ? [DEVICE_CODE_GRANT] : [])],
    // RFC 8414 §2 demands it, §3.2 forbids arrays of nothing: strict clients miss it, and none minds that it is empty.
    response_types_supported: [],
    ...(selfServiceScopes.length > 0 ? { scopes_supported: [...selfServiceScopes] } : {}),
    service_documentation: `${deskUrl}/docs`,
  };
};
