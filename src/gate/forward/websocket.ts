import type { Route } from '../../model/policy.ts';
import type { Refusal } from '../../model/refusal.ts';
import { type Leave, type WatchPorts, watch } from './watch.ts';

/** The codes that we close with ourselves (RFC 6455 §7.4.1). */
const CLOSE = {
  /** "received a message that violates its policy": the credential no longer holds. */
  ended: 1008,
  /** "an unexpected condition": the other side broke off. */
  failed: 1011,
} as const;

/** Codes that no frame may carry: there was none in the frame, or there was no frame, or no TLS (RFC 6455 §7.4.1). */
const NO_CODE = 1005;
const UNSPEAKABLE: ReadonlySet<number> = new Set([1006, 1015]);

/** Whether a request asks for a WebSocket, in whatever spelling. */
export const wantsWebSocket = (headers: Headers): boolean => /websocket/i.test(headers.get('upgrade') ?? '');

/**
 * Whether it may have one here: the route offers it, and the request is the handshake of RFC 6455 §4.2.1 and nothing
 * else. The runtime checks version and key only when it answers: by then the origin would have been asked.
 */
export const isHandshake = (
  { method, headers }: Pick<Request, 'method' | 'headers'>,
  route: Route,
): boolean =>
  route.websocket !== null &&
  method === 'GET' &&
  headers.get('upgrade')?.toLowerCase() === 'websocket' &&
  headers.get('sec-websocket-version') === '13' &&
  /^[A-Za-z0-9+/]{22}==$/.test(headers.get('sec-websocket-key') ?? '');

/** Whether a page of an origin that is not on the list asks (RFC 6455 §10.2). Who is no browser names none. */
export const isForeign = (headers: Headers, { websocket }: Route): boolean => {
  const origin = headers.get('origin');
  return origin !== null && websocket !== null && !websocket.origins.includes(origin);
};

/**
 * The answer to a handshake that the origin accepted. Messages pass both ways as they come, so do close codes; when
 * whoever asked may no longer stay, both sides are closed. Without leave, for anonymous callers, nobody is watched.
 */
export const bridge = (
  far: WebSocket,
  headers: Headers,
  leave: Leave | null,
  ports: WatchPorts,
  closed: (because: Refusal) => void,
): Response => {
  const { 0: client, 1: near } = new WebSocketPair();
  // They are between the origin and us: the runtime agrees with the client on its own.
  for (const name of ['sec-websocket-accept', 'sec-websocket-extensions']) headers.delete(name);
  const both = [near, far] as const;
  let stop = (): void => {};
  let isAccepted = false;
  const accept = (): void => {
    if (isAccepted) return;
    isAccepted = true;
    // The other side's close is passed on before it is answered.
    for (const socket of both) socket.accept({ allowHalfOpen: true });
  };
  const open = (): void => {
    for (const [from, to] of [both, [far, near]] as const) {
      pump(from, to, () => stop());
      from.binaryType = 'arraybuffer';
    }
    accept();
  };
  if (leave === null) open();
  else {
    stop = watch(leave, ports, {
      open,
      close: (because) => {
        closed(because);
        accept();
        for (const socket of both) end(socket, CLOSE.ended, 'the credential no longer holds');
      },
    });
  }
  return new Response(null, { status: 101, webSocket: client, headers });
};

type End = Pick<WebSocket, 'addEventListener' | 'send' | 'close'>;

/** Hands on what comes from one side, and its end; `ended` is told of any end. */
export const pump = (from: End, to: End, ended: () => void): void => {
  from.addEventListener('message', ({ data }) => {
    try {
      to.send(data as string | ArrayBuffer);
    } catch {
      // It is closing already; its own end tells the rest.
    }
  });
  from.addEventListener('close', ({ code, reason }) => {
    ended();
    end(to, code, reason);
    end(from, code, reason);
  });
  from.addEventListener('error', () => {
    ended();
    for (const socket of [to, from]) end(socket, CLOSE.failed, '');
  });
};

/** Closes a side that may be closed already. */
const end = (socket: Pick<WebSocket, 'close'>, code: number, reason: string): void => {
  try {
    if (code === NO_CODE) socket.close();
    else if (UNSPEAKABLE.has(code)) socket.close(CLOSE.failed, '');
    else socket.close(code, reason);
  } catch {
    // It was never opened, or is gone.
  }
};
