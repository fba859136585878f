import { get, request } from '../edge.ts';
import type { Claims, World } from './world.ts';

/** A request that must not come to a handler, and how the origin answers it. */
export interface Case {
  readonly name: string;
  readonly bytes: (world: World) => Promise<string>;
  readonly status: 401 | 403;
  /** Where it is not that of the status. */
  readonly code?: string;
}

/** As the edge writes who calls: the assertion, and the plain headers that say the same. */
export const introduced = (assertion: string, { me }: World): readonly string[] => [
  `X-Latchkey-Assertion: ${assertion}`,
  `X-Latchkey-Auth: ${me.identity.auth}`,
  `X-Latchkey-User-Id: ${me.identity.userId}`,
  `X-Latchkey-Key-Id: ${me.identity.clientId}`,
  `X-Latchkey-Scopes: ${me.identity.scopes.join(' ')}`,
];

/** A request straight to the origin, with the claims of the edge but for these; undefined takes one away. */
export const claiming =
  (
    change: (claims: Claims) => object,
    ...how: Parameters<World['sign']> extends [unknown, ...infer R] ? R : never
  ) =>
  async (world: World): Promise<string> => {
    const claims = world.claims();
    return get(TARGET, ...introduced(await world.sign({ ...claims, ...change(claims) }, ...how), world));
  };

const TARGET = '/v1/any/a?b=c';
const HANDMADE = 'Host: origin.test';

const straight =
  (target: string, ...lines: readonly string[]) =>
  async (): Promise<string> =>
    get(target, HANDMADE, ...lines);

/** What the edge would send for this caller, and more lines. */
const added =
  (...lines: readonly string[]) =>
  async (world: World): Promise<string> =>
    get(TARGET, HANDMADE, ...introduced(await world.sign(world.claims()), world), ...lines);

const FORGED = [
  'X-Latchkey-User-Id: user-test-evil',
  'X-Latchkey-Auth: session',
  'X-Latchkey-Scopes: admin:all',
];

/** No proof that the edge sent it. */
export const UNPROVEN: readonly Case[] = [
  { name: 'a direct request', bytes: straight(TARGET), status: 401 },
  { name: 'a direct request to a path that is nowhere', bytes: straight('/nowhere'), status: 401 },
  { name: 'forged identity headers', bytes: straight(TARGET, ...FORGED), status: 401 },
  {
    name: 'forged headers and a word for an assertion',
    bytes: straight(TARGET, ...FORGED, 'X-Latchkey-Assertion: trust-me'),
    status: 401,
  },
  { name: 'an empty assertion', bytes: straight(TARGET, 'X-Latchkey-Assertion:'), status: 401 },
  {
    name: 'a health path in another spelling',
    bytes: straight('/healthz/../v1/any/a'),
    status: 401,
  },
  {
    name: 'a POST to a health path',
    bytes: async () => request('POST', '/healthz', [HANDMADE]),
    status: 401,
  },
  {
    name: 'an expired assertion',
    bytes: claiming(({ iat }) => ({ iat: iat - 120, exp: iat - 60 })),
    status: 401,
  },
  {
    name: 'one of tomorrow',
    bytes: claiming(({ iat }) => ({ iat: iat + 3600, exp: iat + 3660 })),
    status: 401,
  },
  { name: 'one that lives long', bytes: claiming(({ iat }) => ({ exp: iat + 3600 })), status: 401 },
  { name: 'one without an end', bytes: claiming(() => ({ exp: undefined })), status: 401 },
  { name: "another origin's assertion", bytes: claiming(() => ({ aud: 'other-api' })), status: 401 },
  {
    name: 'an assertion for several origins',
    bytes: claiming(() => ({ aud: ['acme-api', 'other-api'] })),
    status: 401,
  },
  {
    name: "another edge's assertion",
    bytes: claiming(() => ({ iss: 'https://desk.evil.test' })),
    status: 401,
  },
  {
    name: 'a key that is not published, by the name of one that is',
    bytes: claiming(() => ({}), {}, true),
    status: 401,
  },
  { name: 'an unknown key', bytes: claiming(() => ({}), { kid: 'nobodys' }), status: 401 },
  { name: 'a token of another type', bytes: claiming(() => ({}), { typ: 'JWT' }), status: 401 },
  {
    name: 'no signature',
    bytes: async (world) => {
      const [header = '', payload = ''] = (await world.sign(world.claims())).split('.');
      const none = Buffer.from(Buffer.from(header, 'base64url').toString().replace('ES256', 'none')).toString(
        'base64url',
      );
      return get(TARGET, ...introduced(`${none}.${payload}.`, world));
    },
    status: 401,
  },
];

/** The edge sent something, and it was not this. */
export const DISAGREEING: readonly Case[] = [
  {
    name: "somebody else's name beside a good assertion",
    bytes: async (world) => (await added()(world)).replace(/(X-Latchkey-User-Id: ).*/, '$1user-test-evil'),
    status: 403,
  },
  {
    name: 'more scopes than the assertion has',
    bytes: async (world) => (await added()(world)).replace(/(X-Latchkey-Scopes: .*)/, '$1 admin:all'),
    status: 403,
  },
  {
    name: 'the identity headers taken away',
    bytes: async (world) => get(TARGET, `X-Latchkey-Assertion: ${await world.sign(world.claims())}`),
    status: 403,
  },
  {
    name: 'an assertion of another request',
    bytes: async (world) => (await bound(world)).replace('/v1/strict/a', '/v1/strict/b'),
    status: 403,
  },
  {
    name: 'an assertion of another method',
    bytes: async (world) => (await bound(world)).replace(/^GET/, 'POST'),
    status: 403,
  },
  {
    name: 'an assertion of no request where it must have one',
    bytes: async (world) =>
      get('/v1/strict/a', HANDMADE, ...introduced(await world.sign(world.claims()), world)),
    status: 403,
  },
  {
    name: 'somebody without the scope that the handler asks for',
    bytes: async (world) => get('/v1/any/admin', ...introduced(await world.sign(world.claims()), world)),
    status: 403,
    code: 'insufficient_scope',
  },
  {
    name: 'an anonymous caller where none is allowed',
    bytes: ({ through }) => through(get('/public/a')),
    status: 403,
    code: 'anonymous_refused',
  },
];

/** What a careless program takes for our headers, beside a good assertion. Servers that drop such names serve the true caller. */
export const ALIASES: readonly string[] = [
  'X_Latchkey_User_Id: user-test-evil',
  'x_latchkey_user_id: user-test-evil',
  'X-Latchkey_User-Id: user-test-evil',
  'X.Latchkey.User.Id: user-test-evil',
  'X~Latchkey~User~Id: user-test-evil',
  'X_Latchkey_Assertion: trust-me',
  'X-LATCHKEY_SCOPES: admin:all',
];

export const aliased = (world: World, line: string): Promise<string> => added(line)(world);

/** Two lines of one name. */
export const DOUBLES: readonly string[] = [
  'X-Latchkey-User-Id: user-test-evil',
  'x-latchkey-user-id: user-test-evil',
  'X-Latchkey-Assertion: trust-me',
  'X-Latchkey-Scopes: admin:all',
];

/** What the Gate sends where the route says `assertion: 'request'`. */
export const bound = ({ through, me }: World): Promise<string> =>
  through(get('/v1/strict/a', `Authorization: Bearer ${me.key}`));
