import { fetchProtectedResource, WWWAuthenticateChallengeError } from 'openid-client';
import { withoutEndpoints } from './discovery.ts';
import { explain } from './explain.ts';
import { done, failed, type Outcome } from './outcome.ts';
import type { Login } from './store.ts';

/** What is asked, besides the URL. */
export interface Question {
  readonly method: string;
  /** JSON; null for no body. */
  readonly body: string | null;
}

/** Asks with the key. Any answer is one, a refusal too; redirects are not followed, because the key would go along. */
export const request = async (
  { issuer, key }: Login,
  url: URL,
  { method, body }: Question,
): Promise<Outcome<Response>> => {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== null) headers.set('content-type', 'application/json');
  try {
    return done(await fetchProtectedResource(withoutEndpoints(issuer), key, url, method, body, headers));
  } catch (error) {
    // The library's name for an answer with a challenge (RFC 6750 §3).
    if (error instanceof WWWAuthenticateChallengeError) return done(error.response);
    return failed(`${url.origin} does not answer: ${explain(error)}`);
  }
};
