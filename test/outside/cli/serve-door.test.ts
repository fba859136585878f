import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, request as overTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openAttendant } from '../../../cli/serve/attendant.ts';
import { ATTENDANT, guarded } from '../../../tools/serve/guarded.ts';
import { serve } from '../../../tools/serve/index.ts';
import { selfSigned } from '../self-signed.ts';
import { raw } from '../socket.ts';
import { eventually, type Surroundings, surroundings } from './served.ts';

let around: Surroundings;
beforeAll(async () => {
  around = await surroundings();
});
beforeEach(() => around.renew());
afterAll(() => around.stop());

/** A request of anybody, with lines of his own; the origin's account of it if it got there. */
const publicRequest = (...lines: readonly string[]): string =>
  [`GET /public/1 HTTP/1.1`, `Host: 127.0.0.1:${around.port}`, ...lines, '', ''].join('\r\n');

const seen = (name: string): readonly (string | undefined)[] =>
  around.origin.records().map(({ headers }) => headers.find(([each]) => each.toLowerCase() === name)?.[1]);

describe('serve › who the client is', () => {
  test('without a proxy it is who connects, in whatever spelling he says another', async () => {
    const served = around.start();
    await served.serving();
    for (const line of ['CF-Connecting-IP: 6.6.6.6', 'cf-connecting-ip: 6.6.6.6', 'X-Forwarded-For: 6.6.6.6'])
      expect((await raw(around.port, publicRequest(line, 'X-Forwarded-Proto: https'))).status).toBe(200);
    expect(seen('x-forwarded-for')).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(seen('x-forwarded-proto')).toEqual(['http', 'http', 'http']);
    // Whoever reads a URL resolves this; the Gate is to see it as it came.
    const climbing = publicRequest().replace('/public/1', '/public/../v1/%2e%2e/public/1');
    expect((await raw(around.port, climbing)).status).toBe(400);
  });

  test('strangers have their limit each, and cannot change addresses', async () => {
    const served = around.start();
    await served.serving();
    let status = 200;
    for (let i = 0; status === 200 && i < 1_000; i += 1)
      ({ status } = await raw(around.port, publicRequest(`CF-Connecting-IP: 10.0.${i >> 8}.${i & 255}`)));
    expect(status).toBe(429);
    // Another one of this machine's addresses is somebody else.
    expect(await statusFrom('127.0.0.9')).toBe(200);
  });

  test('with proxies they say it, and nobody else is answered', async () => {
    const served = around.start({
      args: ['--proxy', '127.0.0.8/30'],
      env: { API_HOSTS: 'api.acme.test', DESK_HOST: 'keys.acme.test' },
    });
    await served.serving();
    const headers = { Host: 'api.acme.test', 'CF-Connecting-IP': '192.0.2.7', 'X-Forwarded-Proto': 'https' };
    expect(await statusFrom('127.0.0.1', headers)).toBe(403);
    expect(around.origin.records()).toEqual([]);
    expect(await statusFrom('127.0.0.9', headers)).toBe(200);
    expect(seen('x-forwarded-for')).toEqual(['192.0.2.7']);
    expect(seen('x-forwarded-proto')).toEqual(['https']);
  });
});

/** A Worker that shows what it got. */
const MIRROR = `
  const socket = () => {
    const [theirs, ours] = Object.values(new WebSocketPair());
    ours.accept();
    ours.addEventListener('message', ({ data }) => ours.send('heard ' + data));
    return new Response(null, { status: 101, webSocket: theirs });
  };
  const never = (request) => {
    request.signal.addEventListener('abort', () => console.log('the client has gone'));
    const pull = async (stream) => {
      await scheduler.wait(10);
      stream.enqueue(new Uint8Array(1));
    };
    return new Response(new ReadableStream({ pull }));
  };
  export default {
    fetch: async (request) => {
      if (request.headers.get('upgrade') === 'websocket') return socket();
      if (request.url.endsWith('/never')) return never(request);
      const { method, url, headers } = request;
      return Response.json({ method, url, headers: [...headers], body: await request.text() });
    },
    scheduled: async () => console.log('the daily work'),
  };
`;

