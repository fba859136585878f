import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { callJson } from '../http.ts';
import type { Stytch } from '../latchkey.ts';
import { installPackages } from './install.ts';
import { type Headers, peer } from './peer.ts';
import { startReplay } from './replay.ts';

/**
 * It copies an answer by its own properties, which the status no longer is since workers_api_getters_setters_on_prototype:
 * from that date on, what it refuses is a 200 without a body.
 */
const OF_ITS_TIME = '2022-01-30';

/** It takes the session from a cookie, not a key: what users have who have nothing else. */
export const stytchPlugin = peer({
  name: 'stytch_plugin',
  paced: true,
  says: "`@cloudflare/pages-plugin-stytch`: Stytch's `sessions/authenticate` on each call, answered at once",
  missing: installPackages,
  serve: async ({ origin, latchkey: { stytch } }) => {
    const replay = await startReplay(stytch);
    const session_token = await signIn(stytch);
    const path = '/v1/sessions/authenticate';
    await replay.record({ path, method: 'POST', headers: basic(stytch), body: { session_token } });
    const { projectId: PROJECT_ID, secret: PROJECT_SECRET } = stytch;
    const service = {
      name: 'stytch-plugin',
      script: bundle('bench/peers/packaged/stytch-plugin.ts', { minify: true }).script,
      bindings: { ORIGIN_URL: origin.url, STYTCH_API_URL: replay.url, PROJECT_ID, PROJECT_SECRET },
      compatibilityDate: OF_ITS_TIME,
      socket: 0,
    };
    const server = await serve({ services: [service] });
    return {
      ...{ pid: server.pid, port: server.port(service.name) },
      good: async () => ({ Cookie: `session_token=${session_token}` }),
      bad: async () => [{ Cookie: `session_token=${'0'.repeat(session_token.length)}` }],
      asked: replay.asked,
      [Symbol.asyncDispose]: async () => {
        replay[Symbol.dispose]();
        await server.stop();
      },
    };
  },
});

const basic = ({ projectId, secret }: Stytch): Headers => ({
  Authorization: `Basic ${btoa(`${projectId}:${secret}`)}`,
});

/** Stytch's own token of a session of the emulator's first user. */
const signIn = async (stytch: Stytch): Promise<string> => {
  const body = {
    ...{ email: 'ada@example.com', password: 'correct horse battery staple' },
    session_duration_minutes: 60,
  };
  const path = '/v1/passwords/authenticate';
  const wish = { port: stytch.port, path, method: 'POST', headers: basic(stytch), body };
  return (await callJson<{ readonly session_token: string }>(wish, 200)).session_token;
};
