import { isHere } from '../../here.ts';
import type { Answer } from '../ask.ts';
import { type Check, type Finding, forEach, isRefused, judged, type Place, wrong } from '../check.ts';

/** The Desk of a place: only asked where it is known. */
const at = (desk: URL | null): URL => desk as URL;

const needs = ['the Desk'] as const;

const metadata = async ({ ask, api, desk, path }: Place): Promise<readonly Finding[]> => {
  const resource = await ask(api, { target: `/.well-known/oauth-protected-resource${path}` });
  const server = await ask(at(desk), { target: '/.well-known/oauth-authorization-server' });
  const named = resource.json?.resource;
  const servers = resource.json?.authorization_servers;
  const issuer = server.json?.issuer;
  const places = Object.entries(server.json ?? {}).filter(([name]) => /(?:_endpoint|^jwks_uri)$/.test(name));
  const strange = places.filter(([, url]) => !String(url).startsWith(`${issuer}/`)).map(([name]) => name);
  return [
    // RFC 9728 §3.3: the very URL that was asked for.
    judged(resource, named !== `${api.origin}${path}` && `is about ${named}`),
    judged(
      resource,
      !(Array.isArray(servers) && servers.includes(at(desk).origin)) && `names ${servers}, not the Desk`,
    ),
    judged(server, issuer !== at(desk).origin && `has the issuer ${issuer}`),
    judged(server, strange.length > 0 && `has elsewhere: ${strange.join(', ')}`),
  ];
};

/** RFC 7518 §6: what must not be seen of an EC, RSA or symmetric key. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const jwks = async ({ ask, desk }: Place): Promise<readonly Finding[]> => {
  const answer = await ask(at(desk), { target: '/.well-known/jwks.json' });
  const keys = Array.isArray(answer.json?.keys)
    ? (answer.json.keys as readonly Record<string, unknown>[])
    : [];
  if (answer.status !== 200 || keys.length === 0) return [wrong(answer, 'has no keys')];
  const shown = keys.flatMap((key) => PRIVATE.filter((name) => name in key));
  // What is wrong here is not repeated.
  if (shown.length > 0)
    return [wrong({ ...answer, text: '' }, `shows the private part of a key: ${shown.join(', ')}`)];
  return [
    judged(
      answer,
      keys.some(({ alg, kid }) => alg !== 'ES256' || typeof kid !== 'string') &&
        'has a key without kid, or not for ES256',
    ),
  ];
};

const DIRECTIVES = [
  [/(?:^|;\s*)default-src 'none'/, "default-src 'none'"],
  [/(?:^|;\s*)frame-ancestors 'none'/, "frame-ancestors 'none'"],
  [/(?:^|;\s*)base-uri 'none'/, "base-uri 'none'"],
  [/(?:^|;\s*)form-action '(?:self|none)'/, 'form-action'],
] as const;

/** What a page of the portal lacks (SECURITY.md WEB-04, WEB-05, WEB-10). */
const unguarded = (page: Answer, desk: URL): string | null => {
  const policy = page.header('content-security-policy') ?? '';
  const missing = DIRECTIVES.flatMap(([pattern, name]) => (pattern.test(policy) ? [] : [name]));
  if (missing.length > 0) return `has no Content-Security-Policy with ${missing.join(', ')}`;
  if (/unsafe-(?:inline|eval)/.test(policy)) return 'lets scripts in by its Content-Security-Policy';
  if (page.header('x-content-type-options') !== 'nosniff') return 'has no X-Content-Type-Options: nosniff';
  if (!page.header('cache-control')?.includes('no-store')) return 'may be kept by a browser';
  if (page.header('referrer-policy') === null) return 'has no Referrer-Policy';
  return desk.protocol === 'https:' &&
    isHere(desk) === false &&
    page.header('cross-origin-opener-policy') === null
    ? 'has no Cross-Origin-Opener-Policy'
    : null;
};

