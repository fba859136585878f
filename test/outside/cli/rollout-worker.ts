import settings from '../../../latchkey.config.ts';
import type { Env } from '../../../src/assemble.ts';
import { entryOf } from '../../../src/entry.ts';
import { KeyRingBase } from '../../../src/ring/keyring.ts';
import { LobbyBase } from '../../../src/ring/lobby/lobby.ts';
import type { LobbyPorts } from '../../../src/ring/lobby/parts.ts';
import type { RingPorts } from '../../../src/ring/parts.ts';

/** A version of the Worker: the same code, and everything that an isolate makes of these secrets, with nothing in it yet. */
const versionOf = (secrets: Partial<Env>) => {
  const { latchkey } = entryOf(settings);
  let env: Env | null = null;
  return (bound: Env) => {
    env ??= { ...bound, ...secrets };
    return latchkey(env);
  };
};

/** What this isolate runs. Requests that are under way go on in the version that they began in. */
let version = versionOf({});

export class KeyRing extends KeyRingBase<Env> {
  protected override ports(env: Env): RingPorts {
    return version(env).ringPorts();
  }

  /** It comes back in the version of then, with nothing in its memory. */
  async move(): Promise<void> {
    this.ctx.abort('a new version');
  }
}

export class Lobby extends LobbyBase<Env> {
  protected override ports(env: Env): LobbyPorts {
    return version(env).lobbyPorts();
  }
}

export default {
  fetch: async (request, env) => {
    const { hostname, pathname } = new URL(request.url);
    if (hostname === 'version.test') {
      version = versionOf(await request.json());
      return new Response();
    }
    if (hostname === 'ring.test') {
      const ring = env.KEY_RING.getByName(pathname.slice(1)) as unknown as { move: () => Promise<void> };
      await ring.move().catch(() => undefined);
      return new Response();
    }
    return version(env).fetch(request);
  },
} satisfies ExportedHandler<Env>;
