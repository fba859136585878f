import fc from 'fast-check';
import type { Caller } from './edge.ts';

/** What `test/settings.ts` allows, written down again as simply as can be: who may do this to the path as it stands. */
export const allows = (method: string, path: string, who: Caller | null): boolean => {
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
/** A target that nobody can misread. */
export const plainTarget = fc
  .constantFrom(...ROUTES.slice(0, 6))
  .map((start) => `${start}a`.replace('heavya', 'heavy'));
/** A raw request target. Half of them are plain, so that many requests do arrive. */
export const anyTarget = fc.oneof(target, plainTarget);

/** Ways up, and ways that look like none. */
const UP = String.raw`
  ../ ..%2f ..%2F %2e%2e/ .%2E/ %2e%2e%2f ..;/ ..;a=b/ %2e%2e;/ ..\ ..%5c ..%00/ ..%20/ %252e%252e/ %25%32%65./
  %c0%ae%c0%ae/ ./ %2e/ / // .. a/../`
  .trim()
  .split(/\s+/);
const spelled = (path: string) =>
  fc
    .array(fc.nat(9), { minLength: path.length, maxLength: path.length })
    .map((ways) =>
      [...path]
        .map((letter, i) => (letter === '/' ? letter : (SPELT[ways[i] ?? 9]?.(letter) ?? letter)))
        .join(''),
    );
const SPELT: readonly ((letter: string) => string)[] = [
  (letter) => `%${letter.charCodeAt(0).toString(16)}`,
  (letter) => letter.toUpperCase(),
];
/** From where somebody may go to where he may not, round some corners, and with single letters in other spellings. */
export const anyDetour = fc
  .tuple(
    fc.constantFrom(...ROUTES.slice(0, 8)),
    fc.array(fc.constantFrom(...UP), { maxLength: 3 }),
    fc.constantFrom(...ROUTES.slice(0, 8)).chain((goal) => fc.oneof(fc.constant(goal), spelled(goal))),
    fc.constantFrom('a', '1', '', 'a/', 'a/.', 'a%2e'),
  )
  .map(([start, up, goal, last]) => `${start.replace(/(?<!\/)$/, '/')}${up.join('')}${goal.slice(1)}${last}`);

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
  'traceparent',
  'Tracestate',
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
/** A header line that says something it should not, or takes something away. */
export const anyHeader = fc.oneof(
  { weight: 4, arbitrary: alias.map((name) => `${name}: evil-intruder`) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS).map((name) => `${name}: evil-intruder`) },
  fc
    .tuple(token, fc.constantFrom(':', ': ', ' : ', ':\t'))
    .map(([name, colon]) => `${name}${colon}evil-intruder`),
  fc.array(alias, { minLength: 1, maxLength: 3 }).map((names) => `Connection: ${names.join(', ')}`),
  alias.map((name) => `X-Odd: a\n${name}: evil-intruder`),
);

/** A method, mostly one that exists. */
export const anyMethod = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS') },
  fc.constantFrom('TRACE', 'PURGE', 'get', 'CONNECT', 'PATCH'),
);
