import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANONYMOUS, bearer, type Caller, type Edge, request, startEdge } from './edge.ts';
import type { Seen } from './recording-origin.ts';

const RUNS = Number(process.env.FC_RUNS ?? 300);
/** A caller's limit is 600 a minute: so many runs share one. */
const RUNS_PER_CALLER = 100;

let edge: Edge;
/** Of each scope set, many: keys that may read, write, both. */
let callers: readonly Caller[];
beforeAll(async () => {
  edge = await startEdge();
  const scopes = [['items:read', 'items:write'], ['items:read'], ['items:write']];
  callers = await Promise.all(
    Array.from({ length: 3 * Math.ceil(RUNS / RUNS_PER_CALLER / 3) }, (_, i) =>
      edge.newCaller({ scopes: scopes[i % 3] ?? [] }),
    ),
  );
});
afterAll(() => edge.stop());

/** What `test/settings.ts` allows, written down again as simply as can be: who may do this to the path as it stands. */
const allows = (method: string, path: string, who: Caller | null): boolean => {
  const [empty, first, second, ...more] = path.split('/');
  if (empty !== '') return false;
  if (first === 'public' || first === 'optional') return true;
  if (who === null || first !== 'v1') return false;
  const has = (scope: string): boolean => who.identity.scopes.includes(scope);
  if (second === 'items' && (method === 'GET' || method === 'HEAD')) return has('items:read');
  if (second === 'items') return ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) && has('items:write');
  if (second === 'any' || second === 'strict') return true;
  return second === 'heavy' && more.length === 0;
};

/** The paths that origins are known to make of one: decoded once or twice, cleaned up, cut at semicolons, in small letters. */
const readings = (path: string): readonly string[] => {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const twice = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return [path, decoded, twice].flatMap((text) => [
    text,
    cleaned(text),
    cleaned(text.replace(/;[^/]*/g, '')),
    text.split('\0')[0] ?? '',
  ]);
};

const cleaned = (path: string): string => {
  const kept: string[] = [];
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
};

const SEGMENTS = [
  'public',
  'optional',
  'v1',
  'items',
  'any',
  'strict',
  'payouts',
  'heavy',
  'pairs',
  'a',
  '1',
  '',
  'V1',
  'Public',
];
const TRICKS = [
  '..',
  '.',
  '%2e%2e',
  '.%2E',
  '%2e',
  '..;',
  ';x',
  '%3b',
  '%2f',
  '%5C',
  '\\',
  '%00',
  '%0d%0a',
  '%25',
  '%252e',
  '%25%32%66',
  '%u002e',
  '%c0%ae',
  '%ff',
  '%61',
  '%7e',
  '%20',
  '%',
  '#',
  '?',
  '??',
  '&_method=PUT',
  '@',
  ':',
  '*',
  '~',
  '!',
  '|',
  '^',
  ' ',
  '\t',
  '\xe9',
  '\xff',
  '\x01',
  '%E2%80%AE',
];
const ROUTES = [
  '/public/',
  '/optional/',
  '/v1/items/',
  '/v1/any/',
  '/v1/strict/',
  '/v1/heavy',
  '/v1/payouts/',
  '/v1/pairs',
  'http://elsewhere.test/',
  '//',
  '/',
];

const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...SEGMENTS) }, fc.constantFrom(...TRICKS));
const target = fc
  .tuple(
    fc.constantFrom(...ROUTES),
    fc.array(fc.tuple(piece, fc.constantFrom('/', '', '/')), { maxLength: 5 }),
  )
  .map(([start, pieces]) => start + pieces.flat().join(''));
/** Half of the targets are plain, so that many requests do arrive. */
const anyTarget = fc.oneof(
  target,
  fc.constantFrom(...ROUTES.slice(0, 6)).map((start) => `${start}a`.replace('heavya', 'heavy')),
);

