import { randomBytes } from 'node:crypto';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { call, callJson } from '../http.ts';
import { installPackages } from './install.ts';
import { peer } from './peer.ts';
import { bearer } from './stytch.ts';

/** The host of its `baseURL`, from which a browser's requests come. */
const BROWSER = { Host: 'localhost', Origin: 'http://localhost' };

/** Its database is the isolate's memory: nothing waits and nothing is written, which no deployment can have. */
export const betterAuth = peer({
  name: 'better_auth',
  paced: true,
  says: '`@better-auth/api-key`: `verifyApiKey` on each call, over a database that is a map in the isolate',
  missing: installPackages,
  serve: async ({ origin }) => {
    const service = {
      name: 'better-auth',
      script: bundle('bench/peers/packaged/better-auth.ts', { minify: true }).script,
      bindings: { ORIGIN_URL: origin.url, BETTER_AUTH_SECRET: randomBytes(32).toString('base64url') },
      socket: 0,
    };
    const server = await serve({ services: [service] });
    const port = server.port(service.name);
    const { key, requests } = await createKey(port);
    return {
      ...{ pid: server.pid, port },
      good: async () => bearer(key),
      bad: async () => [bearer([...key].reverse().join(''))],
      asked: requests,
      [Symbol.asyncDispose]: () => server.stop(),
    };
  },
});

interface CreatedKey {
  readonly key: string;
  /** How many requests its owner is told that it was used for. */
  readonly requests: () => Promise<number>;
}

/** Of a user who has just signed up, as a browser would. */
const createKey = async (port: number): Promise<CreatedKey> => {
  const body = { name: 'Ada', email: 'ada@example.com', password: randomBytes(16).toString('hex') };
  const signUp = { port, path: '/api/auth/sign-up/email', method: 'POST', headers: BROWSER, body };
  const cookies = (await call(signUp)).headers['set-cookie']?.map((cookie) => cookie.split(';')[0]) ?? [];
  const headers = { ...BROWSER, Cookie: cookies.join('; ') };
  const create = { port, path: '/api/auth/api-key/create', method: 'POST', headers, body: { name: 'bench' } };
  const { key, id } = await callJson<{ readonly key: string; readonly id: string }>(create, 200);
  const get = { port, path: `/api/auth/api-key/get?id=${id}`, headers };
  const requests = async (): Promise<number> =>
    (await callJson<{ readonly requestCount: number }>(get, 200)).requestCount;
  return { key, requests };
};
