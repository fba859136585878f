import { basic } from './basic.ts';
import type { Call } from './endpoint.ts';
import { type Json, type JsonObject, parseObject } from './json.ts';
import { refuseToken } from './refuse-token.ts';
import type { OAuthRefusal } from './result.ts';

/** A well-formed token request. */
export type TokenRequest = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** null when the caller asked for none: then it gets all. */
  readonly scopes: readonly string[] | null;
  /** Parameters that OAuth does not know, for the template's `request.*`. */
  readonly extra: JsonObject;
};

const STANDARD = ['grant_type', 'client_id', 'client_secret', 'scope'];

/** Reads a form or JSON, with the client's credentials in the body or in HTTP Basic. */
export const readTokenRequest = (call: Call): TokenRequest | OAuthRefusal => {
  const body = readParameters(call);
  if (body === null) return refuseToken(call, 'invalid_request', 'The body cannot be parsed.');
  if (call.params.project_id !== undefined && call.params.project_id !== call.project.id) {
    return refuseToken(call, call.switches.unknownProjectError, 'The project is not known.');
  }
  if (body.grant_type === undefined || body.grant_type === '') {
    return refuseToken(call, call.switches.missingGrantTypeError, 'grant_type is missing.');
  }
  if (body.grant_type !== 'client_credentials') {
    return refuseToken(call, 'unsupported_grant_type', 'Only client_credentials is supported.');
  }
  const credentials = readCredentials(call, body);
  if ('kind' in credentials) return credentials;
  const scopes = typeof body.scope === 'string' ? body.scope.split(' ').filter((scope) => scope !== '') : [];
  const extra = Object.fromEntries(Object.entries(body).filter(([name]) => !STANDARD.includes(name)));
  return { ...credentials, scopes: scopes.length === 0 ? null : scopes, extra };
};

/** A client's id and secret. */
export type Credentials = Pick<TokenRequest, 'clientId' | 'clientSecret'>;

/** The body wins: SDKs send `Basic project_id:secret` beside the client's credentials in the body. */
export const readCredentials = (call: Call, body: JsonObject): Credentials | OAuthRefusal => {
  const header = readHeader(call);
  const { client_id, client_secret } = body;
  const isWhole = isText(client_id) && isText(client_secret);
  const rule = call.switches.credentialConflict;
  if (isWhole && header !== null && header.clientId !== client_id && header.clientId !== call.project.id) {
    if (rule === 'refused') return refuseToken(call, 'invalid_request', 'Two clients are named.');
    if (rule === 'basic') return header;
  }
  if (isWhole) return { clientId: client_id, clientSecret: client_secret };
  if (header !== null && (client_id === undefined || client_id === header.clientId)) return header;
  return refuseToken(call, call.switches.missingClientError, 'client_id or client_secret is missing.');
};

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
const readHeader = ({ headers }: Call): Credentials | null => {
  const credentials = basic(headers);
  if (credentials === null) return null;
  return { clientId: formDecode(credentials.user), clientSecret: formDecode(credentials.password) };
};

const formDecode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (err) {
    if (err instanceof URIError) return text;
    throw err;
  }
};

const isText = (value: Json | undefined): value is string => typeof value === 'string' && value !== '';

/** The parameters of a form or of a JSON body; null when it is neither. */
export const readParameters = ({ text, headers }: Call): JsonObject | null => {
  const contentType = headers.get('content-type') ?? '';
  if (/^application\/json\b/i.test(contentType)) return parseObject(text);
  return Object.fromEntries(new URLSearchParams(text));
};
