import type { Answered, Fault, Passing } from '../breaking-proxy.ts';

const served = (body = 'served'): Answered => ({
  status: 200,
  headers: [['Content-Type', 'text/plain']],
  body,
});
const where =
  (is: (passing: Passing) => boolean, answered: Answered = served()): NonNullable<Fault['instead']> =>
  (passing) =>
    is(passing) ? answered : null;
const has = ({ lines }: Passing, line: RegExp): boolean => lines.some((each) => line.test(each));
const rewritten = (change: (target: string) => string): Fault => ({
  request: (passing) => ({ ...passing, target: change(passing.target) }),
});
const without = (line: RegExp): Fault => ({
  request: (passing) => ({ ...passing, lines: passing.lines.filter((each) => !line.test(each)) }),
});
const withHeader = (name: string, value: (passing: Passing) => string | null): Fault => ({
  response: (answered, passing) => {
    const said = value(passing);
    return said === null ? answered : { ...answered, headers: [...answered.headers, [name, said]] };
  },
});
const withoutHeader = (gone: RegExp): Fault => ({
  response: (answered) => ({ ...answered, headers: answered.headers.filter(([name]) => !gone.test(name)) }),
});
/** Each header with another value, or without one. */
const withHeaders = (change: (name: string, value: string) => string | null): Fault => ({
  response: (answered) => ({
    ...answered,
    headers: answered.headers.flatMap(([name, value]) => {
      const changed = change(name, value);
      return changed === null ? [] : [[name, changed] as const];
    }),
  }),
});
const withBody = (change: (body: string, passing: Passing) => string): Fault => ({
  response: (answered, passing) => ({ ...answered, body: change(answered.body, passing) }),
});
const member = (body: string, name: string, value: unknown): string =>
  JSON.stringify({ ...JSON.parse(body), [name]: value });
const lineOfRequest = ({ lines }: Passing, name: RegExp): string =>
  lines.find((each) => name.test(each)) ?? '';

/** Some answers are kept by URL, and given to whoever asks. */
const cached = (isKept: (answered: Answered) => boolean): Fault => {
  const kept = new Map<string, Answered>();
  return {
    instead: ({ target }) => kept.get(target) ?? null,
    response: (answered, { target }) => {
      if (isKept(answered)) kept.set(target, answered);
      return answered;
    },
  };
};

