import { describe, expect, it, vi } from 'vitest';
import { isForeign, isHandshake, pump, wantsWebSocket } from '../../../../src/gate/forward/websocket.ts';
import { compile, type Route } from '../../../../src/model/policy.ts';

const routeOf = (websocket?: { readonly origins: readonly string[] }): Route =>
  compile([{ path: '/a', websocket }], { leaseSeconds: 5, timeoutSeconds: 30 }).routes[0] as Route;
const OFFERED = routeOf({ origins: ['https://app.acme.com', 'https://b.acme.com'] });
const PLAIN = routeOf();

const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** Requests of the platform do not let a page set all of these headers. */
const asking = (changed: Readonly<Record<string, string | undefined>> = {}, method = 'GET'): Request => {
  const headers = Object.entries({ ...HANDSHAKE, ...changed }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { method, headers: new Headers(headers) } as Request;
};

describe('PATH-09 › a handshake', () => {
  it('is taken where the route offers it, and nowhere else', () => {
    expect(isHandshake(asking(), OFFERED)).toBe(true);
    expect(isHandshake(asking({ upgrade: 'WebSocket' }), OFFERED)).toBe(true);
    expect(isHandshake(asking(), PLAIN)).toBe(false);
  });

  it.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('is never made of %s', (method) => {
    expect(isHandshake(asking({}, method), OFFERED)).toBe(false);
  });

  it.each([
    { upgrade: 'h2c, websocket' },
    { upgrade: 'websocket/13' },
    { upgrade: 'websocket, websocket' },
    { 'sec-websocket-version': '12' },
    { 'sec-websocket-version': '8, 13' },
    { 'sec-websocket-version': undefined },
    { 'sec-websocket-key': undefined },
    { 'sec-websocket-key': 'short==' },
    { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==' },
  ])('RFC 6455 §4.2.1 › is none with %o, and yet one that asks for a WebSocket', (changed) => {
    expect(isHandshake(asking(changed), OFFERED)).toBe(false);
    expect(wantsWebSocket(asking(changed).headers)).toBe(true);
  });
});

describe('RFC 6455 §10.2 › the page that asks', () => {
  it.each([
    [undefined, false],
    ['https://app.acme.com', false],
    ['https://b.acme.com', false],
    ['https://evil.example', true],
    ['https://app.acme.com.evil.example', true],
    ['https://APP.acme.com', true],
    ['http://app.acme.com', true],
    ['https://app.acme.com/', true],
    ['https://app.acme.com, https://b.acme.com', true],
    ['null', true],
  ])('of %s is foreign: %s', (origin, expected) => {
    expect(isForeign(asking({ origin }).headers, OFFERED)).toBe(expected);
  });
});

/** One side, and what was done to it. */
const side = () => {
  const done: unknown[][] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  const socket = {
    addEventListener: (type: string, listener: (event: never) => void) =>
      void listeners.set(type, listener as (event: unknown) => void),
    send: vi.fn((data: unknown) => void done.push(['send', data])),
    close: vi.fn((...given: unknown[]) => void done.push(['close', ...given])),
  };
  const happens = (type: string, event: object = {}) => listeners.get(type)?.(event);
  return { socket: socket as unknown as Parameters<typeof pump>[0], done, happens, raw: socket };
};

const joined = () => {
  const [from, to, ended] = [side(), side(), vi.fn()];
  pump(from.socket, to.socket, ended);
  return { from, to, ended };
};

describe('what comes from one side', () => {
  it('text and bytes go to the other as they are', () => {
    const { from, to, ended } = joined();
    const bytes = new Uint8Array([1, 2, 255]).buffer;
    from.happens('message', { data: 'hello' });
    from.happens('message', { data: bytes });
    expect(to.done).toEqual([
      ['send', 'hello'],
      ['send', bytes],
    ]);
    expect([from.done, ended.mock.calls.length]).toEqual([[], 0]);
  });

  it.each([
    [1000, 'done', [1000, 'done']],
    [1001, '', [1001, '']],
    [4001, 'because', [4001, 'because']],
    // RFC 6455 §7.4.1: 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame".
    [1005, '', []],
    [1006, 'gone', [1011, '']],
    [1015, '', [1011, '']],
  ])('its close with %i goes to the other, and is answered alike', (code, reason, given) => {
    const { from, to, ended } = joined();
    from.happens('close', { code, reason });
    expect([to.done, from.done]).toEqual([[['close', ...given]], [['close', ...given]]]);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('its error closes both with 1011', () => {
    const { from, to, ended } = joined();
    from.happens('error');
    expect([to.done, from.done]).toEqual([[['close', 1011, '']], [['close', 1011, '']]]);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('a side that is closed already is left alone', () => {
    const { from, to } = joined();
    to.raw.send.mockImplementation(() => {
      throw new TypeError("Can't call WebSocket send() after close().");
    });
    to.raw.close.mockImplementation(() => {
      throw new TypeError('already closed');
    });
    from.happens('message', { data: 'late' });
    from.happens('close', { code: 1000, reason: '' });
    expect(from.done).toEqual([['close', 1000, '']]);
  });
});
