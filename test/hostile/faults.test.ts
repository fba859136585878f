import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Lobby, Ring } from '../../src/model/ports.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { jwksEntry } from '../../src/store/layout.ts';
import { foreignClient } from '../foreign.ts';
import {
  API,
  accessToken,
  BY,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  ownerOf,
  PROJECT,
  ringStub,
  rooms,
  signIn,
} from '../world.ts';

// SECURITY.md section 3, property 7: whatever fails, nobody gets in who would not have, and all is well afterwards.
// Deadlines are real time: those of a fault are waited for side by side.
vi.setConfig({ testTimeout: 120_000 });

const FAULTS = ['throw', 'hang', '500', 'null', 'text', 'object'] as const;
type Fault = (typeof FAULTS)[number];

/** How many answers are waited for at the same time. */
const AT_ONCE = 40;

/** One isolate whose calls to anything outside are counted, and of which one comes to grief. */
interface Run {
  readonly here: Isolate;
  /** Which request of this isolate a fetch is of. */
  readonly name: string;
  /** By port, in order. */
  readonly ports: string[];
  /** Calls from here on are numbered from 0. */
  readonly arm: (at: number, fault: Fault) => void;
  readonly disarm: () => void;
  readonly request: (headers: Record<string, string>, path: string) => Promise<Response>;
  /** Requests of this run that reached the origin. */
  arrived: number;
  clientId: string | null;
}

const runs = new Map<string, Run & { readonly meet: Meet }>();
type Meet = <T>(port: string, call: () => Promise<T>, fail: (fault: Fault) => Promise<T>) => Promise<T>;

const NEVER = new Promise<never>(() => undefined);

/** How a call of a binding fails. */
const failing = (fault: Fault): Promise<never> => {
  const garbage = (value: unknown) => Promise.resolve(value as never);
  switch (fault) {
    case 'throw':
      return Promise.reject(new TypeError('a fault'));
    case '500':
      return Promise.reject(new Error('internal error; reference = 500'));
    case 'hang':
      return NEVER;
    case 'null':
      return garbage(null);
    case 'text':
      return garbage('<html>');
    case 'object':
      return garbage({ standing: {}, grant: null, exchanged: {}, owner: 'x', sealed: 7, success: 'x' });
  }
};

/** How a fetch fails. A fetch that hangs ends when it is given up, as a real one does. */
const failingFetch = (fault: Fault, signal: AbortSignal | null): Promise<Response> => {
  switch (fault) {
    case 'throw':
      return Promise.reject(new TypeError('a fault'));
    case '500':
      return Promise.resolve(new Response('{"status_code":500}', { status: 500 }));
    case 'hang':
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      );
    case 'null':
      return Promise.resolve(new Response(null, { status: 204 }));
    case 'text':
      return Promise.resolve(new Response('<html>'));
    case 'object':
      return Promise.resolve(Response.json({ access_token: 7, keys: [{}] }));
  }
};

/** KV in which nobody has put the JWKS: whoever has to check a signature asks Stytch. */
const withoutJwks = (kv: KVNamespace): KVNamespace =>
  ({
    get: async (entry: string) => (entry === jwksEntry(PROJECT) ? null : kv.get(entry)),
    put: (...each: Parameters<KVNamespace['put']>) => kv.put(...each),
    delete: (entry: string) => kv.delete(entry),
  }) as unknown as KVNamespace;

let born = 0;

const newRun = (): Run => {
  const name = `fault-run-${born++}`;
  let armed: { at: number; fault: Fault } | null = null;
  const ports: string[] = [];
  const meet: Meet = (port, call, fail) => {
    const number = ports.push(port) - 1;
    return armed !== null && armed.at === number ? fail(armed.fault) : call();
  };
  const watched = <T extends object>(target: T, port: string): T =>
    new Proxy(target, {
      get: (object, method) => {
        const value: unknown = Reflect.get(object, method);
        if (typeof value !== 'function') return value;
        const own = (...each: unknown[]) =>
          (object as Record<string, (...each: unknown[]) => unknown>)[String(method)]?.(...each);
        if (method === 'getByName') return (...each: unknown[]) => watched(own(...each) as object, port);
        return (...each: unknown[]) =>
          meet(`${port}.${String(method)}`, () => own(...each) as Promise<unknown>, failing);
      },
    });
  const here = isolate({
    VAULT: watched(withoutJwks(rooms.VAULT), 'kv'),
    KEY_RING: watched(rooms.KEY_RING, 'ring'),
    LOBBY: watched(rooms.LOBBY, 'lobby'),
    STYTCH_API_URL: `https://${name}.stytch.test`,
  });
  const run: Run & { readonly meet: Meet } = {
    ...{ here, name, ports, meet, arrived: 0, clientId: null },
    arm: (at, fault) => {
      ports.length = 0;
      armed = { at, fault };
    },
    disarm: () => {
      armed = null;
    },
    request: (headers, path) => here.fetch(API + path, { headers: { ...headers, 'x-request-id': name } }),
  };
  runs.set(name, run);
  return run;
};

