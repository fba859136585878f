import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Caller, get, request } from './edge.ts';
import { bearing, growthOf, type LongEdge, type Sender, startLong, textOf } from './long.ts';
import { ARCHIVE } from './long-origin.ts';
import { exchange } from './socket.ts';

const HUNDRED_MB = 100_000_000;

/** What a process may grow by while 100 MB go through it: far less than 100 MB, far more than a buffer or two. */
const FLAT_MB = 60;

let edge: LongEdge;
let me: Caller;

beforeAll(async () => {
  edge = await startLong();
  me = await edge.newCaller();
  // The heap that a first long body takes is not the body's.
  await downloaded('/public/chunks/20000000');
  await uploaded('/v1/limited/upload', 20_000_000, false);
});
beforeEach(async () => {
  await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
  edge.origin.reset();
});
afterAll(() => edge?.stop());

const BLOCK = Buffer.alloc(65_536, 'latchkey');

/** Writes so many bytes, no faster than they are taken. */
const flood =
  (bytes: number): Sender =>
  async (outgoing) => {
    for (let left = bytes; left > 0; left -= BLOCK.length) {
      if (!outgoing.write(BLOCK.subarray(0, left))) await new Promise((go) => outgoing.once('drain', go));
    }
    outgoing.end();
  };

const sha256 = (bytes: number): string => {
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; left -= BLOCK.length) hash.update(BLOCK.subarray(0, left));
  return hash.digest('hex');
};

const uploaded = async (path: string, bytes: number, announced: boolean): Promise<unknown> => {
  const length = announced ? { 'content-length': String(bytes) } : { 'transfer-encoding': 'chunked' };
  const options = { method: 'POST', headers: { ...bearing(me), ...length } };
  return JSON.parse(await textOf(await edge.send(path, options, flood(bytes))));
};

const downloaded = async (path: string, pauseMs = 0): Promise<number> => {
  const answer = await edge.send(path, { headers: bearing(me) });
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (pauseMs > 0) await wait(pauseMs);
  }
  return bytes;
};

describe('DOS-06 › 100 MB pass with flat memory', () => {
  test.each([
    ['of announced length', '/v1/any/upload', true],
    ['in chunks', '/v1/any/upload', false],
    ['in chunks, counted', '/v1/limited/upload', false],
  ])('to the origin, %s', async (_, path, announced) => {
    let seen: unknown;
    const growth = await growthOf(edge.pid, async () => {
      seen = await uploaded(path, HUNDRED_MB, announced);
    });
    expect(seen).toEqual({ bytes: HUNDRED_MB, sha256: sha256(HUNDRED_MB) });
    expect(growth).toBeLessThan(FLAT_MB);
  });

  test.each([
    ['of announced length', `/v1/any/download/${HUNDRED_MB}`],
    ['in chunks', `/v1/any/chunks/${HUNDRED_MB}`],
    ['that nobody looks after', `/public/download/${HUNDRED_MB}`],
  ])('to the client, %s', async (_, path) => {
    let bytes = 0;
    const growth = await growthOf(edge.pid, async () => {
      bytes = await downloaded(path);
    });
    expect(bytes).toBe(HUNDRED_MB);
    expect(growth).toBeLessThan(FLAT_MB);
  });

  test('to a client that is slower than the origin', async () => {
    let bytes = 0;
    const growth = await growthOf(edge.pid, async () => {
      bytes = await downloaded(`/v1/any/chunks/${HUNDRED_MB}`, 1);
    });
    expect(bytes).toBe(HUNDRED_MB);
    expect(growth).toBeLessThan(FLAT_MB);
  });
});

