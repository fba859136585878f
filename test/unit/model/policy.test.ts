import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalPath, canonicalPath } from '../../../src/model/path.ts';
import { intersection, patternProblem } from '../../../src/model/pattern.ts';
import {
  CREDENTIAL_KINDS,
  compile,
  type Match,
  METHODS,
  type Method,
  type RouteSettings,
  tableProblems,
} from '../../../src/model/policy.ts';

const DEFAULTS = { leaseSeconds: 5, timeoutSeconds: 30 };

const canonical = (raw: string): CanonicalPath => {
  const { path } = canonicalPath(raw, 'allow');
  if (path === undefined) throw new Error(`${raw} is not canonical`);
  return path;
};

/** What a request falls under: the route's name, or why there is none. */
const ask = (routes: readonly RouteSettings[], path: string, method = 'GET'): string =>
  told(compile(routes, DEFAULTS).match(canonical(path), method));

const told = (match: Match): string => {
  if (match.route !== undefined) return match.route.name;
  return match.refusal === 'method' ? `allow ${match.allow.join(' ')}` : match.refusal;
};

const paths = (...patterns: readonly string[]): RouteSettings[] => patterns.map((path) => ({ path }));

describe('a pattern covers', () => {
  it.each([
    ['/a', '/a', true],
    ['/a', '/a/', false],
    ['/a', '/A', false],
    ['/a', '/ab', false],
    ['/a', '/a.json', false],
    ['/a', '/a%20', false],
    ['/a', '/', false],
    ['/a/', '/a/', true],
    ['/a/', '/a', false],
    ['/', '/', true],
    ['/', '/a', false],
    ['/*', '/a', true],
    ['/*', '/*', true],
    ['/*', '/**', true],
    ['/*', '/', false],
    ['/*', '/a/', false],
    ['/*', '/a/b', false],
    ['/*/b', '/a/b', true],
    ['/*/', '/a/', true],
    ['/a/*', '/a/', false],
    ['/a/*', '/a/..b', true],
    ['/**', '/', true],
    ['/**', '/a', true],
    ['/**', '/a/b/c/', true],
    ['/a/**', '/a', true],
    ['/a/**', '/a/', true],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/ab', false],
    ['/admin/**', '/administrator', false],
    ['/a/*/**', '/a', false],
    ['/a/*/**', '/a/', false],
    ['/a/*/**', '/a/b', true],
    ['/constructor', '/constructor', true],
    ['/a', '/constructor', false],
    ['/a', '/__proto__', false],
    ['/caf%C3%A9', '/caf%c3%a9', true],
  ])('%s: %s is %s', (pattern, path, covered) => {
    expect(ask(paths(pattern), path)).toBe(covered ? pattern : 'no-route');
  });
});

describe('the most specific pattern wins, wherever it stands in the file', () => {
  const TABLE = [
    '/**',
    '/v1/**',
    '/v1/*',
    '/v1/items',
    '/v1/items/**',
    '/v1/items/*',
    '/v1/items/*/parts',
    '/v1/items/7/**',
  ];

  it.each([
    ['/', '/**'],
    ['/v2/x', '/**'],
    ['/v1', '/v1/**'],
    ['/v1/', '/v1/**'],
    ['/v1/users', '/v1/*'],
    ['/v1/users/', '/v1/**'],
    ['/v1/items', '/v1/items'],
    ['/v1/items/', '/v1/items/**'],
    ['/v1/items/8', '/v1/items/*'],
    ['/v1/items/8/parts', '/v1/items/*/parts'],
    ['/v1/items/8/holes', '/v1/items/**'],
    ['/v1/items/7', '/v1/items/7/**'],
    ['/v1/items/7/holes', '/v1/items/7/**'],
    ['/v1/Items', '/v1/*'],
  ])('%s falls under %s', (path, pattern) => {
    const withCommon = [...TABLE, '/v1/items/7/parts'];
    expect(ask(paths(...withCommon), path)).toBe(pattern);
    expect(ask(paths(...withCommon.reverse()), path)).toBe(pattern);
  });

  it('a literal that leads nowhere does not hide the wildcard beside it', () => {
    expect(ask(paths('/a/b/c', '/*/b/d', '/*/x'), '/a/b/d')).toBe('/*/b/d');
    expect(ask(paths('/a/b/c', '/**'), '/a/b')).toBe('/**');
  });
});

