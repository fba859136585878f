import { apiHeaders, type IssuedKey, ITEMS, useEach } from '../latchkey.ts';
import type { Target, Variant, World } from '../variant.ts';
import { allOfTier } from './tiers.ts';
import { warmApiKey } from './warm.ts';

/** How many keys a second of load may take; more than the machines known so far can. */
const KEYS_PER_SECOND = 1_500;

/** Of each owner: their Ring is woken by the first of them, in the warm-up, as it would be by other isolates. */
const KEYS_OF_EACH = 20;

/**
 * Keys that the isolate has never seen: workerd starts anew over the same state for each round, and each key is used
 * once in it. The tokens are in the Vault, so that a request costs one read of KV, one call of the Ring, and no call
 * of Stytch.
 */
export const coldKey: Variant = {
  name: 'cold_key',
  says: 'Latchkey, each key new to the isolate: KV and the Ring are asked, Stytch is not',
  identified: true,
  wrong: warmApiKey.wrong,
  open: async (world) => {
    const keys = await prepare(world);
    let server = await world.latchkey.start();
    const round = async (): Promise<Target> => {
      await server.stop();
      server = await world.latchkey.start();
      const tokens = await world.latchkey.tokens();
      return {
        ...{ pid: server.pid, port: server.port('latchkey'), path: ITEMS, headers: apiHeaders(), keys },
        confirm: async () => {
          allOfTier(server.logs(), 'kv');
          if ((await world.latchkey.tokens()) !== tokens) throw new Error('Stytch was asked for a token');
        },
      };
    };
    return { round, [Symbol.asyncDispose]: () => server.stop() };
  },
};

/** Issues the keys and uses each once, so that its token is in the Vault. */
const prepare = async ({ latchkey, options, tell }: World): Promise<Required<Target>['keys']> => {
  const warmUp = options.warmUpSeconds * KEYS_PER_SECOND;
  const count = warmUp + options.seconds * KEYS_PER_SECOND;
  await using server = await latchkey.start();
  tell(`cold_key: issuing ${count} keys`);
  const keys = await latchkey.issue(server, Math.ceil(count / KEYS_OF_EACH), KEYS_OF_EACH);
  tell('cold_key: using each once');
  await useEach(server, keys);
  const texts = keys.map(({ key }: IssuedKey) => key);
  return { warmUp: texts.slice(0, warmUp), round: texts.slice(warmUp) };
};
