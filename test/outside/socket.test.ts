import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Server, serve } from '../../tools/serve/index.ts';
import { type RecordingOrigin, recordingOrigin } from './recording-origin.ts';
import { exchange, pipelined, raw } from './socket.ts';

const GET = 'GET /a/../%2e?q HTTP/1.1\r\nHost: x\r\nX_Odd:  value \r\n\r\n';

let origin: RecordingOrigin;
beforeAll(async () => {
  origin = await recordingOrigin();
});
beforeEach(() => origin.reset());
afterAll(() => origin.stop());

describe('raw and recordingOrigin', () => {
  test('the bytes sent are the bytes recorded', async () => {
    const response = await raw(origin.port, GET);
    expect(response.status).toBe(200);
    expect(JSON.parse(response.text)).toMatchObject({ method: 'GET', target: '/a/../%2e?q' });
    expect(origin.records()).toMatchObject([
      { method: 'GET', target: '/a/../%2e?q', lines: ['Host: x', 'X_Odd:  value '] },
    ]);
  });

  test('a byte above 0x7f stays one byte', async () => {
    await raw(origin.port, 'GET / HTTP/1.1\r\nX: \xff\xfe\r\n\r\n');
    expect(origin.records()[0]?.lines).toEqual(['X: \xff\xfe']);
  });

  test.each([
    ['by its length', 'Content-Length: 5\r\n\r\nhello'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n'],
  ])('a request body is read %s', async (_, rest) => {
    await raw(origin.port, `POST / HTTP/1.1\r\n${rest}`);
    expect(origin.records()[0]?.body.toString()).toBe('hello');
  });

  test('header fields come in order, with repetitions', async () => {
    const headers = [
      ['B', '1'],
      ['a', '2'],
      ['B', '3'],
    ] as const;
    origin.next({ status: 418, headers, body: 'tea' });
    const response = await raw(origin.port, GET);
    expect(response).toMatchObject({
      status: 418,
      text: 'tea',
      headers: [...headers, ['Content-Length', '3']],
    });
  });

  test('pipelined requests are answered in order; HEAD and 204 have no body', async () => {
    origin.next({ body: 'one' }, { body: 'two' }, { status: 204 }, { chunks: ['fo', 'ur'] });
    const responses = await pipelined(origin.port, [GET, GET.replace('GET', 'HEAD'), GET, GET]);
    expect(responses.map(({ status, text }) => [status, text])).toEqual([
      [200, 'one'],
      [200, ''],
      [204, ''],
      [200, 'four'],
    ]);
  });

  test('an interim response is passed over, and a body may end with the connection', async () => {
    origin.next({ raw: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end' });
    expect(await raw(origin.port, GET)).toMatchObject({ status: 200, text: 'until the end' });
  });

  test('a client that closed its half is answered', async () => {
    expect(await exchange(origin.port, [GET], { halfClose: true, responses: Infinity })).toMatchObject({
      responses: [{ status: 200 }],
      ending: 'closed',
    });
  });

  test('pieces arrive as one request', async () => {
    await exchange(origin.port, [GET.slice(0, 9), GET.slice(9, 30), GET.slice(30)], { pauseMs: 5 });
    expect(origin.records()).toHaveLength(1);
  });

  test.each([
    ['reset', { fail: 'reset' }],
    ['timeout', { fail: 'hang' }],
    ['reset', { fail: 'break', body: 'half' }],
    ['cut', { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf' }],
    ['closed', { raw: '' }],
  ] as const)('%s is told of %o', async (ending, reply) => {
    origin.next(reply);
    expect(await exchange(origin.port, [GET], { timeoutMs: 200 })).toEqual({ responses: [], ending });
  });

  test('100 MB come whole', async () => {
    origin.always('*', { bodyBytes: 100_000_000 });
    expect((await raw(origin.port, GET)).body.length).toBe(100_000_000);
  });
});

describe('through plain workerd', () => {
  const script = `export default { fetch: (request, env) => fetch(env.ORIGIN + '/seen', request) }`;
  let server: Server;
  beforeAll(async () => {
    server = await serve({
      services: [{ name: 'pass', script, bindings: { ORIGIN: origin.url }, socket: 0 }],
    });
  });
  afterAll(() => server.stop());

  test('the origin gets what the Worker sent, and the client what the origin answered', async () => {
    origin.next({
      chunks: ['a', 'b'],
      headers: [
        ['Set-Cookie', '1'],
        ['Set-Cookie', '2'],
      ],
    });
    const response = await raw(
      server.port('pass'),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi',
    );
    expect(response.text).toBe('ab');
    expect(response.headers.filter(([name]) => name.toLowerCase() === 'set-cookie')).toHaveLength(2);
    expect(origin.records()).toMatchObject([{ method: 'POST', target: '/seen', body: Buffer.from('hi') }]);
  });
});
