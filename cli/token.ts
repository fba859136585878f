import { err, ok, type Result } from '../src/model/refusal.ts';
import { readFirstLine } from './read-file.ts';

/** Where the operator's token comes from. */
export interface TokenSource {
  /** A token, or why there is none. */
  readonly get: () => Promise<Result<string, string>>;
  /** Another token in the place of one that was not taken; null where there is no other. */
  readonly renew: (refused: string) => Promise<Result<string, string> | null>;
}

/** A token this near its end is not used any more, in milliseconds. */
const MARGIN_MS = 60_000;

const DEADLINE_MS = 15_000;

/** A token that somebody else sees to: read from the environment, or from a file that may be written anew meanwhile. */
export const givenToken = (read: () => Result<string, string>): TokenSource => ({
  get: async () => read(),
  renew: async (refused) => {
    const again = read();
    return again.ok && again.value !== refused ? again : null;
  },
});

/** The first line of a file. */
export const tokenInFile = (file: string) => (): Result<string, string> => {
  const token = readFirstLine(file);
  return token.ok && token.value === '' ? err(`${file}: holds no token`) : token;
};

/** Tokens that are fetched from Stytch as they are needed: an import may take longer than one lives. */
export const fetchedTokens = (url: string, clientId: string, clientSecret: string): TokenSource => {
  let known: { readonly token: string; readonly until: number } | null = null;
  let fetching: Promise<Result<string, string>> | null = null;
  const fetchOnce = (): Promise<Result<string, string>> => {
    fetching ??= fetchToken(url, clientId, clientSecret)
      .then((fetched) => {
        known = fetched.ok ? fetched.value : null;
        return fetched.ok ? ok(fetched.value.token) : fetched;
      })
      .finally(() => {
        fetching = null;
      });
    return fetching;
  };
  const current = () => (known !== null && known.until > Date.now() ? known.token : null);
  return {
    get: async () => {
      const token = current();
      return token === null ? fetchOnce() : ok(token);
    },
    renew: async (refused) => {
      const token = current();
      return token !== null && token !== refused ? ok(token) : fetchOnce();
    },
  };
};

const fetchToken = async (
  url: string,
  clientId: string,
  clientSecret: string,
): Promise<Result<{ readonly token: string; readonly until: number }, string>> => {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const askedAt = Date.now();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const body = (await response.json()) as Readonly<Record<string, unknown>>;
    const { access_token: token, expires_in: seconds } = body;
    if (typeof token === 'string' && typeof seconds === 'number')
      return ok({ token, until: askedAt + seconds * 1000 - MARGIN_MS });
    return err(
      `no operator's token: ${response.status} ${String(body.error ?? body.error_type ?? '')}`.trim(),
    );
  } catch (error) {
    if (error instanceof Error) return err(`no operator's token: ${error.name}`);
    throw error;
  }
};
