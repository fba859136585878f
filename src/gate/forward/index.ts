import type { Log } from '../../model/ports.ts';
import { err, ok, type Refusal, type RefusalOf, type Result } from '../../model/refusal.ts';
import { within } from '../../model/within.ts';
import { countBody } from './body.ts';
import { inboundResponse } from './headers.ts';
import type { Introduce } from './introduce.ts';
import { linger, longBody } from './linger.ts';
import { type Origin, type Origins, originOf } from './origins.ts';
import type { Passage } from './passage.ts';
import { createRepeated, type Sending, toOrigin } from './repeated.ts';
import { bridge } from './websocket.ts';

export interface ForwardPorts {
  readonly origins: Origins;
  readonly introduce: Introduce;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly log: Log;
  /** Names this deployment in `CDN-Loop`: its Desk host. */
  readonly loopId: string;
}

export type ForwardRefusal = RefusalOf<'origin_failed' | 'origin_timed_out' | 'body_too_large'>;

/** Sends admitted requests to the origin, as somebody that the origin can trust. */
export type Forward = (passage: Passage) => Promise<Result<Response, ForwardRefusal>>;

export const createForward = (ports: ForwardPorts): Forward => {
  const repeated = createRepeated();

  return async function forward(passage) {
    const { request, target, route, requestId, context } = passage;
    const origin = originOf(ports.origins, route);
    const base = origin.base(target.protocol, target.host);
    const letter = ports.introduce(passage, origin, base);
    const sending: Sending = {
      ...{ inbound: request.headers, rules: origin.headers, requestId, context, loopId: ports.loopId },
      letter: letter instanceof Promise ? await letter : letter,
      clientIp: request.headers.get('cf-connecting-ip'),
    };
    // Strangers have one letter and nothing else in common, and a letter for one request comes once.
    const isOnce =
      passage.identity.auth === 'anonymous' || route.assertion === 'request' || passage.isHandshake;
    const headers = isOnce ? toOrigin(sending) : repeated(sending);
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
    return ok(returned(answered, passage, origin, base, ports));
  };
};

const hasBody = (request: Request): boolean => request.method !== 'GET' && request.method !== 'HEAD';

const returned = (
  response: Response,
  passage: Passage,
  { headers }: Origin,
  base: string,
  ports: ForwardPorts,
): Response => {
  const { identity, route, requestId, target } = passage;
  const exchange = {
    status: response.status,
    origin: base,
    api: `${target.protocol}://${target.host}`,
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
