import { createLocalJWKSet, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose';
import { nowMs } from './clock.ts';
import type { Call } from './endpoint.ts';
import { issuer } from './issuer.ts';
import type { JsonObject } from './json.ts';
import { publicKeys } from './keys.ts';
import { refuseToken } from './refuse-token.ts';
import { type Result, refuse, succeed } from './result.ts';
import { authenticate } from './token.ts';
import { readCredentials, readParameters } from './token-request.ts';

/** `POST /v1/public/{project_id}/oauth2/introspect` (RFC 7662), if Stytch has it for M2M tokens at all. */
export const introspect = async (call: Call): Promise<Result> => {
  if (call.switches.introspection === 'absent') return refuse('route_not_found');
  const body = readParameters(call);
  if (typeof body?.token !== 'string') return refuseToken(call, 'invalid_request', 'token is missing.');
  const credentials = readCredentials(call, body);
  if ('kind' in credentials) return credentials;
  const client = await authenticate(call, credentials);
  if ('kind' in client) return client;
  const payload = await verify(call, body.token);
  if (payload === null || payload.sub !== client.clientId) return succeed({ active: false });
  const claims = payload as JsonObject;
  return succeed({ ...claims, active: true, client_id: client.clientId, token_type: 'access_token' });
};

const verify = async (call: Call, token: string): Promise<JWTPayload | null> => {
  const { project } = call;
  const options = {
    issuer: issuer(call),
    audience: project.id,
    typ: 'JWT',
    currentDate: new Date(nowMs(project)),
  };
  try {
    const keys = createLocalJWKSet({ keys: [...publicKeys(project)] });
    return (await jwtVerify(token, keys, options)).payload;
  } catch (err) {
    if (err instanceof joseErrors.JOSEError) return null;
    throw err;
  }
};
