import { randomUUID } from 'node:crypto';
import type { Server } from '../../tools/serve/index.ts';
import { type Call, call, callJson } from '../http.ts';
import { apiHeaders, type Deployment, type IssuedKey, ITEMS, STRICT } from '../latchkey.ts';
import { askOf, door } from './doors.ts';
import { clientIdOf } from './fill.ts';
import type { Amounts } from './options.ts';
import type { Row, Table } from './table.ts';
import { inTurn, timed, timing } from './timing.ts';

/** Keys that were made by the Desk: each is met cold once in each workerd. */
const REAL_KEYS = 10;

/** How many keys of an owner live, where there are as many. */
const LIVING = 900;

/** How many rows are written in one step. */
const AT_ONCE = 5_000;

/** How many keys of a list are asked for: as many as the smallest owner has. */
const PAGE = 10;

/** Whoever looks for what nobody has looks at every key that may be meant, up to what one page looks at. */
const TO_A_BOUND = 'one page looks at 2,000 keys at the most';

interface Owner {
  readonly user: string;
  readonly keys: readonly IssuedKey[];
  /** What the ids of its keys begin with, and one of them that is not of the Desk. */
  readonly prefix: string;
  readonly asked: string;
  readonly size: number;
}

/** One owner of each size, all in one workerd. */
export const measureKeys = async (
  latchkey: Deployment,
  { sizes, rounds, days, restarts }: Amounts,
  tell: (line: string) => void,
): Promise<Table> => {
  const owners: Owner[] = [];
  const bytes: number[] = [];
  {
    await using server = await latchkey.start();
    for (const size of sizes) {
      tell(`an owner with ${size} keys`);
      const owner = await begin(latchkey, server, size);
      bytes.push(await grow(server, owner, days));
      owners.push(owner);
    }
  }
  const cold = await measureCold(latchkey, owners, restarts, tell);
  await using server = await latchkey.start();
  const rows = await measureWarm(latchkey, server, owners, rounds, tell);
  const sizesText = bytes.map((each) => `${(each / 2 ** 20).toFixed(1)} MiB`);
  return {
    of: 'keys',
    sizes,
    rows: [cold, ...rows],
    more: [{ name: 'database of the Ring', texts: sizesText }],
  };
};

/** A user with the keys that he makes by himself, each used once, so that its token is in the Vault. */
const begin = async (latchkey: Deployment, server: Server, size: number): Promise<Owner> => {
  const user = `user-test-${randomUUID()}`;
  const port = server.port('latchkey');
  const headers = deskHeaders(await latchkey.signIn(user));
  const keys: IssuedKey[] = [];
  for (let i = 0; i < REAL_KEYS; i++) {
    const body = { name: 'bench', scopes: ['items:read'] };
    keys.push(await callJson<IssuedKey>({ port, path: '/v1/keys', method: 'POST', headers, body }, 201));
  }
  for (const { key } of keys) await callJson({ port, path: ITEMS, headers: apiHeaders(key) }, 200);
  const prefix = keys[0]?.key_id.slice(0, -11) ?? '';
  return { user, keys, prefix, asked: clientIdOf({ prefix }, REAL_KEYS), size };
};

const grow = async (server: Server, { user, prefix, size }: Owner, days: number): Promise<number> => {
  // One more for the smallest, to be asked about from within.
  const all = Math.max(size, REAL_KEYS + 1);
  for (let from = REAL_KEYS; from < all; from += AT_ONCE) {
    const to = Math.min(all, from + AT_ONCE);
    await door(server, user, 'fill', { prefix, from, to, living: LIVING, scopes: ['items:read'] });
  }
  return door(server, user, 'use', { days });
};

const deskHeaders = (session: string) => ({ Host: 'desk.bench', Authorization: `Bearer ${session}` });

/** Each key once in each workerd: KV and the Ring are read, and Stytch is not asked. */
const measureCold = async (
  latchkey: Deployment,
  owners: readonly Owner[],
  restarts: number,
  tell: (line: string) => void,
): Promise<Row> => {
  const durations = owners.map((): number[] => []);
  const before = await latchkey.tokens();
  for (let restart = 0; restart < restarts; restart++) {
    tell(`cold keys, ${restart + 1} of ${restarts}`);
    await using server = await latchkey.start();
    const port = server.port('latchkey');
    for (let i = 0; i < REAL_KEYS; i++) {
      for (const [o, { keys }] of owners.entries()) {
        const headers = apiHeaders(keys[i]?.key);
        const duration = await timed(() => callJson({ port, path: ITEMS, headers }, 200));
        // The first wakes the Ring, and young code: it is measured by nothing else here.
        if (i > 0) durations[o]?.push(duration);
      }
    }
  }
  if ((await latchkey.tokens()) !== before) throw new Error('Stytch was asked for a token');
  return { name: 'admission, cold: KV and Ring', timings: durations.map(timing) };
};

interface Asked {
  readonly name: string;
  readonly grows?: string;
  /** Asked once of each owner, before: what the measured call is. */
  readonly prepare: (owner: Owner, session: string) => Promise<(round: number) => Promise<unknown>>;
}

