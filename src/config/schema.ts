import * as z from 'zod';
import { FOREIGN_CLIENTS, OWNERLESS_CLIENTS } from '../model/foreign.ts';
import { CREDENTIAL_KINDS, METHODS } from '../model/policy.ts';
import { isReservedScope, isScopeToken } from '../model/scope.ts';
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
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error });
};

const printable = (max: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[\\x21-\\x7E]{1,${max}}$`),
      `must be 1 to ${max} printable ASCII characters without spaces`,
    );

const text = (max: number) =>
  z.string().min(1, 'must not be empty').max(max, `must have at most ${max} characters`);

const brand = z
  .string()
  .regex(/^[a-z][a-z0-9]{1,11}$/, 'must be 2 to 12 lower-case letters and digits, a letter first');

const host = z.string().refine(isHost, {
  error: 'must be a lower-case host name, with a port only where it is not the usual one; no scheme, no path',
});

const ownerClaim = printable(128).refine((claim) => !TAKEN_CLAIMS.has(claim), {
  error: 'must not be a claim that says something else',
});

const scopeName = z
  .string()
  .refine((name) => isScopeToken(name) && name.length <= 128, {
    error: 'is no scope-token of RFC 6749 §3.3, or too long',
  })
  .refine((name) => !isReservedScope(name), { error: 'is reserved: "latchkey:" scopes cannot be offered' });

const headerPrefix = z
  .string()
  .regex(
    /^(?=.{2,40}$)[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/,
    'must be words of letters and digits, joined by dashes',
  )
  .refine((prefix) => !HEADERS_IN_USE.some((name) => `${name}-`.startsWith(`${prefix.toLowerCase()}-`)), {
    error: 'covers headers that mean something else',
  });

const limit = z.strictObject({
  requests: integer(1, 1_000_000_000),
  perSeconds: integer(1, 86_400),
  perMonth: integer(1, 1_000_000_000_000).optional(),
});

const timeoutSeconds = integer(1, 300);

/** Up to Stytch's longest session, 366 days. */
const maxAuthAgeSeconds = integer(1, 31_622_400);

const place = {
  url: z.string().optional(),
  binding: z
    .string()
    .regex(/^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/, 'must be the name of a service binding')
    .optional(),
  zone: z.literal(true, 'must be true, or left out').optional(),
};

const origins = z.array(z.string()).max(100);

export const ROUTE = z.strictObject({
  path: z.string().max(1024),
  methods: z.array(z.enum(METHODS)).min(1, 'must not be empty').optional(),
  auth: z.enum(['required', 'optional', 'none']).optional(),
  credentials: z.array(z.enum(CREDENTIAL_KINDS)).min(1, 'must not be empty').optional(),
  scopes: z.array(z.string()).max(100).optional(),
  cost: integer(1, 1_000_000_000).optional(),
  maxBodyBytes: integer(0, 5_000_000_000).optional(),
  leaseSeconds: integer(0, 60).optional(),
  maxAuthAgeSeconds: maxAuthAgeSeconds.optional(),
  assertion: z.enum(['identity', 'request']).optional(),
  timeoutSeconds: timeoutSeconds.optional(),
  earlyData: z.boolean().optional(),
  websocket: z.strictObject({ origins: origins.min(1, 'must not be empty') }).optional(),
  origin: z.strictObject({ ...place, id: printable(256).optional() }).optional(),
});

export const DEVICE_CLIENT = z.strictObject({
  title: text(80),
  scopes: z.array(z.string()).min(1, 'must not be empty').max(100).optional(),
  keyDays: integer(1, 3650).optional(),
});

/** Shapes and ranges of the operator's file, setting by setting. What depends on another setting is in `checks`. */
export const SETTINGS = z.strictObject({
  brand,
  formerBrands: z.array(brand).max(8).default([]),
  stytch: z.strictObject({
    projectId: z.string().regex(PROJECT_ID, 'must be a Stytch project id: project-test-… or project-live-…'),
    vertical: z.enum(['consumer', 'b2b']),
    domain: host.optional(),
    ownerClaim: ownerClaim.default('user_id'),
  }),
  hosts: z.strictObject({ api: z.array(host).min(1, 'must not be empty').max(32), desk: host }),
  origin: z.strictObject({
    ...place,
    id: printable(256),
    timeoutSeconds: timeoutSeconds.default(30),
    keepCookies: z.boolean().default(false),
  }),
  desk: z
    .strictObject({
      maxAuthAgeSeconds: maxAuthAgeSeconds.optional(),
      organizationRoles: z.array(printable(128)).max(64).default([]),
      origins: origins.default([]),
    })
    .default({ organizationRoles: [], origins: [] }),
  events: z
    .strictObject({
      url: z.string().max(2048),
      expiringDays: integer(1, 90).default(7),
      unusedDays: integer(1, 3650).default(90),
    })
    .optional(),
  auditDays: integer(30, 3650).default(400),
  operators: z.array(printable(128)).max(64).default([]),
  scopes: z
    .record(
      scopeName,
      z.strictObject({
        title: text(80),
        description: text(500).optional(),
        selfService: z.boolean().default(true),
      }),
    )
    .default({}),
  roles: z.record(printable(128), z.array(z.string())).default({}),
  deviceClients: z
    .record(
      z
        .string()
        .regex(
          /^(?!m2m-)[a-z][a-z0-9-]{1,63}$/,
          'must be 2 to 64 lower-case letters, digits and dashes, a letter first, and not as Stytch names clients',
        ),
      DEVICE_CLIENT,
    )
    .default({}),
  portal: z
    .strictObject({
      loginUrl: z.string().max(2048).optional(),
      returnParameter: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be the name of a query parameter')
        .default('return_to'),
      title: text(40).optional(),
      logo: z.string().max(32_768, 'must have at most 16384 bytes').optional(),
      accent: z
        .string()
        .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour, written #rrggbb')
        .optional(),
    })
    .default({ returnParameter: 'return_to' }),
  limits: z.strictObject({
    default: limit,
    plans: z
      .record(
        z
          .string()
          .regex(/^(?!default$)[a-z][a-z0-9_-]{0,31}$/, 'must be a lower-case name other than "default"'),
        limit,
      )
      .default({}),
    keysPerUser: integer(1, 1000).default(20),
  }),
  leaseSeconds: integer(1, 60).default(5),
  ringGraceSeconds: integer(0, 300).default(0),
  stytchGraceSeconds: integer(0, 86_400).default(3600),
  foreignClients: z.enum(FOREIGN_CLIENTS).default('imported'),
  ownerlessClients: z.enum(OWNERLESS_CLIENTS).default('refused'),
  headerPrefix: headerPrefix.default('X-Latchkey'),
  stripPrefixes: z
    .array(
      z
        .string()
        .regex(
          /^[a-z][a-z0-9-]{1,63}$/,
          'must be the lower-case beginning of a header name, two letters or more',
        ),
    )
    .max(64)
    .default([]),
  pathParams: z.enum(['deny', 'allow']).default('deny'),
  forbiddenQuery: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9_]{1,64}$/,
          'must be lower-case letters, digits and underscores: names are folded so',
        ),
    )
    .max(64)
    .default([...FORBIDDEN_QUERY]),
  routes: z.array(ROUTE).min(1, 'must not be empty').max(500),
  cors: z.strictObject({ origins }).default({ origins: [] }),
});

/** The file with every default of its own filled in. */
export type Parsed = z.output<typeof SETTINGS>;
