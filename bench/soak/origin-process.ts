import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { createVerifier, type Verify } from '../../src/origin/index.ts';
import type { OriginCounts, OriginStart, Seen } from './origin.ts';

// An origin that says who it was told is calling: in a header of every answer, and in the body unless it was sent one,
// which it sends back.

const counts = { requests: 0, verified: 0 };
let verify: Verify | null = null;
let verifyEvery = 1;

const text = (request: IncomingMessage, name: string): string | null => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
};

/** Assertions are proven on a sample, and all that are bound to one request. */
const assertionOf = async (request: IncomingMessage): Promise<string> => {
  if (verify === null) return 'unchecked';
  const isBound = request.url?.startsWith('/v1/strict/') === true;
  if (!isBound && counts.requests % verifyEvery !== 0) return 'unchecked';
  counts.verified++;
  const { method = '', url = '' } = request;
  const verified = await verify(request.headers as Record<string, string>, { method, url });
  if (!verified.ok) return verified.reason;
  const { userId, clientId, auth } = verified.identity;
  const isSame =
    userId === text(request, 'x-latchkey-user-id') &&
    clientId === text(request, 'x-latchkey-key-id') &&
    auth === text(request, 'x-latchkey-auth');
  return isSame ? 'proven' : 'of somebody else';
};

const seenOf = async (request: IncomingMessage): Promise<Seen> => ({
  at: Date.now(),
  nonce: text(request, 'x-nonce'),
  requestId: text(request, 'x-request-id'),
  method: request.method ?? '',
  path: request.url ?? '',
  user: text(request, 'x-latchkey-user-id'),
  key: text(request, 'x-latchkey-key-id'),
  auth: text(request, 'x-latchkey-auth'),
  scopes: text(request, 'x-latchkey-scopes'),
  hasCredential: request.headers.authorization !== undefined || request.headers['x-api-key'] !== undefined,
  assertion: await assertionOf(request),
});

const server = createServer(async (request, response) => {
  counts.requests++;
  const seen = JSON.stringify(await seenOf(request));
  response.setHeader('X-Seen', seen);
  const length = request.headers['content-length'];
  if (length === undefined && request.headers['transfer-encoding'] === undefined) {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(seen),
    });
    response.end(seen);
    return;
  }
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    ...(length === undefined ? {} : { 'Content-Length': length }),
  });
  request.pipe(response);
});
server.keepAliveTimeout = 600_000;
server.requestTimeout = 0;

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', async (request, socket, head) => {
  counts.requests++;
  const seen = await seenOf(request);
  sockets.handleUpgrade(request, socket, head, (line) => {
    line.on('error', () => undefined);
    line.on('message', (data) => line.send(JSON.stringify({ ...seen, echo: String(data) })));
  });
});

process.on('message', (message: OriginStart | 'counts') => {
  if (message === 'counts') {
    process.send?.({ ...counts } satisfies OriginCounts);
    return;
  }
  const { jwks, issuer, audience } = message;
  verifyEvery = message.verifyEvery;
  const requireRequestBinding = ({ url }: { readonly url: string }) => url.startsWith('/v1/strict/');
  verify = createVerifier({ jwks, issuer, audience, requireRequestBinding });
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C is for whoever started us: he still wants the figures.
process.on('SIGINT', () => undefined);

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
