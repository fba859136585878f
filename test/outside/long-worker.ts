import { type Env, latchkeyFor } from '../../src/assemble.ts';
import { KeyRingBase } from '../../src/ring/keyring.ts';
import { LobbyBase } from '../../src/ring/lobby/lobby.ts';
import type { LobbyPorts } from '../../src/ring/lobby/parts.ts';
import type { RingPorts } from '../../src/ring/parts.ts';
import settings from '../settings.ts';

/** The Worker for what lasts: leases of a second, and an origin of each kind. */
const latchkey = latchkeyFor({
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

export class KeyRing extends KeyRingBase<Env> {
  protected override ports(env: Env): RingPorts {
    return latchkey(env).ringPorts();
  }
}

export class Lobby extends LobbyBase<Env> {
  protected override ports(env: Env): LobbyPorts {
    return latchkey(env).lobbyPorts();
  }
}

export default {
  fetch: (request, env) => latchkey(env).fetch(request),
} satisfies ExportedHandler<Env>;
