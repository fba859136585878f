import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { peer } from './peer.ts';
import { startReplay } from './replay.ts';
import { badTokens, bearer, jwksPath, m2mToken } from './stytch.ts';

/** It fetches the JWKS for each request; what that costs the process that serves the keys is not in its own CPU. */
export const honoJwk = peer({
  name: 'hono_jwk',
  paced: true,
  says: "Hono's `jwk` middleware and a `fetch`: the JWKS is fetched on each call, an M2M access token verified",
  serve: async ({ origin, latchkey: { stytch } }) => {
    const replay = await startReplay(stytch);
    const path = jwksPath(stytch);
    await replay.record({ path });
    const service = {
      name: 'hono-jwk',
      script: bundle('bench/peers/workers/hono-jwk.ts', { minify: true }).script,
      bindings: { ORIGIN_URL: origin.url, JWKS_URL: replay.url + path, PROJECT_ID: stytch.projectId },
      socket: 0,
    };
    const server = await serve({ services: [service] });
    return {
      ...{ pid: server.pid, port: server.port(service.name) },
      good: async () => bearer(await m2mToken(stytch)),
      bad: async () => (await badTokens(stytch)).map(bearer),
      asked: replay.asked,
      [Symbol.asyncDispose]: async () => {
        replay[Symbol.dispose]();
        await server.stop();
      },
    };
  },
});
