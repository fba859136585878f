import type { Identity } from '../../model/identity.ts';

/** The part of the operator's configuration that decides about headers. */
export interface HeaderPolicy {
  /** The reserved prefix without its last dash, e.g. `X-Latchkey`. */
  readonly prefix: string;
  /** Whether `Cookie` goes to the origin. Default false. */
  readonly forwardCookies?: boolean;
  /** Whether the origin's `Set-Cookie` comes back. Default false. */
  readonly returnCookies?: boolean;
  /** More prefixes that no client may send, in any spelling (SECURITY HDR-08). */
  readonly stripPrefixes?: readonly string[];
  /** Whether an answer depends on `Origin` (CORS), so that no cache gives one page's to another. Default false. */
  readonly variesByOrigin?: boolean;
}

/** A HeaderPolicy made ready at start; remembers its verdicts on names, at most MEMO_SIZE in each direction. */
export interface HeaderRules {
  readonly prefix: string;
  readonly forwards: (name: string) => boolean;
  readonly returns: (name: string) => boolean;
  /** The same for an answer that belongs to one caller. */
  readonly returnsToOne: (name: string) => boolean;
  /** What an answer depends on: if a credential would have changed it, and whatever it is. */
  readonly varies: { readonly byCredential: readonly string[]; readonly always: readonly string[] };
}

/** What is true of a request, whatever its headers say. */
export interface Hop {
  /** The API host as the client named it, with its port if not the default. */
  readonly host: string;
  readonly protocol: 'http' | 'https';
}

/** What an answer belongs to. */
export interface Exchange {
  readonly status: number;
  /** Where the answer comes from: scheme and authority, e.g. `https://origin.acme.com`. */
  readonly origin: string;
  /** Where the client asked: scheme and authority, e.g. `https://api.acme.com`. */
  readonly api: string;
  /** A credential was accepted, so the answer belongs to one caller. */
  readonly credentialed: boolean;
  /** Whether a credential would have changed the answer; default `credentialed`. True on `auth: 'optional'`. */
  readonly varies?: boolean;
}

export type HeaderEntry = readonly [name: string, value: string];

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** RFC 9110 §7.6.1 and its predecessors. `TE: trailers` goes too: trailers are not forwarded. */
const HOP_BY_HOP = words(`
  connection keep-alive proxy-connection te trailer transfer-encoding upgrade http2-settings`);

const NEVER_SENT = new Set([
  ...HOP_BY_HOP,
  // The credentials, the framing, and what the URL or the runtime says better.
  ...words(`authorization x-api-key cookie cookie2 set-cookie proxy host content-length expect x-request-id
    sec-websocket-key sec-websocket-version sec-websocket-extensions sec-websocket-accept`),
  // What the Gate has read, and says itself.
  ...words('traceparent tracestate'),
  // What the runtime says for us, and only if nobody else did: no cache before the origin may answer (CACHE-01).
  ...words('cache-control pragma'),
  // HDR-05: claims about who the client is.
  ...words(`forwarded forwarded-for forwarded-host forwarded-proto x-real-ip real-ip real-client-ip
    x-real-client-ip true-client-ip x-true-client-ip x-true-ip client-ip x-client-ip cluster-client-ip
    ali-cdn-real-ip cdn-real-ip cdn-src-ip incap-client-ip remote-addr remote-ip
    fastly-client-ip fly-client-ip wl-proxy-client-ip x-originating-ip x-remote-ip x-remote-addr x-proxyuser-ip
    x-appengine-user-ip x-azure-clientip x-azure-socketip x-custom-ip-authorization x-host x-http-host-override
    x-host-override x-backend-host x-server-ip`),
  // HDR-06: other ways to name what is asked for, as collected by bypass-url-parser.
  ...words(`base-url http-url original-path original-url path request-uri uri url redirect x-cf-url x-flx-redirect-url
    x-http-destinationurl x-http-path-override x-ning-request-uri x-override-url x-path x-referer x-referrer
    x-route-request x-uri x-url x-wap-profile x-waws-unencoded-url`),
  // HDR-07: other ways to name the method.
  ...words('x-method-override x-method'),
  // HDR-08: what a proxy in front of a framework would have set.
  ...words(`remote-user remote-groups x-remote-user x-remote-group x-remote-groups
    x-arr-clientcert x-client-cert x-client-dn x-client-verify`),
]);