const measureWarm = async (
  latchkey: Deployment,
  server: Server,
  owners: readonly Owner[],
  rounds: number,
  tell: (line: string) => void,
): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const { name, grows, prepare } of askedOf(server)) {
    tell(name);
    const works = [];
    // A session is good for five minutes: there is one for each row.
    for (const owner of owners) works.push(await prepare(owner, await latchkey.signIn(owner.user)));
    const few = grows !== undefined || name.startsWith('use');
    const timings = await inTurn(works, few ? Math.ceil(rounds / 10) : rounds, (work, round) => work(round));
    rows.push({ name, timings, ...(grows === undefined ? {} : { grows }) });
  }
  return rows;
};

const askedOf = (server: Server): readonly Asked[] => {
  const port = server.port('latchkey');
  const get = (wish: Omit<Call, 'port'>): Promise<string> => expectOk({ port, ...wish });
  const api = (path: string): Asked['prepare'] => {
    return async ({ keys }) =>
      () =>
        get({ path, headers: apiHeaders(keys[0]?.key) });
  };
  const desk = (path: (owner: Owner) => string): Asked['prepare'] => {
    return async (owner, session) => () => get({ path: path(owner), headers: deskHeaders(session) });
  };
  /** A page of a list: how far from its beginning, of all. */
  const page = (query: string, far: 0 | 0.5 | 1): Asked['prepare'] => {
    return async (_, session) => {
      const headers = deskHeaders(session);
      const cursors = far === 0 ? [] : await cursorsOf(port, query, headers);
      const at = cursors[Math.max(0, Math.ceil(cursors.length * far) - 1)];
      const path = `/v1/keys?limit=${PAGE}&${query}${at === undefined ? '' : `&cursor=${encodeURIComponent(at)}`}`;
      return () => get({ path, headers });
    };
  };
  return [
    { name: 'admission, warm', prepare: api(ITEMS) },
    { name: 'admission, the Ring asked', prepare: api(STRICT) },
    {
      name: 'a renewal, at the Ring',
      prepare: async ({ user, asked }) => {
        return (round) => door(server, user, 'ask', askOf(asked, 'isolate', `${round}`, `${round - 1}`));
      },
    },
    {
      name: 'an alarm with nothing due',
      prepare: async ({ user }) => {
        return () => door(server, user, 'wakeUp');
      },
    },
    { name: 'a key', prepare: desk(({ keys }) => `/v1/keys/${keys[0]?.key_id}`) },
    { name: 'who am I, with what is left', prepare: desk(() => '/v1/whoami') },
    { name: 'list: living, first page', prepare: page('status=active', 0) },
    { name: 'list: living, last page', prepare: page('status=active', 1) },
    { name: 'list: ended, first page', prepare: page('status=revoked', 0) },
    { name: 'list: all, newest, first page', prepare: page('status=all', 0) },
    { name: 'list: all, newest, middle', prepare: page('status=all', 0.5) },
    { name: 'list: all, newest, last page', prepare: page('status=all', 1) },
    { name: 'list: all, last used, first page', prepare: page('status=all&sort=used', 0) },
    { name: 'list: all, last used, middle', prepare: page('status=all&sort=used', 0.5) },
    { name: 'list: all, by end, middle', prepare: page('status=all&sort=expires', 0.5) },
    { name: 'list: all, by name, middle', prepare: page('status=all&sort=name', 0.5) },
    { name: 'audit, first page', prepare: desk(() => `/v1/audit?limit=${PAGE}`) },
    { name: 'audit of one action', prepare: desk(() => `/v1/audit?limit=${PAGE}&action=owner.suspended`) },
    {
      name: 'use of a key, by day',
      prepare: desk(({ keys }) => `/v1/keys/${keys[0]?.key_id}/usage?${DAYS}`),
    },
    { name: 'use of all, by day', prepare: desk(() => `/v1/usage?${DAYS}`) },
    { name: 'search: living, found nothing', grows: TO_A_BOUND, prepare: page('search=nobodys', 0) },
    { name: 'search: all, found nothing', grows: TO_A_BOUND, prepare: page('status=all&search=nobodys', 0) },
    { name: 'scope: all, found nothing', grows: TO_A_BOUND, prepare: page('status=all&scope=nobodys', 0) },
  ];
};

const DAYS = `by=day&from=${new Date(Date.now() - 89 * 86_400_000).toISOString()}`;

const expectOk = async (wish: Call): Promise<string> => {
  const { status, text } = await call(wish);
  if (status !== 200) throw new Error(`${wish.path}: ${status} ${text}`);
  return text;
};

/** Where each page of a list begins, but the first. */
const cursorsOf = async (port: number, query: string, headers: Readonly<Record<string, string>>) => {
  const cursors: string[] = [];
  for (;;) {
    const at = cursors.length === 0 ? '' : `&cursor=${encodeURIComponent(cursors.at(-1) ?? '')}`;
    const text = await expectOk({ port, path: `/v1/keys?limit=100&${query}${at}`, headers });
    const { next_cursor: next } = JSON.parse(text) as { readonly next_cursor: string | null };
    if (next === null) return cursors;
    cursors.push(next);
  }
};
