import { randomBytes } from 'node:crypto';
import { copyFileSync, linkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../../tools/serve/index.ts';
import { call, callJson } from '../http.ts';
import {
  apiHeaders,
  type Deployment,
  type IssuedKey,
  ITEMS,
  inParallel,
  STRICT,
  useEach,
} from '../latchkey.ts';
import { residentMiB } from '../soak/memory.ts';
import type { Amounts } from './options.ts';
import type { Row, Table } from './table.ts';
import { inTurn, timed, timing } from './timing.ts';

/** How many owners are awake at most: each of them has a key and makes requests. The others are at rest. */
const AWAKE = 1_000;

/** How many owners are met cold in each workerd. */
const COLD = 10;

/** How many entries KV, and how many clients a Lobby, is given in one step. */
const AT_ONCE = 2_500;
const LOBBIES = 64;

interface World {
  readonly size: number;
  readonly latchkey: Deployment;
  readonly keys: readonly IssuedKey[];
}

/** As many owners as there shall be, each size in a workerd of its own, all of them asked in turns. */
export const measureOwners = async (
  latchkeyAt: (name: string) => { readonly latchkey: Deployment; readonly state: string },
  { sizes, rounds, restarts }: Amounts,
  tell: (line: string) => void,
): Promise<Table> => {
  const worlds: World[] = [];
  for (const size of sizes) {
    tell(`${size} owners`);
    const { latchkey, state } = latchkeyAt(`owners-${size}`);
    worlds.push({ size, latchkey, keys: await populate(latchkey, state, size) });
  }
  const cold: number[][] = worlds.map(() => []);
  for (let restart = 0; restart < restarts; restart++) {
    tell(`cold keys, ${restart + 1} of ${restarts}`);
    await using open = new AsyncDisposableStack();
    for (const [w, { latchkey, keys }] of worlds.entries()) {
      const port = open.use(await latchkey.start()).port('latchkey');
      for (const [i, { key }] of keys.slice(0, COLD).entries()) {
        const duration = await timed(() => callJson({ port, path: ITEMS, headers: apiHeaders(key) }, 200));
        // The first meets young code.
        if (i > 0) cold[w]?.push(duration);
      }
    }
  }
  await using open = new AsyncDisposableStack();
  const awake: { readonly world: World; readonly server: Server }[] = [];
  for (const world of worlds) awake.push({ world, server: open.use(await world.latchkey.start()) });
  tell('everybody who is awake, once');
  for (const { world, server } of awake) await useEach(server, world.keys);
  const rows: Row[] = [{ name: 'admission, cold: KV and Ring', timings: cold.map(timing) }];
  for (const [name, wish] of Object.entries(ASKED)) {
    tell(name);
    const timings = await inTurn(awake, rounds, async ({ world, server }, round) => {
      const { status, headers, path } = wish(world, round);
      const answer = await call({ port: server.port('latchkey'), path, headers });
      if (answer.status !== status) throw new Error(`${name}: ${answer.status} ${answer.text}`);
    });
    rows.push({ name, timings });
  }
  const memory = awake.map(({ server }) => `${Math.round(residentMiB(server.pid))} MiB`);
  const many = awake.map(({ world }) => String(world.keys.length));
  return {
    of: 'owners',
    sizes,
    rows,
    more: [
      { name: 'owners who were awake', texts: many },
      { name: 'resident memory of workerd', texts: memory },
    ],
  };
};

interface Wish {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/** What is asked in turns, of one owner after the other. */
const ASKED: Readonly<Record<string, (world: World, round: number) => Wish>> = {
  'admission, warm': ({ keys }, round) => as(keys, round, ITEMS),
  'admission, the Ring asked': ({ keys }, round) => as(keys, round, STRICT),
  'a pair that nobody imported': () => {
    const pair = btoa(
      `m2m-client-test-${randomBytes(16).toString('hex')}:${randomBytes(24).toString('hex')}`,
    );
    return { path: ITEMS, headers: apiHeaders(pair, 'Basic'), status: 401 };
  },
};

const as = (keys: readonly IssuedKey[], round: number, path: string): Wish => ({
  path,
  headers: apiHeaders(keys[Math.abs(round) % Math.min(COLD, keys.length)]?.key),
  status: 200,
});

/** Owners with a key, and the traces of those who are at rest: a Ring on disk, an entry in KV, a client in its Lobby. */
const populate = async (latchkey: Deployment, state: string, size: number): Promise<readonly IssuedKey[]> => {
  await using server = await latchkey.start();
  const keys = await latchkey.issue(server, Math.min(AWAKE, size), 1);
  await useEach(server, keys);
  const port = server.port('latchkey');
  const headers = { Host: 'grow' };
  for (let from = 0; from < size; from += AT_ONCE)
    await callJson({ port, path: `/vault?from=${from}&to=${Math.min(size, from + AT_ONCE)}`, headers }, 200);
  await inParallel(4, Array.from({ length: LOBBIES }), (_, i) =>
    callJson({ port, path: `/lobby?name=${i}&clients=${Math.floor(size / LOBBIES)}`, headers }, 200),
  );
  await server.stop();
  rest(state, size - keys.length);
  return keys;
};

/** Rings that nobody wakes are files with a name: so many links to one of them take the place of as many. */
const rest = (state: string, count: number): void => {
  const folder = join(state, 'KeyRing');
  const [one] = readdirSync(folder).filter((name) => name.endsWith('.sqlite'));
  if (one === undefined) throw new Error('there is no Ring on disk');
  // A file takes some 65,000 links on ext4.
  const links = 50_000;
  let from = join(folder, one);
  for (let i = 0; i < count; i++) {
    const name = `${randomBytes(32).toString('hex')}.sqlite`;
    if (i % links === 0) copyFileSync(from, join(folder, name));
    else linkSync(from, join(folder, name));
    if (i % links === 0) from = join(folder, name);
  }
};
