import type { MiddlewareHandler } from 'hono';
import type { Identity } from './claims.ts';
import { createGuard, type GuardOptions, missingScopes } from './guard.ts';
import { requestOf, responseOf } from './web.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Who sent this request. Not set on a health path. */
    latchkey: Identity;
  }
}

/** Hono's middleware: `app.use(latchkey(options))`, before every handler. */
export const latchkey = (options: GuardOptions): MiddlewareHandler => {
  const guard = createGuard(options);
  return async (c, next) => {
    const found = await guard(...requestOf(c.req.raw));
    if (!found.ok) return responseOf(found);
    if (found.identity !== null) c.set('latchkey', found.identity);
    return next();
  };
};

/** Lets on, of those whom `latchkey` let in, who has all of these scopes. */
export const requireScopes =
  (...scopes: readonly string[]): MiddlewareHandler =>
  async (c, next) => {
    const missing = missingScopes(c.get('latchkey'), scopes);
    return missing === null ? next() : responseOf(missing);
  };
