import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { call } from '../http.ts';
import type { World } from '../variant.ts';
import { peer, type Served } from './peer.ts';
import { startReplay } from './replay.ts';
import { badTokens, bearer, jwksPath, m2mToken } from './stytch.ts';

/** It fetches the JWKS for each request; what that costs the process that serves the keys is not in its own CPU. */
export const honoJwk = peer({
  name: 'hono_jwk',
  paced: true,
  says: "Hono's `jwk` middleware and a `fetch`: the JWKS is fetched on each call, an M2M access token verified",
  serve: async (world) => {
    const { stytch } = world.latchkey;
    const replay = await startReplay(stytch);
    const path = jwksPath(stytch);
    await replay.record({ path });
    const served = await start(world, 'hono-jwk', { JWKS_URL: replay.url + path });
    return {
      ...{ ...served, asked: replay.asked },
      [Symbol.asyncDispose]: async () => {
        replay[Symbol.dispose]();
        await served[Symbol.asyncDispose]();
      },
    };
  },
});

/** What its user would have to keep up with by hand: keys that do not follow when Stytch changes its own. */
export const honoJwkKeys = peer({
  name: 'hono_jwk_keys',
  says: 'the same with its keys in the configuration: nobody is asked, and no change of keys is followed',
  serve: async (world) => {
    const { stytch } = world.latchkey;
    const { text } = await call({ port: stytch.port, path: jwksPath(stytch) });
    return start(world, 'hono-jwk-keys', { JWKS: text });
  },
});

const start = async (
  { origin, latchkey: { stytch } }: World,
  name: string,
  keys: Readonly<Record<string, string>>,
): Promise<Served> => {
  const service = {
    name,
    script: bundle(`bench/peers/workers/${name}.ts`, { minify: true }).script,
    bindings: { ORIGIN_URL: origin.url, PROJECT_ID: stytch.projectId, ...keys },
    socket: 0,
  };
  const server = await serve({ services: [service] });
  return {
    ...{ pid: server.pid, port: server.port(name) },
    good: async () => bearer(await m2mToken(stytch)),
    bad: async () => (await badTokens(stytch)).map(bearer),
    asked: null,
    [Symbol.asyncDispose]: () => server.stop(),
  };
};
