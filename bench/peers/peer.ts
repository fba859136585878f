import { call } from '../http.ts';
import { API_HOST, ITEMS } from '../latchkey.ts';
import { type Origin, quiet } from '../origin.ts';
import type { Target, Variant, World } from '../variant.ts';

/** What others would put in Latchkey's place. */
export interface Peer extends Variant {
  readonly group: 'peer';
}

/** A peer that is being served. */
export interface Served extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** What a client with a good credential sends: made for each round, as some live for minutes only. */
  readonly good: () => Promise<Headers>;
  /** Credentials that are like it and not good any more, or never were; null for a proxy that asks nobody. */
  readonly bad: (() => Promise<readonly Headers[]>) | null;
  /** How often what it asks on each call was asked so far; null where it asks nothing but itself. */
  readonly asked: (() => Promise<number>) | null;
}

export type Headers = Readonly<Record<string, string>>;

type Wish = Pick<Peer, 'name' | 'says' | 'base' | 'missing' | 'paced'> & {
  /** False for a proxy that asks nobody, which others are a ratio of. */
  readonly identified?: boolean;
  readonly serve: (world: World) => Promise<Served>;
};

/**
 * A peer as a variant. After each round it is made sure that a bad credential is refused without a word to the origin,
 * and that what the peer asks on each call was asked on each.
 */
export const peer = ({ serve, identified = true, ...wish }: Wish): Peer => ({
  ...{ ...wish, identified, group: 'peer' },
  wrong: (last) =>
    identified && last.authorization !== undefined ? 'the origin got the credential itself' : null,
  open: async (world) => {
    const served = await serve(world);
    const { pid, port, bad, asked } = served;
    const round = async (): Promise<Target> => {
      const target = { pid, port, path: ITEMS, headers: { Host: API_HOST, ...(await served.good()) } };
      const before = (await asked?.()) ?? 0;
      const confirm = async (requests: number): Promise<void> => {
        const calls = ((await asked?.()) ?? 0) - before;
        if (asked !== null && calls < requests)
          throw new Error(`asked ${calls} times for ${requests} requests`);
        for (const headers of (await bad?.()) ?? [])
          await refuses(world.origin, { ...target, headers: { Host: API_HOST, ...headers } });
      };
      return { ...target, confirm };
    };
    return { round, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
  },
});

/** Throws unless the target refuses what it is sent, and the origin hears nothing of it. */
const refuses = async (origin: Origin, target: Target): Promise<void> => {
  await quiet(origin);
  const { status } = await call(target);
  const { requests } = await origin.seen();
  if (status !== 401 && status !== 403) throw new Error(`answered ${status} to a bad credential`);
  if (requests > 0) throw new Error('the origin was asked with a bad credential');
};