const NEVER_SENT_PREFIXES = words(`
  proxy- x-forward x-cluster- x-http-method x-original- x-rewrite- x-accel- x-envoy- x-ms- x-sendfile x-proxy- cf-
  x-middleware- x-nextjs- x-next- x-invoke- x-vercel- x-internal- x-auth-request- x-authenticated- x-authentik-
  x-webauth- x-consumer- x-credential- x-anonymous-consumer x-endpoint-api- x-apigateway-api- x-goog-iap-
  x-goog-authenticated- x-amzn-oidc- x-amzn-mtls- x-ssl- ssl-client-`);

const NEVER_RETURNED = new Set([
  ...HOP_BY_HOP,
  ...words(`set-cookie set-cookie2 www-authenticate server x-powered-by x-aspnet-version x-aspnetmvc-version
    alt-svc clear-site-data service-worker-allowed nel report-to reporting-endpoints refresh
    strict-transport-security x-request-id`),
]);

const NEVER_RETURNED_PREFIXES = words(`
  proxy- ratelimit x-ratelimit x-rate-limit access-control- x-accel- x-sendfile x-middleware-`);

/** What directs shared caches, past `Cache-Control`, besides the targeted fields of RFC 9213, which end in its name. */
const FOR_SHARED_CACHES = new Set(
  words(
    'surrogate-control edge-control surrogate-key surrogate-keys cache-tag cache-tags edge-cache-tag xkey',
  ),
);

/** Names are the client's choice, so the memory of them is bounded, in entries and in length. */
const MEMO_SIZE = 512;
const MEMO_NAME_LENGTH = 64;

/** One spelling for all that an origin may read as one name: PHP, WSGI and CGI turn `.` and `_` into one sign. */
export const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

const isForSharedCaches = (name: string): boolean =>
  name.endsWith('-cache-control') || FOR_SHARED_CACHES.has(name);

/** Makes a policy ready; called once at start. */
export const createHeaderRules = (policy: HeaderPolicy): HeaderRules => {
  const prefix = policy.prefix.replace(/-$/, '');
  if (!/^x(?:-[a-z0-9]+)+$/i.test(prefix))
    throw new TypeError('a header prefix is X- and words, as X-Latchkey');
  const reserved = fold(prefix);
  const sendPrefixes = [reserved, ...NEVER_SENT_PREFIXES, ...(policy.stripPrefixes ?? []).map(fold)];
  const returnPrefixes = [reserved, ...NEVER_RETURNED_PREFIXES];
  const returns = (name: string): boolean => {
    const folded = fold(name);
    if (folded === 'set-cookie') return policy.returnCookies === true;
    return !NEVER_RETURNED.has(folded) && !begins(folded, returnPrefixes);
  };
  const always = policy.variesByOrigin === true ? ['Origin'] : [];
  const begins = (name: string, prefixes: readonly string[]) =>
    prefixes.some((each) => name.startsWith(each));
  return {
    prefix,
    forwards: memoised((name) => {
      if (!/^[a-z0-9-]+$/i.test(name)) return false;
      const folded = fold(name);
      if (folded === 'cookie') return policy.forwardCookies === true;
      return !NEVER_SENT.has(folded) && !begins(folded, sendPrefixes);
    }),
    returns: memoised(returns),
    returnsToOne: memoised((name) => returns(name) && !isForSharedCaches(name)),
    varies: { byCredential: [...CREDENTIAL_HEADERS, ...always], always },
  };
};

