import type { Evidence } from '../model/evidence.ts';
import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/policy.ts';
import type { Log } from '../model/ports.ts';
import { err, ok, type Refusal, type RefusalOf, type Result } from '../model/refusal.ts';
import { fresh, type KeptAssertions } from './assertion.ts';
import { countBody } from './body.ts';
import { identityHeaders, inboundResponse, outbound } from './headers.ts';
import { linger, longBody } from './linger.ts';
import type { Origin, Origins } from './origins.ts';
import type { Target } from './target.ts';
import type { Leave } from './watch.ts';
import { bridge } from './websocket.ts';

/** RFC 8586: says that a request has passed through here, so that an origin that points back is found out. */
const CDN_LOOP = 'cdn-loop';

export interface ForwardPorts {
  readonly origins: Origins;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly log: Log;
  /** Names this deployment in `CDN-Loop`: its Desk host. */
  readonly loopId: string;
}

/** What is to be forwarded, for whom. */
export interface Passage {
  readonly request: Request;
  readonly target: Target;
  readonly route: Route;
  readonly identity: Identity;
  readonly evidence: Evidence | null;
  readonly requestId: string;
  /** For how long the answer may be open; null for anonymous callers: as long as it likes. */
  readonly leave: Leave | null;
  /** Whether it is the handshake of a WebSocket. */
  readonly isHandshake: boolean;
}

export type ForwardRefusal = RefusalOf<'origin_failed' | 'origin_timed_out' | 'body_too_large'>;

/** Sends admitted requests to the origin, as somebody that the origin can trust. */
export type Forward = (passage: Passage) => Promise<Result<Response, ForwardRefusal>>;

/** Whether a request has been here before. */
export const isLoop = (headers: Headers, loopId: string): boolean => {
  const passed = headers.get(CDN_LOOP);
  return passed?.split(',').some((entry) => entry.trim().split(';')[0] === loopId) ?? false;
};

export const createForward = (ports: ForwardPorts): Forward => {
  const anonymous: { assertion: KeptAssertions | null } = { assertion: null };

  /** An assertion may serve an identity for a while; one that is bound to its request is made for each. */
  const assert = async (passage: Passage, { signer, audience }: Origin, base: string): Promise<string> => {
    const { request, target, route, identity, evidence } = passage;
    const now = ports.now();
    if (route.assertion === 'request') {
      return signer.sign(identity, now, { method: request.method, url: base + target.path });
    }
    const keeper = identity.auth === 'anonymous' ? anonymous : evidence;
    const kept = keeper?.assertion?.get(audience);
    if (kept !== undefined && fresh(kept, now)) return kept.token;
    const token = await signer.sign(identity, now);
    // While it was signed, the evidence may have come to stand for another identity: the pair's, or narrower scopes.
    if (keeper !== null && (keeper === anonymous || evidence?.identity === identity)) {
      keeper.assertion = (keeper.assertion ?? new Map()).set(audience, { token, signedAtMs: now });
    }
    return token;
  };

  return async function forward(passage) {
    const { request, target, route, identity, requestId } = passage;
    const protocol = request.url.startsWith('https:') ? 'https' : 'http';
    const origin = route.origin === null ? ports.origins.main : ports.origins.of(route);
    const base = origin.base(protocol, target.host);
    const hop = { clientIp: request.headers.get('cf-connecting-ip'), host: target.host, protocol } as const;
    const headers = outbound(request.headers, origin.headers, hop);
    const assertion = await assert(passage, origin, base);
    for (const [name, value] of identityHeaders(identity, origin.headers.prefix, requestId, assertion)) {
      headers.set(name, value);
    }
    headers.append(CDN_LOOP, ports.loopId);
    if (passage.isHandshake) headers.set('Upgrade', 'websocket');

    const inbound = hasBody(request) ? request.body : null;
    // A signal costs as much as the rest of the headers. Without a body nothing is broken off on its way, and what
    // came too late ends with the request.
    const abort = inbound === null ? null : new AbortController();
    const hasLength = inbound !== null && request.headers.has('content-length');
    const body = countBody(inbound, hasLength, route.maxBodyBytes, () => abort?.abort());
    let answered: Response | null;
    let answer: Promise<Response> | undefined;
    try {
      answer = origin.fetch(base + target.path + target.query, {
        method: request.method,
        headers,
        body: body.stream,
        redirect: 'manual',
        // As the origin encoded it: part of a compressed body (206) could not be decoded.
        encodeResponseBody: 'manual',
        // Once Authorization is gone, a cache would take the answer for anybody's (RFC 9111 §3.5).
        cache: 'no-store',
        ...(abort === null ? {} : { signal: abort.signal }),
      });
      answered = await within(answer, route.timeoutSeconds * 1000);
    } catch {
      if (body.isOver()) return err({ reason: 'body_too_large', maxBytes: route.maxBodyBytes ?? 0 });
      // Whatever a fetch throws, it says that there is no answer.
      return err({ reason: 'origin_failed' });
    }
    if (answered === null) {
      abort?.abort();
      answer?.then(discard, () => undefined);
      return err({ reason: 'origin_timed_out' });
    }
    return ok(returned(answered, passage, origin, base, `${protocol}://${target.host}`, ports));
  };
};

/** What comes of a promise within a time, or null. */
const within = async <T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

const hasBody = (request: Request): boolean => request.method !== 'GET' && request.method !== 'HEAD';

const returned = (
  response: Response,
  passage: Passage,
  { headers }: Origin,
  base: string,
  api: string,
  ports: ForwardPorts,
): Response => {
  const { identity, route, requestId } = passage;
  const exchange = {
    status: response.status,
    origin: base,
    api,
    credentialed: identity.auth !== 'anonymous',
    varies: route.auth !== 'none',
  };
  const answer = opened(response, passage, ports);
  inboundResponse(answer.headers, headers, exchange).set('X-Request-Id', requestId);
  return answer;
};

/** The origin's answer with headers that can be changed, and what may outlive a lease in it under watch. */
const opened = (response: Response, passage: Passage, ports: ForwardPorts): Response => {
  const { leave, requestId } = passage;
  const closed = ({ reason }: Refusal): void => ports.log({ event: 'closed', request_id: requestId, reason });
  const { status, statusText, headers, webSocket } = response;
  if (webSocket !== null && webSocket !== undefined)
    return bridge(webSocket, new Headers(headers), leave, ports, closed);
  const body = leave === null ? null : longBody(response);
  // The runtime's own copy: its headers can be changed, and are not copied a second time.
  if (leave === null || body === null) return new Response(response.body, response);
  const stream = linger(body, leave, passage.request.signal, ports, closed);
  return new Response(stream, { status, statusText, headers, encodeBody: 'manual' });
};

/** What came too late holds a connection that nobody will read. */
const discard = (late: Response): void => {
  late.webSocket?.accept();
  late.webSocket?.close();
  void late.body?.cancel();
};
