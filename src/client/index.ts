import createFetchClient, { type Client as FetchClient } from 'openapi-fetch';
import type { Paths } from './paths.ts';

export type { Paths, Problem } from './paths.ts';

export interface ClientOptions {
  /** The Desk's URL. */
  readonly url: string;
  /**
   * A session JWT, an operator's access token, or whatever else is taken; null for what is open to everybody. A function is
   * asked before each request: sessions and tokens are short-lived.
   */
  readonly token: string | null | (() => string | null | Promise<string | null>);
  /** In the place of the platform's: a service binding's, a test's. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The Desk as a client knows it: a method for each verb, typed by path. */
export type Client = FetchClient<Paths>;

/**
 * A client of the Desk: `await client.POST('/v1/keys', { body: { name, scopes } })` is `{ data }` or, for any refusal,
 * `{ error }` with a problem document. Throws only what `fetch` throws.
 */
export const createClient = ({ url, token, fetch }: ClientOptions): Client => {
  const client = createFetchClient<Paths>({
    baseUrl: url,
    ...(fetch === undefined ? {} : { fetch }),
  });
  client.use({
    onRequest: async ({ request }) => {
      const current = typeof token === 'function' ? await token() : token;
      if (current !== null) request.headers.set('authorization', `Bearer ${current}`);
      return request;
    },
  });
  return client;
};