/** What is true of a request, whatever its headers say: the part that is the same for all of a caller's requests. */
export const hopHeaders = ({ host, protocol }: Hop): readonly HeaderEntry[] => [
  ['X-Forwarded-Host', host],
  ['X-Forwarded-Proto', protocol],
];

/**
 * What leaves for the origin: of the client's headers those with which it cannot be somebody else, as it spelled them and
 * line by line, and over them `told`, what the Gate says of the caller and of the hop.
 */
export const outbound = (
  inbound: Headers,
  rules: HeaderRules,
  told: readonly HeaderEntry[],
  clientIp: string | null,
): Headers => {
  const named = connectionOptions(inbound);
  // In workerd one copy and a few deletions cost less than many additions to an empty Headers.
  const sent = new Headers(inbound);
  for (const name of inbound.keys()) {
    if (!rules.forwards(name) || named?.has(fold(name))) sent.delete(name);
    // RFC 8470 §5.1: an invalid or a second one means the same, and not every origin knows.
    else if (name === 'early-data') sent.set('Early-Data', '1');
  }
  for (const [name, value] of told) sent.set(name, value);
  if (clientIp !== null) sent.set('X-Forwarded-For', clientIp);
  return sent;
};

/**
 * The headers that say who calls. Throws where a value is not one that a header can carry unchanged: an id that got so
 * far is a bug, and then nothing is forwarded.
 */
export const identityHeaders = (
  identity: Pick<Identity, 'auth' | 'userId' | 'organizationId' | 'clientId' | 'scopes'>,
  prefix: string,
  assertion: string,
): readonly HeaderEntry[] => {
  const entries: HeaderEntry[] = [
    [`${prefix}-Auth`, checked(identity.auth)],
    [`${prefix}-Assertion`, checked(assertion, Number.POSITIVE_INFINITY)],
  ];
  if (identity.userId !== null) entries.push([`${prefix}-User-Id`, checked(identity.userId)]);
  if (identity.organizationId !== null) {
    entries.push([`${prefix}-Organization-Id`, checked(identity.organizationId)]);
  }
  if (identity.clientId !== null) entries.push([`${prefix}-Key-Id`, checked(identity.clientId)]);
  if (identity.scopes.length > 0) {
    entries.push([`${prefix}-Scopes`, checked(identity.scopes.join(' '), Number.POSITIVE_INFINITY)]);
  }
  return entries;
};

/** RFC 8586: says that a request has passed through here, so that an origin that points back is found out. */
export const CDN_LOOP = 'cdn-loop';

/** Whether a request has been here before. */
export const isLoop = (headers: Headers, loopId: string): boolean => {
  const passed = headers.get(CDN_LOOP);
  return passed?.split(',').some((entry) => entry.trim().split(';')[0] === loopId) ?? false;
};

/** The client's own request id if it has the shape `[A-Za-z0-9_-]{8,64}`, else one made by `random`. */
export const requestId = (inbound: Headers, random: () => string): string => {
  const offered = inbound.get('x-request-id');
  return offered !== null && /^[A-Za-z0-9_-]{8,64}$/.test(offered) ? offered : random();
};

/**
 * Makes the origin's headers what goes back to the client, in place; the Gate's own are set after it. Each call of
 * `Headers` crosses into the runtime, so only what the origin sent is asked for.
 */
export const inboundResponse = (answer: Headers, rules: HeaderRules, exchange: Exchange): Headers => {
  const names = new Set(answer.keys());
  const named = names.has('connection') ? connectionOptions(answer) : undefined;
  const returns = exchange.credentialed ? rules.returnsToOne : rules.returns;
  for (const name of names) {
    if (!returns(name) || named?.has(fold(name))) answer.delete(name);
  }
  if (exchange.status === 401 || exchange.status === 407) answer.set(`${rules.prefix}-Source`, 'origin');
  // RFC 9110 §15.5.2: "The server generating a 401 response MUST send a WWW-Authenticate header field".
  if (exchange.status === 401) answer.set('WWW-Authenticate', 'Bearer');
  for (const name of REFERENCES) if (names.has(name)) relocate(answer, name, exchange);
  if (exchange.credentialed) keepPrivate(answer, names);
  const { byCredential, always } = rules.varies;
  vary(answer, names.has('vary'), (exchange.varies ?? exchange.credentialed) ? byCredential : always);
  return answer;
};

