import type { HeaderObject, Reference } from './document.ts';

/** Headers that are the same wherever they are. */
export const HEADERS: Readonly<Record<string, HeaderObject>> = {
  RequestId: {
    description: "The request's own, if it is of `[A-Za-z0-9_-]{8,64}`, else a new one",
    required: true,
    schema: { type: 'string' },
  },
};

/** In every answer. */
export const REQUEST_ID: Readonly<Record<string, Reference>> = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
};

/** A header of an answer. */
export const header = (description: string, required = true): HeaderObject => ({
  ...{ description, required },
  schema: { type: 'string' },
});