describe('a slow stream', () => {
  test.each(['/v1/stream/events', '/public/events', '/v1/bound/events'])(
    'passes event by event, each before the next is sent, for longer than a lease: %s',
    async (path) => {
      const answer = await edge.send(path, { headers: bearing(me) });
      expect(answer.headers['content-type']).toBe('text/event-stream');
      const heard = textsOf(answer);
      const growth = await growthOf(edge.pid, async () => {
        for (let i = 0; i < 25; i++) {
          edge.origin.emit(`event ${i}`);
          await expect.poll(() => heard.join('')).toMatch(new RegExp(`data: event ${i}\n\n$`));
          await wait(100);
        }
      });
      expect(growth).toBeLessThan(FLAT_MB);
      await hangUp(answer);
    },
  );
});

/**
 * Goes away for good. Who only sends FIN may still want to read: as long as nothing is written to him, workerd
 * cannot know better.
 */
const hangUp = async (answer: IncomingMessage): Promise<void> => {
  answer.socket.resetAndDestroy();
  await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
};

/** What comes, as it comes. */
const textsOf = (answer: IncomingMessage): readonly string[] => {
  const texts: string[] = [];
  answer.on('data', (chunk: Buffer) => texts.push(String(chunk)));
  answer.on('error', () => undefined);
  return texts;
};

describe('a client that goes away frees what it held', () => {
  const gone = async (path: string, options: RequestOptions = {}): Promise<void> => {
    const answer = await edge.send(path, { ...options, headers: bearing(me) });
    await new Promise((first) => answer.once('data', first));
    expect(edge.origin.open()).toBe(1);
    await hangUp(answer);
  };

  test('within a download', () => gone(`/v1/any/download/${HUNDRED_MB}`));
  test('within a download in chunks', () => gone(`/v1/any/chunks/${HUNDRED_MB}`));
  test('within a download that nobody looks after', () => gone(`/public/download/${HUNDRED_MB}`));
  test('within a download from a service binding', () => gone(`/v1/bound/chunks/${HUNDRED_MB}`));

  test.each(['/v1/any/upload', '/v1/limited/upload', '/public/upload'])(
    'within an upload, and the origin does not take the part for the whole: %s',
    async (path) => {
      for (const length of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
        edge.origin.reset();
        const part = length.startsWith('C') ? 'part' : '4\r\npart\r\n';
        const head = request('POST', path, ['Host: api.test', `X-API-Key: ${me.key}`, length], part);
        const client = connect(edge.port, '127.0.0.1');
        client.write(head);
        await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(1);
        client.destroy();
        await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
        expect(edge.origin.broken()).toBe(1);
      }
    },
  );

  test.each(['/v1/any/hang', '/public/hang'])('while it waits for the head: %s', async (path) => {
    const client = connect(edge.port, '127.0.0.1');
    client.write(get(path, `X-API-Key: ${me.key}`));
    await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(1);
    client.resetAndDestroy();
    await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
  });

  test('of a WebSocket', async () => {
    const line = edge.dial('/v1/stream/echo', bearing(me));
    expect(await line.opened).toBe('open');
    line.socket.terminate();
    await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
    expect(edge.origin.ends()).toEqual([expect.stringMatching(/^1011 /)]);
  });

  test('a hundred at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => edge.send('/v1/stream/events', { headers: bearing(me) })),
    );
    expect(edge.origin.open()).toBe(100);
    await Promise.all(answers.map(hangUp));
  });
});

describe('ORG-09 › an origin that', () => {
  test.each(['length', 'chunks'])(
    'breaks off within a body: so does the answer, never neatly (%s)',
    async (how) => {
      for (const path of ['/v1/any', '/public', '/v1/bound', '/v1/zone']) {
        const { responses, ending } = await exchange(edge.port, [
          get(`${path}/break/${how}`, `X-API-Key: ${me.key}`),
        ]);
        expect([path, responses, ending]).toEqual([path, [], 'cut']);
      }
    },
  );

  test('is silent is 504, and its connection is let go', async () => {
    const answer = await edge.send('/v1/quick/hang', { headers: bearing(me) });
    expect([answer.statusCode, JSON.parse(await textOf(answer)).code]).toEqual([504, 'origin_timed_out']);
    await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
  });
});

