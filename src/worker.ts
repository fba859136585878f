import settings from '../latchkey.config.ts';
import { type Env, latchkeyFor } from './assemble.ts';
import { KeyRingBase } from './ring/keyring.ts';
import { LobbyBase } from './ring/lobby/lobby.ts';
import type { LobbyPorts } from './ring/lobby/parts.ts';
import type { RingPorts } from './ring/parts.ts';

const latchkey = latchkeyFor(settings);

/** One owner's keys and meter (binding `KEY_RING`). */
export class KeyRing extends KeyRingBase<Env> {
  protected override ports(env: Env): RingPorts {
    return latchkey(env).ringPorts();
  }
}

/** Foreign clients, in 64 instances (binding `LOBBY`). */
export class Lobby extends LobbyBase<Env> {
  protected override ports(env: Env): LobbyPorts {
    return latchkey(env).lobbyPorts();
  }
}

export default {
  fetch: (request, env) => latchkey(env).fetch(request),
  scheduled: (_controller, env) => latchkey(env).scheduled(),
} satisfies ExportedHandler<Env>;
