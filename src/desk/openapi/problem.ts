import * as z from 'zod';

/** What every refusal is (RFC 9457 §3), with what some of them say besides. */
export const PROBLEM = z
  .looseObject({
    type: z.string().meta({ format: 'uri-reference', description: 'Where it is explained' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'For people: what is wrong, and what to do' }),
    code: z.string().meta({ description: 'For programs' }),
    request_id: z.string().meta({ description: 'As in `X-Request-Id`, and in the log' }),
    errors: z
      .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'Of `request_invalid`: what is wrong where, by JSON Pointer (RFC 6901)' }),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457)' });

/** What every refusal of the OAuth endpoints is (RFC 6749 §5.2). */
export const OAUTH_ERROR = z
  .strictObject({
    error: z.string().meta({ description: 'For programs' }),
    error_description: z.string().meta({ description: 'For people' }),
    error_uri: z.string().meta({ format: 'uri', description: 'Where it is explained' }),
  })
  .meta({ id: 'OAuthError', description: 'A refusal of an OAuth endpoint (RFC 6749 §5.2)' });
