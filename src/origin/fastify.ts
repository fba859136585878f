import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Identity } from './claims.ts';
import { createGuard, type GuardOptions, missingScopes } from './guard.ts';
import { answer, type Refused } from './refusal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent this request; null on a health path. */
    latchkey: Identity | null;
  }
}

const plugin: FastifyPluginAsync<GuardOptions> = async (app, options) => {
  // Routes of a plugin that was registered before would not be guarded, and nobody would notice.
  if (/[├└]/.test(app.printRoutes())) throw new TypeError('register latchkey before any route');
  const guard = createGuard(options);
  app.decorateRequest('latchkey', null);
  app.addHook('onRequest', async (request, reply) => {
    const { raw, method, originalUrl } = request;
    const found = await guard(raw.headersDistinct ?? raw.headers, { method, url: originalUrl });
    if (!found.ok) return refuse(reply, found);
    request.latchkey = found.identity;
  });
};

/**
 * Fastify's plugin: `await app.register(latchkey, options)`, before any route. It stands before every route of `app`
 * (`skip-override` is Fastify's name for a plugin without a scope of its own), and before what is not found.
 */
export const latchkey: FastifyPluginAsync<GuardOptions> = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'latchkey',
});

/** A `preHandler` that lets on, of those whom `latchkey` let in, who has all of these scopes. */
export const requireScopes =
  (...scopes: readonly string[]): preHandlerAsyncHookHandler =>
  async (request: FastifyRequest, reply: FastifyReply) => {
    const missing = missingScopes(request.latchkey, scopes);
    if (missing !== null) return refuse(reply, missing);
  };

/** Fastify goes no further when a hook has answered and returns the reply. */
const refuse = (reply: FastifyReply, refusal: Refused): FastifyReply => {
  const { status, headers, body } = answer(refusal);
  return reply.code(status).headers(headers).send(body);
};
