import { defineConfig } from './src/config.ts';

/**
 * Latchkey as it runs on a laptop: `npm run dev`. To make it yours, change what the comments name; every
 * setting is in docs/configuration.md. The Worker checks the whole file when it starts, tells all problems at
 * once and serves nothing until there are none. No secret belongs here: `wrangler secret put` takes them.
 */
export default defineConfig({
  // First word of every key: acme_test_…. After a rename, list the old one in `formerBrands`: its keys stay good.
  brand: 'acme',

  // Your project's id, from Stytch's dashboard. `project-live-…` makes live keys and allows https only.
  // Per environment, the variable STYTCH_PROJECT_ID in wrangler.toml overrides it.
  stytch: { projectId: 'project-test-11111111-1111-4111-8111-111111111111', vertical: 'consumer' },

  // Two host names, such as api.acme.com and keys.acme.com: the portal's session must be out of the API's reach.
  // Variables: API_HOSTS (comma separated), DESK_HOST.
  hosts: { api: ['127.0.0.1:8787'], desk: 'localhost:8787' },

  // Where requests go, and the audience of the assertion that your origin checks. Variable: ORIGIN_URL.
  origin: { url: 'http://127.0.0.1:8789', id: 'acme-api', timeoutSeconds: 30 },

  // Who may manage everybody's keys: M2M clients of your own backend, made at Stytch with the scope latchkey:admin, and
  // people, for the pages: ['m2m-client-live-…', 'user-live-…']. Variable: OPERATORS (comma separated). `npm run dev`
  // names the emulator's.
  operators: [],

  // What a key can be allowed. With `selfService: false`, users cannot give it to their keys themselves.
  scopes: {
    'items:read': { title: 'Read items' },
    'items:write': { title: 'Change items' },
    'admin:all': { title: 'Administer', selfService: false },
  },

  // Which of these a user may give to a key, by Stytch role. `stytch_user` is every user's.
  roles: { stytch_user: ['items:read', 'items:write'] },

  // CLIs that a user can let in from his browser (RFC 8628), by client_id: docs/oauth.md. `npm run cli` is one.
  deviceClients: { 'acme-cli': { title: 'Acme CLI', scopes: ['items:read', 'items:write'] } },

  // Where your users sign in, in your app: `portal: { loginUrl: 'https://app.acme.com/login' }`, or the variable
  // LOGIN_URL. They come back to the address in `return_to`. `npm run dev` names the emulator's page.

  // Per owner, over all of the owner's keys, exact and worldwide.
  limits: {
    default: { requests: 600, perSeconds: 60 },
    plans: { pro: { requests: 6000, perSeconds: 60 } },
    keysPerUser: 20,
  },

  // What is served; any other path is 404. The most specific pattern decides, whatever the order here.
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
    // Asks the Ring for every request, so that a revoked key is dead at once, and binds the assertion to the request.
    { path: '/v1/payouts/**', scopes: ['admin:all'], leaseSeconds: 0, assertion: 'request' },
  ],
});
