import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import latchkey from '../../latchkey.config.ts';
import type { SETTINGS } from '../../src/config/schema.ts';
import { defineConfig, readConfig, type Settings } from '../../src/config.ts';
import type { CanonicalPath } from '../../src/model/path.ts';
import type * as z from '../../src/model/zod.ts';

const LIVE = 'project-live-22222222-2222-4222-8222-222222222222';
const TEST = 'project-test-11111111-1111-4111-8111-111111111111';

/** The example of DESIGN.md, section 10, with ids where that has dots. */
const EXAMPLE = defineConfig({
  brand: 'acme',
  stytch: { projectId: LIVE, vertical: 'consumer' },
  hosts: { api: ['api.acme.com'], desk: 'keys.acme.com' },
  origin: { url: 'https://origin.acme.com', id: 'acme-api', timeoutSeconds: 30 },
  operators: ['m2m-client-live-33333333-3333-4333-8333-333333333333'],
  scopes: {
    'items:read': { title: 'Read items' },
    'items:write': { title: 'Change items' },
    'admin:all': { title: 'Administer', selfService: false },
  },
  roles: { stytch_user: ['items:read', 'items:write'] },
  limits: {
    default: { requests: 600, perSeconds: 60 },
    plans: { pro: { requests: 6000, perSeconds: 60 } },
    keysPerUser: 20,
  },
  routes: [
    { path: '/public/**', auth: 'none' },
    { path: '/v1/items/**', methods: ['GET'], scopes: ['items:read'] },
    {
      path: '/v1/items/**',
      methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
      scopes: ['items:write'],
      cost: 5,
      maxBodyBytes: 1_000_000,
    },
    { path: '/v1/payouts/**', scopes: ['admin:all'], leaseSeconds: 0, assertion: 'request' },
    {
      path: '/v1/stream/**',
      methods: ['GET'],
      scopes: ['items:read'],
      websocket: { origins: ['https://app.acme.com'] },
    },
  ],
  cors: { origins: ['https://app.acme.com'] },
});

const UUID = '44444444-4444-4444-8444-444444444444';

const LOCAL: Settings = {
  ...EXAMPLE,
  stytch: { projectId: TEST, vertical: 'consumer' },
  hosts: { api: ['127.0.0.1:8787'], desk: 'localhost:8787' },
  origin: { url: 'http://127.0.0.1:8789', id: 'acme-api' },
  operators: [],
};

const jwk = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  kid,
  alg: 'ES256',
});
const KEY = Buffer.alloc(32, 7).toString('base64url');
const JWK = jwk('a-1');
const SECRETS = {
  STYTCH_SECRET: 'planted-stytch-secret',
  LATCHKEY_MASTER_KEYS: JSON.stringify([{ id: '2026-11', key: KEY }]),
  ASSERTION_JWKS: JSON.stringify({ keys: [JWK] }),
};

const read = (raw: unknown, vars: Record<string, unknown> = {}) => readConfig(raw, { ...SECRETS, ...vars });

const accepted = (raw: unknown, vars: Record<string, unknown> = {}) => {
  const result = read(raw, vars);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result;
};

const problems = (raw: unknown, vars: Record<string, unknown> = {}): readonly string[] => {
  const result = read(raw, vars);
  return result.ok ? [] : result.problems;
};

const route = (settings: object) => ({ ...EXAMPLE, routes: [{ path: '/a', ...settings }] });
/** A problem of an origin as it follows the origin's own path. */
const under = (problem: string): string => (/^[a-z]+: /.test(problem) ? `.${problem}` : `: ${problem}`);

const origin = (url: string) => ({ ...EXAMPLE, origin: { url, id: 'o' } });

// The hand-written type and the schema name the same settings: a difference does not compile.
type Keys<T> = T extends readonly (infer U)[] ? Keys<U> : keyof NonNullable<T>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
type Input = z.input<typeof SETTINGS>;
const SAME_SETTINGS: readonly true[] = [
  true satisfies Same<Keys<Input>, Keys<Settings>>,
  true satisfies Same<Keys<Input['stytch']>, Keys<Settings['stytch']>>,
  true satisfies Same<Keys<Input['origin']>, Keys<Settings['origin']>>,
  true satisfies Same<Keys<Input['limits']>, Keys<Settings['limits']>>,
  true satisfies Same<Keys<Input['routes']>, Keys<Settings['routes']>>,
  true satisfies Input extends Settings ? true : never,
];