/** Which run a fetch is of: by its own Stytch, by the client whose token the Ring fetches, by the request's id. */
const runOf = (url: URL, init: RequestInit | undefined) => {
  const own = runs.get(url.hostname.split('.')[0] ?? '');
  if (own !== undefined) return own;
  if (url.hostname === 'origin.test') return runs.get(new Headers(init?.headers).get('x-request-id') ?? '');
  const body = typeof init?.body === 'string' ? init.body : '';
  return [...runs.values()].find(
    ({ clientId }) => clientId !== null && body.includes(`client_id=${clientId}&`),
  );
};

const real = globalThis.fetch;

beforeAll(() => {
  globalThis.fetch = (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    const run = runOf(url, init);
    if (run === undefined) return real(input, init);
    const isOrigin = url.hostname === 'origin.test';
    if (url.hostname.startsWith('fault-run-')) url.hostname = 'stytch.test';
    const call = () => {
      if (isOrigin) run.arrived++;
      return real(url.href, init);
    };
    const port = isOrigin ? 'origin' : `stytch.${/jwks|token/.exec(url.pathname)?.[0]}`;
    return run.meet(port, call, (fault) => failingFetch(fault, init?.signal ?? null));
  };
});
afterAll(() => {
  globalThis.fetch = real;
});

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await rooms.ORIGIN.reset();
});

interface Case {
  /** What is presented, and where; everything new, as far as that is possible. */
  readonly make: (run: Run) => Promise<{ readonly headers: Record<string, string>; readonly path?: string }>;
  readonly status: number;
  /** The ports that a request with it needs; each call of them comes to grief once in every way. */
  readonly calls: readonly string[];
  /** Whether the isolate knows it already. */
  readonly warm?: true;
}

const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } });

const aKey = async (run: Run) => {
  const { key, key_id } = await issueKey(await signIn());
  run.clientId = key_id;
  return bearer(key);
};