describe('no pattern means no access', () => {
  it('an empty table serves nothing', () => {
    for (const path of ['/', '/a', '/a/b/']) expect(ask([], path)).toBe('no-route');
  });
});

describe('PATH-08: methods', () => {
  const ITEMS: readonly RouteSettings[] = [
    { path: '/items', methods: ['GET'], scopes: ['items:read'] },
    { path: '/items', methods: ['POST', 'DELETE'], scopes: ['items:write'] },
  ];

  it('several routes of one pattern share it by method', () => {
    const { routes, match } = compile(ITEMS, DEFAULTS);
    expect(match(canonical('/items'), 'GET')).toEqual({ route: routes[0] });
    expect(match(canonical('/items'), 'POST')).toEqual({ route: routes[1] });
    expect(match(canonical('/items'), 'DELETE')).toEqual({ route: routes[1] });
  });

  it('HEAD falls under the rule of GET', () => {
    const { routes, match } = compile(ITEMS, DEFAULTS);
    expect(match(canonical('/items'), 'HEAD')).toEqual({ route: routes[0] });
  });

  it('a method that the pattern does not have is refused with those that it has', () => {
    expect(ask(ITEMS, '/items', 'PUT')).toBe('allow GET HEAD POST DELETE');
    expect(ask([{ path: '/a', methods: ['POST'] }], '/a', 'GET')).toBe('allow POST');
    expect(ask([{ path: '/a', methods: ['HEAD'] }], '/a', 'GET')).toBe('allow HEAD');
  });

  it('OPTIONS must be listed, unless all methods are meant', () => {
    expect(ask(ITEMS, '/items', 'OPTIONS')).toBe('allow GET HEAD POST DELETE');
    expect(ask([{ path: '/a', methods: ['OPTIONS'] }], '/a', 'OPTIONS')).toBe('/a');
    expect(ask([{ path: '/a' }], '/a', 'OPTIONS')).toBe('/a');
  });

  it('without methods, a route takes the allow-list and nothing else', () => {
    for (const method of METHODS) expect(ask(paths('/a'), '/a', method)).toBe('/a');
    for (const method of ['TRACE', 'get', 'constructor', '']) {
      expect(ask(paths('/a'), '/a', method)).toBe(`allow ${METHODS.join(' ')}`);
    }
  });

  it('PATH-03: a method that a narrow pattern lacks is not looked for under a wider, open one', () => {
    const table: RouteSettings[] = [
      { path: '/**', auth: 'none' },
      { path: '/admin/**', methods: ['GET'], scopes: ['admin:all'] },
    ];
    expect(ask(table, '/admin/users', 'DELETE')).toBe('allow GET HEAD');
  });
});

