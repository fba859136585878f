import { defineConfig } from '../src/config.ts';

/** The operator's file of the tests in workerd: one route for each thing that a route can ask. */
export default defineConfig({
  brand: 'acme',
  formerBrands: ['oldacme'],
  stytch: { projectId: 'project-test-11111111-1111-4111-8111-111111111111', vertical: 'consumer' },
  hosts: { api: ['api.test', 'api2.test:8443'], desk: 'desk.test' },
  origin: { url: 'https://origin.test', id: 'acme-api', timeoutSeconds: 2 },
  // The client that the emulator is born with; see test/operators.ts.
  operators: ['m2m-client-test-0e0e0e0e-0000-4000-8000-000000000001'],
  scopes: {
    'items:read': { title: 'Read items' },
    'items:write': { title: 'Change items' },
    'admin:all': { title: 'Administer', selfService: false },
  },
  roles: { stytch_user: ['items:read', 'items:write', 'admin:all'] },
  deviceClients: {
    'acme-cli': { title: 'Acme CLI' },
    'acme-reader': { title: 'Acme Reader', scopes: ['items:read'], keyDays: 30 },
  },
  portal: {
    loginUrl: 'https://app.test/login?from=desk',
    logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32"><path d="M0 0h64v32H0z"/></svg>',
    accent: '#ffd400',
  },
  limits: {
    default: { requests: 600, perSeconds: 60 },
    plans: {
      tiny: { requests: 10, perSeconds: 60 },
      trial: { requests: 600, perSeconds: 60, perMonth: 20 },
    },
    keysPerUser: 5,
  },
  routes: [
    { path: '/public/**', auth: 'none' },
    { path: '/optional/**', auth: 'optional' },
    { path: '/v1/items/**', methods: ['GET'], scopes: ['items:read'] },
    {
      path: '/v1/items/**',
      methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
      scopes: ['items:write'],
      cost: 5,
      maxBodyBytes: 1_000,
    },
    { path: '/v1/any/**' },
    { path: '/v1/pairs', credentials: ['client_credentials'] },
    { path: '/v1/strict/**', leaseSeconds: 0, assertion: 'request' },
    { path: '/v1/payouts/**', scopes: ['admin:all'], leaseSeconds: 0, assertion: 'request' },
    { path: '/v1/heavy', cost: 10 },
    { path: '/v1/fresh/**', credentials: ['session'], scopes: ['items:read'], maxAuthAgeSeconds: 120 },
    { path: '/v1/early/**', methods: ['GET'], earlyData: true },
  ],
});
