import { type Env, latchkeyFor } from './assemble.ts';
import type { Settings } from './config.ts';
import { KeyRingBase } from './ring/keyring.ts';
import { LobbyBase } from './ring/lobby/lobby.ts';
import type { LobbyPorts } from './ring/lobby/parts.ts';
import type { RingPorts } from './ring/parts.ts';

/** What a Worker exports that runs under one operator's file: its door, and the classes of its Durable Objects. */
export const entryOf = (settings: Settings) => {
  const latchkey = latchkeyFor(settings);

  /** One owner's keys and meter (binding `KEY_RING`). */
  class KeyRing extends KeyRingBase<Env> {
    protected override ports(env: Env): RingPorts {
      return latchkey(env).ringPorts();
    }
  }

  /** Foreign clients, and the reconciliation, in 64 instances (binding `LOBBY`). */
  class Lobby extends LobbyBase<Env> {
    protected override ports(env: Env): LobbyPorts {
      return latchkey(env).lobbyPorts();
    }
  }

  const door = {
    fetch: (request, env) => latchkey(env).fetch(request),
    scheduled: (_controller, env) => latchkey(env).scheduled(),
  } satisfies ExportedHandler<Env>;

  return { latchkey, KeyRing, Lobby, door };
};
