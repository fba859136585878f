import { readFileSync } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { expect, inject } from 'vitest';
import { WebSocket } from 'ws';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { type Caller, issue, signIn, stytchEmulator } from './edge.ts';
import { type LongOrigin, longOrigin } from './long-origin.ts';

/** Latchkey with leases of a second, in plain workerd, before an origin of each kind. */
export interface LongEdge {
  readonly origin: LongOrigin;
  readonly port: number;
  /** The process that Latchkey runs in. */
  readonly pid: number;
  /** A new user of Stytch with a key; `more` goes into the body that asks for it. */
  readonly newCaller: (more?: object) => Promise<Caller>;
  /** Sends a request and waits for the head of its answer. */
  readonly send: (path: string, options?: RequestOptions, body?: Sender) => Promise<IncomingMessage>;
  /** Revokes a key at the Desk; when it is dead everywhere, by the Desk's word, in milliseconds. */
  readonly revoke: (caller: Caller) => Promise<number>;
  /** Changes a key at the Desk; when that is in force everywhere, by the Desk's word, in milliseconds. */
  readonly change: (caller: Caller, patch: object) => Promise<number>;
  /** A session JWT that ends in so many seconds. */
  readonly briefSession: (seconds: number) => Promise<string>;
  /** Opens a WebSocket. */
  readonly dial: (
    path: string,
    headers?: Readonly<Record<string, string>>,
    protocols?: readonly string[],
  ) => Line;
  readonly logs: () => string;
  readonly stop: () => Promise<void>;
}

/** Writes a request's body and ends it. */
export type Sender = (outgoing: ReturnType<typeof request>) => unknown;

/** A WebSocket as a client has it. */
export interface Line {
  readonly socket: WebSocket;
  /** `open`, or the status and the body of the answer that was none. */
  readonly opened: Promise<string>;
  /** Messages that came, bytes in hexadecimal behind `0x`. */
  readonly heard: readonly string[];
  /** When the last one came. */
  readonly heardAt: () => number;
  /** Code and reason, once it is closed. */
  readonly closed: Promise<string>;
}

export const startLong = async (): Promise<LongEdge> => {
  const origin = await longOrigin();
  const stytch = await serve({ services: [stytchEmulator()] });
  const emulator = inject('emulatorBindings');
  const originUrl = `http://127.0.0.1:${origin.port}`;
  const worker = await serve({
    services: [
      {
        name: 'latchkey',
        script: bundle('test/outside/long-worker.ts').script,
        kv: ['VAULT'],
        durableObjects: [
          { binding: 'KEY_RING', className: 'KeyRing' },
          { binding: 'LOBBY', className: 'Lobby' },
        ],
        rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
        serviceBindings: { APP: 'app' },
        globalOutbound: 'zone',
        bindings: {
          ...freshSecrets(),
          STYTCH_PROJECT_ID: emulator.PROJECT_ID ?? '',
          STYTCH_SECRET: emulator.PROJECT_SECRET ?? '',
          STYTCH_API_URL: `http://127.0.0.1:${stytch.port('stytch')}`,
          ORIGIN_URL: originUrl,
        },
        socket: 0,
      },
      { name: 'app', script: relay('app'), bindings: { ORIGIN: originUrl } },
      { name: 'zone', script: relay('zone'), bindings: { ORIGIN: originUrl } },
    ],
  });
  const port = worker.port('latchkey');

  const send: LongEdge['send'] = (path, options = {}, body = (outgoing) => outgoing.end()) =>
    new Promise((resolve, reject) => {
      const headers = { host: 'api.test', ...(options.headers as Record<string, string>) };
      const outgoing = request({ port, host: '127.0.0.1', path, agent: false, ...options, headers }, resolve);
      outgoing.on('error', reject);
      body(outgoing);
    });

  return {
    ...{ origin, port, pid: worker.pid, send, logs: worker.logs },
    newCaller: async (more) =>
      issue(port, await signIn(stytch.port('stytch')), 'long', ['items:read', 'items:write'], more),
    revoke: async ({ keyId, session }) => {
      const headers = { host: 'desk.test', authorization: `Bearer ${session}` };
      return effectiveBy(await send(`/v1/keys/${keyId}`, { method: 'DELETE', headers }));
    },
    change: async ({ keyId, session }, patch) => {
      const headers = {
        ...{ host: 'desk.test', authorization: `Bearer ${session}` },
        'content-type': 'application/json',
      };
      const body: Sender = (outgoing) => outgoing.end(JSON.stringify(patch));
      return effectiveBy(await send(`/v1/keys/${keyId}`, { method: 'PATCH', headers }, body));
    },
    briefSession: async (seconds) => {
      const now = Math.floor(Date.now() / 1000);
      const wish = { kind: 'session', claims: { iat: now, nbf: now, exp: now + seconds } };
      const url = `http://127.0.0.1:${stytch.port('stytch')}/_emulator/tokens`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(wish) });
      return ((await answer.json()) as { readonly token: string }).token;
    },
    dial: (path, headers = {}, protocols = []) => dial(port, path, headers, protocols),
    stop: async () => {
      await Promise.all([worker.stop(), stytch.stop(), origin.stop()]);
    },
  };
};