const aForeignPair = async (run: Run) => {
  const { clientId, clientSecret, owner } = await foreignClient();
  run.clientId = clientId;
  const lobby = rooms.LOBBY.getByName(lobbyName(clientId)) as unknown as Lobby;
  await lobby.claim({ clientId, owner });
  const ring = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner)) as unknown as Ring;
  const client = {
    clientId,
    createdBy: owner.id,
    name: 'foreign',
    description: '',
    scopes: ['items:read'],
    expiresAt: null,
    limit: null,
  };
  expect(await ring.adopt(owner, client, BY)).toMatchObject({ ok: true });
  return { headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` } };
};

const STORES = ['kv.get', 'kv.put'];
const RING = ['ring.admit'];
const LOBBY = ['lobby.look', 'lobby.exchange'];
const STYTCH = ['stytch.token', 'stytch.jwks'];

const CASES: Readonly<Record<string, Case>> = {
  'a key': { status: 200, calls: [...STORES, ...RING, 'ring.exchange', ...STYTCH, 'origin'], make: aKey },
  'a key in use': { status: 200, calls: ['origin'], make: aKey, warm: true },
  'a key in use, where each request asks': {
    ...{ status: 200, calls: [...RING, 'origin'], warm: true },
    make: async (run) => ({ ...(await aKey(run)), path: '/v1/strict/1' }),
  },
  'an access token': {
    status: 200,
    calls: [...STORES, ...RING, 'stytch.jwks', 'origin'],
    make: async (run) => {
      const { key, key_id } = await issueKey(await signIn());
      run.clientId = key_id;
      return bearer(await accessToken(key));
    },
  },
  'a session': {
    status: 200,
    calls: [...STORES, ...RING, 'stytch.jwks', 'origin'],
    make: async () => bearer(await signIn()),
  },
  'a foreign pair': {
    status: 200,
    calls: [...STORES, ...LOBBY, ...RING, ...STYTCH, 'origin'],
    make: aForeignPair,
  },
  'a key that was revoked': {
    status: 401,
    calls: ['kv.get', ...RING],
    make: async (run) => {
      const session = await signIn();
      const { key, key_id } = await issueKey(session);
      run.clientId = key_id;
      const ring = (await ringStub(session)) as unknown as Ring;
      expect(await ring.revoke(ownerOf(session), key_id, BY)).toMatchObject({ ok: true });
      return bearer(key);
    },
  },
  'a key without the scope': {
    status: 403,
    calls: [...STORES, ...RING, 'ring.exchange', ...STYTCH],
    make: async (run) => {
      const { key, key_id } = await issueKey(await signIn(), ['items:write']);
      run.clientId = key_id;
      return bearer(key);
    },
  },
  'a foreign pair with a wrong secret': {
    status: 401,
    calls: ['kv.get', ...LOBBY, 'stytch.token'],
    make: async (run) => {
      const { headers } = await aForeignPair(run);
      const [clientId] = atob(headers.authorization.slice('Basic '.length)).split(':');
      return { headers: { authorization: `Basic ${btoa(`${clientId}:${crypto.randomUUID()}`)}` } };
    },
  },
  'a made-up key': {
    status: 401,
    calls: [],
    make: async () => bearer(`acme_test_${'0'.repeat(28)}_${'1'.repeat(61)}`),
  },
  nobody: { status: 200, calls: ['origin'], make: async () => ({ headers: {}, path: '/optional/1' }) },
};

/** What may come of a request when something fails: as without it, or that it cannot be told or reached, or not got. */
const REFUSED = [401, 403, 429, 502, 503, 504];

const prepared = async ({ make, warm }: Case) => {
  const run = newRun();
  const { headers, path = '/v1/items/1' } = await make(run);
  const ask = () => run.request(headers, path);
  if (warm) expect((await ask()).status).toBe(200);
  run.arrived = 0;
  run.ports.length = 0;
  return { run, ask };
};

/** The ports that one request calls, in order, the background's too. */
const callsOf = async (one: Case): Promise<readonly string[]> => {
  const { run, ask } = await prepared(one);
  expect((await ask()).status).toBe(one.status);
  await scheduler.wait(100);
  return [...run.ports];
};

const suffer = async (one: Case, at: number, fault: Fault): Promise<string[]> => {
  const { run, ask } = await prepared(one);
  const wrong: string[] = [];
  run.arm(at, fault);
  const { status, headers } = await ask();
  const port = run.ports[at] ?? 'none';
  const isOrigins = port === 'origin' && ['500', 'null'].includes(fault);
  const told = `${fault} at ${at} (${port}): ${status}`;
  if (status !== one.status && !REFUSED.includes(status) && !isOrigins) wrong.push(told);
  if (one.status !== 200 && run.arrived > 0) wrong.push(`${told}, and the origin was asked`);
  if (one.status === 200 && (status === 401 || status === 403)) wrong.push(`${told}, of a good one`);
  if (status === 503 && headers.get('retry-after') === null) wrong.push(`${told}, and not when to come back`);
  run.disarm();
  // Stytch is asked again for keys after a second at the earliest.
  const after = await vi
    .waitUntil(async () => ((await ask()).status === one.status ? 'right' : false), {
      timeout: 8_000,
      interval: 250,
    })
    .catch(() => 'wrong');
  if (after !== 'right') wrong.push(`${told}, and ${(await ask()).status} afterwards`);
  if (one.status !== 200 && run.arrived > 0) wrong.push(`${told}, and the origin was asked afterwards`);
  return wrong;
};

describe.concurrent('whatever call fails, in whatever way', () => {
  it.each(Object.entries(CASES))(
    '%s is allowed as before or refused, and right again afterwards',
    async (_, one) => {
      const ports = await callsOf(one);
      expect(new Set(ports)).toEqual(new Set(one.calls));
      const all = ports.flatMap((_port, at) => FAULTS.map((fault) => ({ at, fault })));
      const wrong: string[] = [];
      for (let i = 0; i < all.length; i += AT_ONCE) {
        const batch = all.slice(i, i + AT_ONCE).map(({ at, fault }) => suffer(one, at, fault));
        wrong.push(...(await Promise.all(batch)).flat());
      }
      expect(wrong).toEqual([]);
    },
  );
});
