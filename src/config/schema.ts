import { FOREIGN_CLIENTS, OWNERLESS_CLIENTS } from '../model/foreign.ts';
import { CREDENTIAL_KINDS, METHODS } from '../model/policy.ts';
import { isReservedScope, isScopeToken } from '../model/scope.ts';
import * as z from '../model/zod.ts';
import { isHost } from './hosts.ts';

/** `project-test-…`, `project-live-…`: Stytch's name for a project says its environment. */
export const PROJECT_ID = /^project-(test|live)-[0-9A-Za-z-]{1,64}$/;

/** Claims that say something else than who owns a client (RFC 7519 §4.1, RFC 8693 §4). */
const TAKEN_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'scope',
  'client_id',
  'azp',
  'act',
  'cnf',
]);

/** Headers that must reach the origin or that we set: a prefix that covers one of them would delete it. */
const HEADERS_IN_USE = [
  ...['accept-encoding', 'access-control-allow-origin', 'cache-control', 'cdn-loop', 'cf-connecting-ip'],
  ...['content-type', 'early-data', 'idempotency-key', 'if-match', 'proxy-authorization', 'sec-fetch-site'],
  ...['transfer-encoding', 'user-agent', 'x-api-key', 'x-forwarded-for', 'x-http-method-override'],
  ...['x-original-url', 'x-real-ip', 'x-request-id', 'x-requested-with'],
];

/** Parameters in which clients are known to send keys. */
export const FORBIDDEN_QUERY = ['access_token', 'api_key', 'apikey'] as const;

const integer = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .number({ error: ({ input }) => (input === undefined ? undefined : error) })
    .check(z.refine((value) => Number.isInteger(value) && value >= min && value <= max, { error }));
};

const share = z
  .number()
  .check(z.refine((value) => value >= 0 && value <= 1, { error: 'must be a number from 0 to 1' }));

const printable = (max: number) =>
  z
    .string()
    .check(
      z.regex(
        new RegExp(`^[\\x21-\\x7E]{1,${max}}$`),
        `must be 1 to ${max} printable ASCII characters without spaces`,
      ),
    );

const text = (max: number) =>
  z
    .string()
    .check(z.minLength(1, 'must not be empty'), z.maxLength(max, `must have at most ${max} characters`));

const brand = z
  .string()
  .check(z.regex(/^[a-z][a-z0-9]{1,11}$/, 'must be 2 to 12 lower-case letters and digits, a letter first'));

const host = z.string().check(
  z.refine(isHost, {
    error:
      'must be a lower-case host name, with a port only where it is not the usual one; no scheme, no path',
  }),
);

const ownerClaim = printable(128).check(
  z.refine((claim) => !TAKEN_CLAIMS.has(claim), {
    error: 'must not be a claim that says something else',
  }),
);

const scopeName = z.string().check(
  z.refine((name) => isScopeToken(name) && name.length <= 128, {
    error: 'is no scope-token of RFC 6749 §3.3, or too long',
  }),
  z.refine((name) => !isReservedScope(name), { error: 'is reserved: "latchkey:" scopes cannot be offered' }),
);