/** What somebody breaks between clients and Latchkey, and the check that must see it. */
export const FAULTS: readonly (readonly [what: string, check: string, fault: () => Fault])[] = [
  [
    'serves what leads up and round',
    'paths.dot-segments',
    () => ({ instead: where(({ target }) => /\.\.|%2e/i.test(target)) }),
  ],
  [
    'takes a backslash for a slash, and serves',
    'paths.backslashes',
    () => ({ instead: where(({ target }) => target.includes('\\')) }),
  ],
  [
    'makes one slash of two, and serves',
    'paths.empty-segments',
    () => ({ instead: where(({ target }) => target.includes('//')) }),
  ],
  ['decodes slashes', 'paths.encoded-separators', () => rewritten((target) => target.replace(/%2f/gi, '/'))],
  [
    'cuts a path at a NUL',
    'paths.control-characters',
    () => rewritten((target) => target.replace(/%00.*/, '')),
  ],
  ['decodes once', 'paths.encoded-twice', () => rewritten((target) => target.replace(/%25/g, '%'))],
  ['takes parameters off', 'paths.parameters', () => rewritten((target) => target.replace(/;[^/]*/g, ''))],
  ['serves in any case', 'paths.case', () => ({ instead: where(({ target }) => /[A-Z]/.test(target)) })],
  [
    'goes by the whole URL of a request line',
    'paths.targets',
    () => ({ instead: where(({ target }) => /^http:/.test(target)) }),
  ],
  ['takes a second credential off', 'credentials.two', () => without(/^x-api-key:/i)],
  ['takes the query off', 'credentials.query', () => rewritten((target) => target.replace(/\?.*/, ''))],
  [
    'tells of one kind of credential more than of another',
    'credentials.one-answer',
    () =>
      withBody((body, passing) =>
        has(passing, /^authorization: basic/i) ? member(body, 'detail', 'Unknown client.') : body,
      ),
  ],
  ['takes the challenge off', 'credentials.challenge', () => withoutHeader(/^www-authenticate$/i)],
  [
    'names an error to whom sent nothing',
    'credentials.challenge',
    () => ({
      response: (answered) => ({
        ...answered,
        headers: answered.headers.map(([name, value]) => [
          name,
          value.replace('realm="acme-api",', 'realm="acme-api", error="invalid_token",'),
        ]),
      }),
    }),
  ],
  ['takes long headers off', 'credentials.long', () => without(/^authorization:.{9000}/i)],
  [
    'writes error pages of its own',
    'errors.shape',
    () => ({
      response: (answered) =>
        answered.status < 400
          ? answered
          : { ...answered, headers: [['Content-Type', 'text/html']], body: '<h1>Sorry</h1>' },
    }),
  ],
  ['lets refusals be kept', 'errors.shape', () => withoutHeader(/^cache-control$/i)],
  [
    'adds a stack',
    'errors.quiet',
    () => withBody((body) => member(body, 'stack', 'Error\n    at gate (src/gate/index.ts:12:3)')),
  ],
  [
    'repeats what was sent',
    'errors.quiet',
    () => withBody((body, passing) => member(body, 'detail', lineOfRequest(passing, /^authorization:/i))),
  ],
  [
    'lets an identity of a client through',
    'headers.identity',
    () => withBody((body, passing) => `${body}${lineOfRequest(passing, /^x_latchkey/i)}`),
  ],
  [
    'takes off what Connection names',
    'headers.hop-by-hop',
    () =>
      withBody((body, passing) =>
        has(passing, /^connection:.*latchkey/i) ? body.replace(/x-latchkey-key-id/gi, 'x-nothing') : body,
      ),
  ],
  [
    'answers any Host',
    'hosts.other',
    () => ({
      request: (passing, behind) => ({
        ...passing,
        lines: passing.lines.map((line) =>
          /^host:.*(?:invalid|:1$|workers)/i.test(line) ? `Host: 127.0.0.1:${behind}` : line,
        ),
      }),
    }),
  ],
  [
    'serves the Desk under the name of the API',
    'hosts.apart',
    () => ({
      request: (passing) => ({
        ...passing,
        lines: passing.lines.map((line) =>
          passing.target === '/healthz' ? line.replace('127.0.0.1', 'localhost') : line,
        ),
      }),
    }),
  ],
  ['answers TRACE', 'methods.unknown', () => ({ instead: where(({ method }) => method === 'TRACE') })],
  [
    'goes by X-HTTP-Method-Override',
    'methods.override',
    () => ({
      request: (passing) => ({
        ...passing,
        method: /: (\w+)$/.exec(lineOfRequest(passing, /^x-http-method-override:/i))?.[1] ?? passing.method,
      }),
    }),
  ],
  [
    'opens WebSockets',
    'upgrades.websocket',
    () => ({
      instead: where((passing) => has(passing, /^upgrade: websocket/i), {
        status: 101,
        headers: [['Upgrade', 'websocket']],
        body: '',
      }),
    }),
  ],
  [
    'goes over to h2c',
    'upgrades.h2c',
    () => ({
      instead: where((passing) => has(passing, /^upgrade: h2c/i), {
        status: 101,
        headers: [['Upgrade', 'h2c']],
        body: '',
      }),
    }),
  ],
  ['takes Early-Data off', 'early-data', () => without(/^early-data:/i)],
  ['keeps answers by URL', 'caches.refusals', () => cached(() => true)],
  ['gives refusals an Age', 'caches.refusals', () => withHeader('Age', () => '7')],
  ['says that a cache answered', 'caches.refusals', () => withHeader('CF-Cache-Status', () => 'HIT')],
  ['keeps the answer to a key', 'caches.answers', () => cached(({ status }) => status < 400)],
  [
    'lets answers be shared',
    'caches.answers',
    () => ({
      response: (answered) => ({
        ...answered,
        headers: answered.headers.map(([name, value]) => [
          name,
          /^cache-control$/i.test(name) ? 'public, max-age=60' : value,
        ]),
      }),
    }),
  ],
  [
    'lets caches mistake one caller for another',
    'caches.answers',
    () =>
      withHeaders((name, value) =>
        /^vary$/i.test(name) ? null : /^cache-control$/i.test(name) ? 'private, max-age=60' : value,
      ),
  ],
  [
    'reflects Origin',
    'cors.strangers',
    () =>
      withHeader(
        'Access-Control-Allow-Origin',
        (passing) => lineOfRequest(passing, /^origin:/i).slice(8) || null,
      ),
  ],
  [
    'names another issuer',
    'desk.metadata',
    () => withBody((body) => body.replace('"issuer":"http:', '"issuer":"https:')),
  ],
  [
    'has the token endpoint elsewhere',
    'desk.metadata',
    () =>
      withBody((body) =>
        body.replace(/"token_endpoint":"[^"]*"/, '"token_endpoint":"https://elsewhere.invalid/token"'),
      ),
  ],
  [
    'publishes a private key',
    'desk.jwks',
    () => withBody((body) => body.replace('"kty"', '"d":"nothing","kty"')),
  ],
  [
    'is not ready',
    'desk.ready',
    () => ({ instead: where(({ target }) => target === '/readyz', { ...served(), status: 503 }) }),
  ],
  ['takes the policy off pages', 'desk.pages', () => withoutHeader(/^content-security-policy$/i)],
  [
    'lets inline scripts into pages',
    'desk.pages',
    () => ({
      response: (answered) => ({
        ...answered,
        headers: answered.headers.map(([name, value]) => [
          name,
          value.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ]),
      }),
    }),
  ],
  [
    'sets a cookie for all hosts',
    'desk.cookies',
    () => withHeader('Set-Cookie', () => 'who=me; Domain=acme.com; Path=/'),
  ],
  ['lets any page read the Desk', 'desk.closed', () => withHeader('Access-Control-Allow-Origin', () => '*')],
  [
    'takes everybody for another',
    'limits.strangers',
    () => ({
      request: (passing) => ({
        ...passing,
        lines: [...passing.lines, `CF-Connecting-IP: 192.0.2.${Math.floor(Math.random() * 250)}`],
      }),
    }),
  ],
];
