import { type Env, latchkeyFor } from '../../src/assemble.ts';
import { KeyRingBase } from '../../src/ring/keyring.ts';
import { LobbyBase } from '../../src/ring/lobby/lobby.ts';
import type { LobbyPorts } from '../../src/ring/lobby/parts.ts';
import type { RingPorts } from '../../src/ring/parts.ts';
import settings from './settings.ts';

/** The Worker as `src/worker.ts` makes it, under the settings of the benchmark. */
const latchkey = latchkeyFor(settings);

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
  scheduled: (_controller, env) => latchkey(env).scheduled(),
} satisfies ExportedHandler<Env>;
