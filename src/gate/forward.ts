import type { Evidence } from '../model/evidence.ts';
import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/policy.ts';
import { err, ok, type RefusalOf, type Result } from '../model/refusal.ts';
import { countBody } from './body.ts';
import { CDN_LOOP, inboundResponse, outbound } from './headers.ts';
import { createIntroduce, type IntroducePorts } from './introduce.ts';
import type { Target } from './target.ts';

export interface ForwardPorts extends IntroducePorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
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

export const createForward = (ports: ForwardPorts): Forward => {
  const introduce = createIntroduce(ports);

  return async function forward(passage) {
    const { request, target, route, requestId } = passage;
    const letter = introduce(passage);
    const told = letter instanceof Promise ? await letter : letter;
    const clientIp = request.headers.get('cf-connecting-ip');
    const headers = outbound(request.headers, ports.headers, told, clientIp);
    headers.set('X-Request-Id', requestId);
    headers.append(CDN_LOOP, ports.loopId);

    const inbound = hasBody(request) ? request.body : null;
    // A signal costs as much as the rest of the headers. Without a body nothing is broken off on its way, and what
    // came too late ends with the request.
    const abort = inbound === null ? null : new AbortController();
    const hasLength = inbound !== null && request.headers.has('content-length');
    const body = countBody(inbound, hasLength, route.maxBodyBytes, () => abort?.abort());
    let answered: Response | null;
    try {
      const answer = ports.fetch(ports.originUrl + target.path + target.query, {
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
    return ok(returned(answered, passage, ports));
  };
};

/** What comes of a promise within a time, or null. */
const within = <T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), timeoutMs);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });

const hasBody = (request: Request): boolean => request.method !== 'GET' && request.method !== 'HEAD';

const returned = (response: Response, passage: Passage, ports: ForwardPorts): Response => {
  const { identity, route, requestId, target } = passage;
  const exchange = {
    status: response.status,
    origin: ports.originUrl,
    api: `${target.protocol}://${target.host}`,
    credentialed: identity.auth !== 'anonymous',
    varies: route.auth !== 'none',
  };
  // The runtime's own copy: its headers can be changed, and are not copied a second time.
  const answer = new Response(response.body, response);
  inboundResponse(answer.headers, ports.headers, exchange).set('X-Request-Id', requestId);
  return answer;
};
