import { Hono } from 'hono';

interface Env {
  readonly ORIGIN_URL: string;
}

/** The pass-through as a route of Hono's: what a router and its context cost. */
const app = new Hono<{ Bindings: Env }>();

app.all('*', ({ req, env }) => fetch(env.ORIGIN_URL + pathOf(req.url), { redirect: 'manual' }));

const pathOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf('://') + 3));

export default app;
