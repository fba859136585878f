import { apiHeaders, basicOf, type Deployment, type IssuedKey, ITEMS, PUBLIC } from '../latchkey.ts';
import type { Seen, Variant } from '../variant.ts';
import { allOfTier } from './tiers.ts';

/** One credential, used all the time: what an isolate of a busy client does. */
interface Warm {
  readonly name: string;
  readonly says: string;
  /** As the origin reads it. */
  readonly auth: string;
  readonly path?: string;
  /** Made anew for each round: a session lives for five minutes only. */
  readonly headers: (key: IssuedKey, latchkey: Deployment) => Promise<Readonly<Record<string, string>>>;
}

/** A Latchkey that runs through all rounds, and a client that it knows from the warm-up. */
const warm = ({ name, says, auth, path = ITEMS, headers }: Warm): Variant => ({
  name,
  says,
  identified: auth !== 'anonymous',
  open: async ({ latchkey }) => {
    const server = await latchkey.start();
    const [key] = await latchkey.issue(server, 1, 1);
    if (key === undefined) throw new Error('no key was issued');
    const target = { pid: server.pid, port: server.port('latchkey'), path };
    const confirm = async (): Promise<void> =>
      allOfTier(server.logs(), auth === 'anonymous' ? null : 'memory');
    return {
      round: async () => ({ ...target, headers: await headers(key, latchkey), confirm }),
      [Symbol.asyncDispose]: () => server.stop(),
    };
  },
  wrong: (last) => wrongAt(last, auth),
});

const wrongAt = (last: Seen['last'], auth: string): string | null => {
  if (last['x-latchkey-auth'] !== auth) return 'the origin was not told how the caller was known';
  if (last['x-latchkey-assertion'] === undefined) return 'the origin got no assertion';
  return last.authorization === undefined ? null : 'the origin got the credential itself';
};

export const warmApiKey = warm({
  name: 'warm_api_key',
  says: 'Latchkey, a key that the isolate knows, by `Authorization: Bearer`',
  auth: 'api_key',
  headers: async ({ key }) => apiHeaders(key),
});

export const warmBasic = warm({
  name: 'warm_basic',
  says: 'the same key as a client pair, by `Authorization: Basic`',
  auth: 'client_credentials',
  headers: async (key) => apiHeaders(basicOf(key), 'Basic'),
});

export const warmM2MJwt = warm({
  name: 'warm_m2m_jwt',
  says: 'an M2M access token of the key',
  auth: 'access_token',
  headers: async (key, latchkey) => apiHeaders(await latchkey.exchange(key)),
});

export const warmSessionJwt = warm({
  name: 'warm_session_jwt',
  says: 'a Stytch session JWT',
  auth: 'session',
  headers: async (_, latchkey) => apiHeaders(await latchkey.signIn()),
});

/** The Gate without a decision: target, headers, assertion and the way to the origin and back. */
export const anonymous = warm({
  name: 'anonymous',
  says: "Latchkey, a route with `auth: 'none'`: everything but the credential",
  auth: 'anonymous',
  path: PUBLIC,
  headers: async () => apiHeaders(),
});
