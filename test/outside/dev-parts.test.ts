import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { mostWithin, type Shot } from '../../demo/limit.ts';
import { readPort } from '../../tools/dev/places.ts';
import { freePort, takenPorts } from '../../tools/dev/ports.ts';
import { requestLine } from '../../tools/dev/request-line.ts';

describe('demo › the count of the admitted', () => {
  const shot = (sentAt: number, answeredAt: number, status = 200): Shot => ({
    ...{ sentAt, answeredAt, status },
    retryAfter: null,
  });

  test.each<[name: string, shots: readonly Shot[], most: number]>([
    ['nothing', [], 0],
    ['the refused do not count', [shot(0, 1), shot(1, 2, 429)], 1],
    ['all of a short burst count', [shot(0, 5), shot(1, 4), shot(2, 60)], 3],
    ['what is answered after the interval may belong to the next', [shot(0, 5), shot(1, 101)], 1],
    [
      'the fullest interval is found, wherever it begins',
      [shot(0, 1), shot(90, 91), shot(120, 121), shot(190, 190)],
      3,
    ],
  ])('%s', (_, shots, most) => {
    expect(mostWithin(shots, 100)).toBe(most);
  });
});

describe('dev › the line of a request', () => {
  test('an admitted request is told with its key, where the answer came from and what took time', () => {
    const entry = {
      ...{
        event: 'request',
        request_id: 'r',
        route: '/v1/items/**',
        decision: 'forwarded',
        reason: null,
        because: null,
      },
      ...{ status: 200, credential: 'api_key', key_id: 'acme_test_1', tier: 'ring' },
      ...{ stytch_ms: 0, ring_ms: 3, kv_ms: 0, origin_ms: 12 },
    };
    expect(requestLine(JSON.stringify(entry))).toBe(
      '200 forwarded api /v1/items/** acme_test_1 known from ring ring 3 ms, origin 12 ms',
    );
  });

  test('a refusal is told with its reason', () => {
    const entry = {
      ...{ event: 'request', host: 'desk', method: 'GET', route: '/v1/keys', decision: 'refused' },
      ...{ reason: 'credential_invalid', because: 'expired', status: 401 },
    };
    expect(requestLine(JSON.stringify(entry))).toBe(
      '401 refused (credential_invalid: expired) desk GET /v1/keys',
    );
  });

  test('another event stays as it is, and wrangler’s own lines are no requests', () => {
    expect(requestLine('{"event":"bug","error":"TypeError"}')).toBe('{"event":"bug","error":"TypeError"}');
    expect(requestLine('[wrangler:info] GET /readyz 200 OK (10ms)')).toBeNull();
    expect(requestLine('{"event":"request", cut')).toBeNull();
  });
});

describe('dev › ports', () => {
  test.each(['', '0', '80', '1023', '65534', '8787x', '-1', '1e4'])('%j is no port for three', (text) => {
    expect(readPort(text)).toBeNull();
  });

  test.each([1024, 8787, 65_533])('%j is', (port) => {
    expect(readPort(String(port))).toBe(port);
  });

  test.each(['127.0.0.1', '::1'])('a listener on %s is noticed', async (host) => {
    const port = await freePort();
    const server = createServer();
    const listening = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port + 1, host, () => done(true));
    });
    // A machine without IPv6 has nothing to notice.
    expect(await takenPorts(port)).toEqual(listening ? [`${port + 1} (the Stytch emulator)`] : []);
    server.close();
  });
});
