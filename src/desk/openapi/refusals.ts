import { ANSWERS } from '../../http/answers.ts';
import type { Reason } from '../../model/refusal.ts';
import type { Operation } from '../operation.ts';
import type { Components } from './components.ts';
import type { Reference, ResponseObject } from './document.ts';
import { header, REQUEST_ID } from './headers.ts';

/** What any request may be told, whatever it asks. */
const ALWAYS: readonly Reason[] = ['early_data', 'internal', 'misconfigured'];

/** Headers that a refusal has besides. */
const BESIDES: Readonly<Partial<Record<Reason, 'WWW-Authenticate' | 'Retry-After'>>> = {
  credentials_ambiguous: 'WWW-Authenticate',
  credential_missing: 'WWW-Authenticate',
  credential_invalid: 'WWW-Authenticate',
  insufficient_user_authentication: 'WWW-Authenticate',
  insufficient_scope: 'WWW-Authenticate',
  rate_limited: 'Retry-After',
  address_limited: 'Retry-After',
  too_many_attempts: 'Retry-After',
  unavailable: 'Retry-After',
};

const SAYS = { 'WWW-Authenticate': 'A challenge (RFC 9110 §11.6.1)', 'Retry-After': 'Seconds' } as const;

/** Every reason for which an operation may be refused: its door's, its form's and its own. */
export const reasonsOf = ({ door, path, query, headers, body, refusals }: Operation): readonly Reason[] => {
  const form: Reason[] = [];
  if (path.includes('{')) form.push('not_found');
  if (body !== null) form.push('request_invalid', 'media_type_unsupported', 'body_too_large');
  if (Object.keys(query.shape).length + Object.keys(headers).length > 0) form.push('request_invalid');
  return [...new Set([...ALWAYS, ...door.refusals, ...form, ...refusals])];
};

/** Refusals by status. Those of the same codes are said once in a document, under a name that lists them. */
export const refused = (
  reasons: readonly Reason[],
  components: Components,
): Readonly<Record<string, Reference>> => {
  const statuses = [...new Set(reasons.map((reason) => ANSWERS[reason].status))].sort();
  return Object.fromEntries(
    statuses.flatMap((status) => {
      const refusal = refusalOf(reasons, status);
      if (refusal === null) return [];
      const { name, ...response } = refusal;
      return [[String(status), components.response(name, () => response)]];
    }),
  );
};

/** What all refusals of one status have in common; null where there are none. */
export const refusalOf = (
  reasons: readonly Reason[],
  status: number,
): (ResponseObject & { readonly name: string }) | null => {
  const those = reasons.filter((reason) => ANSWERS[reason].status === status);
  if (those.length === 0) return null;
  const titles = new Map(those.map((reason) => [ANSWERS[reason].code, ANSWERS[reason].title]));
  const codes = [...titles.keys()].sort();
  const besides = new Set(those.flatMap((reason) => BESIDES[reason] ?? []));
  const headers = [...besides].map((name) => {
    // Only what every one of them has can be relied on.
    const required = those.every((reason) => BESIDES[reason] === name);
    return [name, header(SAYS[name], required)];
  });
  const properties = { status: { const: status }, code: { enum: codes } };
  return {
    name: [status, ...codes].join('.'),
    description: codes.map((code) => `\`${code}\`: ${titles.get(code)}`).join('. '),
    headers: { ...REQUEST_ID, ...Object.fromEntries(headers) },
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties }] },
      },
    },
  };
};
