import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, inject } from 'vitest';
import { createVerifier, type Identity, type Verify } from '../../src/origin/index.ts';
import { serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { withoutMetadata } from '../challenge.ts';
import { spellings } from '../spellings.ts';
import { type Reply, recordingOrigin, type Seen } from './recording-origin.ts';
import { exchange, type RawResponse } from './socket.ts';

/** Somebody with a key, and as whom the origin must see him. */
export interface Caller {
  readonly key: string;
  readonly keyId: string;
  readonly session: string;
  readonly identity: Identity;
}

/** What a new key shall be. */
interface Asked {
  readonly name?: string;
  readonly scopes?: readonly string[];
  /** Of its owner. */
  readonly email?: string;
}

/** What one connection came to, at both ends. */
export interface Outcome {
  /** Of every answer, in order; none when the server closed without a word. */
  readonly statuses: readonly number[];
  readonly answers: readonly RawResponse[];
  /** Of the first answer; `code` only if it is a problem document of Latchkey's. */
  readonly status: number | null;
  readonly code: string | null;
  readonly challenge: string | null;
  /** The whole requests that the origin got. */
  readonly arrived: readonly Seen[];
  /** Every byte that was sent to the origin, those of broken requests too. */
  readonly wire: string;
}

/** Latchkey as production bundles it, in plain workerd, between sockets and an origin that writes down every byte. */
export interface Edge {
  /** Where the Worker finds the origin. */
  readonly originPort: number;
  /** Sends the pieces over a connection of their own, then FIN, and reads until the server closes: no later request can be missed. */
  readonly send: (...pieces: readonly string[]) => Promise<Outcome>;
  /** Scripts the origin's answers to the next `send`. */
  readonly reply: (...replies: readonly Reply[]) => void;
  /** A new user of Stytch with a key. */
  readonly newCaller: (asked?: Asked) => Promise<Caller>;
  /** A token that Stytch's emulator makes as wished. */
  readonly token: (wish: object) => Promise<string>;
  /** Asserts all that must be true of any request that reaches the origin; returns the lines that are the client's own, sorted. */
  readonly inspect: (seen: Seen, identity: Identity) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

export const ANONYMOUS: Identity = {
  auth: 'anonymous',
  userId: null,
  organizationId: null,
  clientId: null,
  scopes: [],
};

const SCOPES = ['items:read', 'items:write'];

/** So many anonymous requests of one address, and of all without one, as no test makes. */
const NO_LIMIT = 1_000_000_000;

/** In seconds: no period ends during a test. */
const NO_END = 1_000_000_000;

/** Starts Stytch's emulator, the origin and, between them and the sockets, the Worker with `test/settings.ts`. */
export const startEdge = async (strangers = NO_LIMIT): Promise<Edge> => {
  const origin = await recordingOrigin();
  const tap = await wiretap(origin.port);
  const stytch = await serve({ services: [stytchEmulator()] });
  const worker = await serve({ services: [latchkey(stytch.port('stytch'), tap.port, strangers)] });
  const port = worker.port('latchkey');
  const secrets = new Set<string>();
  const scripted: Reply[] = [];

  const send: Edge['send'] = async (...pieces) => {
    origin.reset();
    tap.reset();
    origin.next(...scripted.splice(0));
    const { responses } = await exchange(port, pieces, { halfClose: true, responses: Infinity });
    const wire = tap.bytes();
    const heard = wire + responses.map(({ text }) => text).join('\n');
    const found = [...secrets].some((secret) => spellings(secret).some((spelled) => heard.includes(spelled)));
    expect(found, 'a secret went on').toBe(false);
    const [first] = responses;
    return {
      statuses: responses.map(({ status }) => status),
      answers: responses,
      status: first?.status ?? null,
      code: first === undefined ? null : codeOf(first),
      challenge: withoutMetadata(first?.header('www-authenticate') ?? null),
      arrived: origin.records(),
      wire,
    };
  };

  const verify = await verifierOf(port);
  return {
    originPort: tap.port,
    send,
    reply: (...replies) => void scripted.push(...replies),
    newCaller: async ({ name = 'hostile', scopes = SCOPES, email } = {}) => {
      const caller = await issue(port, await signIn(stytch.port('stytch'), email), name, scopes);
      const tail = caller.key.slice(caller.keyId.length + 1);
      for (const secret of [caller.key, tail, base64(caller.key), base64(`${caller.keyId}:${tail}`)])
        secrets.add(secret);
      secrets.add(caller.session);
      return caller;
    },
    token: async (wish) => {
      const url = `http://127.0.0.1:${stytch.port('stytch')}/_emulator/tokens`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(wish) });
      const { token } = (await answer.json()) as { readonly token: string };
      secrets.add(token);
      return token;
    },
    inspect: (seen, identity) => inspect(seen, identity, verify),
    stop: async () => {
      await Promise.all([worker.stop(), stytch.stop(), tap.stop(), origin.stop()]);
    },
  };
};

