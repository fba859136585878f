import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { jwk } from 'hono/jwk';
import { forwardAs } from './forward.ts';

interface Env {
  readonly ORIGIN_URL: string;
  readonly PROJECT_ID: string;
}

/** Where the keys come from: a URL, or the configuration. */
type Source = Pick<Parameters<typeof jwk>[0], 'jwks_uri' | 'keys'>;

const { ORIGIN_URL, PROJECT_ID } = env as unknown as Env;

/** Hono's own middleware for tokens in front of the origin, as https://hono.dev/docs/middleware/builtin/jwk has it. */
export const appOver = (source: Source) => {
  const app = new Hono<{ Variables: { jwtPayload: { readonly user_id: string } } }>();
  const verification = { iss: `stytch.com/${PROJECT_ID}`, aud: PROJECT_ID };
  app.use('*', jwk({ ...source, alg: ['RS256'], verification }));
  app.all('*', (context) => forwardAs(context.req.raw, ORIGIN_URL, context.get('jwtPayload').user_id));
  return app;
};
