import { isAddressRange } from '../model/address.ts';
import { KEY_SORTS, KEY_STATUSES, MAX_OVERLAP_SECONDS, MAX_SEARCH, MAX_USAGE_KEYS } from '../model/life.ts';
import { COMPOSED_OF, isPlain, MAX_DESCRIPTION, MAX_NAME } from '../model/plain-text.ts';
import { RESTORE_STEPS } from '../model/restore-wire.ts';
import { isScopeToken } from '../model/scope.ts';
import * as z from '../model/zod.ts';

const MAX_SCOPES = 50;
const MAX_SCOPE = 256;
const MAX_RANGES = 100;
const MAX_REASON = 256;
const MAX_KEYS = 1000;

/** A text on one line, in NFC. What is too long in any form is not put into one: marks in disorder cost their square. */
export const text = (min: 0 | 1, max: number) =>
  z
    .pipe(
      z.string(),
      z.transform((value) => {
        const trimmed = value.trim();
        return trimmed.length > COMPOSED_OF * max ? trimmed : trimmed.normalize('NFC').trim();
      }),
    )
    .check(
      z.refine((value) => value.length >= min, 'must not be empty'),
      z.refine((value) => value.length <= max, `must have at most ${max} characters`),
      z.refine(isPlain, 'must be plain text on one line'),
      z.meta({ minLength: min, maxLength: max }),
    );

const scopes = z
  .array(z.string().check(z.refine(isScopeToken, 'must be a scope-token (RFC 6749 §3.3)')))
  .check(
    z.minLength(1, 'must name at least one scope'),
    z.maxLength(MAX_SCOPES, `must name at most ${MAX_SCOPES} scopes`),
    z.refine((list) => new Set(list).size === list.length, 'must not repeat a scope'),
  );

const moment = z.iso.datetime({ offset: true, message: 'must be a time as RFC 3339 writes it' });

const ipAllowlist = z
  .array(
    z
      .string()
      .check(z.refine(isAddressRange, 'must be an IPv4 or IPv6 address or a CIDR block without host bits')),
  )
  .check(
    z.minLength(1, 'must name at least one address; null lets any in'),
    z.maxLength(MAX_RANGES, `must name at most ${MAX_RANGES} addresses`),
  );

const limit = z.strictObject({
  requests: z.int().check(z.minimum(1), z.maximum(1_000_000_000)),
  per_seconds: z.int().check(z.minimum(1), z.maximum(86_400)),
});

/** The body of `POST /v1/keys`. Whose key it becomes, the session says, never the body. */
export const createKeyBody = z
  .strictObject({
    name: text(1, MAX_NAME),
    description: z._default(text(0, MAX_DESCRIPTION), ''),
    scopes,
    expires_at: z._default(z.nullable(moment), null),
    ip_allowlist: z._default(z.nullable(ipAllowlist), null),
    limit: z._default(z.nullable(limit), null),
  })
  .check(z.meta({ id: 'CreateKey', examples: [{ name: 'My script', scopes: ['items:read'] }] }));

/** The body of `PATCH /v1/keys/{key_id}`: what is absent stays as it is. */
export const patchKeyBody = z
  .partial(
    z.strictObject({
      name: text(1, MAX_NAME),
      description: text(0, MAX_DESCRIPTION),
      scopes,
      expires_at: z.nullable(moment),
      ip_allowlist: z.nullable(ipAllowlist),
      limit: z.nullable(limit),
    }),
  )
  .check(z.meta({ id: 'ChangeKey', minProperties: 1, examples: [{ scopes: ['items:read'] }] }));

/** The body of `POST /v1/keys/{key_id}/rotate`. */
export const rotateKeyBody = z
  .strictObject({
    overlap_seconds: z
      .int()
      .check(
        z.minimum(0),
        z.maximum(MAX_OVERLAP_SECONDS),
        z.meta({ description: 'For how long the old secret is good besides the new one' }),
      ),
  })
  .check(z.meta({ id: 'RotateKey', examples: [{ overlap_seconds: 86_400 }] }));

/** How many things a page has; in a query it is a text. */
const pageLimit = (usual: number) =>
  z._default(z.coerce.number<number | string>().check(z.int(), z.minimum(1), z.maximum(100)), usual);

const cursor = z
  .optional(z.string().check(z.maxLength(1024)))
  .check(z.meta({ description: '`next_cursor` of the page before' }));

/** The body of `PUT /v1/users/{user_id}/suspension`. */
export const suspensionBody = z
  .strictObject({ reason: text(1, MAX_REASON) })
  .check(z.meta({ id: 'Suspend', examples: [{ reason: 'unpaid' }] }));

/** The body of `PUT /v1/users/{user_id}/limits`; null is what everybody has. */
export const ownerLimitsBody = z
  .strictObject({
    plan: z.nullable(z.string().check(z.maxLength(MAX_NAME))),
    keys_limit: z.nullable(z.int().check(z.minimum(0), z.maximum(MAX_KEYS))),
  })
  .check(z.meta({ id: 'SetLimits', examples: [{ plan: 'pro', keys_limit: null }] }));

/** How many lines of an export are taken at once: each living key among them is a call of Stytch's. */
const MAX_RESTORED = 200;

