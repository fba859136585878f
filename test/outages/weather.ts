import { env } from 'cloudflare:workers';
import type { Random } from '../../bench/simulate/random.ts';
import { emulator, rooms } from '../world.ts';
import { unsteadyKv } from './unsteady-kv.ts';

/** How Stytch is: `mixed` is each of the others in turn. */
export type StytchMood = 'well' | 'refused' | '503' | 'hang' | '429' | 'mixed';

/** What fails. */
export interface Forecast {
  readonly stytch: StytchMood;
  /** Of Stytch, only its signing keys. */
  readonly onlyJwks?: boolean;
  /** The part of the calls of KV, and of Rings and Lobbies, that fail. */
  readonly kv: number;
  readonly ring: number;
}

export const FINE: Forecast = { stytch: 'well', kv: 0, ring: 0 };

/** What a Stytch that asks for quiet says, in seconds. */
export const RETRY_AFTER_SECONDS = 20;

/** A call that hangs is waited for to its caller's deadline so many times in a run, in real time, because timers are. */
const REAL_HANGS = 2;

/** After that it ends as if the deadline had passed, after so long; milliseconds. */
const SHORT_HANG_MS = 15;

/** What the origin saw of a request, by the id that it came with. */
export type SeenAtOrigin = (requestId: string, headers: Headers) => void;

/** What is between Latchkey and everything that it calls. Every isolate, Ring and Lobby of a test file shares one. */
export const openWeather = (random: Random, atOrigin: SeenAtOrigin) => {
  let forecast = FINE;
  let hangsLeft = REAL_HANGS;
  let inFlight = 0;
  let pinnedAt = 0;
  /** When Stytch last gave its signing keys, and the end of the last token of each client. */
  const heard = { jwksAt: Number.NEGATIVE_INFINITY, tokenEnds: new Map<string, number>() };

  const pick = <T>(choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];

  /** A call that is really made, and waited for before the clock moves. */
  const made = async <T>(call: () => Promise<T>): Promise<T> => {
    inFlight++;
    try {
      return await call();
    } finally {
      inFlight--;
    }
  };

  const hang = (signal: AbortSignal | null = null): Promise<never> =>
    new Promise((_, reject) => {
      const end = (): void => reject(new DOMException('it took too long', 'AbortError'));
      if (hangsLeft-- <= 0) void scheduler.wait(SHORT_HANG_MS).then(end);
      else signal?.addEventListener('abort', end);
    });

  /** Stytch's clock is that of the tests, which stands still. */
  const pin = async (): Promise<void> => {
    const now = Date.now();
    if (pinnedAt === now) return;
    pinnedAt = now;
    await emulator('POST', '/clock', { now: now / 1000, frozen: true });
  };

  const moodFor = (path: string): StytchMood =>
    forecast.onlyJwks === true && !path.includes('/jwks/') ? 'well' : forecast.stytch;

  const failing = (mood: StytchMood, signal: AbortSignal | null): Promise<Response> => {
    switch (mood) {
      case '503':
        return Promise.resolve(new Response('{"status_code":503}', { status: 503 }));
      case '429': {
        const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
        return Promise.resolve(new Response('{"status_code":429}', { status: 429, headers }));
      }
      case 'hang':
        return hang(signal);
      case 'mixed':
        return failing(pick(['refused', '503', 'hang', '429']), signal);
      default:
        return Promise.reject(new TypeError('connection refused'));
    }
  };

  const listen = async (path: string, body: unknown, response: Response): Promise<void> => {
    if (!response.ok) return;
    if (path.includes('/jwks/')) heard.jwksAt = Date.now();
    if (!path.endsWith('/oauth2/token')) return;
    const { access_token: token } = (await response.clone().json()) as { access_token: string };
    const clientId = new URLSearchParams(String(body)).get('client_id') ?? '';
    heard.tokenEnds.set(clientId, endOf(token));
  };

  const real = globalThis.fetch;
  const sail = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input));
    if (url.hostname === 'origin.test') {
      const headers = new Headers(init?.headers);
      atOrigin(headers.get('x-request-id') ?? '', headers);
      return new Response();
    }
    const mood = moodFor(url.pathname);
    if (mood !== 'well') return failing(mood, init?.signal ?? null);
    return made(async () => {
      await pin();
      const response = await real(url.href, init);
      await listen(url.pathname, init?.body, response);
      return response;
    });
  };

  /** Rings or Lobbies that throw, answer nonsense, hang, or do what was asked and lose the answer. */
  const objects = (namespace: DurableObjectNamespace): DurableObjectNamespace =>
    new Proxy(namespace, {
      get: (target, name) => {
        if (name !== 'getByName') return Reflect.get(target, name);
        return (id: string) => unsteady(target.getByName(id));
      },
    });

  const unsteady = (stub: DurableObjectStub): DurableObjectStub =>
    new Proxy(stub, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        // Called as a method: on an RPC stub, `value.apply` would be a remote method of that name.
        const call = (each: unknown[]) =>
          made(async () =>
            (target as unknown as Record<string, (...all: unknown[]) => unknown>)[String(name)]?.(...each),
          );
        return async (...each: unknown[]) => {
          if (random() >= forecast.ring) return call(each);
          const fault = pick(['throw', 'garbage', 'hang', 'lost']);
          if (fault === 'hang') return hang();
          if (fault === 'garbage') return pick([null, '<html>', { standing: {} }]);
          if (fault === 'lost') await call(each);
          throw new Error('the Ring is not well');
        };
      },
    });

  const kv = unsteadyKv(rooms.VAULT, { ...{ made, hang, pick }, fails: () => random() < forecast.kv });

  globalThis.fetch = sail as typeof fetch;

  return {
    heard,
    pin,
    /** What an isolate is bound to. */
    bindings: {
      ...(env as unknown as Record<string, unknown>),
      VAULT: kv,
      KEY_RING: objects(rooms.KEY_RING),
      LOBBY: objects(rooms.LOBBY),
    },
    /** Whether Stytch answers a client or the app, which call it by themselves. */
    isStytchWell: (): boolean => forecast.stytch === 'well' || forecast.onlyJwks === true,
    forecast: (): Forecast => forecast,
    turn: (next: Forecast): void => {
      forecast = next;
      hangsLeft = REAL_HANGS;
    },
    /** Until what goes on in the background is done, as far as it can be done now. */
    settled: async (): Promise<void> => {
      for (let quiet = 0; quiet < 2; quiet = inFlight === 0 ? quiet + 1 : 0) await scheduler.wait(1);
    },
    end: (): void => {
      globalThis.fetch = real;
    },
  };
};

export type Conditions = ReturnType<typeof openWeather>;

/** The end of a JWT, in milliseconds; unchecked. */
export const endOf = (jwt: string): number => {
  const { exp } = JSON.parse(atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
  return Number(exp) * 1000;
};
