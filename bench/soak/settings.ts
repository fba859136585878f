import { defineConfig } from '../../src/config.ts';

export const API_HOST = 'api.soak';
export const DESK_HOST = 'desk.soak';
export const DESK_URL = `https://${DESK_HOST}`;
export const ORIGIN_ID = 'soak';
export const PAGE = 'https://app.soak';
/** The client that the emulator is born with. */
export const OPERATOR = 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001';
export const LEASE_SECONDS = 5;
/** What users can give to their keys themselves. */
export const SCOPES = ['items:read', 'items:write', 'reports:read'] as const;

/** The limit of the owners who are meant to run into theirs. */
export const SMALL = { requests: 200, perSeconds: 10 } as const;
/** The same for one whose limit is reached by a slow machine too. */
export const TINY = { requests: 10, perSeconds: 10 } as const;
/** Of the keys that have a limit of their own. */
export const OWN_LIMIT = { requests: 60, perSeconds: 10 } as const;

/** What a route asks, as the model needs it. */
interface SoakRoute {
  readonly path: string;
  readonly scopes: readonly string[];
  readonly cost: number;
  readonly isStrict: boolean;
}

/** Where requests go; the file below says the same. */
export const ROUTES = {
  read: { path: '/v1/items/', scopes: ['items:read'], cost: 1, isStrict: false },
  write: { path: '/v1/items/', scopes: ['items:write'], cost: 5, isStrict: false },
  report: { path: '/v1/reports/', scopes: ['reports:read'], cost: 2, isStrict: false },
  strict: { path: '/v1/strict/', scopes: ['items:read'], cost: 1, isStrict: true },
  admin: { path: '/v1/admin/', scopes: ['admin:all'], cost: 1, isStrict: false },
  stream: { path: '/v1/stream/', scopes: ['items:read'], cost: 1, isStrict: false },
  open: { path: '/open/', scopes: [], cost: 1, isStrict: false },
} as const satisfies Readonly<Record<string, SoakRoute>>;

export type RouteName = keyof typeof ROUTES;

/** The operator's file of the soak. */
export default defineConfig({
  brand: 'soak',
  stytch: { projectId: 'project-test-11111111-1111-4111-8111-111111111111', vertical: 'consumer' },
  hosts: { api: [API_HOST], desk: DESK_HOST },
  origin: { url: 'http://127.0.0.1:8789', id: ORIGIN_ID },
  operators: [OPERATOR],
  scopes: {
    'items:read': { title: 'Read items' },
    'items:write': { title: 'Change items' },
    'reports:read': { title: 'Read reports' },
    'admin:all': { title: 'Administer', selfService: false },
  },
  roles: { stytch_user: [...SCOPES] },
  leaseSeconds: LEASE_SECONDS,
  limits: {
    default: { requests: 1_000_000_000, perSeconds: 60 },
    plans: { small: SMALL, tiny: TINY },
    keysPerUser: 500,
  },
  routes: [
    { path: '/public/**', auth: 'none' },
    { path: '/open/**', auth: 'optional' },
    { path: '/v1/items/**', methods: ['GET'], scopes: ['items:read'] },
    {
      path: '/v1/items/**',
      methods: ['POST', 'PUT'],
      scopes: ['items:write'],
      cost: 5,
      maxBodyBytes: 4_000_000,
    },
    { path: '/v1/reports/**', methods: ['GET'], scopes: ['reports:read'], cost: 2 },
    { path: '/v1/strict/**', scopes: ['items:read'], leaseSeconds: 0, assertion: 'request' },
    { path: '/v1/admin/**', scopes: ['admin:all'] },
    { path: '/v1/stream/**', methods: ['GET'], scopes: ['items:read'], websocket: { origins: [PAGE] } },
  ],
});
