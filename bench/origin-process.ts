import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the origin has seen since it was last asked. */
export interface Seen {
  readonly requests: number;
  /** Of them, requests that named a user. */
  readonly identified: number;
  /** The headers of the last one. */
  readonly last: IncomingHttpHeaders;
}

/** 220 bytes of JSON. */
const BODY = Buffer.from(JSON.stringify({ data: 'x'.repeat(209) }));

let seen = { requests: 0, identified: 0, last: {} as IncomingHttpHeaders };

const server = createServer((request, response) => {
  seen.requests++;
  if (request.headers['x-latchkey-user-id'] !== undefined) seen.identified++;
  seen.last = request.headers;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': BODY.length }).end(BODY);
});
server.keepAliveTimeout = 600_000;

process.on('message', () => {
  process.send?.(seen);
  seen = { requests: 0, identified: 0, last: {} };
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
