import { decodeJwt } from 'jose';
import { apiHeaders, basicOf, type Deployment, type IssuedKey, ITEMS, PUBLIC, STRICT } from '../latchkey.ts';
import type { Seen, Variant } from '../variant.ts';
import { allDecided } from './tiers.ts';

/** One credential, used all the time: what an isolate of a busy client does. */
interface Warm {
  readonly name: string;
  readonly says: string;
  /** As the origin reads it. */
  readonly auth: string;
  readonly path?: string;
  readonly paced?: boolean;
  /** Where each request is decided, as the log has it; from the isolate's memory, if not said. */
  readonly tier?: string | null;
  /** Whether the assertion is of one request alone. */
  readonly isOwnAssertion?: boolean;
  /** Made anew for each round: a session lives for five minutes only. */
  readonly headers: (key: IssuedKey, latchkey: Deployment) => Promise<Readonly<Record<string, string>>>;
}

/** A Latchkey that runs through all rounds, and a client that it knows from the warm-up. */
const warm = (wish: Warm): Variant => ({
  ...{ name: wish.name, says: wish.says, group: 'latchkey', paced: wish.paced ?? false },
  identified: wish.auth !== 'anonymous',
  open: async ({ latchkey }) => {
    const server = await latchkey.start();
    const [key] = await latchkey.issue(server, 1, 1);
    if (key === undefined) throw new Error('no key was issued');
    const target = { pid: server.pid, port: server.port('latchkey'), path: wish.path ?? ITEMS };
    const confirm = async (): Promise<void> =>
      allDecided(server.logs(), 'tier', wish.tier === undefined ? 'memory' : wish.tier);
    return {
      round: async () => ({ ...target, headers: await wish.headers(key, latchkey), confirm }),
      [Symbol.asyncDispose]: () => server.stop(),
    };
  },
  wrong: (last) => wrongAt(last, wish),
});

const wrongAt = (last: Seen['last'], { auth, isOwnAssertion = false }: Warm): string | null => {
  if (last['x-latchkey-auth'] !== auth) return 'the origin was not told how the caller was known';
  const assertion = last['x-latchkey-assertion'];
  if (typeof assertion !== 'string') return 'the origin got no assertion';
  if ('htu' in decodeJwt(assertion) !== isOwnAssertion) return 'the assertion is of another kind';
  return last.authorization === undefined ? null : 'the origin got the credential itself';
};

export const warmApiKey = warm({
  name: 'warm_api_key',
  says: 'a key that the isolate knows, by `Authorization: Bearer`, on a route with `leaseSeconds: 5`, the default',
  auth: 'api_key',
  paced: true,
  headers: async ({ key }) => apiHeaders(key),
});

export const leaseZero = warm({
  name: 'lease_0',
  says: 'the same key on a route with `leaseSeconds: 0`: the Ring is asked on each call',
  auth: 'api_key',
  path: STRICT,
  paced: true,
  tier: 'lease',
  headers: async ({ key }) => apiHeaders(key),
});

export const requestAssertion = warm({
  name: 'assertion_request',
  says: "the same key on a route with `assertion: 'request'`: each request is signed for itself",
  auth: 'api_key',
  path: '/v1/signed/1',
  isOwnAssertion: true,
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
  paced: true,
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
  says: "a route with `auth: 'none'`: everything but the credential",
  auth: 'anonymous',
  path: PUBLIC,
  tier: null,
  headers: async () => apiHeaders(),
});