const headerPrefix = z.string().check(
  z.regex(
    /^(?=.{2,40}$)[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/,
    'must be words of letters and digits, joined by dashes',
  ),
  z.refine((prefix) => !HEADERS_IN_USE.some((name) => `${name}-`.startsWith(`${prefix.toLowerCase()}-`)), {
    error: 'covers headers that mean something else',
  }),
);

const limit = z.strictObject({
  requests: integer(1, 1_000_000_000),
  perSeconds: integer(1, 86_400),
  perMonth: z.optional(integer(1, 1_000_000_000_000)),
});

const timeoutSeconds = integer(1, 300);

/** Up to Stytch's longest session, 366 days. */
const maxAuthAgeSeconds = integer(1, 31_622_400);

const place = {
  url: z.optional(z.string()),
  binding: z.optional(
    z.string().check(z.regex(/^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/, 'must be the name of a service binding')),
  ),
  zone: z.optional(z.literal(true, 'must be true, or left out')),
};

const origins = z.array(z.string()).check(z.maxLength(100));

export const ROUTE = z.strictObject({
  path: z.string().check(z.maxLength(1024)),
  methods: z.optional(z.array(z.enum(METHODS)).check(z.minLength(1, 'must not be empty'))),
  auth: z.optional(z.enum(['required', 'optional', 'none'])),
  credentials: z.optional(z.array(z.enum(CREDENTIAL_KINDS)).check(z.minLength(1, 'must not be empty'))),
  scopes: z.optional(z.array(z.string()).check(z.maxLength(100))),
  cost: z.optional(integer(1, 1_000_000_000)),
  maxBodyBytes: z.optional(integer(0, 5_000_000_000)),
  leaseSeconds: z.optional(integer(0, 60)),
  maxAuthAgeSeconds: z.optional(maxAuthAgeSeconds),
  assertion: z.optional(z.enum(['identity', 'request'])),
  timeoutSeconds: z.optional(timeoutSeconds),
  earlyData: z.optional(z.boolean()),
  websocket: z.optional(z.strictObject({ origins: origins.check(z.minLength(1, 'must not be empty')) })),
  origin: z.optional(z.strictObject({ ...place, id: z.optional(printable(256)) })),
});

export const DEVICE_CLIENT = z.strictObject({
  title: text(80),
  scopes: z.optional(z.array(z.string()).check(z.minLength(1, 'must not be empty'), z.maxLength(100))),
  keyDays: z.optional(integer(1, 3650)),
});

/** Shapes and ranges of the operator's file, setting by setting. What depends on another setting is in `checks`. */
export const SETTINGS = z.strictObject({
  brand,
  formerBrands: z._default(z.array(brand).check(z.maxLength(8)), []),
  stytch: z.strictObject({
    projectId: z
      .string()
      .check(z.regex(PROJECT_ID, 'must be a Stytch project id: project-test-… or project-live-…')),
    vertical: z.enum(['consumer', 'b2b']),
    domain: z.optional(host),
    ownerClaim: z._default(ownerClaim, 'user_id'),
  }),
  hosts: z.strictObject({
    api: z.array(host).check(z.minLength(1, 'must not be empty'), z.maxLength(32)),
    desk: host,
  }),
  origin: z.strictObject({
    ...place,
    id: printable(256),
    timeoutSeconds: z._default(timeoutSeconds, 30),
    keepCookies: z._default(z.boolean(), false),
  }),
  desk: z._default(
    z.strictObject({
      maxAuthAgeSeconds: z.optional(maxAuthAgeSeconds),
      organizationRoles: z._default(z.array(printable(128)).check(z.maxLength(64)), []),
      origins: z._default(origins, []),
    }),
    { organizationRoles: [], origins: [] },
  ),
  events: z.optional(
    z.strictObject({
      url: z.string().check(z.maxLength(2048)),
      expiringDays: z._default(integer(1, 90), 7),
      unusedDays: z._default(integer(1, 3650), 90),
    }),
  ),
  decision: z.optional(
    z.strictObject({
      addressHeader: z._default(
        z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9-]{1,63}$/, 'must be the name of a header')),
        'X-Original-Address',
      ),
    }),
  ),
  auditDays: z._default(integer(30, 3650), 400),
  operators: z._default(z.array(printable(128)).check(z.maxLength(64)), []),
  scopes: z._default(
    z.record(
      scopeName,
      z.strictObject({
        title: text(80),
        description: z.optional(text(500)),
        selfService: z._default(z.boolean(), true),
      }),
    ),
    {},
  ),
  roles: z._default(z.record(printable(128), z.array(z.string())), {}),
  deviceClients: z._default(
    z.record(
      z
        .string()
        .check(
          z.regex(
            /^(?!m2m-)[a-z][a-z0-9-]{1,63}$/,
            'must be 2 to 64 lower-case letters, digits and dashes, a letter first, and not as Stytch names clients',
          ),
        ),
      DEVICE_CLIENT,
    ),
    {},
  ),
  portal: z._default(
    z.strictObject({
      loginUrl: z.optional(z.string().check(z.maxLength(2048))),
      returnParameter: z._default(
        z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be the name of a query parameter')),
        'return_to',
      ),
      title: z.optional(text(40)),
      logo: z.optional(z.string().check(z.maxLength(32_768, 'must have at most 16384 bytes'))),
      accent: z.optional(z.string().check(z.regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour, written #rrggbb'))),
    }),
    { returnParameter: 'return_to' },
  ),
  limits: z.strictObject({
    default: limit,
    plans: z._default(
      z.record(
        z
          .string()
          .check(
            z.regex(/^(?!default$)[a-z][a-z0-9_-]{0,31}$/, 'must be a lower-case name other than "default"'),
          ),
        limit,
      ),
      {},
    ),
    keysPerUser: z._default(integer(1, 1000), 20),
  }),
  leaseSeconds: z._default(integer(1, 60), 5),
  ringGraceSeconds: z._default(integer(0, 300), 0),
  stytchGraceSeconds: z._default(integer(0, 86_400), 3600),
  foreignClients: z._default(z.enum(FOREIGN_CLIENTS), 'imported'),
  ownerlessClients: z._default(z.enum(OWNERLESS_CLIENTS), 'refused'),
  headerPrefix: z._default(headerPrefix, 'X-Latchkey'),
  stripPrefixes: z._default(
    z
      .array(
        z
          .string()
          .check(
            z.regex(
              /^[a-z][a-z0-9-]{1,63}$/,
              'must be the lower-case beginning of a header name, two letters or more',
            ),
          ),
      )
      .check(z.maxLength(64)),
    [],
  ),
  pathParams: z._default(z.enum(['deny', 'allow']), 'deny'),
  forbiddenQuery: z._default(
    z
      .array(
        z
          .string()
          .check(
            z.regex(
              /^[a-z0-9_]{1,64}$/,
              'must be lower-case letters, digits and underscores: names are folded so',
            ),
          ),
      )
      .check(z.maxLength(64)),
    [...FORBIDDEN_QUERY],
  ),
  routes: z.array(ROUTE).check(z.minLength(1, 'must not be empty'), z.maxLength(500)),
  cors: z._default(z.strictObject({ origins }), { origins: [] }),
  log: z._default(
    z.strictObject({ sample: z._default(share, 1), slowMs: z._default(integer(1, 300_000), 1000) }),
    { sample: 1, slowMs: 1000 },
  ),
  traceContext: z._default(z.enum(['continue', 'restart']), 'continue'),
});

/** The file with every default of its own filled in. */
export type Parsed = z.output<typeof SETTINGS>;
