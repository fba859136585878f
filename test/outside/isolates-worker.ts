import { type Env, latchkeyFor } from '../../src/assemble.ts';
import type { Admission, AdmitRequest } from '../../src/model/ports.ts';
import { KeyRingBase } from '../../src/ring/keyring.ts';
import { LobbyBase } from '../../src/ring/lobby/lobby.ts';
import type { LobbyPorts } from '../../src/ring/lobby/parts.ts';
import type { RingPorts } from '../../src/ring/parts.ts';
import settings from '../settings.ts';

/** The Worker for tests with many isolates: a limit that does not come back within a test, and short leases. */
const born = () =>
  latchkeyFor({
    ...settings,
    limits: {
      default: { requests: 100, perSeconds: 86_400 },
      plans: { wide: { requests: 1_000_000, perSeconds: 60 } },
      keysPerUser: 5,
    },
    origin: { ...settings.origin, timeoutSeconds: 60 },
    leaseSeconds: 2,
  });

let latchkey = born();

/** KV as it may be for a minute: what was deleted is still read. */
const stale = (kv: KVNamespace): KVNamespace =>
  new Proxy(kv, {
    get: (target, name) => {
      if (name === 'delete') return async () => {};
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

export class KeyRing extends KeyRingBase<Env> {
  protected override ports(env: Env): RingPorts {
    return latchkey(env).ringPorts();
  }

  #echoes = false;

  /** From now on what isolates report comes in twice, before and after the ask that it belongs to. */
  async echo(): Promise<void> {
    this.#echoes = true;
  }

  override async admit(request: AdmitRequest): Promise<Admission> {
    if (this.#echoes) await this.settle(request.ask.reports);
    const admission = await super.admit(request);
    if (this.#echoes) await this.settle(request.ask.reports);
    return admission;
  }

  /** As a machine that dies: memory is lost, what was written stays. */
  async die(): Promise<void> {
    this.ctx.abort('the machine died');
  }
}

export class Lobby extends LobbyBase<Env> {
  protected override ports(env: Env): LobbyPorts {
    return latchkey(env).lobbyPorts();
  }
}

const staleEnvs = new WeakMap<Env, Env>();

const staleEnv = (env: Env): Env => {
  const known = staleEnvs.get(env);
  if (known !== undefined) return known;
  const made = { ...env, VAULT: stale(env.VAULT) };
  staleEnvs.set(env, made);
  return made;
};

export default {
  fetch: async (request, env) => {
    const url = new URL(request.url);
    // As an isolate that is thrown away: whatever it held, leases too, is lost, and nobody is told.
    if (url.hostname === 'isolate.test') {
      latchkey = born();
      return new Response();
    }
    if (url.hostname !== 'ring.test') return latchkey(staleEnv(env)).fetch(request);
    // The Ring's own RPC, for what no endpoint of the Desk does yet; and its death.
    const { method, parameters } = (await request.json()) as { method: string; parameters: unknown[] };
    const ring = env.KEY_RING.getByName(url.pathname.slice(1)) as unknown as Record<
      string,
      (...each: unknown[]) => Promise<unknown>
    >;
    const answer = await ring[method]?.(...parameters).catch((error: unknown) => String(error));
    return Response.json({ answer: answer ?? null });
  },
} satisfies ExportedHandler<Env>;