describe('a file that is right', () => {
  it('the example of DESIGN.md is valid as it stands, and nothing in it is suspicious', () => {
    expect(accepted(EXAMPLE).warnings).toEqual([]);
    expect(SAME_SETTINGS).not.toContain(false);
  });

  it("the project's own file is valid, for local development", () => {
    const { config, warnings } = accepted(latchkey);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      environment: 'test',
      hosts: { api: ['127.0.0.1:8787'], desk: 'localhost:8787' },
      apiUrls: new Map([['127.0.0.1:8787', 'http://127.0.0.1:8787']]),
      deskUrl: 'http://localhost:8787',
      origin: { place: { kind: 'url', url: 'http://127.0.0.1:8789' }, id: 'acme-api' },
    });
  });

  it('every default is filled in', () => {
    const { config } = accepted({
      brand: 'lk',
      stytch: { projectId: LIVE, vertical: 'b2b' },
      hosts: { api: ['api.acme.com'], desk: 'keys.acme.com' },
      origin: { url: 'https://origin.acme.com/', id: 'o' },
      limits: { default: { requests: 10, perSeconds: 1 } },
      routes: [{ path: '/**' }],
    });
    expect(config).toEqual({
      brand: 'lk',
      formerBrands: [],
      environment: 'live',
      stytch: {
        projectId: LIVE,
        vertical: 'b2b',
        domain: null,
        ownerClaim: 'user_id',
        apiUrl: 'https://api.stytch.com',
      },
      hosts: { api: ['api.acme.com'], desk: 'keys.acme.com' },
      apiUrls: new Map([['api.acme.com', 'https://api.acme.com']]),
      deskUrl: 'https://keys.acme.com',
      origin: {
        place: { kind: 'url', url: 'https://origin.acme.com' },
        id: 'o',
        timeoutSeconds: 30,
        keepCookies: false,
      },
      desk: { maxAuthAgeSeconds: null, organizationRoles: [], origins: [] },
      events: null,
      auditDays: 400,
      clockOffsetSeconds: 0,
      operators: [],
      operatorPeople: [],
      scopes: new Map(),
      roles: new Map(),
      deviceClients: new Map(),
      portal: { loginUrl: null, returnParameter: 'return_to', title: 'Lk', logo: null, accent: null },
      limits: { default: { requests: 10, perSeconds: 1 }, plans: new Map(), keysPerUser: 20 },
      leaseSeconds: 5,
      largestLeaseSeconds: 5,
      ringGraceSeconds: 0,
      stytchGraceSeconds: 3600,
      foreignClients: 'imported',
      ownerlessClients: 'refused',
      headerPrefix: 'X-Latchkey',
      stripPrefixes: [],
      pathParams: 'deny',
      forbiddenQuery: ['access_token', 'api_key', 'apikey'],
      routes: [
        {
          name: '/**',
          methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
          auth: 'required',
          credentials: ['api_key', 'client_credentials', 'access_token', 'session'],
          scopes: [],
          cost: 1,
          maxBodyBytes: null,
          leaseSeconds: 5,
          maxAuthAgeSeconds: null,
          assertion: 'identity',
          timeoutSeconds: 30,
          earlyData: false,
          websocket: null,
          origin: null,
        },
      ],
      cors: { origins: [] },
      decision: null,
      log: { sample: 1, slowMs: 1000 },
      traceContext: 'continue',
    });
  });

  it.each([
    ['foreignClients', 'off'],
    ['foreignClients', 'imported'],
    ['foreignClients', 'any'],
    ['ownerlessClients', 'refused'],
    ['ownerlessClients', 'own'],
  ] as const)('%s can be %s', (name, position) => {
    expect(accepted({ ...EXAMPLE, [name]: position }).config[name]).toBe(position);
  });

  it('the age of a sign-in is of a route of sessions, and of the Desk', () => {
    const { config } = accepted({
      ...EXAMPLE,
      desk: { maxAuthAgeSeconds: 31_622_400 },
      routes: [{ path: '/a', credentials: ['session'], maxAuthAgeSeconds: 1 }],
    });
    expect([config.desk, config.routes[0]?.maxAuthAgeSeconds]).toEqual([
      { maxAuthAgeSeconds: 31_622_400, organizationRoles: [], origins: [] },
      1,
    ]);
  });

  it('scopes, roles and plans are looked up without falling into Object.prototype', () => {
    const { config } = accepted({
      ...EXAMPLE,
      scopes: { ...EXAMPLE.scopes, constructor: { title: 'Build' } },
    });
    expect(config.scopes.get('constructor')).toEqual({
      title: 'Build',
      description: null,
      selfService: true,
    });
    expect(config.scopes.get('admin:all')?.selfService).toBe(false);
    expect(config.scopes.get('toString')).toBeUndefined();
    expect(config.roles.get('stytch_user')).toEqual(['items:read', 'items:write']);
    expect(config.limits.plans.get('pro')).toEqual({ requests: 6000, perSeconds: 60 });
  });

  it('routes take leaseSeconds and timeoutSeconds from the file where they do not say', () => {
    const { config, policy } = accepted({
      ...EXAMPLE,
      leaseSeconds: 10,
      origin: { url: 'https://o.test', id: 'o', timeoutSeconds: 7 },
      routes: [{ path: '/a' }, { path: '/b', leaseSeconds: 40, timeoutSeconds: 3 }],
    });
    expect(config.routes.map(({ leaseSeconds, timeoutSeconds }) => [leaseSeconds, timeoutSeconds])).toEqual([
      [10, 7],
      [40, 3],
    ]);
    expect(config.largestLeaseSeconds).toBe(40);
    expect(policy.routes).toBe(config.routes);
    expect(policy.match('/b' as CanonicalPath, 'GET').route?.name).toBe('/b');
  });

  it.each([
    [TEST, 'localhost:8787', 'http://localhost:8787'],
    [TEST, 'keys.localhost', 'http://keys.localhost'],
    [TEST, '127.0.0.1:1', 'http://127.0.0.1:1'],
    [TEST, '[::1]:8787', 'http://[::1]:8787'],
    [TEST, 'keys.acme.com', 'https://keys.acme.com'],
    [TEST, 'localhost.acme.com', 'https://localhost.acme.com'],
    [LIVE, 'localhost:8787', 'https://localhost:8787'],
  ])('with %s and the Desk at %s, its URL is %s', (projectId, desk, url) => {
    const hosts = { api: ['api.acme.com'], desk };
    const { config } = accepted({ ...EXAMPLE, stytch: { projectId, vertical: 'b2b' }, hosts, operators: [] });
    expect(config.deskUrl).toBe(url);
  });
});

