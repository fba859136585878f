import type { Hono } from 'hono';
import { HonoBase } from 'hono/hono-base';
import { TrieRouter } from 'hono/router/trie-router';

/** A Hono with one router. The presets bring two, and try which of them fits the paths. */
export const openRouter = (): Hono => new HonoBase({ router: new TrieRouter() });

/** The methods that are served under a path, for a 405 that names them (RFC 9110 §15.5.6). */
export const methodsAt = (app: Hono, path: string): readonly string[] =>
  ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.path !== '/*'),
  );