describe('an ambiguous table is refused, and both patterns are named', () => {
  it.each<[string, RouteSettings[], string]>([
    [
      'one pattern twice',
      paths('/a', '/b', '/a'),
      `"/a" and "/a" are one pattern and both take ${METHODS.join(', ')}`,
    ],
    [
      'a shared method',
      [
        { path: '/a', methods: ['GET', 'POST'] },
        { path: '/a', methods: ['POST'] },
      ],
      '"/a" and "/a" are one pattern and both take POST',
    ],
    [
      'HEAD beside GET',
      [
        { path: '/a', methods: ['GET'] },
        { path: '/a', methods: ['HEAD'] },
      ],
      '"/a" and "/a" are one pattern and both take HEAD',
    ],
    [
      'crossing wildcards',
      paths('/a/*', '/*/b'),
      '"/a/*" and "/*/b" both cover "/a/b" and neither is the narrower: add a route for "/a/b" or change one',
    ],
    [
      'a crossing rest',
      paths('/a/**', '/*/b/*'),
      '"/a/**" and "/*/b/*" both cover "/a/b/*" and neither is the narrower',
    ],
    [
      'two rests',
      paths('/*/b/**', '/a/**'),
      '"/*/b/**" and "/a/**" both cover "/a/b/**" and neither is the narrower',
    ],
  ])('%s', (_, routes, problem) => {
    const problems = tableProblems(routes);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.problem).toContain(problem);
    expect(problems[0]?.index).toBe(routes.length - 1);
    expect(() => compile(routes, DEFAULTS)).toThrow(problem);
  });

  it('crossing patterns are refused even with disjoint methods: the narrower one decides which methods there are', () => {
    const routes: RouteSettings[] = [
      { path: '/a/*', methods: ['GET'] },
      { path: '/*/b', methods: ['POST'] },
    ];
    expect(tableProblems(routes)).toHaveLength(1);
  });

  it('a route for exactly what they share settles it', () => {
    expect(tableProblems(paths('/a/*', '/*/b', '/a/b'))).toEqual([]);
    expect(ask(paths('/a/*', '/*/b', '/a/b'), '/a/b')).toBe('/a/b');
    expect(tableProblems(paths('/a/**', '/*/b/**', '/a/b/**'))).toEqual([]);
    expect(ask(paths('/a/*', '/*/b', '/a/b/**'), '/a/b')).toBe('/a/b/**');
  });

  it('a pattern that is none is told as such, and nothing else of it', () => {
    const problem = '"*" and "**" stand for whole segments';
    expect(tableProblems(paths('/a*/*', '/*/b'))).toEqual([{ index: 0, problem }]);
  });

  it('patterns of which one is the narrower are fine', () => {
    expect(
      tableProblems(paths('/**', '/*', '/a', '/a/', '/a/**', '/a/*', '/a/*/c', '/a/b/c', '/b/**')),
    ).toEqual([]);
  });
});

describe('a pattern that is none is refused', () => {
  it.each([
    ['', 'the path does not begin with a slash'],
    ['a', 'the path does not begin with a slash'],
    ['/a//b', 'the path has an empty segment'],
    ['/a/../b', 'the path has a dot segment'],
    ['/a?b', 'the path has a character that RFC 3986 wants encoded'],
    ['/é', 'the path has a character that is not printable ASCII'],
    ['/%61', 'the path is canonical as "/a"'],
    ['/caf%c3%a9', 'the path is canonical as "/caf%C3%A9"'],
    ['/a*', '"*" and "**" stand for whole segments'],
    ['/***', '"*" and "**" stand for whole segments'],
    ['/a/b*/c', '"*" and "**" stand for whole segments'],
    ['/**/a', '"**" stands at the end only'],
    ['/a/**/', '"**" stands at the end only'],
    ['/**/**', '"**" stands at the end only'],
  ])('%j', (path, problem) => {
    expect(tableProblems([{ path }])).toEqual([{ index: 0, problem }]);
    expect(() => compile([{ path }], DEFAULTS)).toThrow(problem);
  });
});

