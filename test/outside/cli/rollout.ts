import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import { inject } from 'vitest';
import { createVerifier } from '../../../src/origin/index.ts';
import { OPERATOR } from '../../../tools/dev/emulator-project.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { bundle } from '../../../tools/serve/bundle.ts';
import { serve } from '../../../tools/serve/index.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { stytchEmulator } from '../edge.ts';
import { latchkeyAt } from './stage.ts';

/**
 * Latchkey while a new version of it goes out. At Cloudflare, isolates are of the one version or the other for a while, and so
 * are Durable Objects, each by itself, over the same storage; who calls twice may meet both. So here one workerd has several
 * isolates that share Rings and KV, and each isolate and each Ring is given the new secrets by itself, under traffic, and
 * begins with an empty memory. Of two processes only one could own the storage, and in one that starts anew nothing would be
 * side by side. What a deployment does to the calls that a Ring has under way is not looked at: a Ring is moved between two.
 */
export interface Rollout {
  readonly desk: string;
  readonly api: string;
  readonly stytch: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly asOperator: readonly string[];
  /** Gives isolates (by number) the secrets of now and these. */
  readonly moveIsolates: (
    isolates: readonly number[],
    secrets: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** Gives them to Rings that come to life from now on, and has these begin anew. */
  readonly moveRings: (rings: readonly string[], secrets: Readonly<Record<string, string>>) => Promise<void>;
  /** What origins made of the assertions that they got: by the key that signed, and refused ones by why. */
  readonly origins: { readonly verified: Map<string, number>; readonly refused: Map<string, number> };
  /** Lets time pass for what origins keep, in milliseconds. */
  readonly age: (ms: number) => void;
  readonly stop: () => Promise<void>;
}

export const ISOLATES = 3;

/** The name of the header that says which isolate is meant; without it, it is any. */
export const ISOLATE = 'x-isolate';

export const startRollout = async (): Promise<Rollout> => {
  const port = await freePort();
  const desk = `http://localhost:${port}`;
  const origin = await openOrigin(desk);
  const stytch = await serve({ services: [stytchEmulator()] });
  const secrets = freshSecrets();
  const rings = {
    ...latchkeyAt(port, stytch.port('stytch'), secrets, origin.url),
    ...{ name: 'rings', script: bundle('test/outside/cli/rollout-worker.ts').script, socket: 0 },
  };
  const isolates = Array.from({ length: ISOLATES }, (_, i) => `isolate-${i}`);
  const worker = await serve({
    services: [rings, ...isolates.map((name) => ({ ...rings, name, shareDurableObjectsOf: 'rings' }))],
  });
  const front = createServer((request, response) => {
    const { [ISOLATE]: wanted = String(Math.floor(Math.random() * ISOLATES)), ...headers } = request.headers;
    forward(worker.port(`isolate-${String(wanted)}`), request, headers, response);
  });
  await new Promise<void>((listening) => front.listen(port, listening));

  const given = new Map<string, Readonly<Record<string, string>>>();
  const control = async (service: string, host: string, path: string, body: string): Promise<void> => {
    await new Promise<void>((done, failed) =>
      send(
        { port: worker.port(service), host: '127.0.0.1', method: 'POST', path, headers: { host } },
        (answer) => answer.resume().once('end', done),
      )
        .once('error', failed)
        .end(body),
    );
  };
  const move = async (service: string, more: Readonly<Record<string, string>>): Promise<void> => {
    given.set(service, { ...secrets, ...given.get(service), ...more });
    await control(service, 'version.test', '/', JSON.stringify(given.get(service)));
  };
  const stytchUrl = `http://127.0.0.1:${stytch.port('stytch')}`;
  const tokenUrl = `${stytchUrl}/v1/public/${inject('emulatorBindings').PROJECT_ID}/oauth2/token`;
  return {
    ...{ desk, api: `http://127.0.0.1:${port}`, stytch: stytchUrl, secrets },
    asOperator: ['--desk', desk, '--client-id', OPERATOR.clientId, '--token-url', tokenUrl],
    moveIsolates: async (which, more) => {
      for (const each of which) await move(`isolate-${each}`, more);
    },
    moveRings: async (which, more) => {
      await move('rings', more);
      for (const ring of which) await control('rings', 'ring.test', `/${ring}`, '');
    },
    ...{ origins: origin.heard, age: origin.age },
    stop: async () => {
      for (const server of [front, origin.server]) {
        server.close();
        server.closeAllConnections();
      }
      await Promise.all([worker.stop(), stytch.stop()]);
    },
  };
};

const forward = (
  port: number,
  request: IncomingMessage,
  headers: IncomingMessage['headers'],
  response: ServerResponse,
): void => {
  const { method, url } = request;
  const onward = send({ port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once('error', () => response.writeHead(599).end());
  request.pipe(onward);
};

/**
 * How long an origin may go by keys that it fetched, in milliseconds: 10 minutes by its own memory (`src/origin/jwks.ts`), after
 * 5 in a cache that the Desk's Cache-Control allows. Ours asks sooner where a key is unknown; these do not.
 */
const KEPT_MS = 900_000;

/** Origins whose copies of the keys are of different ages. */
const AGES_MS = [0, 300_000, 600_000];

const openOrigin = async (desk: string) => {
  const heard = { verified: new Map<string, number>(), refused: new Map<string, number>() };
  let offset = 0;
  const caches = AGES_MS.map((age) => cache(() => Date.now() + offset, age));
  const count = (map: Map<string, number>, name: string) => void map.set(name, (map.get(name) ?? 0) + 1);
  let turn = 0;
  const server: Server = createServer(async ({ headers }, response) => {
    const verify = createVerifier({
      ...{ jwksUrl: `${desk}/.well-known/jwks.json`, issuer: desk, audience: 'acme-api' },
      ...{ fetch: caches[turn++ % caches.length] ?? fetch },
    });
    const verified = await verify(headers as Record<string, string>);
    if (verified.ok) count(heard.verified, kidOf(String(headers['x-latchkey-assertion'])));
    else count(heard.refused, verified.reason);
    response.writeHead(verified.ok ? 200 : 418).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const age = (ms: number): void => {
    offset += ms;
  };
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return { server, url, heard, age };
};

const kidOf = (assertion: string): string =>
  (JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;

/** Fetches, and answers with the same until it is too old; the first one was old when it came. */
const cache = (now: () => number, age: number) => {
  let copy: { readonly text: string; readonly at: number } | null = null;
  return async (url: string): Promise<Response> => {
    if (copy === null || now() - copy.at >= KEPT_MS) {
      const isFirst = copy === null;
      copy = { text: await (await fetch(url)).text(), at: now() - (isFirst ? age : 0) };
    }
    return new Response(copy.text);
  };
};