/** The body of `POST /v1/users/{user_id}/restore`: lines of an export as they are there. */
export const restoreBody = z
  .strictObject({
    step: z.enum(RESTORE_STEPS).check(
      z.meta({
        description:
          '`begin` with the line `owner`; `lines` with those of types `audit_anchor`, `audit` and `key`, in this order, ended keys before living ones; `end` with the lines `owner` and `end`',
      }),
    ),
    lines: z.array(z.record(z.string(), z.unknown())).check(z.minLength(1), z.maxLength(MAX_RESTORED)),
  })
  .check(
    z.meta({
      id: 'Restore',
      examples: [{ step: 'lines', lines: [{ type: 'audit_anchor', seq: 7, mac: '…' }] }],
    }),
  );

/** The body of `POST /v1/users/{user_id}/keys/import`. */
export const importKeyBody = z
  .strictObject({
    client_id: z.string().check(z.regex(/^[\x21-\x7E]{1,128}$/, 'must be the id of a client')),
    client_secret: z
      .string()
      .check(
        z.regex(/^[\x20-\x7E]{1,1024}$/, 'must be the secret of a client (RFC 6749 §A.2)'),
        z.meta({ description: 'Proven at Stytch, and kept nowhere' }),
      ),
    name: z
      ._default(z.nullable(text(1, MAX_NAME)), null)
      .check(z.meta({ description: "Null for the client's own" })),
    description: z
      ._default(z.nullable(text(0, MAX_DESCRIPTION)), null)
      .check(z.meta({ description: "Null for the client's own" })),
  })
  .check(
    z.meta({
      id: 'ImportKey',
      examples: [{ client_id: 'm2m-client-live-1', client_secret: 'as Stytch gave it' }],
    }),
  );

/** The query of `GET /v1/keys`. */
export const listKeysQuery = z.object({
  status: z._default(z.enum([...KEY_STATUSES, 'all']), 'active').check(
    z.meta({
      description: '`active` are those with two secrets as well',
    }),
  ),
  search: z._default(text(0, MAX_SEARCH), '').check(
    z.meta({
      description: 'Keys with this in their name, description, id or last four characters, in whatever case',
    }),
  ),
  scope: z
    ._default(
      z.string().check(
        z.maxLength(MAX_SCOPE),
        z.refine((value) => value === '' || isScopeToken(value), 'must be a scope-token (RFC 6749 §3.3)'),
      ),
      '',
    )
    .check(z.meta({ description: 'Keys with this very scope' })),
  sort: z._default(z.enum(KEY_SORTS), 'created').check(
    z.meta({
      description:
        'Newest first, last used first, soonest to end first, or by name; what is never, goes last',
    }),
  ),
  limit: pageLimit(100),
  cursor,
});

const usageRange = {
  from: z.optional(moment).check(
    z.meta({
      description:
        'By default a day before `to`, or 30 days before it where days are asked for. At most 31 days by hour, 90 by day',
    }),
  ),
  to: z.optional(moment).check(z.meta({ description: 'By default now' })),
  by: z._default(z.enum(['hour', 'day']), 'hour').check(z.meta({ description: 'Whole hours, or UTC days' })),
};

/** The query of `GET /v1/usage`. */
export const usageQuery = z.object(usageRange);

/** The query of `GET /v1/usage/keys`. */
export const keysUsageQuery = z.object({
  key_id: z
    .array(z.string().check(z.regex(/^[\x21-\x7E]{1,128}$/, 'must be the id of a key')))
    .check(
      z.minLength(1, 'must name at least one key'),
      z.maxLength(MAX_USAGE_KEYS, `must name at most ${MAX_USAGE_KEYS} keys`),
      z.meta({ description: 'Once for each key: `key_id=a&key_id=b`' }),
    ),
  ...usageRange,
});

/** The query of `GET /v1/tokens`. */
export const tokensQuery = z.object({
  from: z.optional(moment).check(
    z.meta({
      description:
        'By default 30 days before `to`, or twelve months with the one that runs. At most 400 days',
    }),
  ),
  to: z.optional(moment).check(z.meta({ description: 'By default now' })),
  by: z._default(z.enum(['day', 'month']), 'day').check(z.meta({ description: 'UTC days, or UTC months' })),
});

/** The query of `GET /v1/limits`. */
export const limitsQuery = z.object({
  key_id: z
    .optional(z.string().check(z.maxLength(256)))
    .check(z.meta({ description: 'A key whose own limit is wanted besides' })),
});

/** The query of `GET /v1/audit`. */
export const auditQuery = z.object({
  key_id: z
    .optional(z.string().check(z.maxLength(256)))
    .check(z.meta({ description: 'Rows about this key alone' })),
  action: z
    .optional(z.string().check(z.maxLength(64)))
    .check(z.meta({ description: 'Rows of this action alone: `key.revoked`' })),
  actor_id: z
    .optional(z.string().check(z.maxLength(256)))
    .check(z.meta({ description: 'Rows of what this user, member or operator did' })),
  from: z.optional(moment).check(z.meta({ description: 'Rows of then and later' })),
  to: z.optional(moment).check(z.meta({ description: 'Rows of before then' })),
  limit: pageLimit(50),
  cursor,
});
