import * as z from 'zod';
import { isAddressRange } from '../model/address.ts';
import { KEY_SORTS, KEY_STATUSES, MAX_OVERLAP_SECONDS, MAX_SEARCH, MAX_USAGE_KEYS } from '../model/life.ts';
import { COMPOSED_OF, isPlain, MAX_DESCRIPTION, MAX_NAME } from '../model/plain-text.ts';
import { isScopeToken } from '../model/scope.ts';

const MAX_SCOPES = 50;
const MAX_SCOPE = 256;
const MAX_RANGES = 100;
const MAX_REASON = 256;
const MAX_KEYS = 1000;

/** A text on one line, in NFC. What is too long in any form is not put into one: marks in disorder cost their square. */
export const text = (min: 0 | 1, max: number) =>
  z
    .string()
    .transform((value) => value.trim())
    .transform((value) => (value.length > COMPOSED_OF * max ? value : value.normalize('NFC').trim()))
    .refine((value) => value.length >= min, 'must not be empty')
    .refine((value) => value.length <= max, `must have at most ${max} characters`)
    .refine(isPlain, 'must be plain text on one line')
    .meta({ minLength: min, maxLength: max });

const scopes = z
  .array(z.string().refine(isScopeToken, 'must be a scope-token (RFC 6749 §3.3)'))
  .min(1, 'must name at least one scope')
  .max(MAX_SCOPES, `must name at most ${MAX_SCOPES} scopes`)
  .refine((list) => new Set(list).size === list.length, 'must not repeat a scope');

const moment = z.iso.datetime({ offset: true, message: 'must be a time as RFC 3339 writes it' });

const ipAllowlist = z
  .array(
    z.string().refine(isAddressRange, 'must be an IPv4 or IPv6 address or a CIDR block without host bits'),
  )
  .min(1, 'must name at least one address; null lets any in')
  .max(MAX_RANGES, `must name at most ${MAX_RANGES} addresses`);

const limit = z.strictObject({
  requests: z.int().min(1).max(1_000_000_000),
  per_seconds: z.int().min(1).max(86_400),
});

/** The body of `POST /v1/keys`. Whose key it becomes, the session says, never the body. */
export const createKeyBody = z
  .strictObject({
    name: text(1, MAX_NAME),
    description: text(0, MAX_DESCRIPTION).default(''),
    scopes,
    expires_at: moment.nullable().default(null),
    ip_allowlist: ipAllowlist.nullable().default(null),
    limit: limit.nullable().default(null),
  })
  .meta({ id: 'CreateKey', examples: [{ name: 'My script', scopes: ['items:read'] }] });

/** The body of `PATCH /v1/keys/{key_id}`: what is absent stays as it is. */
export const patchKeyBody = z
  .strictObject({
    name: text(1, MAX_NAME),
    description: text(0, MAX_DESCRIPTION),
    scopes,
    expires_at: moment.nullable(),
    ip_allowlist: ipAllowlist.nullable(),
    limit: limit.nullable(),
  })
  .partial()
  .meta({ id: 'ChangeKey', minProperties: 1, examples: [{ scopes: ['items:read'] }] });

/** The body of `POST /v1/keys/{key_id}/rotate`. */
export const rotateKeyBody = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .meta({ description: 'For how long the old secret is good besides the new one' }),
  })
  .meta({ id: 'RotateKey', examples: [{ overlap_seconds: 86_400 }] });

/** How many things a page has; in a query it is a text. */
const pageLimit = (usual: number) => z.coerce.number<number | string>().int().min(1).max(100).default(usual);

const cursor = z.string().max(1024).optional().meta({ description: '`next_cursor` of the page before' });

/** The body of `PUT /v1/users/{user_id}/suspension`. */
export const suspensionBody = z
  .strictObject({ reason: text(1, MAX_REASON) })
  .meta({ id: 'Suspend', examples: [{ reason: 'unpaid' }] });

/** The body of `PUT /v1/users/{user_id}/limits`; null is what everybody has. */
export const ownerLimitsBody = z
  .strictObject({
    plan: z.string().max(MAX_NAME).nullable(),
    keys_limit: z.int().min(0).max(MAX_KEYS).nullable(),
  })
  .meta({ id: 'SetLimits', examples: [{ plan: 'pro', keys_limit: null }] });

/** The body of `POST /v1/users/{user_id}/keys/import`. */
export const importKeyBody = z
  .strictObject({
    client_id: z.string().regex(/^[\x21-\x7E]{1,128}$/, 'must be the id of a client'),
    client_secret: z
      .string()
      .regex(/^[\x20-\x7E]{1,1024}$/, 'must be the secret of a client (RFC 6749 §A.2)')
      .meta({ description: 'Proven at Stytch, and kept nowhere' }),
    name: text(1, MAX_NAME).nullable().default(null).meta({ description: "Null for the client's own" }),
    description: text(0, MAX_DESCRIPTION)
      .nullable()
      .default(null)
      .meta({ description: "Null for the client's own" }),
  })
  .meta({
    id: 'ImportKey',
    examples: [{ client_id: 'm2m-client-live-1', client_secret: 'as Stytch gave it' }],
  });

/** The query of `GET /v1/keys`. */
export const listKeysQuery = z.object({
  status: z
    .enum([...KEY_STATUSES, 'all'])
    .default('active')
    .meta({
      description: '`active` are those with two secrets as well',
    }),
  search: text(0, MAX_SEARCH).default('').meta({
    description: 'Keys with this in their name, description, id or last four characters, in whatever case',
  }),
  scope: z
    .string()
    .max(MAX_SCOPE)
    .refine((value) => value === '' || isScopeToken(value), 'must be a scope-token (RFC 6749 §3.3)')
    .default('')
    .meta({ description: 'Keys with this very scope' }),
  sort: z.enum(KEY_SORTS).default('created').meta({
    description: 'Newest first, last used first, soonest to end first, or by name; what is never, goes last',
  }),
  limit: pageLimit(100),
  cursor,
});

const usageRange = {
  from: moment.optional().meta({
    description:
      'By default a day before `to`, or 30 days before it where days are asked for. At most 31 days by hour, 90 by day',
  }),
  to: moment.optional().meta({ description: 'By default now' }),
  by: z.enum(['hour', 'day']).default('hour').meta({ description: 'Whole hours, or UTC days' }),
};

/** The query of `GET /v1/usage`. */
export const usageQuery = z.object(usageRange);

/** The query of `GET /v1/usage/keys`. */
export const keysUsageQuery = z.object({
  key_id: z
    .array(z.string().regex(/^[\x21-\x7E]{1,128}$/, 'must be the id of a key'))
    .min(1, 'must name at least one key')
    .max(MAX_USAGE_KEYS, `must name at most ${MAX_USAGE_KEYS} keys`)
    .meta({ description: 'Once for each key: `key_id=a&key_id=b`' }),
  ...usageRange,
});

/** The query of `GET /v1/limits`. */
export const limitsQuery = z.object({
  key_id: z.string().max(256).optional().meta({ description: 'A key whose own limit is wanted besides' }),
});

/** The query of `GET /v1/audit`. */
export const auditQuery = z.object({
  key_id: z.string().max(256).optional().meta({ description: 'Rows about this key alone' }),
  action: z.string().max(64).optional().meta({ description: 'Rows of this action alone: `key.revoked`' }),
  actor_id: z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'Rows of what this user, member or operator did' }),
  from: moment.optional().meta({ description: 'Rows of then and later' }),
  to: moment.optional().meta({ description: 'Rows of before then' }),
  limit: pageLimit(50),
  cursor,
});
