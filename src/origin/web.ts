import type { Identity } from './claims.ts';
import { createGuard, type GuardOptions, missingScopes } from './guard.ts';
import type { HeadersLike } from './headers.ts';
import { answer, type Refused } from './refusal.ts';
import { type RequestLike, withoutAuthority } from './request.ts';

/** What stands before handlers that take a web `Request`: Next's route handlers, Workers, Deno, Bun. */
export interface WebOrigin {
  /** A handler of the same form, whose `serve` is given the caller as well. `scopes` are what the caller must have. */
  readonly handler: <Asked extends Request, More extends readonly unknown[]>(
    serve: (request: Asked, identity: Identity, ...more: More) => Response | Promise<Response>,
    ...scopes: readonly string[]
  ) => (request: Asked, ...more: More) => Promise<Response>;
  /** Null for a request that may go on, else the answer: for Next's proxy, which passes on what it does not answer. */
  readonly refuse: (request: Request) => Promise<Response | null>;
}

/** Makes them, of one guard. */
export const latchkey = (options: GuardOptions): WebOrigin => {
  const guard = createGuard(options);
  return {
    handler:
      (serve, ...scopes) =>
      async (request, ...more) => {
        const found = await guard(...requestOf(request));
        if (!found.ok) return responseOf(found);
        const missing = missingScopes(found.identity, scopes);
        if (missing !== null || found.identity === null) return responseOf(missing ?? NOBODY);
        return serve(request, found.identity, ...more);
      },
    refuse: async (request) => {
      const found = await guard(...requestOf(request));
      return found.ok ? null : responseOf(found);
    },
  };
};

const NOBODY: Refused = { ok: false, reason: 'assertion_missing' };

/**
 * A request as the guard takes it. Scheme and authority of `url` are what the server behind a terminator of TLS made up:
 * the option `origin` says how the edge names this origin.
 */
export const requestOf = (request: Request): readonly [HeadersLike, RequestLike] => [
  request.headers,
  { method: request.method, url: withoutAuthority(request.url) },
];

export const responseOf = (refusal: Refused): Response => {
  const { status, headers, body } = answer(refusal);
  return new Response(body, { status, headers: { ...headers } });
};
