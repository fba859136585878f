import * as z from 'zod';
import { isAddressRange } from '../model/address.ts';
import { KEY_STATUSES, MAX_OVERLAP_SECONDS } from '../model/life.ts';
import { isScopeToken } from '../model/scope.ts';

const MAX_NAME = 64;
const MAX_DESCRIPTION = 256;
const MAX_SCOPES = 50;
const MAX_RANGES = 100;
const MAX_REASON = 256;
const MAX_KEYS = 1000;

/** Control characters, and those that turn the reading direction: a name must look like what it is. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069\u061C]/u;

const text = (max: number) =>
  z
    .string()
    .transform((value) => value.normalize('NFC').trim())
    .refine((value) => value.length <= max, `must have at most ${max} characters`)
    .refine((value) => !UNPRINTABLE.test(value), 'must be plain text on one line');

const scopes = z
  .array(z.string().refine(isScopeToken, 'must be a scope-token (RFC 6749 §3.3)'))
  .min(1, 'must name at least one scope')
  .max(MAX_SCOPES, `must name at most ${MAX_SCOPES} scopes`)
  .refine((list) => new Set(list).size === list.length, 'must not repeat a scope');

const expiresAt = z.iso.datetime({ offset: true, message: 'must be a time as RFC 3339 writes it' });

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
export const createKeyBody = z.strictObject({
  name: text(MAX_NAME).refine((value) => value.length > 0, 'must not be empty'),
  description: text(MAX_DESCRIPTION).default(''),
  scopes,
  expires_at: expiresAt.nullable().default(null),
  ip_allowlist: ipAllowlist.nullable().default(null),
  limit: limit.nullable().default(null),
});

/** The body of `PATCH /v1/keys/{key_id}`: what is absent stays as it is. */
export const patchKeyBody = z
  .strictObject({
    name: text(MAX_NAME).refine((value) => value.length > 0, 'must not be empty'),
    description: text(MAX_DESCRIPTION),
    scopes,
    expires_at: expiresAt.nullable(),
    ip_allowlist: ipAllowlist.nullable(),
    limit: limit.nullable(),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change something');

/** The body of `POST /v1/keys/{key_id}/rotate`. */
export const rotateKeyBody = z.strictObject({
  overlap_seconds: z.int().min(0).max(MAX_OVERLAP_SECONDS),
});

/** The body of `PUT /v1/users/{user_id}/suspension`. */
export const suspensionBody = z.strictObject({
  reason: text(MAX_REASON).refine((value) => value.length > 0, 'must not be empty'),
});

/** The body of `PUT /v1/users/{user_id}/limits`; null is what everybody has. */
export const ownerLimitsBody = z.strictObject({
  plan: z.string().max(MAX_NAME).nullable(),
  keys_limit: z.int().min(0).max(MAX_KEYS).nullable(),
});

/** The body of `POST /v1/users/{user_id}/keys/import`; without a name, the client's own. */
export const importKeyBody = z.strictObject({
  client_id: z.string().regex(/^[\x21-\x7E]{1,128}$/, 'must be the id of a client'),
  client_secret: z.string().regex(/^[\x20-\x7E]{1,1024}$/, 'must be the secret of a client (RFC 6749 §A.2)'),
  name: text(MAX_NAME)
    .refine((value) => value.length > 0, 'must not be empty')
    .nullable()
    .default(null),
  description: text(MAX_DESCRIPTION).nullable().default(null),
});

/** The query of `GET /v1/keys`. */
export const listKeysQuery = z.object({
  status: z.enum([...KEY_STATUSES, 'all']).default('active'),
  limit: z.coerce.number().int().min(1).max(100).default(100),
  cursor: z.string().max(256).optional(),
});
