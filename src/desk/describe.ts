import { text } from '../http/answer.ts';
import { ok } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import { docsPage } from './docs/index.ts';
import { DOCS_STYLE } from './docs/style.ts';
import type { Doors } from './doors.ts';
import type { OpenApi } from './openapi/document.ts';
import { openApiOf } from './openapi/index.ts';
import { type Operation, operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';

/** Of what the Desk serves, as package.json has it. */
export const VERSION = '0.1.0';

/** For how long a description may be kept, in seconds. */
const MAX_AGE_SECONDS = 300;

const PUBLIC = { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` };

/** Nothing but its own style: no script, no other host, no frame around it. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the Desk says of all its operations, `all`, which these are among. Each is made when first asked for. */
export const describingOperations = (ports: DeskPorts, doors: Doors, all: () => readonly Operation[]) => {
  const made: { document?: OpenApi; json?: string; page?: string } = {};
  const document = (): OpenApi => {
    made.document ??= openApiOf(all(), { deskUrl: ports.deskUrl, version: VERSION });
    return made.document;
  };

  return [
    operation({
      ...{ method: 'GET', path: '/openapi.json', operationId: 'openapi', tag: 'Trust', door: doors.open },
      summary: 'Describes all of this to programs (OpenAPI 3.1)',
      answers: {
        200: { description: 'An OpenAPI document', body: z.looseObject({ openapi: z.string() }) },
      },
      handle: async ({ call }) => {
        made.json ??= JSON.stringify(document());
        return ok(text(made.json, 'application/json', call.requestId, PUBLIC));
      },
    }),
    operation({
      ...{ method: 'GET', path: '/docs', operationId: 'docs', tag: 'Trust', door: doors.open },
      summary: 'Describes all of this to people',
      answers: {
        200: {
          ...{ description: 'A page', contentType: 'text/html' },
          headers: { 'Content-Security-Policy': 'Nothing but its own style' },
        },
      },
      handle: async ({ call }) => {
        made.page ??= await docsPage(document());
        const headers = { ...PUBLIC, 'content-security-policy': POLICY };
        return ok(text(made.page, 'text/html; charset=utf-8', call.requestId, headers));
      },
    }),
    operation({
      ...{ method: 'GET', path: '/docs.css', operationId: 'docsStyle', tag: 'Trust', door: doors.open },
      summary: 'The style of that page',
      answers: { 200: { description: 'A style sheet', contentType: 'text/css' } },
      handle: async ({ call }) => ok(text(DOCS_STYLE, 'text/css; charset=utf-8', call.requestId, PUBLIC)),
    }),
  ] as const;
};
