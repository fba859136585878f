import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Identity } from './claims.ts';
import { createGuard, type GuardOptions, missingScopes } from './guard.ts';
import { answer, type Refused, refused } from './refusal.ts';

/** Connect's word for "the next one's turn"; with an error, the error handler's. */
export type Next = (error?: unknown) => void;

/** What stands before the handlers of a Node server, for each of the three ways in which it hands out requests. */
export interface NodeOrigin {
  /** For `createServer`. Nobody calls on a health path. Rejects with what `serve` throws. */
  readonly listener: (
    serve: (request: IncomingMessage, response: ServerResponse, identity: Identity | null) => unknown,
  ) => (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** For Connect and what works like it; handlers ask `identityOf` or `requireScopes`. */
  readonly middleware: (request: IncomingMessage, response: ServerResponse, next: Next) => void;
  /** For `server.on('upgrade', …)`, which no listener and no middleware sees: WebSockets. */
  readonly upgrade: (
    serve: (request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity) => unknown,
  ) => (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
}

/** Makes them, of one guard. */
export const latchkey = (options: GuardOptions): NodeOrigin => {
  const guard = createGuard(options);
  const check = async (request: IncomingMessage & { readonly originalUrl?: string }) => {
    const { headers, headersDistinct = headers, method = '', url = '', originalUrl = url } = request;
    // A router that is mounted somewhere cuts that off `url`. HTTP/2 has no `headersDistinct`.
    const found = await guard(headersDistinct, { method, url: originalUrl });
    if (found.ok && found.identity !== null) identities.set(request, found.identity);
    return found;
  };
  return {
    listener: (serve) => async (request, response) => {
      const found = await check(request);
      if (found.ok) await serve(request, response, found.identity);
      else refuse(response, found);
    },
    middleware: (request, response, next) => {
      check(request).then((found) => (found.ok ? next() : refuse(response, found)), next);
    },
    upgrade: (serve) => async (request, socket, head) => {
      const hangUp = (): unknown => socket.destroy();
      socket.on('error', hangUp);
      const found = await check(request);
      socket.off('error', hangUp);
      if (found.ok && found.identity !== null) await serve(request, socket, head, found.identity);
      else turnAway(socket, found.ok ? refused('assertion_missing') : found);
    },
  };
};

/** Who sent this request; undefined where nobody was verified, on a health path too. */
export const identityOf = (request: IncomingMessage): Identity | undefined => identities.get(request);

/** Lets on, of those whom `latchkey` let in, who has all of these scopes. */
export const requireScopes =
  (...scopes: readonly string[]) =>
  (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const missing = missingScopes(identityOf(request), scopes);
    if (missing === null) next();
    else refuse(response, missing);
  };

const identities = new WeakMap<IncomingMessage, Identity>();

const refuse = (response: ServerResponse, refusal: Refused): void => {
  const { status, headers, body } = answer(refusal);
  response.writeHead(status, headers).end(body);
};

/** An upgrade is answered on the bare socket (RFC 9110 §7.8). */
const turnAway = (socket: Duplex, refusal: Refused): void => {
  const { status, headers, body } = answer(refusal);
  const fields = { ...headers, Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${body}`);
};
