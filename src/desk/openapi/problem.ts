import * as z from '../../model/zod.ts';

/** What every refusal is (RFC 9457 §3), with what some of them say besides. */
export const PROBLEM = z
  .looseObject({
    type: z.string().check(z.meta({ format: 'uri-reference', description: 'Where it is explained' })),
    title: z.string(),
    status: z.int().check(z.minimum(400), z.maximum(599)),
    detail: z.string().check(z.meta({ description: 'For people: what is wrong, and what to do' })),
    code: z.string().check(z.meta({ description: 'For programs' })),
    request_id: z.string().check(z.meta({ description: 'As in `X-Request-Id`, and in the log' })),
    errors: z
      .optional(z.array(z.strictObject({ pointer: z.string(), detail: z.string() })))
      .check(
        z.meta({ description: 'Of `request_invalid`: what is wrong where, by JSON Pointer (RFC 6901)' }),
      ),
  })
  .check(z.meta({ id: 'Problem', description: 'A refusal (RFC 9457)' }));

/** What every refusal of the OAuth endpoints is (RFC 6749 §5.2). */
export const OAUTH_ERROR = z
  .strictObject({
    error: z.string().check(z.meta({ description: 'For programs' })),
    error_description: z.string().check(z.meta({ description: 'For people' })),
    error_uri: z.string().check(z.meta({ format: 'uri', description: 'Where it is explained' })),
  })
  .check(z.meta({ id: 'OAuthError', description: 'A refusal of an OAuth endpoint (RFC 6749 §5.2)' }));
