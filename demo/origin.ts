import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Identity, isNewInMemory } from '../src/origin/index.ts';
import { identityOf, latchkey } from '../src/origin/node.ts';

const HELP = `The demo origin: an API that believes the edge and nobody else.

  node demo/origin.ts --jwks URL --issuer URL --audience ID [--port 9000] [--host 127.0.0.1] [--prefix X-Latchkey] [--clock 0]

  --jwks      the edge's keys, e.g. http://localhost:8787/.well-known/jwks.json
  --issuer    the Desk's URL, e.g. http://localhost:8787
  --audience  this origin's id at the edge, e.g. acme-api
  --clock     how many seconds ahead of time the edge is

Every request needs the edge's assertion; without it the answer is 401. Then:

  any path            JSON of what came here: method, path, the verified caller, the headers
  POST, PUT, PATCH    the body, streamed back as it comes
  /v1/stream/<n>      n lines of JSON, one each second (10 if n is not a number)
  /v1/payouts/…       needs an assertion for this very request, and takes it once
`;

/** Longest time that streams still open may take after SIGTERM. */
const GRACE_MS = 5_000;

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '9000' },
    host: { type: 'string', default: '127.0.0.1' },
    jwks: { type: 'string' },
    issuer: { type: 'string' },
    audience: { type: 'string' },
    prefix: { type: 'string', default: 'X-Latchkey' },
    clock: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}
if (!flags.jwks || !flags.issuer || !flags.audience) {
  console.error(HELP);
  process.exit(2);
}

const nowMs = (): number => Date.now() + Number(flags.clock) * 1000;

const origin = latchkey({
  jwksUrl: flags.jwks,
  issuer: flags.issuer,
  audience: flags.audience,
  prefix: flags.prefix,
  nowMs,
  allowAnonymous: true,
  requireRequestBinding: ({ url }) => /^\/v1\/payouts(?:[/?]|$)/.test(url),
  isNew: isNewInMemory({ nowMs }),
  onRefusal: ({ reason }, { method, url }, error) =>
    console.log(`${method} ${pathOf(url)} ${reason} ${error instanceof Error ? error.message : ''}`),
});

const serve = origin.listener(async (request, response, you) => {
  // Without health paths there is somebody, be he anonymous.
  if (you === null) return;
  const { method = '', url = '' } = request;
  const path = pathOf(url);
  if (path.startsWith('/v1/stream/')) await stream(path, you, response);
  else if (/^(?:POST|PUT|PATCH)$/.test(method) && !path.startsWith('/v1/payouts'))
    await echo(request, response);
  else await saw(request, you, response);
});

const saw = async (request: IncomingMessage, you: Identity, response: ServerResponse): Promise<void> => {
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).byteLength;
  const { method, url } = request;
  const body = JSON.stringify(
    { method, path: url, you, body_bytes: bytes, headers: received(request) },
    null,
    2,
  );
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${body}\n`);
};

const echo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const type = request.headers['content-type'] ?? 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' });
  response.flushHeaders();
  await pipeline(request, response);
};

const stream = async (path: string, you: Identity, response: ServerResponse): Promise<void> => {
  const asked = Number(path.slice('/v1/stream/'.length));
  const lines = Number.isInteger(asked) && asked > 0 ? Math.min(asked, 3_600) : 10;
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  response.flushHeaders();
  await pipeline(Readable.from(ticks(lines, you)), response);
};

async function* ticks(lines: number, you: Identity): AsyncGenerator<string> {
  for (let line = 1; line <= lines; line += 1) {
    yield `${JSON.stringify({ line, of: lines, at: new Date().toISOString(), you: you.userId })}\n`;
    if (line < lines) await wait(1_000);
  }
}

/** Names as spelled on the wire. The signature stays here, so that what is shown cannot be replayed. */
const received = ({ rawHeaders }: IncomingMessage): readonly (readonly [string, string])[] => {
  const assertion = `${flags.prefix}-assertion`.toLowerCase();
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const values = rawHeaders.filter((_, index) => index % 2 === 1);
  return names.map((name, index) => {
    const value = values[index] ?? '';
    return [name, name.toLowerCase() === assertion ? value.replace(/\.[^.]*$/, '.(signature)') : value];
  });
};

const pathOf = (url: string): string => url.replace(/\?.*$/s, '');

const callerOf = (request: IncomingMessage): string => {
  const you = identityOf(request);
  return you === undefined
    ? 'nobody'
    : `${you.auth} ${you.userId ?? you.organizationId ?? you.clientId ?? '-'}`;
};

const server = createServer((request, response) => {
  const startedAt = performance.now();
  const print = (what: string) => {
    const { method, url = '' } = request;
    const took = Math.round(performance.now() - startedAt);
    console.log(`${response.statusCode} ${method} ${pathOf(url)} ${callerOf(request)}${what} ${took}ms`);
  };
  serve(request, response).then(
    () => print(''),
    (err: unknown) => {
      // The client left in the middle of a stream, or there is a bug: nothing more is said on this connection.
      response.destroy();
      print(` broken off (${err instanceof Error ? err.message : 'unknown'})`);
    },
  );
});

server.listen(Number(flags.port), flags.host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : flags.port;
  console.log(`origin ${flags.audience} on http://${flags.host}:${port}`);
});

const stop = (): void => {
  server.close(() => process.exit(0));
  // A connection that is busy now becomes idle later, and would be kept alive for a client that asks no more.
  setInterval(() => server.closeIdleConnections(), 100).unref();
  setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
