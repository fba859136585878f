import type * as z from 'zod';
import { createDocument, type oas31, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Operation } from '../operation.ts';
import { eventsToOperator } from './events.ts';
import { HEADERS } from './headers.ts';
import { describedOperation } from './operation.ts';
import { PROBLEM } from './problem.ts';
import { type RefusalAnswers, refusalAnswers } from './refusals.ts';
import { SECURITY_SCHEMES } from './security.ts';

export type OpenApi = oas31.OpenAPIObject;

const TAGS: Readonly<Record<string, string>> = {
  Keys: 'What a signed-in user does with his own keys: make, narrow, rotate, revoke, and see how they are used.',
  'Keys of an organisation': 'The same with the keys of an organisation, for members with the role.',
  Operators: "The same for any user, member or organisation, for the operator's own backend.",
  Leaks: 'For whoever finds a key where it does not belong.',
  Webhooks: 'What others tell Latchkey of. They sign it.',
  Trust: 'What others need in order to trust Latchkey, and what it says of itself.',
};

/** An OpenAPI 3.1 document of the operations that are served, made from what serves them. */
export const openApiOf = (
  operations: readonly Operation[],
  { deskUrl, version }: { readonly deskUrl: string; readonly version: string },
): OpenApi => {
  const refused = refusalAnswers();
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: { title: 'Latchkey', version, description: ABOUT, license: LICENSE },
      servers: [{ url: deskUrl }],
      tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => {
        const description = TAGS[name];
        return description === undefined ? { name } : { name, description };
      }),
      paths: pathsOf(operations, refused),
      webhooks: eventsToOperator(),
      components: { schemas: { Problem: PROBLEM }, headers: HEADERS, securitySchemes: SECURITY_SCHEMES },
    },
    { override: ({ jsonSchema }) => tidy(jsonSchema) },
  );
  return document as OpenApi;
};

const ABOUT =
  'API keys for users in Stytch. JSON is in snake_case, ids are strings, times are RFC 3339, lists are `{ data, next_cursor }`. Refusals are problem documents (RFC 9457): programs read `status` and `code`.';

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

const pathsOf = (operations: readonly Operation[], refused: RefusalAnswers): ZodOpenApiPathsObject => {
  const paths: Record<string, ZodOpenApiPathsObject[string]> = {};
  for (const operation of operations) {
    const method = operation.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    paths[operation.path] = { ...paths[operation.path], [method]: describedOperation(operation, refused) };
  }
  return paths;
};

/** What zod says besides, and nobody reads: how a time is matched, and how far a double counts. */
const tidy = (schema: z.core.JSONSchema.BaseSchema): void => {
  if (schema.format === 'date-time') delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
};