describe('a setting that is wrong is named by its path', () => {
  it.each<[string, object, string]>([
    ['no brand', { brand: undefined }, 'brand: is missing'],
    ['a brand in capitals', { brand: 'Acme' }, 'brand: must be 2 to 12'],
    ['a long brand', { brand: 'abcdefghijklm' }, 'brand: must be 2 to 12'],
    ['a brand with a line end', { brand: 'acme\n' }, 'brand: must be 2 to 12'],
    [
      'a former brand that is the brand',
      { formerBrands: ['old', 'acme'] },
      'formerBrands[1]: "acme" is named twice',
    ],
    ['an unknown setting', { colour: 'red' }, 'colour: is no setting'],
    ['an unknown inner setting', { hosts: { ...EXAMPLE.hosts, web: 'x' } }, 'hosts.web: is no setting'],
    [
      'apiUrl in the file',
      { stytch: { ...EXAMPLE.stytch, apiUrl: 'https://x.test' } },
      'stytch.apiUrl: is no setting',
    ],
    ['no project', { stytch: { vertical: 'b2b' } }, 'stytch.projectId: is missing'],
    [
      'a project of no environment',
      { stytch: { projectId: 'project-x', vertical: 'b2b' } },
      'stytch.projectId: must be',
    ],
    ['an unknown vertical', { stytch: { projectId: LIVE, vertical: 'c' } }, 'stytch.vertical: '],
    [
      'an owner claim with a meaning',
      { stytch: { ...EXAMPLE.stytch, ownerClaim: 'sub' } },
      'stytch.ownerClaim: ',
    ],
    [
      'a domain with a scheme',
      { stytch: { ...EXAMPLE.stytch, domain: 'https://x.test' } },
      'stytch.domain: ',
    ],
    ['no API host', { hosts: { api: [], desk: 'keys.acme.com' } }, 'hosts.api: must not be empty'],
    ['an origin id with a space', { origin: { url: 'https://o.test', id: 'a b' } }, 'origin.id: '],
    [
      'a fraction',
      { origin: { url: 'https://o.test', id: 'o', timeoutSeconds: 1.5 } },
      'origin.timeoutSeconds: must be a whole number',
    ],
    ['an age of 0', { desk: { maxAuthAgeSeconds: 0 } }, 'desk.maxAuthAgeSeconds: must be a whole number'],
    ['a setting the Desk does not have', { desk: { maxAge: 1 } as object }, 'desk.maxAge: is no setting'],
    ['a number as text', { leaseSeconds: '5' }, 'leaseSeconds: must be a whole number from 1 to 60'],
    ['a lease of 0 for all', { leaseSeconds: 0 }, 'leaseSeconds: must be a whole number from 1 to 60'],
    ['a lease of 61', { leaseSeconds: 61 }, 'leaseSeconds: must be a whole number from 1 to 60'],
    ['a grace of a Ring of 301', { ringGraceSeconds: 301 }, 'ringGraceSeconds: must be'],
    ['a grace of a Ring below 0', { ringGraceSeconds: -1 }, 'ringGraceSeconds: must be'],
    ['an endless grace', { stytchGraceSeconds: 86_401 }, 'stytchGraceSeconds: must be'],
    ['a word for foreign clients that is none', { foreignClients: 'all' as 'any' }, 'foreignClients: '],
    ['foreign clients as a switch', { foreignClients: true as unknown as 'any' }, 'foreignClients: '],
    [
      'a word for ownerless clients that is none',
      { ownerlessClients: 'allowed' as 'own' },
      'ownerlessClients: ',
    ],
    [
      'an operator who is a user key',
      { operators: [`acme_live_${'0'.repeat(28)}`] },
      "operators[0]: is the id of a user's key",
    ],
    [
      'an operator of another environment',
      { operators: ['m2m-client-test-1'] },
      'operators[0]: is a test client',
    ],
    [
      'a scope that is two',
      { scopes: { ...EXAMPLE.scopes, 'a b': { title: 'x' } } },
      'scopes["a b"]: is no scope-token',
    ],
    [
      'a scope with a quote',
      { scopes: { ...EXAMPLE.scopes, 'a"': { title: 'x' } } },
      'scopes["a\\""]: is no scope-token',
    ],
    [
      'a reserved scope',
      { scopes: { ...EXAMPLE.scopes, 'latchkey:admin': { title: 'x' } } },
      'scopes["latchkey:admin"]: is reserved',
    ],
    ['a scope without title', { scopes: { ...EXAMPLE.scopes, x: {} } }, 'scopes.x.title: is missing'],
    [
      'a role with an unknown scope',
      { roles: { boss: ['items:read', 'items'] } },
      'roles.boss[1]: "items" is not in scopes',
    ],
    [
      'a scope of a device client that nobody offers',
      { deviceClients: { cli: { title: 'CLI', scopes: ['items'] } } },
      'deviceClients.cli.scopes[0]: "items" is not in scopes',
    ],
    [
      'a scope of a device client that users cannot give',
      { deviceClients: { cli: { title: 'CLI', scopes: ['admin:all'] } } },
      'deviceClients.cli.scopes[0]: "admin:all" is none that users give to their keys themselves',
    ],
    [
      'a scope of a device client twice',
      { deviceClients: { cli: { title: 'CLI', scopes: ['items:read', 'items:read'] } } },
      'deviceClients.cli.scopes[1]: "items:read" is named twice',
    ],
    [
      'a sign-in page without TLS',
      { portal: { loginUrl: 'http://app.acme.com/login' } },
      'portal.loginUrl: must be https, except on this machine',
    ],
    [
      'a sign-in page at the Desk',
      { portal: { loginUrl: `https://${EXAMPLE.hosts.desk}/login` } },
      "portal.loginUrl: is the Desk's own host: users sign in at your app",
    ],
    ['a title of nothing', { portal: { title: '' } }, 'portal.title: must not be empty'],
    ['a long title', { portal: { title: 'x'.repeat(41) } }, 'portal.title: must have at most 40 characters'],
    ['a colour by name', { portal: { accent: 'red' } }, 'portal.accent: must be a colour, written #rrggbb'],
    ['a short colour', { portal: { accent: '#f00' } }, 'portal.accent: must be a colour, written #rrggbb'],
    ['a colour and more', { portal: { accent: '#ff0000;}' } }, 'portal.accent: must be a colour'],
    ['a logo elsewhere', { portal: { logo: 'https://acme.com/logo.svg' } }, 'portal.logo: must be SVG that'],
    [
      'a logo that is large',
      { portal: { logo: `<svg ${'x'.repeat(40_000)}` } },
      'portal.logo: must have at most',
    ],
    [
      'a limit of 0',
      { limits: { default: { requests: 0, perSeconds: 60 } } },
      'limits.default.requests: must be',
    ],
    [
      'a plan called default',
      { limits: { ...EXAMPLE.limits, plans: { default: { requests: 9, perSeconds: 1 } } } },
      'limits.plans.default: must be',
    ],
    ['a header prefix that covers others', { headerPrefix: 'X' }, 'headerPrefix: covers headers'],
    ['the prefix of X-Request-Id', { headerPrefix: 'x-request' }, 'headerPrefix: covers headers'],
    ['a header prefix with a dash at its end', { headerPrefix: 'X-Acme-' }, 'headerPrefix: must be words'],
    ['pathParams of no kind', { pathParams: 'maybe' }, 'pathParams: '],
    ['a parameter that no name folds to', { forbiddenQuery: ['Api-Key'] }, 'forbiddenQuery[0]: must be'],
    ['no routes', { routes: [] }, 'routes: must not be empty'],
    ['CORS for everybody', { cors: { origins: ['*'] } }, 'cors.origins[0]: must be a URL'],
    [
      'CORS with a slash',
      { cors: { origins: ['https://app.acme.com/'] } },
      'cors.origins[0]: must be written as browsers do',
    ],
    ['a share over 1', { log: { sample: 1.01 } }, 'log.sample: must be a number from 0 to 1'],
    ['a share under 0', { log: { sample: -0.1 } }, 'log.sample: must be a number from 0 to 1'],
    ['a share that is none', { log: { sample: Number.NaN } }, 'log.sample'],
    ['slow in no time', { log: { slowMs: 0 } }, 'log.slowMs: must be a whole number from 1 to 300000'],
    ['traces of a way that there is not', { traceContext: 'trust' }, 'traceContext'],
    ['CORS for http', { cors: { origins: ['http://app.acme.com'] } }, 'cors.origins[0]: must be https'],
    [
      'more origins of pages at the Desk than there can be',
      { desk: { origins: Array(101).fill('https://app.acme.com') } },
      'desk.origins: ',
    ],
  ])('%s', (_, change, problem) => {
    const found = problems({ ...EXAMPLE, ...change });
    expect(found.filter((text) => text.startsWith(problem))).toHaveLength(1);
  });

  it.each([
    ['*', 'must be a URL'],
    ['null', 'must be a URL'],
    ['', 'must be a URL'],
    ['app.acme.com', 'must be a URL'],
    ['https://*.acme.com', 'must be one origin'],
    ['http://app.acme.com', 'must be https'],
    ['file://', 'must'],
    ['https://app.acme.com/', 'must be written as browsers do'],
    ['https://app.acme.com:443', 'must be written as browsers do'],
    ['HTTPS://app.acme.com', 'must be written as browsers do'],
    ['https://APP.acme.com', 'must be written as browsers do'],
    ['https://app.acme.com.', 'must have a host name without a dot'],
    ['https://app.acme.com/settings', 'must not have a path'],
    ['https://app.acme.com?', 'must not have a query'],
    ['https://u:planted@app.acme.com', 'must not have a user'],
    ['https://app.acme.com, https://evil.test', 'must'],
  ])('%j is no origin of pages, neither for the API nor for the Desk', (origin, problem) => {
    const origins = ['https://other.acme.com', origin];
    const found = problems({ ...EXAMPLE, cors: { origins }, desk: { origins } });
    expect(found).toEqual([
      expect.stringMatching(`^cors\\.origins\\[1\\]: ${problem}`),
      expect.stringMatching(`^desk\\.origins\\[1\\]: ${problem}`),
    ]);
    expect(found.join()).not.toContain('planted');
  });

  it('a name that objects treat apart is refused, not dropped', () => {
    const scopes = JSON.parse('{"__proto__": {"title": "x"}}');
    expect(problems({ ...EXAMPLE, roles: {}, routes: [{ path: '/a' }], scopes })).toEqual([
      'scopes.__proto__: is no name to use',
    ]);
  });

  it('what is no object at all is one problem', () => {
    for (const raw of [undefined, null, 'x', [], 7]) {
      expect(problems(raw)).toEqual(['latchkey.config.ts: must export an object']);
    }
  });
});