describe('what is asked of the origin, and what it answers, is passed untouched', () => {
  const ask = async (method: string, headers: Readonly<Record<string, string>>, path = '/v1/any/item') => {
    const answer = await edge.send(path, { method, headers: { ...bearing(me), ...headers } });
    const { statusCode, headers: got } = answer;
    return { status: statusCode, got, body: await textOf(answer), head: edge.origin.heads().at(-1)?.headers };
  };

  test('Range and 206', async () => {
    const { status, got, body, head } = await ask('GET', { range: 'bytes=0-4', 'if-range': '"1"' });
    expect(head).toMatchObject({ range: 'bytes=0-4', 'if-range': '"1"' });
    expect([status, body]).toEqual([206, 'hello']);
    expect(got).toMatchObject({ 'content-range': 'bytes 0-4/11', 'content-length': '5', etag: '"1"' });
  });

  test.each(['/v1/any/archive', '/public/archive'])(
    'a compressed body, whole or in part, byte by byte: %s',
    async (path) => {
      for (const [range, from] of [
        [{}, 0],
        [{ range: 'bytes=500-' }, 500],
      ] as const) {
        const headers = { ...bearing(me), 'accept-encoding': 'gzip', ...range };
        const answer = await edge.send(path, { headers });
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([
          from === 0 ? 200 : 206,
          'gzip',
        ]);
        expect(Buffer.concat(chunks).equals(ARCHIVE.subarray(from))).toBe(true);
      }
    },
  );

  test('If-None-Match and 304, which has no body', async () => {
    const { status, got, body, head } = await ask('GET', { 'if-none-match': '"1"' });
    expect(head).toMatchObject({ 'if-none-match': '"1"' });
    expect([status, body, got.etag]).toEqual([304, '', '"1"']);
  });

  test('If-Match and 412', async () => {
    const since = 'Thu, 26 Nov 2026 03:44:58 GMT';
    const { status, head } = await ask('GET', { 'if-match': '"2"', 'if-unmodified-since': since });
    expect(head).toMatchObject({ 'if-match': '"2"', 'if-unmodified-since': since });
    expect(status).toBe(412);
  });

  test('HEAD: the length of what GET would have, and no body', async () => {
    const { status, got, body } = await ask('HEAD', {});
    expect([status, got['content-length'], body]).toEqual([200, '11', '']);
    expect(edge.origin.heads().at(-1)?.line).toBe('HEAD /v1/any/item');
  });

  test('204', async () => {
    const { status, got, body } = await ask('GET', {}, '/v1/any/empty');
    expect([status, body, got['transfer-encoding']]).toEqual([204, '', undefined]);
  });

  test('a client that expects 100 (Continue) gets it, and then its answer', async () => {
    const lines = [`X-API-Key: ${me.key}`, 'Host: api.test', 'Expect: 100-continue', 'Content-Length: 4'];
    let continued = false;
    const answer = await edge.send(
      '/v1/any/upload',
      { method: 'POST', headers: { ...bearing(me), expect: '100-continue', 'content-length': '4' } },
      (outgoing) => {
        outgoing.on('continue', () => {
          continued = true;
          outgoing.end('body');
        });
        outgoing.flushHeaders();
      },
    );
    expect([continued, JSON.parse(await textOf(answer)).bytes]).toEqual([true, 4]);
    // RFC 9110 §10.1.1: who is refused anyway is not told to go on, and the origin is not called.
    edge.origin.reset();
    const refused = lines.map((line) => (line.startsWith('X-API') ? 'X-API-Key: nonsense' : line));
    const { responses } = await exchange(edge.port, [request('POST', '/v1/any/upload', refused)]);
    expect(responses.map(({ status }) => status)).toEqual([401]);
    expect(edge.origin.heads()).toEqual([]);
  });
});
