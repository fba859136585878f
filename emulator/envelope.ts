import { ERRORS } from './errors.ts';
import { makeId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';
import type { OAuthRefusal, Refusal, Result } from './result.ts';
import type { Switches } from './switches.ts';

/** Wraps a result in the envelope that Stytch uses for it. */
export const envelope = (project: Project, switches: Switches, result: Result): Response => {
  const frame = { request_id: makeId(project, 'request-id') };
  if (result.kind === 'success') {
    return json(result.status, { status_code: result.status, ...frame, ...result.payload });
  }
  if (result.kind === 'oauth') return oauthError(frame, result);
  return stytchError(frame, switches, result);
};

const stytchError = (frame: JsonObject, switches: Switches, refusal: Refusal): Response => {
  const named = ERRORS[refusal.errorType][0];
  const status = typeof named === 'number' ? named : switches[named];
  return json(status, {
    status_code: status,
    ...frame,
    error_type: refusal.errorType,
    error_message: refusal.message,
    error_url: `https://stytch.com/docs/api/errors/${status}#${refusal.errorType}`,
  });
};

const oauthError = (frame: JsonObject, refusal: OAuthRefusal): Response => {
  const headers = refusal.challenge ? { 'www-authenticate': 'Basic realm="stytch"' } : {};
  const body = {
    status_code: refusal.status,
    ...frame,
    error: refusal.error,
    error_description: refusal.description,
    error_uri: `https://stytch.com/docs/api/errors/${refusal.status}#${refusal.error}`,
  };
  return json(refusal.status, body, headers);
};

const json = (status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
