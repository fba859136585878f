import type { Hono } from 'hono';
import { HonoBase } from 'hono/hono-base';
import { TrieRouter } from 'hono/router/trie-router';

/** A Hono with one router. The presets bring two, and try which of them fits the paths. */
export const openRouter = (): Hono => new HonoBase({ router: new TrieRouter() });

/** The methods that are served under a path, for a 405 that names them (RFC 9110 §15.5.6). */
export const methodsAt = (app: Hono, path: string): readonly string[] =>
  METHODS.filter((method) => routeAt(app, method, path) !== null);

/** The route, as it was given to the router, that serves a method under a path; null where none does. */
export const routeAt = (app: Hono, method: string, path: string): string | null =>
  app.router.match(method, path)[0].find(([[, route]]) => route.path !== '/*')?.[0][1].path ?? null;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
