import { cpSync, rmSync } from 'node:fs';
import { apiHeaders, type IssuedKey, ITEMS, useEach } from '../latchkey.ts';
import type { Keys, Target, Variant, World } from '../variant.ts';
import { allDecided } from './tiers.ts';
import { warmApiKey } from './warm.ts';

/** Of each owner: their Ring is woken by the first of them, in the warm-up, as it would be by other isolates. */
const KEYS_OF_EACH = 20;

/** Keys that the isolate has never seen: workerd starts anew for each round, and each key is used once in it. */
interface Cold {
  readonly name: string;
  readonly says: string;
  /** Where each request is decided: both KV and the Ring have a token, or neither has. */
  readonly tiers: readonly ['kv', 'ring'] | readonly ['exchange'];
  /** How many keys a second of load may take; more than the machines known so far can. */
  readonly keysPerSecond: number;
}

const cold = ({ name, says, tiers, keysPerSecond }: Cold): Variant => ({
  ...{ name, says, group: 'latchkey', identified: true, wrong: warmApiKey.wrong },
  open: async (world) => {
    const { latchkey, state } = world;
    const isFirstUse = tiers[0] === 'exchange';
    const keys = await prepare(world, name, keysPerSecond, isFirstUse);
    // A first use can be had once: each round begins with what was kept before any.
    const before = `${state}-before`;
    if (isFirstUse) cpSync(state, before, { recursive: true });
    let server = await latchkey.start();
    const round = async (): Promise<Target> => {
      await server.stop();
      if (isFirstUse) {
        rmSync(state, { recursive: true });
        cpSync(before, state, { recursive: true });
      }
      server = await latchkey.start();
      const tokens = await latchkey.tokens();
      return {
        ...{ pid: server.pid, port: server.port('latchkey'), path: ITEMS, headers: apiHeaders(), keys },
        confirm: async (requests) => {
          allDecided(server.logs(), 'tier', ...tiers);
          const taken = (await latchkey.tokens()) - tokens;
          if (isFirstUse ? taken < requests : taken > 0)
            throw new Error(`Stytch gave ${taken} tokens for ${requests} requests`);
        },
      };
    };
    return { round, [Symbol.asyncDispose]: () => server.stop() };
  },
});

/** Issues the keys, and uses each once where its token is to be in the Vault. */
const prepare = async (
  { latchkey, options, tell }: World,
  name: string,
  keysPerSecond: number,
  isFirstUse: boolean,
): Promise<Keys> => {
  const warmUp = options.warmUpSeconds * keysPerSecond;
  const count = warmUp + options.seconds * keysPerSecond;
  await using server = await latchkey.start();
  tell(`${name}: issuing ${count} keys`);
  const keys = await latchkey.issue(server, Math.ceil(count / KEYS_OF_EACH), KEYS_OF_EACH);
  if (!isFirstUse) {
    tell(`${name}: using each once`);
    await useEach(server, keys);
  }
  const texts = keys.map(({ key }: IssuedKey) => key);
  return { warmUp: texts.slice(0, warmUp), round: texts.slice(warmUp) };
};

/** The tokens are in the Vault, so that a request costs one read of KV and one call of the Ring. */
export const coldKey = cold({
  name: 'cold_key',
  says: 'each key new to the isolate: KV and the Ring are asked, Stytch is not',
  tiers: ['kv', 'ring'],
  keysPerSecond: 1_500,
});

/** The emulator's process is not in the CPU of a request; that it writes each call down is in the latency. */
export const coldKeyExchange = cold({
  name: 'cold_key_exchange',
  says: 'each key used for the first time: KV and the Ring have nothing, and Stytch (the emulator) is asked',
  tiers: ['exchange'],
  keysPerSecond: 400,
});
