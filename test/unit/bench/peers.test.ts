import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call } from '../../../bench/http.ts';
import { type Headers, peer } from '../../../bench/peers/peer.ts';
import { startReplay } from '../../../bench/peers/replay.ts';
import { bearer, forged } from '../../../bench/peers/stytch.ts';
import type { World } from '../../../bench/variant.ts';
import { PEERS } from '../../../bench/variants/peers.ts';

const PEERS_FOLDER = 'bench/peers';

/** A server on a free port, for one test. */
const listen = async (answer: (headers: Headers) => { readonly status: number; readonly text?: string }) => {
  const server = createServer((request, response) => {
    const { status, text = '' } = answer(request.headers as Headers);
    response.writeHead(status).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

interface Measured {
  /** How a bad credential is answered. */
  readonly status: number;
  /** How often the peer asked whom it asks, before the round and after it. */
  readonly asked?: readonly [number, number];
  /** Whether the origin hears of a bad credential. */
  readonly leaks?: boolean;
}

/** The confirmation of a round of ten requests. */
const confirmed = async ({ status, asked = [0, 10], leaks = false }: Measured): Promise<void> => {
  let heard = 0;
  const port = await listen(() => {
    if (leaks) heard++;
    return { status };
  });
  const counts = asked.values();
  const variant = peer({
    ...{ name: 'peer', says: 'a peer' },
    serve: async () => ({
      ...{ pid: 1, port },
      good: async () => bearer('good'),
      bad: async () => [bearer('bad')],
      asked: async () => counts.next().value ?? 0,
      [Symbol.asyncDispose]: async () => undefined,
    }),
  });
  const seen = async () => {
    const requests = heard;
    heard = 0;
    return { requests, identified: 0, last: {} };
  };
  const subject = await variant.open({ origin: { seen } } as unknown as World);
  const { confirm } = await subject.round();
  await confirm?.(10);
};

describe('a round of a peer', () => {
  it('is good when it asked on each call and refused a bad credential', async () => {
    await confirmed({ status: 401 });
    await confirmed({ status: 403, asked: [5, 17] });
  });

  it('fails when it asked on some calls only', async () => {
    await expect(confirmed({ status: 401, asked: [5, 14] })).rejects.toThrow('asked 9 times for 10 requests');
  });

  it('fails when a bad credential is let in', async () => {
    await expect(confirmed({ status: 200 })).rejects.toThrow('answered 200 to a bad credential');
  });

  it('fails when the origin hears of a bad credential', async () => {
    const round = confirmed({ status: 401, leaks: true });
    await expect(round).rejects.toThrow('the origin was asked with a bad credential');
  });
});

describe('what peers ask', () => {
  it('answers as was recorded, counts each call, and knows nothing else', async () => {
    const port = await listen(() => ({ status: 200, text: '{"keys":[]}' }));
    using replay = await startReplay({ port, projectId: 'project', secret: 'secret' });
    await replay.record({ path: '/jwks' });
    await replay.record({ path: '/sessions', method: 'POST', body: { session_token: 'a' } });
    const own = Number(new URL(replay.url).port);
    const ask = async (path: string, body?: unknown) => {
      const { status, text } = await call({ port: own, path, ...(body ? { method: 'POST', body } : {}) });
      return `${status} ${text}`;
    };
    expect(await ask('/jwks')).toBe('200 {"keys":[]}');
    expect(await ask('/sessions', { session_token: 'a' })).toBe('200 {"keys":[]}');
    expect(await ask('/sessions', { session_token: 'b' })).toBe('404 {}');
    expect(await replay.asked()).toBe(3);
  });

  it('a forged token says the same and is signed otherwise', () => {
    expect(forged('head.payload.signature')).toBe('head.payload.erutangis');
  });
});

describe('the list of peers', () => {
  it('names each once, and each that another is a ratio of before it', () => {
    const names = PEERS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, base } of PEERS)
      if (base !== undefined) expect(names.slice(0, names.indexOf(name))).toContain(base);
  });

  it('every package that a peer imports is in bench/peers/package.json', () => {
    const { dependencies } = JSON.parse(readFileSync(`${PEERS_FOLDER}/package.json`, 'utf8'));
    const texts = readdirSync(`${PEERS_FOLDER}/packaged`).map((file) =>
      readFileSync(`${PEERS_FOLDER}/packaged/${file}`, 'utf8'),
    );
    const imported = texts.flatMap((text) => [...text.matchAll(/from '([^.:']+)'/g)].map(([, name]) => name));
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(imported));
    expect(imported).toHaveLength(4);
  });
});
