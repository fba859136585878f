import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from './claims.ts';
import type { GuardOptions } from './guard.ts';
import { identityOf, type Next, latchkey as node } from './node.ts';

declare global {
  namespace Express {
    interface Request {
      /** Who sent this request; undefined where `latchkey` does not stand before, and on a health path. */
      latchkey?: Identity;
    }
  }
}

export { requireScopes } from './node.ts';

/** Express's middleware: `app.use(latchkey(options))`, before every handler and whatever parses bodies. */
export const latchkey = (options: GuardOptions) => {
  const { middleware } = node(options);
  return (request: IncomingMessage & { latchkey?: Identity }, response: ServerResponse, next: Next): void => {
    middleware(request, response, (error) => {
      const identity = identityOf(request);
      if (identity !== undefined) request.latchkey = identity;
      next(error);
    });
  };
};
