import { err, ok, type Result } from '../../src/model/refusal.ts';

/** What the Desk publishes for origins: the names of the keys, and for how long a cache may keep that, in seconds. */
export interface Published {
  readonly kids: readonly string[];
  readonly maxAgeSeconds: number;
}

const DEADLINE_MS = 15_000;

/** Reads the keys that assertions are verified by, as any origin does. */
export const readPublished = async (desk: string): Promise<Result<Published, string>> => {
  const url = `${desk}/.well-known/jwks.json`;
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) });
    if (response.status !== 200) return err(`${url}: answers ${response.status}`);
    const { keys } = (await response.json()) as { readonly keys: readonly { readonly kid: string }[] };
    const [, age = '0'] = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '') ?? [];
    return ok({ kids: keys.map(({ kid }) => kid), maxAgeSeconds: Number(age) });
  } catch (error) {
    // Nobody listens, the time is over, or it is no JWK Set.
    if (error instanceof Error) return err(`${url}: cannot be read (${error.name})`);
    throw error;
  }
};
