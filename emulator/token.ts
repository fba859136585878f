import { nowSeconds } from './clock.ts';
import { countToken } from './counters.ts';
import type { Call } from './endpoint.ts';
import { hashSecret } from './hash.ts';
import { issuer } from './issuer.ts';
import type { JsonObject } from './json.ts';
import { clientObject, findClient, type M2MClient } from './m2m-clients.ts';
import { refuseToken } from './refuse-token.ts';
import { isRefusal, type OAuthRefusal, type Result, refuse, succeed } from './result.ts';
import { sign } from './sign.ts';
import { parseTemplate, render } from './template.ts';
import { NO_TEMPLATE, readTemplate } from './template-store.ts';
import { type Credentials, readTokenRequest, type TokenRequest } from './token-request.ts';

const LIFETIME_SECONDS = 3600;

/** `POST /v1/public/{project_id}/oauth2/token`: RFC 6749 §4.4, client credentials alone. */
export const exchange = async (call: Call): Promise<Result> => {
  const request = readTokenRequest(call);
  if ('kind' in request) return request;
  const client = await authenticate(call, request);
  if ('kind' in client) return client;
  const scopes = grant(call, client, request.scopes);
  if ('kind' in scopes) return scopes;
  const access_token = await sign(
    call.project,
    claimsOf(call, request, client, scopes.granted),
    call.tokenFault,
  );
  countToken(call.project, client.clientId);
  return succeed({ access_token, token_type: 'bearer', expires_in: LIFETIME_SECONDS });
};

/** `POST /v1/oauth2/token`, as a project's own domain may have it. */
export const exchangeOnDomain = async (call: Call): Promise<Result> =>
  call.switches.domainTokenEndpoint === 'present' ? await exchange(call) : refuse('route_not_found');

/** Finds the active client that an id and a live secret name. */
export const authenticate = async (call: Call, request: Credentials): Promise<M2MClient | OAuthRefusal> => {
  const hash = await hashSecret(request.clientSecret);
  const client = findClient(call.project, request.clientId);
  const known = client !== null && [client.secretHash, client.nextSecretHash].includes(hash);
  if (!known) return refuseToken(call, 'invalid_client', 'The client ID or the client secret is wrong.');
  if (client.status === 'active') return client;
  return refuseToken(call, call.switches.inactiveClientError, 'The client is not active.');
};

const grant = (
  call: Call,
  client: M2MClient,
  wanted: readonly string[] | null,
): { readonly granted: readonly string[] } | OAuthRefusal => {
  if (wanted === null) return { granted: client.scopes };
  const ungranted = wanted.find((scope) => !client.scopes.includes(scope));
  if (ungranted !== undefined && call.switches.ungrantedScope === 'error') {
    return refuseToken(call, 'invalid_scope', 'The client does not have every requested scope.');
  }
  return { granted: client.scopes.filter((scope) => wanted.includes(scope)) };
};

const claimsOf = (
  call: Call,
  request: TokenRequest,
  client: M2MClient,
  scopes: readonly string[],
): JsonObject => {
  const { project, switches } = call;
  const stored = readTemplate(project) ?? NO_TEMPLATE;
  const template = parseTemplate(stored.template_content, switches);
  const variables = { client: clientObject(client, switches), request: request.extra };
  const custom = isRefusal(template) ? {} : render(template, variables);
  const issuedAt = nowSeconds(project);
  const times = { iat: issuedAt, nbf: issuedAt, exp: issuedAt + LIFETIME_SECONDS };
  const scope = scopes.length === 0 && switches.emptyScopeClaim === 'absent' ? undefined : scopes.join(' ');
  return {
    ...custom,
    ...{ sub: client.clientId, iss: issuer(call), aud: audience(call, stored.custom_audience), scope },
    ...times,
    jti: switches.jti === 'present' ? crypto.randomUUID() : undefined,
  };
};

const audience = ({ project, switches }: Call, custom: string): readonly string[] => {
  if (custom === '') return [project.id];
  return switches.customAudience === 'replaced' ? [custom] : [project.id, custom];
};
