import { entryOf } from '../../src/entry.ts';
import settings from '../settings.ts';

/** The Worker for what lasts: leases of a second, and an origin of each kind. */
const { KeyRing, Lobby, door } = entryOf({
  ...settings,
  leaseSeconds: 1,
  origin: { ...settings.origin, timeoutSeconds: 60 },
  routes: [
    { path: '/public/**', auth: 'none' },
    { path: '/open/**', auth: 'none', websocket: { origins: ['https://app.test'] } },
    { path: '/v1/any/**' },
    { path: '/v1/quick/**', timeoutSeconds: 1 },
    { path: '/v1/strict/**', leaseSeconds: 0 },
    { path: '/v1/limited/**', maxBodyBytes: 200_000_000 },
    { path: '/v1/stream/**', scopes: ['items:read'], websocket: { origins: ['https://app.test'] } },
    {
      path: '/v1/bound/**',
      origin: { binding: 'APP', id: 'app' },
      websocket: { origins: ['https://app.test'] },
    },
    { path: '/v1/zone/**', origin: { zone: true, id: 'zone' } },
  ],
});

export { KeyRing, Lobby };
export default door;