describe('serve › the door', () => {
  const open = () =>
    serve({
      services: [{ name: 'mirror', ...guarded(MIRROR, null), durableObjects: [], socket: 0 }],
    });

  test('a body, a URL and headers pass it as they are', async () => {
    await using server = await open();
    const sent = [
      'POST /a/../%2e/b?q=%zz HTTP/1.1',
      'Host: api.test',
      'X-One: 1',
      'X-One: 2',
      'Content-Length: 5',
    ];
    const { text: got } = await raw(server.port('mirror'), `${sent.join('\r\n')}\r\n\r\nhello`);
    expect(JSON.parse(got)).toEqual({
      ...{ method: 'POST', url: 'http://api.test/a/../%2e/b?q=%zz', body: 'hello' },
      headers: [
        ['cf-connecting-ip', '127.0.0.1'],
        ['content-length', '5'],
        ['host', 'api.test'],
        ['x-one', '1, 2'],
      ],
    });
  });

  test('a WebSocket passes it', async () => {
    await using server = await open();
    const socket = new WebSocket(`ws://127.0.0.1:${server.port('mirror')}/`);
    const heard = new Promise((done) => socket.addEventListener('message', ({ data }) => done(data)));
    socket.addEventListener('open', () => socket.send('hello'));
    expect(await heard).toBe('heard hello');
    socket.close();
  });

  test('that a client has gone is told behind it', async () => {
    await using server = await open();
    const client = new AbortController();
    const { body } = await fetch(`http://127.0.0.1:${server.port('mirror')}/never`, {
      signal: client.signal,
    });
    await body?.getReader().read();
    client.abort();
    await eventually(server.logs).toContain('the client has gone');
  });

  test('the daily work is for the socket of the supervisor alone', async () => {
    const place = join(around.folder, 'attendant.sock');
    await using server = await serve({
      services: [
        {
          ...{ name: 'mirror', ...guarded(MIRROR, null), socket: 0 },
          listening: { attendant: { address: `unix:${place}`, entrypoint: ATTENDANT } },
        },
      ],
    });
    const wish = 'POST /scheduled HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n';
    expect(JSON.parse((await raw(server.port('mirror'), wish)).text)).toMatchObject({ method: 'POST' });
    expect(server.logs()).not.toContain('the daily work');
    const attendant = openAttendant(place, 'desk.test');
    expect([await attendant.isAlive(), await attendant.doDaily()]).toEqual([true, true]);
    await eventually(server.logs).toContain('the daily work');
  });
});

const statusFrom = (
  localAddress: string,
  headers: Readonly<Record<string, string>> = { Host: `127.0.0.1:${around.port}` },
): Promise<number> =>
  new Promise((done, fail) => {
    const path = '/public/1';
    const sent = request({
      ...{ host: '127.0.0.1', port: around.port, path, headers, localAddress },
      agent: false,
    });
    sent.once('response', (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    sent.once('error', fail);
    sent.end();
  });

describe('serve › TLS', () => {
  test('of its own: the certificate is the one that was named, and scheme and address are told the origin', async () => {
    const { certificate, key } = selfSigned(around.folder, ['localhost', '127.0.0.1']);
    const served = around.start({ args: ['--tls-cert', certificate, '--tls-key', key] });
    await served.serving();
    expect(served.told()).toContain(`https://127.0.0.1:${around.port}`);
    const answer = await new Promise<{ readonly status: number; readonly body: string }>((done, fail) => {
      const options = { host: '127.0.0.1', port: around.port, path: '/public/1', agent: false };
      const sent = overTls({ ...options, ca: readFileSync(certificate) }, async (response) =>
        done({ status: response.statusCode ?? 0, body: await text(response) }),
      );
      sent.once('error', fail);
      sent.end();
    });
    expect(answer.status, answer.body).toBe(200);
    expect(seen('x-forwarded-proto')).toEqual(['https']);
    expect(seen('x-forwarded-for')).toEqual(['127.0.0.1']);
  });

  test.each([200, 502])(
    'an origin with a certificate of its own authority is asked with --ca alone: %i',
    async (status) => {
      const { certificate, key } = selfSigned(around.folder, ['localhost'], `origin-${status}`);
      const pem = { cert: readFileSync(certificate), key: readFileSync(key) };
      const origin = createServer(pem, (_, response) => response.end('private')).listen(0, '127.0.0.1');
      await once(origin, 'listening');
      const { port } = origin.address() as AddressInfo;
      const served = around.start({
        args: status === 200 ? ['--ca', certificate] : [],
        env: { ORIGIN_URL: `https://localhost:${port}` },
      });
      await served.serving();
      expect((await raw(around.port, publicRequest())).status).toBe(status);
      await new Promise((closed) => origin.close(closed));
    },
  );
});
