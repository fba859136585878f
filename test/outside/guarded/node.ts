import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import * as ofExpress from '../../../src/origin/express.ts';
import * as ofFastify from '../../../src/origin/fastify.ts';
import { answer, isNewInMemory, missingScopes } from '../../../src/origin/index.ts';
import * as ofNode from '../../../src/origin/node.ts';
import * as ofWeb from '../../../src/origin/web.ts';
import { type GuardedOrigin, rules, type Setting, type Started, told } from './origin.ts';

const serving = async (server: Server, handled: () => number): Promise<Started> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    handled,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

const startExpress = async (setting: Setting): Promise<Started> => {
  let handled = 0;
  const app = express();
  app.use(ofExpress.latchkey({ ...setting, ...rules, isNew: isNewInMemory() }));
  app.get('/healthz', (_, response) => void response.send('well'));
  const any = express.Router();
  any.get('/admin', ofExpress.requireScopes('admin:all'));
  app.use('/v1/any', any);
  app.use((request, response) => {
    handled++;
    // Typed by the middleware.
    const { latchkey } = request;
    response.json(latchkey === undefined ? null : told(latchkey));
  });
  return serving(createServer(app), () => handled);
};

const startFastify = async (setting: Setting): Promise<Started> => {
  let handled = 0;
  const app = fastify();
  await app.register(ofFastify.latchkey, { ...setting, ...rules, isNew: isNewInMemory() });
  app.get('/healthz', async () => 'well');
  app.get('/v1/any/admin', { preHandler: ofFastify.requireScopes('admin:all') }, async () => {
    handled++;
    return 'admin';
  });
  app.all('/*', async ({ latchkey }) => {
    handled++;
    return latchkey === null ? null : told(latchkey);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    port: (app.server.address() as AddressInfo).port,
    handled: () => handled,
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
};

/** Node's own server, with its upgrades: what a WebSocket is told first is who it is. */
const startNode = async (setting: Setting): Promise<Started> => {
  let handled = 0;
  const origin = ofNode.latchkey({ ...setting, ...rules, isNew: isNewInMemory() });
  const listener = origin.listener((request, response, identity) => {
    if (request.url?.startsWith('/healthz?')) return response.end('well');
    const missing = request.url === '/v1/any/admin' ? missingScopes(identity, ['admin:all']) : null;
    if (missing !== null) {
      const { status, headers, body } = answer(missing);
      return response.writeHead(status, headers).end(body);
    }
    handled++;
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify(identity === null ? null : told(identity)));
  });
  const server = createServer((request, response) => void listener(request, response));
  const sockets = new WebSocketServer({ noServer: true });
  const upgrade = origin.upgrade((request, socket, head, identity) => {
    handled++;
    sockets.handleUpgrade(request, socket, head, (opened: WebSocket) =>
      opened.send(JSON.stringify(told(identity))),
    );
  });
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
  return serving(server, () => handled);
};

/** A chain as Connect makes one, whose routers cut `url` and say so in `originalUrl`. */
const startConnect = async (setting: Setting): Promise<Started> => {
  let handled = 0;
  const { middleware } = ofNode.latchkey({ ...setting, ...rules, isNew: isNewInMemory() });
  const mustBeAdmin = ofNode.requireScopes('admin:all');
  const app: RequestListener = (request, response) => {
    const { url = '' } = request;
    const serve = (error?: unknown): void => {
      if (url.startsWith('/healthz?')) return void response.end('well');
      handled++;
      const identity = ofNode.identityOf(request);
      response.setHeader('Content-Type', 'application/json');
      response.statusCode = error === undefined ? 200 : 500;
      response.end(JSON.stringify(identity === undefined ? null : told(identity)));
    };
    Object.assign(request, { originalUrl: url, url: url.replace(/^\/v1/, '') });
    middleware(request, response, (error) => {
      if (url === '/v1/any/admin') mustBeAdmin(request, response, serve);
      else serve(error);
    });
  };
  return serving(createServer(app), () => handled);
};

/** Route handlers that take a web Request, as Next has them, given requests by a server as Next is one. */
const startWeb = async (setting: Setting): Promise<Started> => {
  let handled = 0;
  const { handler, refuse } = ofWeb.latchkey({ ...setting, ...rules, isNew: isNewInMemory() });
  type Context = { readonly params: Promise<{ readonly path: string }> };
  const any = handler(async (_: Request, identity, { params }: Context) => {
    handled++;
    return (await params).path === '' ? Response.error() : Response.json(told(identity));
  });
  const admin = handler(() => {
    handled++;
    return new Response('admin');
  }, 'admin:all');
  const health = async (request: Request): Promise<Response> =>
    (await refuse(request)) ?? new Response('well');
  const serve = (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === '/healthz') return health(request);
    return pathname === '/v1/any/admin'
      ? admin(request)
      : any(request, { params: Promise.resolve({ path: pathname }) });
  };
  return serving(createServer(webListener(serve)), () => handled);
};

const webListener =
  (serve: (request: Request) => Promise<Response>): RequestListener =>
  async (request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    const headers = new Headers();
    for (let i = 0; i < rawHeaders.length; i += 2)
      headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
    const answered = await serve(new Request(`http://origin.test${url}`, { method, headers }));
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(await answered.text());
  };

export const NODE: readonly GuardedOrigin[] = [
  { name: 'Express', start: startExpress },
  { name: 'Fastify', start: startFastify },
  { name: 'Node', start: startNode },
  { name: 'Connect', start: startConnect },
  { name: 'route handlers of web Requests', start: startWeb },
];