describe('a route that is wrong is named by its place', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { path: '/a', scope: [] }, 'routes[0].scope: is no setting'],
    ['an unknown method', { path: '/a', methods: ['TRACE'] }, 'routes[0].methods[0]: '],
    ['no methods', { path: '/a', methods: [] }, 'routes[0].methods: must not be empty'],
    [
      'an unknown kind of credential',
      { path: '/a', credentials: ['anonymous'] },
      'routes[0].credentials[0]: ',
    ],
    [
      'a scope that is not offered',
      { path: '/a', scopes: ['items:delete'] },
      'routes[0].scopes[0]: "items:delete" is not in scopes',
    ],
    [
      'a scope from Object.prototype',
      { path: '/a', scopes: ['constructor'] },
      'routes[0].scopes[0]: "constructor" is not in scopes',
    ],
    [
      'a cost over the smallest limit',
      { path: '/a', cost: 601 },
      'routes[0].cost: is more than the smallest limit, 600',
    ],
    ['a cost of 0', { path: '/a', cost: 0 }, 'routes[0].cost: must be'],
    [
      'an age, and every kind of credential',
      { path: '/a', maxAuthAgeSeconds: 60 },
      'routes[0].maxAuthAgeSeconds: needs credentials: ["session"]',
    ],
    [
      'an age, and another kind besides sessions',
      { path: '/a', maxAuthAgeSeconds: 60, credentials: ['session', 'api_key'] },
      'routes[0].maxAuthAgeSeconds: needs credentials: ["session"]',
    ],
    [
      'an age where anybody may be anonymous',
      { path: '/a', maxAuthAgeSeconds: 60, credentials: ['session'], auth: 'optional' },
      'routes[0].maxAuthAgeSeconds: cannot go with auth "optional"',
    ],
    [
      'an age of 0',
      { path: '/a', maxAuthAgeSeconds: 0, credentials: ['session'] },
      'routes[0].maxAuthAgeSeconds: must be a whole number',
    ],
    [
      'an age of more than a year',
      { path: '/a', maxAuthAgeSeconds: 31_622_401, credentials: ['session'] },
      'routes[0].maxAuthAgeSeconds: must be a whole number from 1 to 31622400',
    ],
    ['a lease of 61', { path: '/a', leaseSeconds: 61 }, 'routes[0].leaseSeconds: must be'],
    ['a path that is not canonical', { path: '/a/%61' }, 'routes[0].path: the path is canonical as "/a/a"'],
    ['a wildcard in a segment', { path: '/a*' }, 'routes[0].path: "*" and "**" stand for whole segments'],
    ['a semicolon', { path: '/a;b' }, 'routes[0].path: has a semicolon'],
    [
      'PATH-14: the reserved path',
      { path: '/.well-known/oauth-protected-resource' },
      'routes[0].path: "/.well-known/oauth-protected-resource" is reserved',
    ],
    [
      'below the reserved path',
      { path: '/.well-known/oauth-protected-resource/**' },
      'routes[0].path: "/.well-known/oauth-protected-resource" is reserved',
    ],
    [
      'scopes on an open route',
      { path: '/a', auth: 'none', scopes: ['items:read'] },
      'routes[0].scopes: means nothing on a route with auth "none"',
    ],
    [
      'credentials on an open route',
      { path: '/a', auth: 'none', credentials: ['session'] },
      'routes[0].credentials: means nothing',
    ],
    [
      'a WebSocket without GET',
      { path: '/a', methods: ['POST'], websocket: { origins: ['https://a.test'] } },
      'routes[0].websocket: needs the method GET',
    ],
    [
      'a WebSocket for everybody',
      { path: '/a', websocket: { origins: ['*'] } },
      'routes[0].websocket.origins[0]: must be a URL',
    ],
    [
      'early data for every method',
      { path: '/a', earlyData: true },
      'routes[0].earlyData: needs methods, and none but GET and HEAD',
    ],
    [
      'early data for a method that changes something',
      { path: '/a', methods: ['GET', 'DELETE'], earlyData: true },
      'routes[0].earlyData: needs methods, and none but GET and HEAD',
    ],
    [
      'early data for a WebSocket',
      { path: '/a', methods: ['GET'], earlyData: true, websocket: { origins: ['https://a.test'] } },
      'routes[0].earlyData: cannot go with websocket',
    ],
    [
      'a WebSocket for nobody',
      { path: '/a', websocket: { origins: [] } },
      'routes[0].websocket.origins: must not be empty',
    ],
  ])('%s', (_, settings, problem) => {
    const found = problems(route(settings));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  it('an age on an open route is told of together with the rest', () => {
    expect(problems(route({ path: '/a', auth: 'none', maxAuthAgeSeconds: 60 }))).toEqual([
      expect.stringContaining('routes[0].maxAuthAgeSeconds: needs credentials: ["session"]'),
      expect.stringContaining('routes[0].maxAuthAgeSeconds: cannot go with auth "none"'),
    ]);
  });

  it('the smallest limit may be a plan', () => {
    const plans = { free: { requests: 4, perSeconds: 60 } };
    expect(problems({ ...EXAMPLE, limits: { ...EXAMPLE.limits, plans } })).toEqual([
      'routes[2].cost: is more than the smallest limit, 4',
    ]);
    expect(accepted(route({ cost: 600 })).config.routes[0]?.cost).toBe(600);
  });

  it('a semicolon is fine where pathParams allows it', () => {
    expect(accepted({ ...route({ path: '/a;b' }), pathParams: 'allow' }).ok).toBe(true);
  });

  it('PATH-03: an ambiguous table is refused and both patterns are named', () => {
    expect(problems({ ...EXAMPLE, routes: [{ path: '/x/*' }, { path: '/*/y' }, { path: '/x/*' }] })).toEqual([
      expect.stringContaining('routes[2].path: "/x/*" and "/x/*" are one pattern and both take GET'),
      expect.stringContaining('"/x/*" and "/*/y" both cover "/x/y" and neither is the narrower'),
    ]);
  });

  it('a device client that is malformed does not hide what is wrong with the others', () => {
    const deviceClients = {
      a: {},
      'Acme CLI': { title: 'x', scopes: ['items'] },
      cli: { title: 'x'.repeat(81) },
    };
    expect(
      problems({ ...EXAMPLE, deviceClients: { ...deviceClients, good: { title: 'x', scopes: ['items'] } } }),
    ).toEqual([
      expect.stringMatching(/^deviceClients\.a: must be 2 to 64/),
      expect.stringMatching(/^deviceClients\["Acme CLI"\]: must be 2 to 64/),
      'deviceClients.cli.title: must have at most 80 characters',
      'deviceClients["Acme CLI"].scopes[0]: "items" is not in scopes',
      'deviceClients.good.scopes[0]: "items" is not in scopes',
    ]);
  });

  it('a route that is malformed does not hide what is wrong with the others, nor shifts their places', () => {
    const routes = [{ path: 7 }, { path: '/a' }, { path: '/a', scopes: ['nope'] }];
    expect(problems({ ...EXAMPLE, routes })).toEqual([
      expect.stringMatching(/^routes\[0\]\.path: /),
      expect.stringMatching(/^routes\[2\]\.path: "\/a" and "\/a" are one pattern/),
      'routes[2].scopes[0]: "nope" is not in scopes',
    ]);
  });

  it('PATH-02: an open wildcard over a protected path in another case is warned of', () => {
    const { warnings } = accepted({
      ...EXAMPLE,
      routes: [{ path: '/**', auth: 'none' }, { path: '/admin/*' }],
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^routes\[0\]\.path: "\/\*\*" lets strangers in and covers other spellings of "\/admin\/\*"/,
    );
    expect(
      accepted({ ...EXAMPLE, routes: [{ path: '/**' }, { path: '/open/*', auth: 'none' }] }).warnings,
    ).toEqual([]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'PATH-12: %s is not taken as early data',
    (method) => {
      const routes = [{ path: '/a', methods: ['GET', method], earlyData: true }];
      expect(problems({ ...EXAMPLE, routes })).toEqual([
        expect.stringMatching(/^routes\[0\]\.earlyData: needs methods/),
      ]);
    },
  );

  it.each([
    ['/*', '/admin', 1],
    ['/*/users', '/Admin/users', 1],
    ['/v1/**', '/v1/keys', 1],
    ['/v1/*', '/v1/2026', 0],
    ['/v1/*', '/v2/keys', 0],
    ['/v1/open', '/v1/Open', 0],
  ])('PATH-02: of %s, open, over %s, shut, is warned %i times', (open, shut, times) => {
    for (const auth of ['none', 'optional'] as const)
      expect(accepted({ ...EXAMPLE, routes: [{ path: open, auth }, { path: shut }] }).warnings).toHaveLength(
        times,
      );
  });
});

describe('hosts', () => {
  it.each([
    'api.acme.com',
    'a',
    'localhost:8787',
    '127.0.0.1:65535',
    '[::1]:8787',
    'xn--caf-dma.fr',
    'a.b:8443',
  ])('%s is one', (host) => {
    expect(problems({ ...EXAMPLE, hosts: { api: [host], desk: 'keys.acme.com' } })).toEqual([]);
  });

  it.each([
    'https://api.acme.com',
    'api.acme.com/',
    'API.acme.com',
    'api.acme.com.',
    'api.acme.com:443',
    'api.acme.com:80',
    'a:0',
    'a:65536',
    'a:',
    'u@a',
    'café.fr',
    '-a',
    'a..b',
    'a b',
    '*.acme.com',
    '[::2]',
    '',
    `${'a'.repeat(64)}.com`,
  ])('%j is none', (host) => {
    expect(problems({ ...EXAMPLE, hosts: { api: [host], desk: 'keys.acme.com' } })).toEqual([
      expect.stringContaining('hosts.api[0]: must be a lower-case host name'),
    ]);
    expect(problems({ ...EXAMPLE, hosts: { api: ['api.acme.com'], desk: host } })).toEqual([
      expect.stringContaining('hosts.desk: must be a lower-case host name'),
    ]);
  });

  it("an API host is never the Desk's, whatever the port, and is named once", () => {
    const hosts = { api: ['keys.acme.com', 'keys.acme.com:8443', 'a.test', 'a.test'], desk: 'keys.acme.com' };
    expect(problems({ ...EXAMPLE, hosts })).toEqual([
      expect.stringContaining(`hosts.api[0]: "keys.acme.com" is the Desk's host`),
      expect.stringContaining(`hosts.api[1]: "keys.acme.com:8443" is the Desk's host`),
      'hosts.api[3]: "a.test" is named twice',
    ]);
  });
});

describe('ORG-05: the origin', () => {
  it.each([
    ['https://origin.acme.com', 'https://origin.acme.com'],
    ['https://origin.acme.com/', 'https://origin.acme.com'],
    ['https://Origin.acme.com:443', 'https://origin.acme.com'],
    ['https://origin.acme.com:8443', 'https://origin.acme.com:8443'],
  ])('%s is one', (url, kept) => {
    expect(accepted(origin(url)).config.origin.place).toEqual({ kind: 'url', url: kept });
  });

  it.each([
    ['origin.acme.com', 'must be a URL'],
    ['http://origin.acme.com', 'must be https'],
    ['http://169.254.169.254', 'must be https'],
    ['http://127.0.0.1:8789', 'must be https with a live project'],
    ['ftp://origin.acme.com', 'must be https'],
    ['file:///etc/passwd', 'must not have a path'],
    ['javascript:alert(1)', 'must not have a path'],
    ['https://user@origin.acme.com', 'must not have a user'],
    ['https://user:planted@origin.acme.com', 'must not have a user'],
    ['https://origin.acme.com?a', 'must not have a query'],
    ['https://origin.acme.com?', 'must not have a query'],
    ['https://origin.acme.com#a', 'must not have a fragment'],
    ['https://origin.acme.com#', 'must not have a fragment'],
    ['https://origin.acme.com/base', 'must not have a path'],
    ['https://origin.acme.com\\', 'must not have a path'],
    ['https://origin.acme.com.', 'must have a host name without a dot'],
    ['https://api.acme.com', 'is one of our own hosts'],
    ['https://API.acme.com', 'is one of our own hosts'],
    ['https://api.acme.com:8443', 'is one of our own hosts'],
    ['https://keys.acme.com', 'is one of our own hosts'],
  ])('%s is none', (url, problem) => {
    const found = problems(origin(url));
    expect(found).toEqual([expect.stringContaining(`origin.url: ${problem}`)]);
    expect(found.join()).not.toContain('planted');
  });

  it('with a test project, http is fine on this machine and nowhere else', () => {
    const at = (url: string) => problems({ ...LOCAL, origin: { url, id: 'o' } });
    for (const host of ['127.0.0.1:8789', 'localhost:1', '[::1]:9', 'o.localhost'])
      expect(at(`http://${host}`)).toEqual([]);
    for (const host of ['10.0.0.1', 'acme.com', 'localhost.acme.com', '127.0.0.1.acme.com']) {
      expect(at(`http://${host}`)).toEqual(['origin.url: must be https, except on this machine']);
    }
    expect(at('http://127.0.0.1:8787')).toEqual([expect.stringContaining('is one of our own hosts')]);
  });

  it.each([
    [{ url: 'https://o.test' }, { kind: 'url', url: 'https://o.test' }],
    [{ binding: 'APP' }, { kind: 'binding', binding: 'APP' }],
    [{ zone: true }, { kind: 'zone' }],
  ])('may be %o, for the file and for a route', (place, expected) => {
    const file = { ...EXAMPLE, origin: { ...place, id: 'o' } };
    expect(accepted(file).config.origin).toMatchObject({ place: expected, id: 'o' });
    const [first] = accepted({ ...file, routes: [{ path: '/a', origin: place }] }).config.routes;
    expect(first?.origin).toEqual({ place: expected, id: null });
    const [second] = accepted({ ...file, routes: [{ path: '/a', origin: { ...place, id: 'p' } }] }).config
      .routes;
    expect(second?.origin).toEqual({ place: expected, id: 'p' });
  });

  it.each([
    [{}, 'must have exactly one of url, binding and zone'],
    [{ url: 'https://o.test', zone: true }, 'must have exactly one of url, binding and zone'],
    [{ url: 'https://o.test', binding: 'APP' }, 'must have exactly one of url, binding and zone'],
    [{ binding: 'APP', zone: true }, 'must have exactly one of url, binding and zone'],
    [{ zone: false }, 'zone: must be true, or left out'],
    [{ binding: 'a-b' }, 'binding: must be the name of a service binding'],
    [{ binding: '' }, 'binding: must be the name of a service binding'],
    [{ url: 'http://o.test' }, 'url: must be https, except on this machine'],
    [{ url: 'https://api.acme.com' }, 'url: is one of our own hosts: a request would come back to us'],
    [{ url: 'https://u:planted@o.test' }, 'url: must not have a user or a password'],
  ])('%o is none, for the file and for a route', (place, problem) => {
    const found = [
      ...problems({ ...EXAMPLE, origin: { ...place, id: 'o' } }),
      ...problems(route({ origin: place })),
    ];
    const [first, second] = [`origin${under(problem)}`, `routes[0].origin${under(problem)}`];
    expect(found).toEqual([first, second]);
    expect(found.join()).not.toContain('planted');
  });

  it('of a route has no setting that only the file has', () => {
    const found = problems(route({ origin: { zone: true, timeoutSeconds: 3, keepCookies: true } }));
    expect(found).toEqual([
      'routes[0].origin.timeoutSeconds: is no setting',
      'routes[0].origin.keepCookies: is no setting',
    ]);
  });
});

describe('operators', () => {
  it.each([
    ['user-live-1', 'is the id of neither a client nor a person'],
    [`user-live-${'A'.repeat(36)}`, 'is the id of neither a client nor a person'],
    [`organization-live-${UUID}`, 'is the id of neither a client nor a person'],
    [`connected-app-live-${UUID}`, 'is the id of neither a client nor a person'],
    [`user-test-${UUID}`, 'is a test user, and the project is live'],
    [`member-live-${UUID}`, "is a member, and a 'consumer' project has none"],
  ])('%s is none: it %s', (id, said) => {
    expect(problems({ ...EXAMPLE, operators: [id] })).toEqual([`operators[0]: ${said}`]);
    expect(problems({ ...EXAMPLE, operators: [] }, { OPERATORS: id })).toEqual([`OPERATORS[0]: ${said}`]);
  });

  it('of a project of organisations is no user', () => {
    const file = { operators: [`user-live-${UUID}`], stytch: { projectId: LIVE, vertical: 'b2b' as const } };
    expect(problems({ ...EXAMPLE, ...file })).toEqual([
      "operators[0]: is a user, and a 'b2b' project has none",
    ]);
  });

  it('are named once', () => {
    const id = `user-live-${UUID}`;
    expect(problems({ ...EXAMPLE, operators: [id, id] })).toEqual([`operators[1]: "${id}" is named twice`]);
  });

  it.each([
    ['consumer', 'user'],
    ['b2b', 'member'],
  ] as const)('of a %s project are clients and people, told apart', (vertical, kind) => {
    const [client, person] = ['m2m-client-live-1', `${kind}-live-${UUID}`];
    const stytch = { projectId: LIVE, vertical };
    const fromFile = accepted({ ...EXAMPLE, stytch, operators: [person, client] });
    const fromVariable = accepted(
      { ...EXAMPLE, stytch, operators: [] },
      { OPERATORS: `${client},${person}` },
    );
    for (const { config } of [fromFile, fromVariable])
      expect([config.operators, config.operatorPeople]).toEqual([[client], [person]]);
  });
});

describe('variables', () => {
  it('override project, hosts, origin, operators and pages', () => {
    const { config } = accepted(LOCAL, {
      DESK_ORIGINS: 'https://app.acme.com, https://admin.acme.com:8443',
      OPERATORS: 'm2m-client-live-1, m2m-client-live-2',
      STYTCH_PROJECT_ID: LIVE,
      API_HOSTS: 'api.acme.com, api.acme.org',
      DESK_HOST: 'keys.acme.com',
      ORIGIN_URL: 'https://origin.acme.com',
    });
    expect(config).toMatchObject({
      environment: 'live',
      stytch: { projectId: LIVE, apiUrl: 'https://api.stytch.com' },
      hosts: { api: ['api.acme.com', 'api.acme.org'], desk: 'keys.acme.com' },
      origin: { place: { kind: 'url', url: 'https://origin.acme.com' } },
      operators: ['m2m-client-live-1', 'm2m-client-live-2'],
      desk: { origins: ['https://app.acme.com', 'https://admin.acme.com:8443'], organizationRoles: [] },
    });
  });

  it('put the origin in the place of a service binding or the zone, too', () => {
    for (const place of [{ binding: 'APP' }, { zone: true }]) {
      const file = { ...EXAMPLE, origin: { ...place, id: 'o' } };
      const { config } = accepted(file, { ORIGIN_URL: 'https://origin.acme.com' });
      expect(config.origin.place).toEqual({ kind: 'url', url: 'https://origin.acme.com' });
    }
  });

  it('may give what the file leaves out', () => {
    const { hosts: _, ...file } = EXAMPLE;
    expect(problems(file)).toEqual(['hosts: is missing']);
    expect(problems(file, { API_HOSTS: 'api.acme.com', DESK_HOST: 'keys.acme.com' })).toEqual([]);
  });

  it('are named where what they say is wrong', () => {
    const vars = {
      API_HOSTS: 'api.acme.com,Y',
      DESK_HOST: 'api.acme.com:1',
      ORIGIN_URL: 'http://u:planted@x',
      OPERATORS: 'm2m-client-live-1,no id',
      DESK_ORIGINS: 'https://app.acme.com,https://u:planted@x',
      STYTCH_PROJECT_ID: 'x',
    };
    const found = problems(EXAMPLE, vars);
    expect(found.map((text) => text.split(':')[0])).toEqual([
      'STYTCH_PROJECT_ID',
      'API_HOSTS[1]',
      'OPERATORS[1]',
      'ORIGIN_URL',
      'DESK_ORIGINS[1]',
    ]);
    expect(found.join()).not.toContain('planted');
    expect(problems(EXAMPLE, { DESK_HOST: 'api.acme.com' })[0]).toContain("is the Desk's host");
  });

  it('that are empty or no text are problems, not absent', () => {
    expect(problems(EXAMPLE, { DESK_HOST: '' })).toEqual(['DESK_HOST: must be a text that is not empty']);
    expect(problems(EXAMPLE, { API_HOSTS: ['a.test'] })).toEqual([
      'API_HOSTS: must be a text that is not empty',
    ]);
  });

  it('CLOCK_OFFSET_SECONDS moves the clock of a test project, and never that of a live one', () => {
    expect(accepted(LOCAL, {}).config.clockOffsetSeconds).toBe(0);
    expect(accepted(LOCAL, { CLOCK_OFFSET_SECONDS: '86400' }).config.clockOffsetSeconds).toBe(86_400);
    expect(accepted(LOCAL, { CLOCK_OFFSET_SECONDS: '-5' }).config.clockOffsetSeconds).toBe(-5);
    for (const value of ['1.5', 'tomorrow', '1e9', 60]) {
      expect(problems(LOCAL, { CLOCK_OFFSET_SECONDS: value })).toEqual([
        'CLOCK_OFFSET_SECONDS: must be a whole number of seconds',
      ]);
    }
    expect(problems(EXAMPLE, { CLOCK_OFFSET_SECONDS: '60' })).toEqual([
      'CLOCK_OFFSET_SECONDS: the clock of a live project cannot be moved',
    ]);
  });

  it("STYTCH_API_URL is https, or this machine with a test project; by default Stytch's own", () => {
    expect(accepted(LOCAL).config.stytch.apiUrl).toBe('https://test.stytch.com');
    expect(accepted(LOCAL, { STYTCH_API_URL: 'http://127.0.0.1:8788/' }).config.stytch.apiUrl).toBe(
      'http://127.0.0.1:8788',
    );
    expect(accepted(EXAMPLE, { STYTCH_API_URL: 'https://x.test' }).config.stytch.apiUrl).toBe(
      'https://x.test',
    );
    expect(problems(EXAMPLE, { STYTCH_API_URL: 'http://127.0.0.1:8788' })).toEqual([
      'STYTCH_API_URL: must be https with a live project',
    ]);
    expect(problems(LOCAL, { STYTCH_API_URL: 'http://x.test' })).toEqual([
      'STYTCH_API_URL: must be https, except on this machine',
    ]);
    expect(problems(LOCAL, { STYTCH_API_URL: '' })).toEqual(['STYTCH_API_URL: must be a URL']);
  });
});

describe('secrets', () => {
  const masterKeys = (...keys: object[]) => ({ LATCHKEY_MASTER_KEYS: JSON.stringify(keys) });
  const assertionKeys = (...keys: object[]) => ({ ASSERTION_JWKS: JSON.stringify({ keys }) });
  const base64url = (bytes: number, fill = 1) => Buffer.alloc(bytes, fill).toString('base64url');

  it('come parsed, in the order given, apart from what may be logged', () => {
    const { config, secrets } = accepted(EXAMPLE, {
      ...masterKeys({ id: 'new', key: base64url(32, 2) }, { id: 'old', key: base64url(64, 3) }),
      ...assertionKeys({ ...JWK, use: 'sig' }, jwk('b')),
    });
    expect(secrets.stytchSecret.reveal()).toBe('planted-stytch-secret');
    expect(secrets.masterKeys.map(({ id, key }) => [id, key.length])).toEqual([
      ['new', 32],
      ['old', 64],
    ]);
    expect(secrets.assertionJwks.keys.map(({ kid }) => kid)).toEqual(['a-1', 'b']);
    expect(Object.keys(secrets.assertionJwks.keys[0] ?? {}).sort()).toEqual([
      'alg',
      'crv',
      'd',
      'kid',
      'kty',
      'x',
      'y',
    ]);
    expect(JSON.stringify(config)).not.toContain('planted');
    expect(JSON.stringify(config)).not.toContain(JWK.d);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no Stytch secret', { STYTCH_SECRET: undefined }, 'STYTCH_SECRET: is missing'],
    ['an empty one', { STYTCH_SECRET: '' }, 'STYTCH_SECRET: is missing'],
    ['one with a line end', { STYTCH_SECRET: 'planted\n' }, 'STYTCH_SECRET: has a space, a line end'],
    [
      'one of the other environment',
      { STYTCH_SECRET: 'secret-test-planted' },
      'STYTCH_SECRET: is of another environment',
    ],
    ['no master keys', { LATCHKEY_MASTER_KEYS: undefined }, 'LATCHKEY_MASTER_KEYS: is missing'],
    ['no JSON', { LATCHKEY_MASTER_KEYS: 'planted' }, 'LATCHKEY_MASTER_KEYS: is not JSON'],
    ['no array', { LATCHKEY_MASTER_KEYS: '{}' }, 'LATCHKEY_MASTER_KEYS: '],
    ['an empty array', { LATCHKEY_MASTER_KEYS: '[]' }, 'LATCHKEY_MASTER_KEYS: must hold a key'],
    [
      'a short key',
      masterKeys({ id: 'a', key: base64url(31) }),
      'LATCHKEY_MASTER_KEYS[0].key: must be base64url',
    ],
    [
      'a padded key',
      masterKeys({ id: 'a', key: `${base64url(32)}=` }),
      'LATCHKEY_MASTER_KEYS[0].key: must be base64url',
    ],
    [
      'a key in base64',
      masterKeys({ id: 'a', key: Buffer.alloc(33, 255).toString('base64') }),
      'LATCHKEY_MASTER_KEYS[0].key: must be base64url',
    ],
    ['an id in capitals', masterKeys({ id: 'PLANTED', key: KEY }), 'LATCHKEY_MASTER_KEYS[0].id: must be'],
    ['a long id', masterKeys({ id: 'a'.repeat(33), key: KEY }), 'LATCHKEY_MASTER_KEYS[0].id: must be'],
    [
      'two of one id',
      masterKeys({ id: 'a', key: KEY }, { id: 'a', key: base64url(32) }),
      'LATCHKEY_MASTER_KEYS: names two keys alike',
    ],
    [
      'one key twice',
      masterKeys({ id: 'a', key: KEY }, { id: 'b', key: KEY }),
      'LATCHKEY_MASTER_KEYS: holds one key twice',
    ],
    [
      'nine keys',
      masterKeys(...Array.from({ length: 9 }, (_, i) => ({ id: `k${i}`, key: base64url(32, i) }))),
      'LATCHKEY_MASTER_KEYS: must hold at most 8',
    ],
    [
      'an unknown member',
      masterKeys({ id: 'a', key: KEY, planted: 1 }),
      'LATCHKEY_MASTER_KEYS[0]: has a member that is not known',
    ],
    ['no JWKS', { ASSERTION_JWKS: undefined }, 'ASSERTION_JWKS: is missing'],
    ['a JWKS that is no JSON', { ASSERTION_JWKS: '{"keys":planted' }, 'ASSERTION_JWKS: is not JSON'],
    ['no keys', assertionKeys(), 'ASSERTION_JWKS.keys: must hold a key'],
    ['three keys', assertionKeys(JWK, jwk('b'), jwk('c')), 'ASSERTION_JWKS.keys: must hold at most two'],
    ['a public key', assertionKeys({ ...JWK, d: undefined }), 'ASSERTION_JWKS.keys[0].d: is missing'],
    ['no kid', assertionKeys({ ...JWK, kid: undefined }), 'ASSERTION_JWKS.keys[0].kid: is missing'],
    ['another alg', assertionKeys({ ...JWK, alg: 'ES384' }), 'ASSERTION_JWKS.keys[0].alg: '],
    ['another curve', assertionKeys({ ...JWK, crv: 'P-384' }), 'ASSERTION_JWKS.keys[0].crv: '],
    [
      'a short coordinate',
      assertionKeys({ ...JWK, x: base64url(31) }),
      'ASSERTION_JWKS.keys[0].x: must be base64url of 32 bytes',
    ],
    ['two of one kid', assertionKeys(JWK, jwk('a-1')), 'ASSERTION_JWKS.keys: names two keys alike'],
  ])('%s is a problem by name, and no value is told', (_, vars, problem) => {
    const found = problems(EXAMPLE, vars);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
    for (const hidden of ['planted', 'PLANTED', KEY, JWK.d ?? '']) expect(found.join()).not.toContain(hidden);
  });
});

it('all problems are told at once, of file, variables and secrets', () => {
  const found = readConfig(
    {
      ...EXAMPLE,
      brand: 'A',
      colour: 1,
      hosts: { api: ['keys.acme.com'], desk: 'keys.acme.com' },
      origin: { url: 'http://x.test', id: 'o', timeoutSeconds: 30 },
      scopes: { 'items:read': { title: 'x' } },
      routes: [{ path: '/a', scopes: ['b'], cost: 601 }, { path: '/a' }, { path: '/c', size: 1 }],
      roles: { r: ['q'] },
    },
    { STYTCH_API_URL: 'x', LATCHKEY_MASTER_KEYS: '[' },
  );
  if (found.ok) throw new Error('it was accepted');
  expect(found.problems.map((text) => text.split(': ')[0])).toEqual([
    'brand',
    'routes[2].size',
    'colour',
    'hosts.api[0]',
    'origin.url',
    'roles.r[0]',
    'routes[1].path',
    'routes[0].scopes[0]',
    'routes[0].cost',
    'STYTCH_API_URL',
    'STYTCH_SECRET',
    'LATCHKEY_MASTER_KEYS',
    'ASSERTION_JWKS',
  ]);
});