/** A request, byte for byte: to an API host, unless a line says another. */
export const request = (method: string, target: string, lines: readonly string[] = [], body = ''): string => {
  const all = lines.some((line) => /^host\s*:/i.test(line)) ? lines : ['Host: api.test', ...lines];
  return `${method} ${target} HTTP/1.1\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
};

export const get = (target: string, ...lines: readonly string[]): string => request('GET', target, lines);

/** What an `Outcome` matches when Latchkey refused and the origin did not get a byte. */
export const refusal = (status: number, code: string, challenge: string | null = null) => ({
  statuses: [status],
  code,
  challenge,
  arrived: [],
  wire: '',
});

/** Asserts that nobody answered with success and that the origin did not get a byte: all that counts where workerd refuses. */
export const expectTurnedAway = ({ statuses, arrived, wire }: Outcome): void => {
  expect(statuses.filter((status) => status < 400)).toEqual([]);
  expect({ arrived, wire }).toEqual({ arrived: [], wire: '' });
};

export const bearer = ({ key }: Caller): string => `Authorization: Bearer ${key}`;

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The challenge of a refusal (RFC 6750 §3). */
export const challenge = (parameters = ''): string =>
  `Bearer realm="acme-api"${parameters === '' ? '' : `, ${parameters}`}`;

export const stytchEmulator = () => ({
  name: 'stytch',
  script: inject('bundles').emulator,
  bindings: inject('emulatorBindings'),
  durableObjects: [{ binding: 'STYTCH_PROJECT', className: 'StytchProject' }],
  socket: 0,
});

/** The Worker under test as a service, between an emulator and an origin. */
export const latchkey = (stytchPort: number, originPort: number, strangers = NO_LIMIT) => ({
  name: 'latchkey',
  script: inject('bundles').underTest,
  kv: ['VAULT'],
  durableObjects: [
    { binding: 'KEY_RING', className: 'KeyRing' },
    { binding: 'LOBBY', className: 'Lobby' },
  ],
  rateLimits: [{ binding: 'STRANGERS', limit: strangers, periodSeconds: NO_END }],
  bindings: {
    ...freshSecrets(),
    STYTCH_PROJECT_ID: inject('emulatorBindings').PROJECT_ID ?? '',
    STYTCH_SECRET: inject('emulatorBindings').PROJECT_SECRET ?? '',
    STYTCH_API_URL: `http://127.0.0.1:${stytchPort}`,
    ORIGIN_URL: `http://127.0.0.1:${originPort}`,
  },
  socket: 0,
});

/** Hands bytes on in both directions and remembers those that go to `port`. */
const wiretap = async (port: number) => {
  const sockets = new Set<Socket>();
  let heard: Buffer[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()); // Whoever breaks off, breaks off both.
      socket.once('close', () => sockets.delete(socket));
    }
    near.on('data', (bytes) => heard.push(bytes));
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(heard).toString('latin1'),
    reset: () => {
      heard = [];
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
};

/** Every problem document of ours keeps the error contract, whatever the test asks for besides. */
const codeOf = (response: RawResponse): string | null => {
  if (response.header('content-type') !== 'application/problem+json' || response.text === '') return null;
  const problem = JSON.parse(response.text);
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`https://desk.test/problems/${problem.code}`);
  expect(response.header('cache-control')).toBe('no-store');
  expect(response.header('x-request-id')).toBe(problem.request_id);
  return problem.code;
};

/** The lines that the Gate and workerd themselves write, and with which values. Of the framing, the runtime writes what is true. */
const WRITTEN: Readonly<Record<string, RegExp>> = {
  host: /^127\.0\.0\.1:\d+$/,
  'cache-control': /^no-cache$/,
  pragma: /^no-cache$/,
  'x-forwarded-host': /^api\.test$/,
  'x-forwarded-proto': /^http$/,
  'x-request-id': /^[A-Za-z0-9_-]{8,64}$/,
  traceparent: /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/,
};
const FRAMING: Readonly<Record<string, RegExp>> = {
  'content-length': /^\d+$/,
  'transfer-encoding': /^chunked$/,
};

