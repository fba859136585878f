import { env } from 'cloudflare:workers';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import type { Lobby as LobbyPort, Ring as RingPort } from '../../src/model/ports.ts';
import settings from '../settings.ts';
import { API, DESK, deskRequest, isolate, rooms } from '../world.ts';
import { type Called, type Caller, kindOfMethod } from './calls.ts';
import { failBinding, type Hang, type Kind } from './kinds.ts';

/** One deployment by itself, whose calls to anything outside are named, and of which one can come to grief. */
export interface Run {
  /** Every call since `arm`, in order. */
  readonly calls: Called[];
  /** How often the origin was reached since `arm`. */
  arrived: () => number;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** A request of somebody with a session at the Desk. */
  readonly desk: (
    session: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
  /** Another isolate, which knows nothing; with `bare`, KV knows nothing either. */
  readonly anew: (kv: 'bare' | 'kept') => void;
  /** From here on calls are named anew, and the one of this name fails. */
  readonly arm: (call: string | null, kind: Kind | null, more?: { readonly eachTime?: boolean }) => void;
  /** From here on calls are named anew, and each waits before it is made until it is let go, by name. */
  readonly hold: () => void;
  readonly letGo: (...names: readonly string[]) => void;
  /** Nothing is held any more. */
  readonly letAllGo: () => void;
  /** Nothing fails any more; whether something did. What hangs goes on hanging. */
  readonly disarm: () => boolean;
  /** Whatever hangs is let go: nobody looks any more. */
  readonly end: () => void;
  /** Waits until no call is under way, those of the background neither. */
  readonly quiet: () => Promise<void>;
  /** Durable Objects of the run, asked directly. */
  readonly ring: (name: string) => DurableObjectStub & RingPort;
  readonly lobby: (name: string) => DurableObjectStub & LobbyPort;
  /** The clients that Stytch was asked to make, and those that are taken for it. */
  readonly created: () => readonly string[];
  readonly takes: (clientId: string) => void;
  /** Those that were called so far. */
  readonly known: () => readonly DurableObjectStub[];
}

/** What a run is to whoever brings its calls to it. */
export type Own = Run & {
  /** Names a call, and has it made, or fail. */
  readonly meet: Meet;
  /** What its Durable Objects are bound to, and their Latchkey. */
  readonly envOf: (caller: Caller) => Env;
  readonly file: File;
};
type Meet = <T>(
  called: Called,
  call: () => Promise<T>,
  fail: (kind: Kind, hang: Hang) => Promise<T>,
) => Promise<T>;
type File = ReturnType<typeof latchkeyFor>;

/** By name, and by the name of a Durable Object. */
export const runs = new Map<string, Own>();
export const homes = new Map<string, Own>();
/** Of the request that is being worked on in the Worker. */
export const current = new AsyncLocalStorage<Own>();

export const EVENTS_SECRET = `whsec_${btoa('a secret of these tests alone, 32+')}`;

/** With a route for a WebSocket, and an operator who is told of what happens. */
const fileOf = (name: string): File =>
  latchkeyFor({
    ...settings,
    events: { url: `https://events.test/${name}` },
    routes: [
      ...settings.routes,
      { path: '/v1/socket', scopes: ['items:read'], websocket: { origins: ['https://app.test'] } },
    ],
  });

/** How many turns of the loop nothing is called in before it counts as quiet. */
const QUIET_TURNS = 12;

/** How often one that is held looks whether it was let go, in milliseconds. */
const LOOK_MS = 2;

/** After so many it is given up: something waits for what hangs, and that shows in what is seen. */
const MAX_TURNS = 2_400;

let born = 0;

export const newRun = (): Run => {
  const name = `run-${born++}`;
  const calls: Called[] = [];
  const times = new Map<string, number>();
  const [known, created] = [new Map<string, DurableObjectNamespace>(), new Set<string>()];
  let armed: { readonly call: string | null; readonly kind: Kind | null; readonly eachTime: boolean } | null =
    null;
  let [isBitten, isOver, underWay, arrived, kvs] = [false, false, 0, 0, 0];
  /** Those that were let go; null where none is held. */
  let free: Set<string> | null = null;

  /** A call of one request may be let go by another one, which it cannot be told of: so it looks (model/turn.ts). */
  const leave = async (label: string): Promise<void> => {
    if (free === null) return;
    underWay--;
    while (free !== null && !free.has(label)) await scheduler.wait(LOOK_MS);
    underWay++;
  };

  const afresh = (): void => {
    calls.length = 0;
    times.clear();
    [isBitten, arrived] = [false, 0];
  };

  const meet: Meet = async (called, call, fail) => {
    const nth = (times.get(called.name) ?? 0) + 1;
    times.set(called.name, nth);
    const label = nth === 1 ? called.name : `${called.name} (${nth})`;
    calls.push({ ...called, name: label });
    const asked = async () => {
      await leave(label);
      if (called.name.endsWith('origin')) arrived++;
      return call();
    };
    const now = armed;
    let isHanging = false;
    const hang: Hang = async () => {
      isHanging = true;
      underWay--;
      while (!isOver) await scheduler.wait(100);
      throw new Error('it was let go');
    };
    underWay++;
    try {
      const name = now?.eachTime === true ? called.name : label;
      if (now?.call !== name || now.kind === null) return await asked();
      isBitten = true;
      return await fail(now.kind, hang);
    } finally {
      if (!isHanging) underWay--;
    }
  };

  const binding = <T extends object>(
    target: T,
    named: (method: string, each: readonly unknown[]) => Called,
  ): T =>
    new Proxy(target, {
      get: (object, method) => {
        const value: unknown = Reflect.get(object, method);
        if (typeof value !== 'function') return value;
        return (...each: unknown[]) => {
          const call = async () =>
            (object as Record<string, (...each: unknown[]) => unknown>)[String(method)]?.(...each);
          const called = named(String(method), each);
          return meet(called, call, (kind, hang) => failBinding(kind, call, hang));
        };
      },
    });

  const home = (namespace: DurableObjectNamespace, at: string): DurableObjectStub => {
    if (!homes.has(at)) homes.set(at, run);
    known.set(at, namespace);
    return namespace.getByName(at);
  };
  const ring = (at: string) => home(rooms.KEY_RING, at) as DurableObjectStub & RingPort;
  // There are 64 in a deployment: each has its own.
  const lobby = (at: string) => home(rooms.LOBBY, `${at} of ${name}`) as DurableObjectStub & LobbyPort;

  const objects = (at: (name: string) => DurableObjectStub, caller: Caller, callee: Caller) => ({
    getByName: (name: string) =>
      binding(at(name), (method) => ({
        name: `${caller} → ${callee} ${method}`,
        kind: kindOfMethod(method),
      })),
  });

  /** A part of KV by itself: what other runs have put there is not there. */
  const vault = (caller: Caller) => {
    const place = (entry: string) => `${name}-${kvs}/${entry}`;
    const whose = (entry: unknown) => (String(entry).startsWith('j1.') ? 'JWKS' : 'token');
    const kv = {
      get: (entry: string) => rooms.VAULT.get(place(entry)),
      put: (entry: string, ...more: [string, object]) => rooms.VAULT.put(place(entry), ...more),
      delete: (entry: string) => rooms.VAULT.delete(place(entry)),
    };
    return binding(kv, (method, [entry]) => ({
      name: `${caller} → KV ${method} ${whose(entry)}`,
      kind: method === 'get' ? 'read' : 'write',
    }));
  };

  const bindingsOf = (caller: Caller) => ({
    VAULT: vault(caller),
    KEY_RING: objects(ring, caller, 'Ring'),
    LOBBY: objects(lobby, caller, 'Lobby'),
    STRANGERS: binding({ limit: async () => ({ success: true }) }, () => ({
      ...{ name: `${caller} → rate limit`, kind: 'limit' },
    })),
    STYTCH_API_URL: `https://${caller.toLowerCase()}.${name}.stytch.test`,
    EVENTS_SECRET,
  });

  const file = fileOf(name);
  const envs = new Map<Caller, Env>();
  const envOf = (caller: Caller): Env => {
    const known = envs.get(caller) ?? { ...(env as unknown as Env), ...bindingsOf(caller) };
    envs.set(caller, known as Env);
    return known as Env;
  };
  let here = isolate(bindingsOf('Worker'), file);
  const fetch: Run['fetch'] = (url, init) => current.run(run, () => here.fetch(url, init));
  const run: Own = {
    ...{ calls, meet, envOf, file, fetch },
    arrived: () => arrived,
    desk: (session, method, path, body, headers) =>
      fetch(`${DESK}${path}`, deskRequest(session, method, body, headers)),
    anew: (kv) => {
      if (kv === 'bare') kvs++;
      here = isolate(bindingsOf('Worker'), file);
    },
    arm: (call, kind, { eachTime = false } = {}) => {
      afresh();
      armed = { call, kind, eachTime };
    },
    hold: () => {
      afresh();
      free = new Set();
    },
    letGo: (...names) => {
      for (const name of names) free?.add(name);
    },
    letAllGo: () => {
      free = null;
    },
    disarm: () => {
      armed = null;
      return isBitten;
    },
    end: () => {
      isOver = true;
    },
    quiet: async () => {
      for (let [turn, still] = [0, 0]; still < QUIET_TURNS && turn < MAX_TURNS; turn++) {
        await scheduler.wait(5);
        still = underWay > 0 ? 0 : still + 1;
      }
    },
    ...{
      ring,
      lobby,
      known: () => [...known].map(([at, namespace]) => namespace.getByName(at)),
      created: () => [...created],
    },
    takes: (clientId) => created.add(clientId),
  };
  runs.set(name, run);
  return run;
};

/** A request to the API. */
export const atApi = (run: Run, path: string, init: RequestInit = {}): Promise<Response> =>
  run.fetch(API + path, init);