/** Where an origin may name itself. */
const REFERENCES = ['location', 'content-location'];

const memoised = (judge: (name: string) => boolean): ((name: string) => boolean) => {
  const memory = new Map<string, boolean>();
  return (name) => {
    const known = memory.get(name);
    if (known !== undefined) return known;
    const verdict = judge(name);
    if (name.length > MEMO_NAME_LENGTH) return verdict;
    // Forgetting all is cheap; refusing to learn would let one client slow down all that come after.
    if (memory.size >= MEMO_SIZE) memory.clear();
    memory.set(name, verdict);
    return verdict;
  };
};

/** RFC 9110 §7.6.1: "MUST parse a received Connection header field … remove any header field(s) with the same name". */
const connectionOptions = (headers: Headers): ReadonlySet<string> | undefined => {
  const options = headers.get('connection');
  return options === null ? undefined : new Set(options.split(',').map((option) => fold(option.trim())));
};

/** Refuses what `Headers` would trim or what an origin could read otherwise (SECURITY HDR-10, HDR-11). */
const checked = (value: string, maxLength = 256): string => {
  if (value.length <= maxLength && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return value;
  throw new TypeError('an identity value cannot be a header value');
};

const WEB: ReadonlySet<string> = new Set(['http:', 'https:']);

/**
 * The origin's own address becomes the API's; other hosts, and references without a host, stay. So does what names the
 * API by https already: under http, an origin that insists on https would be asked again for ever.
 */
const relocate = (headers: Headers, name: string, { origin, api }: Exchange): void => {
  const value = headers.get(name);
  if (value === null || !/^(?:[a-z][a-z0-9+.-]*:|[\\/]{2})/i.test(value)) return;
  if (!URL.canParse(value, origin)) {
    headers.delete(name);
    return;
  }
  const target = new URL(value, origin);
  const own = new URL(origin);
  const ours = new URL(api);
  if (target.host === ours.host && target.protocol === 'https:') return;
  const moved = target.hostname === own.hostname && own.hostname !== ours.hostname;
  if (!WEB.has(target.protocol) || !(moved || target.host === own.host)) return;
  headers.set(name, `${api}${target.pathname}${target.search}${target.hash}`);
};

/** RFC 9111 §3.5 protects answers to `Authorization` only, and the origin's request had none. */
const keepPrivate = (headers: Headers, names: ReadonlySet<string>): void => {
  if (names.has('cache-control') && isPrivate(headers.get('cache-control') ?? '')) return;
  for (const name of ['expires', 'age']) if (names.has(name)) headers.delete(name);
  headers.set('Cache-Control', 'private, no-store');
};

const isPrivate = (cacheControl: string): boolean => {
  // A quoted list could hide `private` in an argument: then it is overruled, which is always right.
  if (cacheControl.includes('"')) return false;
  const said = cacheControl.toLowerCase().split(',');
  const directives = new Set(said.map((directive) => directive.trim()));
  const shared =
    directives.has('public') || said.some((directive) => directive.trim().startsWith('s-maxage'));
  return !shared && (directives.has('private') || directives.has('no-store'));
};

const vary = (headers: Headers, isSaid: boolean, on: readonly string[]): void => {
  if (on.length === 0) return;
  const present = isSaid ? (headers.get('vary') ?? '') : '';
  if (present === '') {
    headers.set('Vary', on.join(', '));
    return;
  }
  const have = new Set(
    present
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  if (have.has('*')) return;
  const missing = on.filter((name) => !have.has(name.toLowerCase()));
  headers.set('Vary', [present, ...missing].join(', '));
};

const CREDENTIAL_HEADERS = ['Authorization', 'X-API-Key', 'Cookie'];
