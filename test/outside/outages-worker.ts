import { type Env, latchkeyFor } from '../../src/assemble.ts';
import type { Author } from '../../src/model/author.ts';
import type { Owner } from '../../src/model/identity.ts';
import type { IssuedKey, IssueRequest, KeyPage, KeyRecord, ListRequest } from '../../src/model/life.ts';
import type { Admission, AdmitRequest, ExchangeAnswer, ExchangeRequest } from '../../src/model/ports.ts';
import type { Result } from '../../src/model/refusal.ts';
import { KeyRingBase } from '../../src/ring/keyring.ts';
import { LobbyBase } from '../../src/ring/lobby/lobby.ts';
import type { LobbyPorts } from '../../src/ring/lobby/parts.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import type { RingPorts } from '../../src/ring/parts.ts';
import settings from '../settings.ts';

/** The Worker for tests in which what it depends on fails: short leases, and a window that is over within a test. */
const born = (graceSeconds: number) =>
  latchkeyFor({
    ...settings,
    limits: { default: { requests: 3_000, perSeconds: 3 }, keysPerUser: 20 },
    leaseSeconds: 2,
    ringGraceSeconds: graceSeconds,
  });

let latchkey: ReturnType<typeof born> | null = null;

/** How many of ten calls of KV fail. */
let failingOfTen = 0;
let calls = 0;

/** KV that fails now and then, in its own words. */
const unsteady = (kv: KVNamespace): KVNamespace =>
  new Proxy(kv, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...each: unknown[]) => {
        if (calls++ % 10 < failingOfTen)
          throw new Error(`KV ${String(name)} failed: 500 Internal Server Error`);
        return value.apply(target, each);
      };
    },
  });

const worlds = new WeakMap<Env, Env>();

const worldOf = (env: Env): Env => {
  const known = worlds.get(env) ?? { ...env, VAULT: unsteady(env.VAULT) };
  worlds.set(env, known);
  return known;
};

const latchkeyOf = (env: Env) => {
  latchkey ??= born(Number(env.GRACE_SECONDS ?? 0));
  return latchkey(worldOf(env));
};

type Mood = 'well' | 'throw' | 'hang';

/** Longer than anybody waits. */
const HANG_MS = 20_000;

export class KeyRing extends KeyRingBase<Env> {
  #mood: Mood = 'well';

  protected override ports(env: Env): RingPorts {
    return latchkeyOf(env).ringPorts();
  }

  async be(mood: Mood): Promise<void> {
    this.#mood = mood;
  }

  async #suffer(): Promise<void> {
    if (this.#mood === 'throw') throw new Error('the Ring is not well');
    if (this.#mood === 'hang') await scheduler.wait(HANG_MS);
  }

  override async admit(request: AdmitRequest): Promise<Admission> {
    await this.#suffer();
    return super.admit(request);
  }
  override async exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
    await this.#suffer();
    return super.exchange(request);
  }
  override async issue(request: IssueRequest): Promise<Result<IssuedKey>> {
    await this.#suffer();
    return super.issue(request);
  }
  override async list(request: ListRequest): Promise<KeyPage> {
    await this.#suffer();
    return super.list(request);
  }
  override async revoke(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>> {
    await this.#suffer();
    return super.revoke(owner, keyId, author);
  }
}

export class Lobby extends LobbyBase<Env> {
  protected override ports(env: Env): LobbyPorts {
    return latchkeyOf(env).lobbyPorts();
  }
}

type Called = Record<string, (...each: unknown[]) => Promise<unknown>>;

export default {
  fetch: async (request, env) => {
    const { hostname, pathname } = new URL(request.url);
    const name = pathname.slice(1);
    // As an isolate that is thrown away: what it knew is lost.
    if (hostname === 'isolate.test') latchkey = null;
    else if (hostname === 'kv.test') failingOfTen = Number(name);
    else if (hostname === 'ring.test' || hostname === 'lobby.test') {
      const { method, parameters } = (await request.json()) as { method: string; parameters: unknown[] };
      const stub =
        hostname === 'ring.test' ? env.KEY_RING.getByName(name) : env.LOBBY.getByName(lobbyName(name));
      const answer = await (stub as unknown as Called)[method]?.(...parameters);
      return Response.json({ answer: answer ?? null });
    } else return latchkeyOf(env).fetch(request);
    return new Response();
  },
} satisfies ExportedHandler<Env>;
