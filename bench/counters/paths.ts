import { setTimeout as wait } from 'node:timers/promises';
import type { Server } from '../../tools/serve/index.ts';
import { type Call, call, callJson } from '../http.ts';
import { apiHeaders, type Deployment, type IssuedKey, ITEMS, PUBLIC, REPORTS, STRICT } from '../latchkey.ts';

const DESK_HOST = 'desk.bench';

/** A moment longer than a lease lives, in milliseconds. */
const LEASE_OVER_MS = 5_300;

/** A moment longer than it takes until it is written down again that a key was used, in milliseconds. */
const MINUTE_MS = 60_500;

/** What every path finds: the keys, each of an owner of its own, and how to go on. */
export interface Ground {
  readonly latchkey: Deployment;
  readonly server: () => Server;
  /** Another isolate over the same state, which knows nothing. */
  readonly restart: () => Promise<void>;
  readonly keys: readonly IssuedKey[];
  readonly sessions: readonly string[];
  /** An access token of each key. */
  readonly tokens: readonly string[];
}

/** One way of a request, as often as there are keys or a few hundred times. */
export interface Path {
  readonly name: string;
  readonly says: string;
  readonly times: (ground: Ground) => number;
  /** What comes before, and is not counted. */
  readonly before?: (ground: Ground) => Promise<void>;
  readonly go: (ground: Ground, index: number) => Promise<void>;
}

const expectStatus = async (ground: Ground, wish: Omit<Call, 'port'>, status: number): Promise<void> => {
  const answer = await call({ port: ground.server().port('latchkey'), ...wish });
  if (answer.status !== status)
    throw new Error(`${wish.method ?? 'GET'} ${wish.path} answered ${answer.status}: ${answer.text}`);
};

const use = (ground: Ground, key: string | undefined, path: string = ITEMS, status = 200): Promise<void> =>
  expectStatus(ground, { path, headers: apiHeaders(key) }, status);

const repeated = async (times: number, work: () => Promise<void>): Promise<void> => {
  for (let i = 0; i < times; i++) await work();
};

const deskCall = <T>(ground: Ground, session: string, status: number, wish: Omit<Call, 'port'>): Promise<T> =>
  callJson<T>(
    {
      port: ground.server().port('latchkey'),
      ...wish,
      headers: { Host: DESK_HOST, Authorization: `Bearer ${session}` },
    },
    status,
  );

const each = ({ keys }: Ground): number => keys.length;
const often = (times: number) => (): number => times;
const keyAt = ({ keys }: Ground, index: number): IssuedKey => {
  const key = keys[index];
  if (key === undefined) throw new Error(`there is no key ${index}`);
  return key;
};
const sessionAt = ({ sessions }: Ground, index: number): string => sessions[index] ?? '';

/** The key with a limit of its own: one request in a minute. */
let tightKey: string | undefined;

