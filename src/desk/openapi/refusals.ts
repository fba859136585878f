import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { ANSWERS } from '../../http/answers.ts';
import type { Reason } from '../../model/refusal.ts';
import type { Operation } from '../operation.ts';
import { REQUEST_ID } from './headers.ts';

/** What any request may be told, whatever it asks. */
const ALWAYS: readonly Reason[] = ['early_data', 'internal', 'misconfigured'];

/** Headers that a refusal has besides. */
const HEADERS: Readonly<Partial<Record<Reason, 'WWW-Authenticate' | 'Retry-After'>>> = {
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

/** Answers by status. */
export type RefusalAnswers = (
  reasons: readonly Reason[],
) => Readonly<Record<string, ZodOpenApiResponseObject>>;

/** Makes the answers of a document, each once: those of the same codes are one component. */
export const refusalAnswers = (): RefusalAnswers => {
  const made = new Map<string, ZodOpenApiResponseObject>();
  return (reasons) => {
    const statuses = [...new Set(reasons.map((reason) => ANSWERS[reason].status))].sort();
    return Object.fromEntries(
      statuses.map((status) => {
        const those = reasons.filter((reason) => ANSWERS[reason].status === status).sort();
        const id = [status, ...codesOf(those)].join('.');
        const answer = made.get(id) ?? answerOf(id, status, those);
        made.set(id, answer);
        return [String(status), answer];
      }),
    );
  };
};

const codesOf = (reasons: readonly Reason[]): readonly string[] =>
  [...new Set(reasons.map((reason) => ANSWERS[reason].code))].sort();

/** One status with its codes. */
const answerOf = (id: string, status: number, reasons: readonly Reason[]): ZodOpenApiResponseObject => {
  const titles = new Map(reasons.map((reason) => [ANSWERS[reason].code, ANSWERS[reason].title]));
  const named = new Set(reasons.flatMap((reason) => HEADERS[reason] ?? []));
  const headers = [...named].map((name) => {
    // Only what every one of them has can be relied on.
    const required = reasons.every((reason) => HEADERS[reason] === name);
    return [name, { description: SAYS[name], required, schema: { type: 'string' } }];
  });
  const codes = { status: { const: status }, code: { enum: [...titles.keys()].sort() } };
  return {
    id,
    description: [...titles].map(([code, title]) => `\`${code}\`: ${title}`).join('. '),
    headers: { ...REQUEST_ID, ...Object.fromEntries(headers) },
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: codes }] },
      },
    },
  };
};
