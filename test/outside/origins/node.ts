import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Hono } from 'hono';
import { EACH_AREA, ELSEWHERE, unslashed } from './areas.ts';
import type { Origin } from './origin.ts';

/** What was given: `headers`, which joins lines, and `rawHeaders`, which does not. */
const tell = (request: IncomingMessage, response: ServerResponse, area: string, path: string): void => {
  const { rawHeaders, method, headers } = request;
  const raw = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1]]] : []));
  const told = [
    ...[
      ['REQUEST_METHOD', method],
      ['AREA', area],
      ['PATH', latin1(path)],
    ],
    ...Object.entries(headers),
    ...[['VIEW', ''], ...raw],
  ];
  const body = told.map(([name, value]) => `${name}=${value}\0`).join('');
  response.setHeader('content-type', 'application/octet-stream');
  response.end(body, 'latin1');
};

/** Its bytes, one character each, as all others say it. */
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** The path of a target as a URL parser sees it, decoded: it tidies up dot segments and backslashes on its way. */
const pathOf = (target = ''): string =>
  decodeURIComponent(new URL(target.startsWith('/') ? `http://origin.test${target}` : target).pathname);

/** By hand, as small servers do. */
const plain: RequestListener = (request, response) => {
  const path = pathOf(request.url);
  const found = EACH_AREA.find(([area, start]) =>
    (area === 'payouts' ? path.toLowerCase() : path).startsWith(start),
  );
  tell(request, response, found?.[0] ?? ELSEWHERE, path);
};

/** With its defaults: in any case, with or without the last slash. Its parameters are decoded by it. */
const ofExpress = ((): RequestListener => {
  const app = express();
  for (const [area, start] of EACH_AREA)
    app.all(`${start}{/*rest}`, (request, response) => {
      const { rest = [] } = request.params as { readonly rest?: readonly string[] };
      tell(request, response, area, [start, ...rest].join('/'));
    });
  app.use((request, response) => tell(request, response, ELSEWHERE, request.url));
  return app;
})();

/** With all that makes it see one path in another. */
const ofFastify = ((): RequestListener => {
  const app = fastify({
    routerOptions: {
      ...{ caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
      ...{ useSemicolonDelimiter: true, maxParamLength: 100_000 },
    },
  });
  /** Told before the body is read: what Fastify cannot parse is not what is asked here. */
  const telling = (area: string, pathOf: (request: FastifyRequest) => string) => ({
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      reply.hijack();
      tell(request.raw, reply.raw, area, pathOf(request));
    },
    handler: async (): Promise<void> => undefined,
  });
  for (const [area, start] of EACH_AREA) {
    app.all(
      start,
      telling(area, () => start),
    );
    app.all(
      `${start}/*`,
      telling(area, ({ params }) => `${start}/${(params as Readonly<Record<string, string>>)['*']}`),
    );
  }
  app.all(
    '/*',
    telling(ELSEWHERE, ({ raw }) => raw.url ?? ''),
  );
  const ready = app.ready();
  return (request, response) => void ready.then(() => app.routing(request, response));
})();

/** Hono chooses by the target as it came, its handler goes by a URL: two readers of one path (SECURITY.md 0.1). */
const hono = ((): RequestListener => {
  const app = new Hono<{ Bindings: { readonly told: (area: string, path: string) => void } }>();
  for (const [area, start] of EACH_AREA)
    app.all(`${start}/*`, (context) => {
      context.env.told(area, pathOf(context.req.url));
      return context.body(null);
    });
  app.all('*', (context) => {
    context.env.told(ELSEWHERE, pathOf(context.req.url));
    return context.body(null);
  });
  return (request, response) => {
    const told = (area: string, path: string): void => tell(request, response, area, path);
    void app.fetch(new Request(`http://origin.test${request.url}`, { method: request.method ?? '' }), {
      told,
    });
  };
})();

const path: Origin['path'] = ({ PATH = null }) => PATH;

export const NODE: readonly Origin[] = [
  { name: 'Node', runs: { listener: plain }, path },
  { name: 'Express', runs: { listener: ofExpress }, path, makes: unslashed },
  { name: 'Fastify', runs: { listener: ofFastify }, path, makes: (told) => told.replace(/\/$/, '') },
  { name: 'Hono', runs: { listener: hono }, path },
];
