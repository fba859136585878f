import { Hono } from 'hono';
import { jwk } from 'hono/jwk';
import { forwardAs } from './forward.ts';

interface Env {
  readonly ORIGIN_URL: string;
  readonly JWKS_URL: string;
}

/** Hono's own middleware for tokens whose keys are at a URL, as https://hono.dev/docs/middleware/builtin/jwk has it. */
const app = new Hono<{ Bindings: Env; Variables: { jwtPayload: { readonly user_id: string } } }>();

app.use('*', jwk({ jwks_uri: (context) => context.env.JWKS_URL, alg: ['RS256'] }));
app.all('*', (context) =>
  forwardAs(context.req.raw, context.env.ORIGIN_URL, context.get('jwtPayload').user_id),
);

export default app;