describe('a compiled route', () => {
  it('has every default filled in', () => {
    expect(compile(paths('/a/*'), DEFAULTS).routes).toEqual([
      {
        name: '/a/*',
        methods: METHODS,
        auth: 'required',
        credentials: CREDENTIAL_KINDS,
        scopes: [],
        cost: 1,
        maxBodyBytes: null,
        leaseSeconds: 5,
        maxAuthAgeSeconds: null,
        assertion: 'identity',
        timeoutSeconds: 30,
        earlyData: false,
        websocket: null,
        origin: null,
      },
    ]);
  });

  it('keeps what the operator says, zeros included', () => {
    const said = {
      auth: 'optional',
      credentials: ['session'],
      scopes: ['b', 'a'],
      cost: 5,
      maxBodyBytes: 0,
      leaseSeconds: 0,
      maxAuthAgeSeconds: 60,
      assertion: 'request',
      timeoutSeconds: 1,
      earlyData: true,
      websocket: { origins: ['https://app.acme.com'] },
    } as const;
    const origin = { binding: 'APP', id: 'app' };
    expect(compile([{ path: '/a', methods: ['GET'], origin, ...said }], DEFAULTS).routes).toEqual([
      {
        name: '/a',
        methods: ['GET', 'HEAD'],
        origin: { place: { kind: 'binding', binding: 'APP' }, id: 'app' },
        ...said,
      },
    ]);
  });

  it('has one origin, or there is no table', () => {
    for (const origin of [{}, { binding: 'APP', url: 'https://origin.acme.com' }])
      expect(() => compile([{ path: '/a', origin }], DEFAULTS)).toThrow(
        new Error('"/a" does not have exactly one origin'),
      );
  });

  it('is found in the same answer every time: a match makes nothing new', () => {
    const { match } = compile(paths('/a/**'), DEFAULTS);
    expect(match(canonical('/a/b'), 'GET')).toBe(match(canonical('/a/c'), 'GET'));
    expect(match(canonical('/a'), 'TRACE')).toBe(match(canonical('/a'), 'TRACE'));
    expect(match(canonical('/b'), 'GET')).toBe(match(canonical('/c'), 'GET'));
  });
});

const segment = fc.constantFrom('a', 'b', 'c');
const pattern = fc
  .tuple(fc.array(fc.oneof(segment, fc.constant('*')), { maxLength: 4 }), fc.constantFrom('', '/', '/**'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace('//', '/'));
const path = fc
  .tuple(fc.array(fc.oneof(segment, fc.constantFrom('A', '*', '**')), { maxLength: 5 }), fc.boolean())
  .map(([segments, slash]) => (segments.length === 0 ? '/' : `/${segments.join('/')}${slash ? '/' : ''}`));
const methods = fc.option(fc.subarray([...METHODS], { minLength: 1 }), { nil: undefined });
const table = fc.array(fc.record({ path: pattern, methods }), { maxLength: 8 });

const smallPattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }), fc.constantFrom('', '/', '/**'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace('//', '/'));

describe('against a naive matcher', () => {
  it('the same requests are served, under the same routes, with the same methods', () => {
    let decided = 0;
    fc.assert(
      fc.property(
        table,
        fc.array(path, { minLength: 5, maxLength: 20 }),
        fc.constantFrom(...METHODS),
        (routes, asked, method) => {
          const clear = clearTable(routes);
          const { match } = compile(clear, DEFAULTS);
          for (const at of asked) expect(told(match(canonical(at), method))).toBe(naive(clear, at, method));
          decided += clear.length;
        },
      ),
      { numRuns: 1000 },
    );
    expect(decided).toBeGreaterThan(1000);
  });

  it('a table is refused exactly when two routes claim a request and neither is the narrower', () => {
    fc.assert(
      fc.property(fc.array(smallPattern, { minLength: 2, maxLength: 4 }), (patterns) => {
        const unique = [...new Set(patterns)];
        const clear = SHORT_PATHS.every((at) => hasNarrowest(unique, at));
        expect(tableProblems(paths(...unique)).length === 0).toBe(clear);
      }),
      { numRuns: 600 },
    );
  });

  it('the intersection of two patterns covers what both cover, and nothing else', () => {
    fc.assert(
      fc.property(smallPattern, smallPattern, (one, other) => {
        const common = intersection(one, other);
        if (common !== null) expect(patternProblem(common)).toBeNull();
        for (const at of SHORT_PATHS) {
          const both = naiveCovers(one, at) && naiveCovers(other, at);
          expect(common !== null && naiveCovers(common, at)).toBe(both);
        }
      }),
      { numRuns: 600 },
    );
  });
});

