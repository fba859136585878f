import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { latchkey, requireScopes } from '../../../src/origin/hono.ts';
import { isNewInMemory } from '../../../src/origin/index.ts';
import { rules, type Setting, told } from './origin.ts';

/** An origin that is a Worker. */
const { jwksUrl, issuer, audience } = env as unknown as Setting;

const app = new Hono();
app.use(latchkey({ jwksUrl, issuer, audience, ...rules, isNew: isNewInMemory() }));
app.get('/healthz', (c) => c.text('well'));
app.get('/v1/any/admin', requireScopes('admin:all'));
app.all('*', (c) => {
  console.log('handled');
  return c.json(told(c.get('latchkey')));
});

export default app;
