import { apiHeaders, type IssuedKey, ITEMS, PUBLIC } from '../latchkey.ts';
import type { Subject, Variant, World } from '../variant.ts';
import { allOfTier } from './tiers.ts';

/** A Latchkey that runs through all rounds, and what its clients send. */
const running = async (world: World, wish: (key: IssuedKey) => Wish): Promise<Subject> => {
  const server = await world.latchkey.start();
  const [key] = await world.latchkey.issue(server, 1, 1);
  if (key === undefined) throw new Error('no key was issued');
  const { path, headers, tier } = wish(key);
  const target = { pid: server.pid, port: server.port('latchkey'), path, headers };
  const confirm = async (): Promise<void> => allOfTier(server.logs(), tier);
  return { round: async () => ({ ...target, confirm }), [Symbol.asyncDispose]: () => server.stop() };
};

interface Wish {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the log calls the source of the decision. */
  readonly tier: string | null;
}

/** One key, used all the time: what an isolate of a busy client does. */
export const warmApiKey: Variant = {
  name: 'warm_api_key',
  says: 'Latchkey, a key that the isolate knows, by `Authorization: Bearer`',
  identified: true,
  open: (world) => running(world, ({ key }) => ({ path: ITEMS, headers: apiHeaders(key), tier: 'memory' })),
  wrong: (last) => {
    if (last['x-latchkey-auth'] !== 'api_key') return 'the origin was not told how the caller was known';
    if (last['x-latchkey-assertion'] === undefined) return 'the origin got no assertion';
    return last.authorization === undefined ? null : 'the origin got the key itself';
  },
};

/** The Gate without a decision: target, headers, assertion and the way to the origin and back. */
export const anonymous: Variant = {
  name: 'anonymous',
  says: "Latchkey, a route with `auth: 'none'`: everything but the key",
  identified: false,
  open: (world) => running(world, () => ({ path: PUBLIC, headers: apiHeaders(), tier: null })),
  wrong: (last) => (last['x-latchkey-auth'] === 'anonymous' ? null : 'the origin was told somebody'),
};