/** An event stream as a client has it. */
export interface Stream {
  readonly heardAt: () => number;
  /** `broken`, as HTTP/1.1 breaks a body off; `neat` if it ended as if that were all. */
  readonly ending: Promise<'broken' | 'neat'>;
}

/** Opens an event stream, and waits for its first word. */
export const listenTo = async (
  edge: Pick<LongEdge, 'send'>,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Stream> => {
  const answer = await edge.send(path, { headers });
  expect(answer.statusCode).toBe(200);
  let heardAt = 0;
  answer.on('data', () => {
    heardAt = Date.now();
  });
  const ending = new Promise<'broken' | 'neat'>((resolve) => {
    answer.on('error', () => resolve('broken'));
    answer.on('end', () => resolve('neat'));
  });
  await expect.poll(() => heardAt, { timeout: 10_000 }).toBeGreaterThan(0);
  return { heardAt: () => heardAt, ending };
};

export const bearing = ({ key }: Caller): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${key}`,
});

const effectiveBy = async (answer: IncomingMessage): Promise<number> => {
  const { effective_by } = JSON.parse(await textOf(answer)) as { readonly effective_by: string };
  return Date.parse(effective_by);
};

export const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** How much memory a process had at most while something was done, beyond what it had before; in MB. */
export const growthOf = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  const before = residentMegabytes(pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMegabytes(pid));
  }, 10);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return peak - before;
};

const residentMegabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Another Worker before the same origin, which says by whom it was asked. Whatever is for somebody else, it lets out. */
const relay = (name: string): string => `
  export default {
    fetch: (request, env) => {
      const url = new URL(request.url);
      if (url.hostname !== 'api.test') return fetch(request);
      const headers = new Headers(request.headers);
      headers.set('x-relay', '${name} ' + request.url);
      const init = { method: request.method, headers, body: request.body, redirect: 'manual' };
      return fetch(env.ORIGIN + url.pathname + url.search, init);
    },
  };
`;

const dial = (
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  protocols: readonly string[],
): Line => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...protocols], {
    headers: { host: 'api.test', ...headers },
  });
  const heard: string[] = [];
  let heardAt = 0;
  socket.on('message', (data, isBinary) => {
    heardAt = Date.now();
    heard.push(isBinary ? `0x${(data as Buffer).toString('hex')}` : String(data));
  });
  const opened = new Promise<string>((resolve) => {
    socket.once('open', () => resolve('open'));
    socket.once('unexpected-response', (_, answer) => {
      void textOf(answer).then((text) => resolve(`${answer.statusCode} ${text}`));
    });
  });
  const closed = new Promise<string>((resolve) => {
    socket.once('close', (code, reason) => resolve(`${code} ${reason}`));
  });
  socket.on('error', () => undefined);
  return { socket, opened, heard, heardAt: () => heardAt, closed };
};
