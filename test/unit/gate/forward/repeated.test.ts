import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeaderRules, type HeaderEntry } from '../../../../src/gate/forward/headers.ts';
import { createRepeated, type Sending, toOrigin } from '../../../../src/gate/forward/repeated.ts';
import type { TraceContext } from '../../../../src/model/trace-context.ts';
import { runs } from '../../../property.ts';

const RULES = createHeaderRules({ prefix: 'X-Latchkey' });
const COOKIES = createHeaderRules({ prefix: 'X-Latchkey', forwardCookies: true });
const letterOf = (user: string): readonly HeaderEntry[] => [
  ['X-Latchkey-Auth', 'api_key'],
  ['X-Latchkey-User-Id', user],
  ['X-Forwarded-Host', 'api.acme.com'],
];
const ALICE = letterOf('alice');
const BOB = letterOf('bob');

const contextOf = (digit: string, state: string | null): TraceContext => ({
  ...{ traceId: digit.repeat(32), spanId: digit.repeat(16), flags: 3, state },
});

const sending = (inbound: HeadersInit, more: Partial<Sending> = {}): Sending => ({
  ...{
    rules: RULES,
    letter: ALICE,
    clientIp: '203.0.113.7',
    requestId: 'request-1',
    context: contextOf('1', null),
    loopId: 'keys.acme.com',
  },
  ...{ inbound: new Headers(inbound), ...more },
});

/** As the origin reads them. */
const read = (headers: Headers): readonly (readonly [string, string])[] => [...headers];

/** Names that are forwarded, that are not, that mean something to the Gate, and other spellings of what is reserved. */
const NAMES = [
  ...['accept', 'User-Agent', 'x-custom', 'X-Other', 'Cookie', 'Connection', 'CDN-Loop', 'Early-Data'],
  ...[
    'traceparent',
    'tracestate',
    'Authorization',
    'X-Latchkey-User-Id',
    'x_latchkey_user_id',
    'X-Forwarded-For',
    'X-Forwarded-Host',
  ],
];
const VALUES = ['a', 'b', 'a, b', 'x-custom', 'x-custom, keep-alive', 'cloudflare', ''];

const someHeaders = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)), {
  maxLength: 6,
});
const someSending = fc.record({
  inbound: someHeaders,
  letter: fc.constantFrom(ALICE, BOB),
  rules: fc.constantFrom(RULES, COOKIES),
  clientIp: fc.constantFrom(null, '203.0.113.7', '2001:db8::1'),
  requestId: fc.constantFrom('request-1', 'request-2'),
  context: fc.constantFrom(contextOf('1', null), contextOf('2', 'congo=1'), contextOf('3', 'rojo=2')),
});

describe('headers that are sent again', () => {
  it('are what they would be if they were made anew, whatever was sent before', () => {
    fc.assert(
      fc.property(fc.array(someSending, { minLength: 2, maxLength: 8 }), (requests) => {
        const repeated = createRepeated();
        for (const { inbound, ...more } of requests) {
          const now = sending(inbound, more);
          expect(read(repeated(now))).toEqual(read(toOrigin(now)));
        }
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('are the same object for the same client, and another for another letter', () => {
    const repeated = createRepeated();
    const first = repeated(sending({ accept: 'a' }));
    expect(repeated(sending({ accept: 'b' }, { requestId: 'request-2' }))).toBe(first);
    expect(repeated(sending({ accept: 'a' }, { letter: BOB }))).not.toBe(first);
    expect(repeated(sending({ accept: 'a' }, { rules: COOKIES }))).not.toBe(first);
  });

  it('do not bring back what Connection took away', () => {
    const repeated = createRepeated();
    for (const value of ['1', '2']) {
      const headers = repeated(sending({ connection: 'x-custom', 'x-custom': value, accept: 'a' }));
      expect(headers.has('x-custom')).toBe(false);
    }
  });

  it.each([
    ['the client sends much', { 'x-custom': 'x'.repeat(3_100) }, ALICE],
    ['much is told of the caller', {}, [...ALICE, ['X-Latchkey-Scopes', 'x'.repeat(3_100)]] as const],
  ])('are not kept where %s', (_, inbound, letter) => {
    const repeated = createRepeated();
    expect(repeated(sending(inbound, { letter }))).not.toBe(repeated(sending(inbound, { letter })));
  });

  it('are kept of the last callers alone', () => {
    const repeated = createRepeated();
    const first = repeated(sending({}));
    for (let i = 0; i < 499; i++) repeated(sending({}, { letter: letterOf(`user-${i}`) }));
    expect(repeated(sending({}))).toBe(first);
    repeated(sending({}, { letter: letterOf('one more') }));
    expect(repeated(sending({}))).not.toBe(first);
  });
});
