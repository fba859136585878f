import { err, ok, type RefusalOf, type Result } from '../../model/refusal.ts';
import type { Asked } from '../enter.ts';
import { fold } from '../forward/headers.ts';
import { wantsWebSocket } from '../forward/websocket.ts';
import { sliceUrl } from '../target.ts';

/** Where proxies ask, on the Desk's host: this path itself, or it with the path that is asked about behind it. */
export const DECISION_PATH = '/decision';

/** What of the operator's file decides how a question is read. */
export interface QuestionRules {
  /** The reserved prefix without its last dash. */
  readonly prefix: string;
  /** More beginnings of header names that no client may send. */
  readonly stripPrefixes: readonly string[];
  /** The header in which the proxy says where its client is. */
  readonly addressHeader: string;
}

/** How a proxy asks, and what it makes of an answer. */
export interface Dialect {
  /** Whether the path stands behind ours, as Envoy writes it: such a proxy takes 200 alone for a yes. */
  readonly isBehind: boolean;
  /** Whether the proxy knows no other refusal than 403, as nginx. */
  readonly onlyForbids: boolean;
}

type Unclear = RefusalOf<'question_unclear' | 'header_not_allowed' | 'upgrade_not_allowed'>;

/** The header in which a proxy proves itself. `Authorization` is its client's. */
export const secretHeader = (prefix: string): string => `${prefix}-Decision-Secret`;

/** How something is asked at a URL; null where nothing is. */
export const dialectOf = (url: string): Dialect | null => {
  const { path, query } = sliceUrl(url);
  const isBehind = path.startsWith(`${DECISION_PATH}/`);
  if (!isBehind && path !== DECISION_PATH) return null;
  return { isBehind, onlyForbids: !isBehind && query === ONLY_FORBIDS };
};

/** For proxies that know of refusals 401 and 403 alone. */
const ONLY_FORBIDS = '?refusals=403';

/** Where the parts of a question stand, as recipes for nginx have it. */
const ORIGINAL = {
  method: 'x-original-method',
  uri: 'x-original-uri',
  host: 'x-original-host',
  proto: 'x-original-proto',
} as const;

/** The same as Traefik and Caddy have it, and Envoy where it is told to. */
const FORWARDED = {
  method: 'x-forwarded-method',
  uri: 'x-forwarded-uri',
  host: 'x-forwarded-host',
  proto: 'x-forwarded-proto',
} as const;

const FAMILIES = [ORIGINAL, FORWARDED];

const ORIGINAL_LENGTH = 'x-original-content-length';

/** What a proxy says, and its client does not. */
const PROXYS_OWN = [...Object.values(ORIGINAL), ORIGINAL_LENGTH];

/**
 * What a proxy asks about. It is said in exactly one way, by the headers of one family: of two that differ, the client may
 * have sent the one (SECURITY: HDR-06). What stands behind our path was perhaps normalised on its way, as Cloudflare does:
 * it must be what the header says, which nobody touches.
 */
export const readQuestion = (
  request: Request,
  { isBehind, onlyForbids }: Dialect,
  rules: QuestionRules,
): Result<Asked, Unclear> => {
  const { headers } = request;
  const { path, query } = sliceUrl(request.url);
  const families = FAMILIES.filter(({ method, uri }) => headers.has(method) || headers.has(uri));
  const [names, another] = families;
  if (names === undefined || another !== undefined)
    return unclear('it is said in more than one way, or in none');
  const uri = headers.get(names.uri);
  const method = headers.get(names.method);
  if (isBehind && (uri !== path.slice(DECISION_PATH.length) + query || method !== request.method))
    return unclear('what stands behind the path is not what the headers say');
  if (!isBehind && !onlyForbids && query !== '') return unclear('the query is not known');

  const host = headers.get(names.host);
  const protocol = protocolOf(headers.get(names.proto));
  if (method === null || host === null || protocol === null || !uri?.startsWith('/'))
    return unclear('method, path or host is missing');
  // Repeated header lines arrive joined by a comma and a space (RFC 9110 §5.3).
  if ([method, host, uri].some((part) => /\s/.test(part))) return unclear('a part of it is there twice');
  const secret = secretHeader(rules.prefix).toLowerCase();
  if (claims(headers, rules, secret)) return err({ reason: 'header_not_allowed' });
  // What is said after an upgrade to HTTP/2 is a request that nobody judged. The Gate forwards none.
  if (headers.has('upgrade') && !wantsWebSocket(headers)) return err({ reason: 'upgrade_not_allowed' });
  return ok({
    url: `${protocol}://${host}${uri}`,
    method,
    headers: clientsOwn(headers, host, secret, rules.addressHeader),
  });
};

const unclear = (detail: string): Result<never, Unclear> => err({ reason: 'question_unclear', detail });

/** Traefik says `ws` of a handshake. Who says nothing speaks to clients as all do. */
const protocolOf = (said: string | null): 'http' | 'https' | null => {
  switch (said) {
    case null:
    case 'https':
    case 'wss':
      return 'https';
    case 'http':
    case 'ws':
      return 'http';
    default:
      return null;
  }
};

/** Other ways to name method or path, which some origins follow (SECURITY: HDR-06, HDR-07), folded. */
const OVERRIDES = /^x-(?:http-method|method$|method-override$|original-url$|rewrite-url$)/;

/**
 * Whether the client sent a header that no client may, or one that makes another request of the one that is judged, in any
 * spelling. The Gate takes those away from what it forwards; a proxy may hand on what it does not set itself.
 */
const claims = (headers: Headers, rules: QuestionRules, secret: string): boolean => {
  const reserved = [rules.prefix, ...rules.stripPrefixes].map(fold);
  const proxys = new Set([
    secret,
    rules.addressHeader.toLowerCase(),
    ...PROXYS_OWN,
    ...Object.values(FORWARDED),
  ]);
  return [...headers.keys()]
    .filter((name) => !proxys.has(name))
    .map(fold)
    .some((name) => reserved.some((prefix) => name.startsWith(prefix)) || OVERRIDES.test(name));
};

/** What Cloudflare says of whoever asks: here that is the proxy, wherever its client is. */
const OF_THE_PROXY = ['cf-connecting-ip', 'cf-ipcountry'];

/** The headers as the client sent them to the proxy, as far as they decide anything. */
const clientsOwn = (headers: Headers, host: string, secret: string, addressHeader: string): Headers => {
  const own = new Headers(headers);
  const address = headers.get(addressHeader);
  const length = headers.get(ORIGINAL_LENGTH);
  for (const name of [secret, ...PROXYS_OWN, 'content-length', ...OF_THE_PROXY]) own.delete(name);
  own.set('host', host);
  // It is believed because the proxy proved itself. What is no address lies in no range (src/model/address.ts).
  if (address !== null) own.set('cf-connecting-ip', address);
  // The body stays where it is; the question has none. Of a request without one, Caddy sends an empty length.
  if (length !== null && length !== '') own.set('content-length', length);
  // Proxies keep `Upgrade` to themselves. No origin takes a handshake without this key (RFC 6455 §4.2.1).
  if (own.has('sec-websocket-key') && !own.has('upgrade')) own.set('upgrade', 'websocket');
  return own;
};
