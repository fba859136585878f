import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { jwk } from 'hono/jwk';
import { forwardAs } from './forward.ts';

interface Env {
  readonly ORIGIN_URL: string;
  readonly JWKS_URL: string;
  readonly PROJECT_ID: string;
}

const { ORIGIN_URL, JWKS_URL, PROJECT_ID } = env as unknown as Env;

/** Hono's own middleware for tokens whose keys are at a URL, as https://hono.dev/docs/middleware/builtin/jwk has it. */
const app = new Hono<{ Variables: { jwtPayload: { readonly user_id: string } } }>();

const verification = { iss: `stytch.com/${PROJECT_ID}`, aud: PROJECT_ID };
app.use('*', jwk({ jwks_uri: JWKS_URL, alg: ['RS256'], verification }));
app.all('*', (context) => forwardAs(context.req.raw, ORIGIN_URL, context.get('jwtPayload').user_id));

export default app;