/** In this order: each leaves behind what the next one needs. */
export const PATHS: readonly Path[] = [
  {
    ...{ name: 'cold_exchange', says: 'a key that nobody used yet: one exchange at Stytch', times: each },
    go: (ground, i) => use(ground, keyAt(ground, i).key),
  },
  {
    ...{
      name: 'lease_over',
      says: 'a key in memory whose lease has run out: the Ring is asked',
      times: each,
    },
    before: async (ground) => {
      // That a key is used for the first time from somewhere is written down once.
      await wait(LEASE_OVER_MS);
      for (const { key } of ground.keys) await use(ground, key);
      await wait(LEASE_OVER_MS);
    },
    go: (ground, i) => use(ground, keyAt(ground, i).key),
  },
  {
    ...{ name: 'seldom', says: 'a key in memory that was not used for a minute', times: each },
    before: async () => {
      await wait(MINUTE_MS);
    },
    go: (ground, i) => use(ground, keyAt(ground, i).key),
  },
  {
    ...{ name: 'warm_key', says: 'a key in memory with a lease', times: often(1_000) },
    before: (ground) => repeated(1_000, () => use(ground, keyAt(ground, 0).key)),
    go: (ground) => use(ground, keyAt(ground, 0).key),
  },
  {
    ...{
      name: 'at_once',
      says: 'a route with leaseSeconds 0: the Ring is asked each time',
      times: often(200),
    },
    before: (ground) => repeated(5, () => use(ground, keyAt(ground, 1).key, STRICT)),
    go: (ground) => use(ground, keyAt(ground, 1).key, STRICT),
  },
  {
    ...{ name: 'first_jwt', says: 'an access token that the isolate has not seen', times: each },
    go: (ground, i) => use(ground, ground.tokens[i]),
  },
  {
    ...{ name: 'warm_jwt', says: 'an access token in memory with a lease', times: often(1_000) },
    before: (ground) => repeated(1_000, () => use(ground, ground.tokens[0])),
    go: (ground) => use(ground, ground.tokens[0]),
  },
  {
    ...{ name: 'first_session', says: 'a session JWT that the isolate has not seen', times: each },
    go: (ground, i) => use(ground, sessionAt(ground, i)),
  },
  {
    ...{ name: 'anonymous', says: 'a route that asks for nobody', times: often(500) },
    go: (ground) => use(ground, undefined, PUBLIC),
  },
  {
    ...{ name: 'made_up', says: 'a made-up key of the right shape', times: often(500) },
    go: (ground, i) => {
      const { key } = keyAt(ground, 0);
      const wrong = `${key.slice(0, 40)}${String(i).padStart(6, '0')}${key.slice(46)}`;
      return use(ground, wrong, ITEMS, 401);
    },
  },
  {
    ...{ name: 'no_scope', says: 'a warm key without the scope of the route', times: often(500) },
    go: (ground) => use(ground, keyAt(ground, 0).key, REPORTS, 403),
  },
  {
    ...{ name: 'limited', says: 'a key over its limit', times: often(200) },
    before: async (ground) => {
      const body = { name: 'tight', scopes: ['items:read'], limit: { requests: 1, per_seconds: 60 } };
      const wish = { path: '/v1/keys', method: 'POST', body };
      tightKey = (await deskCall<IssuedKey>(ground, sessionAt(ground, 0), 201, wish)).key;
      await use(ground, tightKey);
      await use(ground, tightKey, ITEMS, 429);
    },
    go: (ground) => use(ground, tightKey, ITEMS, 429),
  },
  {
    ...{ name: 'new_isolate', says: 'a key that another isolate used: its token is in KV', times: each },
    before: async (ground) => {
      await ground.restart();
      // Signing keys are fetched once for an isolate, and the Rings are awake as they are where keys are in use.
      await use(ground, ground.tokens[0]);
      for (const session of ground.sessions) await deskCall(ground, session, 200, { path: '/v1/keys' });
    },
    go: (ground, i) => use(ground, keyAt(ground, i).key),
  },
  {
    ...{ name: 'issue', says: 'a key is made', times: each },
    go: async (ground, i) => {
      const body = { name: 'another', scopes: ['items:read'] };
      await deskCall(ground, sessionAt(ground, i), 201, { path: '/v1/keys', method: 'POST', body });
    },
  },
  {
    ...{ name: 'list', says: 'a page of an owner’s keys', times: each },
    go: async (ground, i) => {
      await deskCall(ground, sessionAt(ground, i), 200, { path: '/v1/keys' });
    },
  },
  {
    ...{ name: 'rotate', says: 'a key is given a second secret', times: each },
    go: async (ground, i) => {
      const path = `/v1/keys/${keyAt(ground, i).key_id}/rotate`;
      const body = { overlap_seconds: 3_600 };
      await deskCall(ground, sessionAt(ground, i), 200, { path, method: 'POST', body });
    },
  },
  {
    ...{ name: 'revoke', says: 'a key is ended, here and at Stytch', times: each },
    go: async (ground, i) => {
      const path = `/v1/keys/${keyAt(ground, i).key_id}`;
      await deskCall(ground, sessionAt(ground, i), 200, { path, method: 'DELETE' });
    },
  },
];
