import type { Evidence } from '../model/evidence.ts';
import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/policy.ts';
import { err, ok, type RefusalOf, type Result } from '../model/refusal.ts';
import { fresh, type KeptAssertions } from './assertion.ts';
import { countBody } from './body.ts';
import { identityHeaders, inboundResponse, outbound } from './headers.ts';
import type { Origin, Origins } from './origins.ts';
import type { Target } from './target.ts';

/** RFC 8586: says that a request has passed through here, so that an origin that points back is found out. */
const CDN_LOOP = 'cdn-loop';

export interface ForwardPorts {
  readonly origins: Origins;
  readonly now: () => number;
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

    const inbound = hasBody(request) ? request.body : null;
    // A signal costs as much as the rest of the headers. Without a body nothing is broken off on its way, and what
    // came too late ends with the request.
    const abort = inbound === null ? null : new AbortController();
    const hasLength = inbound !== null && request.headers.has('content-length');
    const body = countBody(inbound, hasLength, route.maxBodyBytes, () => abort?.abort());
    let answered: Response | null;
    try {
      const answer = origin.fetch(base + target.path + target.query, {
        method: request.method,
        headers,
        body: body.stream,
        redirect: 'manual',
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
      return err({ reason: 'origin_timed_out' });
    }
    return ok(returned(answered, passage, origin, base, `${protocol}://${target.host}`));
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
): Response => {
  const { identity, route, requestId } = passage;
  const exchange = {
    status: response.status,
    origin: base,
    api,
    credentialed: identity.auth !== 'anonymous',
    varies: route.auth !== 'none',
  };
  // The runtime's own copy: its headers can be changed, and are not copied a second time.
  const answer = new Response(response.body, response);
  inboundResponse(answer.headers, headers, exchange).set('X-Request-Id', requestId);
  return answer;
};
