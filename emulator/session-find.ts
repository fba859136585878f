import { createLocalJWKSet, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose';
import type { Call } from './endpoint.ts';
import type { Json } from './json.ts';
import { isObject } from './json.ts';
import { publicKeys } from './keys.ts';
import { type Refusal, refuse } from './result.ts';
import { findSession, type Session } from './sessions.ts';

/** Finds the session that `session_token` or `session_jwt` names: exactly one of them must be there. */
export const namedSession = async (call: Call): Promise<Session | Refusal> => {
  const { session_token, session_jwt } = call.body;
  if (isGiven(session_token) && isGiven(session_jwt)) return refuse('too_many_session_arguments');
  if (isGiven(session_token)) {
    return findSession(call.project, 'session_token', String(session_token)) ?? refuse('session_not_found');
  }
  if (!isGiven(session_jwt)) return refuse('no_session_arguments');
  return await sessionOfJwt(call, String(session_jwt));
};

/** The live session of a session JWT, which itself may be expired. */
export const sessionOfJwt = async ({ project }: Call, jwt: string): Promise<Session | Refusal> => {
  const payload = await verify(jwt, publicKeys(project), project.id);
  const claim = payload?.['https://stytch.com/session'];
  if (!isObject(claim) || typeof claim.id !== 'string') return refuse('unable_to_parse_session_jwt');
  return findSession(project, 'session_id', claim.id) ?? refuse('session_not_found');
};

/** Whether an argument is there: Stytch's SDKs send `""` for nothing. */
export const isGiven = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && value !== '';

const verify = async (
  jwt: string,
  keys: ReturnType<typeof publicKeys>,
  audience: string,
): Promise<JWTPayload | null> => {
  try {
    const options = {
      audience,
      typ: 'JWT',
      algorithms: ['RS256'],
      currentDate: new Date(0),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    };
    return (await jwtVerify(jwt, createLocalJWKSet({ keys: [...keys] }), options)).payload;
  } catch (err) {
    if (err instanceof joseErrors.JOSEError) return null;
    throw err;
  }
};
