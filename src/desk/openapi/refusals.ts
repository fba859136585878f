import { ANSWERS } from '../../http/answers.ts';
import type { Reason } from '../../model/refusal.ts';
import { isOAuth, type Operation } from '../operation.ts';
import type { Components } from './components.ts';
import type { Content, Reference, ResponseObject } from './document.ts';
import { header, REQUEST_ID } from './headers.ts';

/** What any request may be told, whatever it asks. */
const ALWAYS: readonly Reason[] = ['early_data', 'credential_in_query', 'internal', 'misconfigured'];

/** Headers that a refusal has besides. */
const BESIDES: Readonly<Partial<Record<Reason, 'WWW-Authenticate' | 'Retry-After'>>> = {
  credentials_ambiguous: 'WWW-Authenticate',
  credential_in_query: 'WWW-Authenticate',
  credential_missing: 'WWW-Authenticate',
  credential_invalid: 'WWW-Authenticate',
  insufficient_user_authentication: 'WWW-Authenticate',
  insufficient_scope: 'WWW-Authenticate',
  rate_limited: 'Retry-After',
  address_limited: 'Retry-After',
  too_many_attempts: 'Retry-After',
  too_many_codes: 'Retry-After',
  too_many_scope_sets: 'Retry-After',
  unavailable: 'Retry-After',
};

const SAYS = { 'WWW-Authenticate': 'A challenge (RFC 9110 §11.6.1)', 'Retry-After': 'Seconds' } as const;

const OF_JSON: readonly Reason[] = ['request_invalid', 'media_type_unsupported'];
const OF_FORMS: readonly Reason[] = ['oauth_request_invalid'];

/** Every reason for which an operation may be refused: its door's, its form's and its own. */
export const reasonsOf = ({ door, path, query, headers, body, refusals }: Operation): readonly Reason[] => {
  const form: Reason[] = [];
  if (path.includes('{')) form.push('not_found');
  if (body !== null) form.push(...(isOAuth(path) ? OF_FORMS : OF_JSON), 'body_too_large');
  if (Object.keys(query.shape).length + Object.keys(headers).length > 0) form.push('request_invalid');
  return [...new Set([...ALWAYS, ...door.refusals, ...form, ...refusals])];
};

/** Refusals by status. Those of the same codes are said once in a document, under a name that lists them. */
export const refused = (
  operation: Operation,
  components: Components,
): Readonly<Record<string, Reference>> => {
  const reasons = reasonsOf(operation);
  const statuses = [...new Set(reasons.map((reason) => ANSWERS[reason].status))].sort();
  return Object.fromEntries(
    statuses.flatMap((status) => {
      const refusal = refusalOf(operation, status);
      if (refusal === null) return [];
      const { name, ...response } = refusal;
      return [[String(status), components.response(name, () => response)]];
    }),
  );
};

/** What all refusals of one status have in common; null where there are none. */
export const refusalOf = (
  operation: Operation,
  status: number,
): (ResponseObject & { readonly name: string }) | null => {
  const asOAuth = isOAuth(operation.path);
  const those = reasonsOf(operation).filter((reason) => ANSWERS[reason].status === status);
  if (those.length === 0) return null;
  const codeOf = (reason: Reason): string =>
    (asOAuth ? ANSWERS[reason].oauthError : undefined) ?? ANSWERS[reason].code;
  const titles = new Map(those.map((reason) => [codeOf(reason), ANSWERS[reason].title]));
  const codes = [...titles.keys()].sort();
  const besides = new Set(those.flatMap((reason) => BESIDES[reason] ?? []));
  const headers = [...besides].map((name) => {
    // Only what every one of them has can be relied on.
    const required = those.every((reason) => BESIDES[reason] === name);
    return [name, header(SAYS[name], required)];
  });
  return {
    name: [...(asOAuth ? ['oauth'] : []), status, ...codes].join('.'),
    description: codes.map((code) => `\`${code}\`: ${titles.get(code)}`).join('. '),
    headers: { ...REQUEST_ID, ...Object.fromEntries(headers) },
    content: asOAuth ? oauthError(codes) : problem(status, codes),
  };
};

const problem = (status: number, codes: readonly string[]): Content => {
  const properties = { status: { const: status }, code: { enum: codes } };
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties }] };
  return { 'application/problem+json': { schema } };
};

const oauthError = (codes: readonly string[]): Content => {
  const properties = { error: { enum: codes } };
  const schema = { allOf: [{ $ref: '#/components/schemas/OAuthError' }, { properties }] };
  return { 'application/json': { schema } };
};
