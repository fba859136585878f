import { defineConfig } from '../../src/config.ts';

/** The operator's file of the benchmark. The limit is as high as it goes: it is not what is measured. */
export default defineConfig({
  brand: 'bench',
  stytch: { projectId: 'project-test-11111111-1111-4111-8111-111111111111', vertical: 'consumer' },
  hosts: { api: ['api.bench'], desk: 'desk.bench' },
  origin: { url: 'http://127.0.0.1:8789', id: 'bench' },
  operators: ['m2m-client-test-0e0e0e0e-0000-4000-8000-000000000001'],
  scopes: {
    'items:read': { title: 'Read items' },
    'reports:read': { title: 'Read reports', selfService: false },
  },
  roles: { stytch_user: ['items:read'] },
  leaseSeconds: 5,
  limits: { default: { requests: 1_000_000_000, perSeconds: 60 } },
  routes: [
    { path: '/public/**', auth: 'none' },
    { path: '/v1/items/**', methods: ['GET'], scopes: ['items:read'] },
    { path: '/v1/at-once/**', scopes: ['items:read'], leaseSeconds: 0 },
    { path: '/v1/signed/**', scopes: ['items:read'], assertion: 'request' },
    { path: '/v1/reports/**', scopes: ['reports:read'] },
  ],
});