const tossed = (cookie: string): string | null => {
  const [name = ''] = cookie.split('=', 1);
  const missing = [
    /;\s*Secure/i,
    /;\s*HttpOnly/i,
    /;\s*SameSite=(?:Lax|Strict)/i,
    /;\s*Path=\/(?:;|$)/i,
  ].some((attribute) => !attribute.test(cookie));
  return !name.startsWith('__Host-') || missing ? `sets the cookie ${name} without all of its guards` : null;
};

export const DESK: readonly Check[] = [
  {
    id: 'desk.metadata',
    says: 'API and Desk name each other, and nobody else',
    row: 'OA-11, OA-12',
    advice:
      'Clients would take their credentials elsewhere, or nowhere. Compare hosts in latchkey.config.ts (or API_HOSTS, DESK_HOST) with the names that you deployed.',
    needs,
    run: metadata,
  },
  {
    id: 'desk.jwks',
    says: 'the published keys are public keys',
    row: 'OA-11; RFC 7517 §9.3',
    advice:
      'Whoever saw this can sign assertions. Make new ASSERTION_JWKS now, and see who answers here: Latchkey publishes public parts alone.',
    needs,
    run: jwks,
  },
  {
    id: 'desk.ready',
    says: 'it is up, and has all that it needs',
    row: 'DESIGN.md 12',
    advice:
      'The answer names what is missing: a secret, KV, or Stytch. npx wrangler secret list; docs/operations.md.',
    needs,
    run: ({ ask, desk }) =>
      forEach(['/healthz', '/readyz'], async (target) => {
        const answer = await ask(at(desk), { target });
        return judged(answer, answer.status !== 200 && '200 is right');
      }),
  },
  {
    id: 'desk.pages',
    says: 'the pages let no foreign script, frame or cache in',
    row: 'WEB-04, WEB-05, WEB-09, WEB-10',
    advice:
      'Somebody before the Worker changes its headers: Transform Rules, Zaraz, Rocket Loader, e-mail obfuscation.',
    needs,
    run: ({ ask, desk }) =>
      forEach(['/', '/device', '/sign-in'], async (target) => {
        const page = await ask(at(desk), { target });
        if (page.status === null) return wrong(page, 'is not answered');
        // No page, where there is no sign-in.
        return judged(page, page.code === null ? unguarded(page, at(desk)) : null);
      }),
  },
  {
    id: 'desk.cookies',
    says: 'a cookie is for this host, over TLS, and for no script',
    row: 'WEB-01, WEB-07, WEB-08',
    advice: 'See who sets it: Latchkey sets __Host- cookies alone.',
    needs,
    run: ({ ask, desk }) =>
      forEach(['/', '/device'], async (target) => {
        const page = await ask(at(desk), { target });
        const problem = page
          .all('set-cookie')
          .filter((one) => !/^__cf/.test(one))
          .map(tossed)
          .find((one) => one !== null);
        return judged(page, problem ?? null);
      }),
  },
  {
    id: 'desk.closed',
    says: 'nobody manages keys without a session, and no other site by its page',
    row: 'MG-01, WEB-01, WEB-06',
    advice: 'Take the Desk off the net until it is clear who answers here.',
    needs,
    run: ({ ask, desk }) =>
      forEach(
        [
          { target: '/v1/keys' },
          { target: '/v1/whoami' },
          {
            method: 'POST',
            target: '/v1/keys',
            lines: ['Content-Type: application/json', 'Origin: https://elsewhere.invalid'],
            body: '{}',
          },
          { target: '/v1/users/nobody/keys', lines: ['Authorization: Bearer nothing'] },
        ],
        async (question) => {
          const answer = await ask(at(desk), question);
          if (!isRefused(answer)) return wrong(answer, 'was served');
          return judged(
            answer,
            answer.header('access-control-allow-origin') !== null && 'may be read by pages of other sites',
          );
        },
      ),
  },
];
