import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import type { Server } from '../../tools/serve/index.ts';
import { callJson } from '../http.ts';
import { apiHeaders, type Deployment, ITEMS, issueKey, makeToken, REPORTS } from '../latchkey.ts';
import { madeUpKey } from '../made-up-key.ts';
import type { Target, Variant } from '../variant.ts';
import { allDecided } from './tiers.ts';

/** Whom Latchkey turns away, again and again. */
interface Refused {
  readonly name: string;
  readonly says: string;
  readonly path?: string;
  readonly refusal: Required<Variant>['refusal'];
  /** Why, as the log has it. */
  readonly reason: string;
  readonly because?: string;
  /** What is sent; made once, with what it takes. */
  readonly credential: (server: Server, latchkey: Deployment) => Promise<Pick<Target, 'headers' | 'keys'>>;
}

const refused = ({ name, says, path = ITEMS, refusal, reason, because, credential }: Refused): Variant => ({
  ...{ name, says, group: 'refusal', identified: false, refusal },
  open: async ({ latchkey }) => {
    const server = await latchkey.start();
    const target = { pid: server.pid, port: server.port('latchkey'), path };
    const sent = await credential(server, latchkey);
    const confirm = async (): Promise<void> => {
      allDecided(server.logs(), 'reason', reason);
      allDecided(server.logs(), 'because', because ?? null);
    };
    return {
      round: async () => ({ ...target, ...sent, confirm }),
      [Symbol.asyncDispose]: () => server.stop(),
    };
  },
  wrong: () => null,
});

const INVALID_TOKEN = { status: 401, code: 'invalid_token' };

/** More than an isolate remembers refusals of, so that each is new to it when its turn comes again. */
const MADE_UP = 30_000;

export const madeUpKeys = refused({
  name: 'made_up_key',
  says: 'made-up keys with a right CRC and a wrong tag, each new to the isolate: 401 without I/O',
  refusal: INVALID_TOKEN,
  ...{ reason: 'credential_invalid', because: 'tag' },
  credential: async () => {
    const some = () => Array.from({ length: MADE_UP }, () => madeUpKey('bench'));
    return { headers: apiHeaders(), keys: { warmUp: some(), round: some(), again: true } };
  },
});

export const expiredJwt = refused({
  name: 'expired_jwt',
  says: 'an M2M access token that has expired: 401',
  refusal: INVALID_TOKEN,
  // Of a bad token the log says what is bad in a line of its own.
  ...{ reason: 'credential_invalid', because: 'token' },
  credential: async (server, latchkey) => {
    const [key] = await latchkey.issue(server, 1, 1);
    if (key === undefined) throw new Error('no key was issued');
    const token = await latchkey.exchange(key);
    // It is good but for its time.
    await callJson({ port: server.port('latchkey'), path: ITEMS, headers: apiHeaders(token) }, 200);
    const claims = decodeJwt(token);
    const [iat, exp] = [(claims.iat ?? 0) - 7_200, (claims.iat ?? 0) - 3_600];
    const wish = { kind: 'empty', claims: { ...claims, iat, nbf: iat, exp } };
    return { headers: apiHeaders(await makeToken(latchkey.stytch.port, wish)) };
  },
});

const LIFE_MS = 2_000;

export const expiredKey = refused({
  name: 'expired_key',
  says: 'a key that has expired: 401, and the Ring is asked once in 5 s',
  refusal: INVALID_TOKEN,
  ...{ reason: 'credential_invalid', because: 'expired' },
  credential: async (server, latchkey) => {
    const end = { expires_at: new Date(Date.now() + LIFE_MS).toISOString() };
    const { key } = await issueKey(server, await latchkey.signIn(), end);
    await wait(LIFE_MS);
    return { headers: apiHeaders(key) };
  },
});

export const wrongScope = refused({
  name: 'wrong_scope',
  says: 'a good key without the scope of the route: 403',
  path: REPORTS,
  refusal: { status: 403, code: 'insufficient_scope' },
  reason: 'insufficient_scope',
  credential: async (server, latchkey) => {
    const { key } = await issueKey(server, await latchkey.signIn());
    return { headers: apiHeaders(key) };
  },
});
