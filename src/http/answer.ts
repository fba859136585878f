import type { Refusal } from '../model/refusal.ts';
import { answerFor, type ProtectionSpace } from './answers.ts';

/** What every refusal says besides its reason. */
export interface AnswerContext extends ProtectionSpace {
  readonly requestId: string;
  /** Where problem types are explained: the Desk's URL. */
  readonly deskUrl: string;
}

/** Headers of every answer that Latchkey itself makes. */
const OWN_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** RFC 6749 §5.1: besides `Cache-Control`, where a secret is in the answer, for caches that know HTTP/1.0 alone. */
export const PRAGMA = { pragma: 'no-cache' } as const;

/** A refusal as a problem document (RFC 9457), with its status and challenge. */
export const refuse = (refusal: Refusal, context: AnswerContext): Response => {
  const answer = answerFor(refusal);
  const problem = {
    type: answer.type ?? `${context.deskUrl}/problems/${answer.code}`,
    title: answer.title,
    status: answer.status,
    detail: answer.detail(refusal),
    code: answer.code,
    request_id: context.requestId,
    ...answer.members?.(refusal),
  };
  return new Response(JSON.stringify(problem), {
    status: answer.status,
    headers: {
      'content-type': 'application/problem+json',
      ...OWN_HEADERS,
      'x-request-id': context.requestId,
      ...answer.headers?.(refusal, context),
    },
  });
};

/**
 * The same at the OAuth endpoints, in the words of RFC 6749 §5.2. The status is the one that the reason has everywhere,
 * and so are challenge and `Retry-After`.
 */
export const refuseOAuth = (refusal: Refusal, context: AnswerContext): Response => {
  const answer = answerFor(refusal);
  const body = {
    error: answer.oauthError ?? answer.code,
    error_description: described(answer.detail(refusal)),
    error_uri: `${context.deskUrl}/problems/${answer.code}`,
  };
  return json(body, answer.status, context.requestId, {
    ...answer.headers?.(refusal, context),
    ...PRAGMA,
  });
};

/** RFC 6749 §5.2: printable ASCII without quotation marks and backslashes. */
const described = (text: string): string =>
  text
    .replaceAll('…', '...')
    .replaceAll('§', 'section ')
    .replaceAll(/["\\]/g, "'")
    .replaceAll(/[^\x20-\x7E]/g, '?');

/** An answer that says all it has to say in its status and its headers. */
export const empty = (
  requestId: string,
  headers: Readonly<Record<string, string>>,
  status: 200 | 204 = 204,
): Response =>
  new Response(null, { status, headers: { ...OWN_HEADERS, 'x-request-id': requestId, ...headers } });

/** An answer in JSON that is for its caller alone. */
export const json = (
  body: unknown,
  status: number,
  requestId: string,
  headers: Record<string, string> = {},
): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...OWN_HEADERS, 'x-request-id': requestId, ...headers },
  });

/** An answer of another form, as it comes, that is for its caller alone. */
export const raw = (body: ReadableStream, contentType: string, requestId: string): Response =>
  new Response(body, {
    headers: { 'content-type': contentType, ...OWN_HEADERS, 'x-request-id': requestId },
  });

/** An answer that is a text of some type: a page, a document that is ready. */
export const text = (
  body: string,
  contentType: string,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  new Response(body, {
    headers: { 'content-type': contentType, ...OWN_HEADERS, 'x-request-id': requestId, ...headers },
  });