/** The names that an identity is written under, as DESIGN.md section 5 lists them. */
const claimed = (identity: Identity): Readonly<Record<string, string>> => ({
  'X-Latchkey-Auth': identity.auth,
  ...(identity.userId === null ? {} : { 'X-Latchkey-User-Id': identity.userId }),
  ...(identity.organizationId === null ? {} : { 'X-Latchkey-Organization-Id': identity.organizationId }),
  ...(identity.clientId === null ? {} : { 'X-Latchkey-Key-Id': identity.clientId }),
  ...(identity.scopes.length === 0 ? {} : { 'X-Latchkey-Scopes': identity.scopes.join(' ') }),
});

/** As the most careless origin reads a name: without case, and every other sign the same. */
const careless = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

const inspect = async (seen: Seen, identity: Identity, verify: Verify): Promise<readonly string[]> => {
  const reserved = seen.headers.filter(([name]) => careless(name).startsWith('x-latchkey'));
  const { 'X-Latchkey-Assertion': assertion, ...said } = Object.fromEntries(reserved);
  expect(said).toEqual(claimed(identity));
  // Each once: an object would hide a second line.
  expect(reserved).toHaveLength(Object.keys(said).length + 1);
  const bound = { method: seen.method, url: seen.target };
  expect(await verify({ 'x-latchkey-assertion': assertion, ...lowered(said) }, bound)).toEqual({
    ok: true,
    identity,
  });

  const mine = new Set(['x-latchkey']);
  for (const [name, value] of Object.entries(WRITTEN)) {
    const found = seen.headers.filter(([other]) => careless(other) === name);
    expect(found, name).toHaveLength(1);
    expect(found[0]?.[1], name).toMatch(value);
    mine.add(name);
  }
  // RFC 8586 §2: those before us stay.
  expect(seen.lines.filter((line) => line.toLowerCase() === 'cdn-loop: desk.test')).toHaveLength(1);
  const framing = seen.headers.filter(([name]) => Object.hasOwn(FRAMING, careless(name)));
  expect(framing.length).toBeLessThan(2);
  for (const [name, value] of framing) expect(value, name).toMatch(FRAMING[careless(name)] ?? /^$/);

  const theirs = seen.lines.filter((line) => {
    if (line.toLowerCase() === 'cdn-loop: desk.test') return false;
    const name = careless(line.slice(0, line.indexOf(':')));
    return !mine.has(name) && !name.startsWith('x-latchkey') && !Object.hasOwn(FRAMING, name);
  });
  for (const line of theirs) expect(line).toMatch(/^[A-Za-z0-9-]+:/);
  return theirs.sort();
};

const lowered = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const desk = async (port: number, bytes: string): Promise<RawResponse> => {
  const { responses } = await exchange(port, [bytes]);
  const [response] = responses;
  if (response === undefined || response.status >= 300) throw new Error(`the Desk: ${response?.text}`);
  return response;
};

export const verifierOf = async (port: number): Promise<Verify> => {
  const { text } = await desk(port, get('/.well-known/jwks.json', 'Host: desk.test'));
  return createVerifier({ jwks: JSON.parse(text), issuer: 'https://desk.test', audience: 'acme-api' });
};

/** A session JWT of a user whom nobody else knows: limits are per user. */
export const signIn = async (port: number, email = `${crypto.randomUUID()}@example.com`): Promise<string> => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const url = `http://127.0.0.1:${port}`;
  const user = { email, password: 'correct horse battery staple' };
  await fetch(`${url}/_emulator/seed`, { method: 'POST', body: JSON.stringify({ users: [user] }) });
  const answer = await fetch(`${url}/v1/passwords/authenticate`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${base64(`${PROJECT_ID}:${PROJECT_SECRET}`)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...user, session_duration_minutes: 60 }),
  });
  const { session_jwt } = (await answer.json()) as { readonly session_jwt: string };
  return session_jwt;
};

export const issue = async (
  port: number,
  session: string,
  name: string,
  scopes: readonly string[],
  more: object = {},
): Promise<Caller> => {
  const body = JSON.stringify({ name, scopes, ...more }).replace(/[^ -~]/g, escaped);
  const lines = [
    'Host: desk.test',
    `Authorization: Bearer ${session}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const { key, key_id, owner } = JSON.parse(
    (await desk(port, request('POST', '/v1/keys', lines, body))).text,
  );
  const identity: Identity = {
    auth: 'api_key',
    userId: owner.id,
    organizationId: null,
    clientId: key_id,
    scopes,
  };
  return { key, keyId: key_id, session, identity };
};

/** JSON in ASCII: what is sent is latin1. */
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