it('DOS-13: no table and no path make matching slow', () => {
  const deep = Array.from({ length: 14 }, (_, i) => i);
  const routes = deep.flatMap((depth) =>
    paths(`${'/a'.repeat(depth)}/*${'/a'.repeat(13 - depth)}/end`, `${'/a'.repeat(depth)}/z`),
  );
  const clear = clearTable([...routes, ...paths('/*/*/*/*/*/*/*/*/*/*/*/*/*/*/other')]);
  const { match } = compile(clear, DEFAULTS);
  const long = canonical(`${'/a'.repeat(1000)}/end`);
  for (let i = 0; i < 10_000; i++) expect(match(long, 'GET')).toBe(match(long, 'GET'));
});

/** Every path of at most four segments of a small alphabet, with and without a slash at its end. */
const SHORT_PATHS: readonly string[] = (() => {
  const levels = [['']];
  for (let i = 0; i < 4; i++)
    levels.push((levels.at(-1) ?? []).flatMap((one) => [`${one}/a`, `${one}/b`, `${one}/q`]));
  return [
    '/',
    ...levels
      .slice(1)
      .flat()
      .flatMap((one) => [one, `${one}/`]),
  ];
})();

/** As many routes of a table, from its start, as make no ambiguous one. */
const clearTable = (routes: readonly RouteSettings[]): RouteSettings[] => {
  const clear: RouteSettings[] = [];
  for (const route of routes) {
    clear.push(route);
    if (tableProblems(clear).length > 0) clear.pop();
  }
  return clear;
};

/** Whether a pattern covers a path, by a regular expression made for it. */
const naiveCovers = (one: string, at: string): boolean => {
  const source = one
    .split('/')
    .slice(1)
    .map((part) => (part === '**' ? '(/.*)?' : part === '*' ? '/[^/]+' : `/${part}`))
    .join('');
  return new RegExp(`^${source}$`).test(at);
};

/** How a pattern covers each segment of a path: 1 by name, 2 by `*`, 3 by `**`. */
const kinds = (one: string, at: string): number[] => {
  const parts = one.split('/').slice(1);
  return at
    .split('/')
    .slice(1)
    .map((_, i) => (parts[i] === undefined || parts[i] === '**' ? 3 : parts[i] === '*' ? 2 : 1));
};

/** Whether one of the patterns that cover a path is as narrow as each other in every segment. */
const hasNarrowest = (patterns: readonly string[], at: string): boolean => {
  const covering = patterns.filter((one) => naiveCovers(one, at)).map((one) => kinds(one, at));
  return (
    covering.length === 0 ||
    covering.some((one) => covering.every((other) => one.every((kind, i) => kind <= (other[i] ?? 0))))
  );
};

/** The same decision by looking at every route: kinds of segments as digits, the smallest wins. */
const naive = (routes: readonly RouteSettings[], at: string, method: Method): string => {
  const rank = (one: string): string =>
    one
      .split('/')
      .slice(1)
      .map((part) => (part === '**' ? '3' : part === '*' ? '2' : '1'))
      .join('');
  const covering = routes.filter(({ path: one }) => naiveCovers(one, at));
  const best = covering.map(({ path: one }) => one).sort((x, y) => (rank(x) < rank(y) ? -1 : 1))[0];
  if (best === undefined) return 'no-route';
  const taken = new Set(
    covering.filter((route) => route.path === best).flatMap((route) => route.methods ?? METHODS),
  );
  if (taken.has('GET')) taken.add('HEAD');
  return taken.has(method) ? best : `allow ${METHODS.filter((one) => taken.has(one)).join(' ')}`;
};
