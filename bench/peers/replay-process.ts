import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Recording } from './replay.ts';

let asked = 0;
let recordings: ReadonlyMap<string, Recording> = new Map();

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  asked++;
  const wish = `${request.method} ${request.url} ${Buffer.concat(chunks)}`;
  const { status, text } = recordings.get(wish) ?? { status: 404, text: '{}' };
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': length }).end(text);
});
server.keepAliveTimeout = 600_000;

process.on('message', (message: readonly Recording[] | 'asked') => {
  if (message !== 'asked') recordings = new Map(message.map((each) => [each.wish, each]));
  process.send?.({ asked });
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