const WORDS = ['user-id', 'auth', 'key-id', 'scopes', 'assertion', 'organization-id', 'source', ''];
const SIGNS = ['-', '_', '.', '~', '!', "'", '*', '+', '|', '--', ''];
const alias = fc
  .tuple(
    fc.constantFrom(...WORDS),
    fc.infiniteStream(fc.constantFrom(...SIGNS)),
    fc.infiniteStream(fc.boolean()),
  )
  .map(([word, signs, capitals]) =>
    [...`x-latchkey-${word}`]
      .map((letter) => {
        const sign = letter === '-' ? signs.next().value : letter;
        return capitals.next().value ? sign.toUpperCase() : sign;
      })
      .join(''),
  );
const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,24}$/);
const OTHERS = [
  'X-Forwarded-For',
  'X_Forwarded_Host',
  'Forwarded',
  'X-Original-URL',
  'X-HTTP-Method-Override',
  'Cookie',
  'Proxy-Authorization',
  'X-Request-Id',
  'CDN-Loop',
  'X-Odd',
  'Accept',
  'TE',
  'Trailer',
  'Keep-Alive',
  'X_API_Key',
  'Content-Type',
  'X-Forwarded-Proto',
];
const header = fc.oneof(
  { weight: 4, arbitrary: alias.map((name) => `${name}: evil-intruder`) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS).map((name) => `${name}: evil-intruder`) },
  fc
    .tuple(token, fc.constantFrom(':', ': ', ' : ', ':\t'))
    .map(([name, colon]) => `${name}${colon}evil-intruder`),
  fc.array(alias, { minLength: 1, maxLength: 3 }).map((names) => `Connection: ${names.join(', ')}`),
  alias.map((name) => `X-Odd: a\n${name}: evil-intruder`),
);

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS') },
  fc.constantFrom('TRACE', 'PURGE', 'get', 'CONNECT', 'PATCH'),
);

const withoutOurs = ({ headers }: Seen): readonly (readonly [string, string])[] =>
  headers.filter(([name]) => !/^x-(?:request-id$|forwarded-(?:host|proto)$)/i.test(name));

describe('SECURITY 3, properties 1 and 3', () => {
  test(
    `whatever reaches the origin, policy allows its sender for exactly that path, and nobody else's word is in it`,
    async () => {
      let arrivals = 0;
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          method,
          anyTarget,
          fc.array(header, { maxLength: 12 }),
          fc.nat(),
          fc.nat(12),
          async (verb, path, lines, pick, at) => {
            const caller = pick % 3 === 0 ? null : (callers[run++ % callers.length] ?? null);
            const sent =
              caller === null ? lines : [...lines.slice(0, at), bearer(caller), ...lines.slice(at)];
            const bodiless = /^(?:get|head)$/i.test(verb) ? [] : ['Content-Length: 0'];
            const { arrived, wire, statuses } = await edge.send(request(verb, path, [...sent, ...bodiless]));
            expect(arrived.length).toBeLessThan(2);
            if (arrived.length === 0)
              expect([wire, statuses.filter((status) => status < 400)]).toEqual(['', []]);
            for (const seen of arrived) {
              arrivals += 1;
              const [came = ''] = seen.target.split('?');
              expect(seen.method).toBe(verb);
              const said = seen.headers.find(([name]) => name === 'X-Latchkey-User-Id')?.[1];
              const told = said === undefined ? null : caller;
              // Where credentials are not read, nobody is told; elsewhere, whoever presented one.
              expect(told).toBe(came.split('/')[1] === 'public' ? null : caller);
              await edge.inspect(seen, told?.identity ?? ANONYMOUS);
              for (const [name, value] of withoutOurs(seen))
                if (value.includes('evil-intruder'))
                  expect(name).toMatch(
                    /^(?!x-latchkey|x-forwarded|x-original|cookie|te$|trailer$)[a-z0-9-]+$/i,
                  );
              for (const reading of readings(came))
                expect([reading, allows(verb, reading, told)]).toEqual([reading, true]);
            }
          },
        ),
        { numRuns: RUNS },
      );
      // A gate that lets nothing through would keep all of this.
      expect(arrivals).toBeGreaterThan(RUNS / 10);
    },
    30_000 + RUNS * 100,
  );
});
