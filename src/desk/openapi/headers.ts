import type { ZodOpenApiHeadersObject } from 'zod-openapi';

/** Headers that are the same wherever they are. */
export const HEADERS = {
  RequestId: {
    description: "The request's own, if it is of `[A-Za-z0-9_-]{8,64}`, else a new one",
    required: true,
    schema: { type: 'string' },
  },
} as const;

/** In every answer. */
export const REQUEST_ID: ZodOpenApiHeadersObject = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
};

/** Headers that an answer always has, by their names and what they are for. */
export const headersOf = (headers: Readonly<Record<string, string>>): ZodOpenApiHeadersObject => ({
  ...REQUEST_ID,
  ...Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, required: true, schema: { type: 'string' } },
    ]),
  ),
});
