import { ask, bearer } from '../../../demo/http.ts';
import { OPERATOR } from '../../../tools/dev/emulator-project.ts';
import { ISOLATE, ISOLATES, type Rollout } from './rollout.ts';
import { memberOf, newUser } from './stage.ts';

/** A request that was not answered as it has to be. */
export interface Refused {
  readonly what: string;
  readonly status: number;
  readonly said: string;
}

/** Users who do all that users do, or call the API alone, each time at any isolate. */
export interface Load {
  readonly refused: Refused[];
  /** How many requests were made. */
  readonly requests: () => number;
  /** The users, and their Rings. */
  readonly owners: readonly string[];
  readonly rings: readonly string[];
  /** Until every user has done all that he does once, from its beginning to its end. */
  readonly lap: () => Promise<void>;
  /** Does something to a user's Ring between two of his requests. */
  readonly between: (ring: string, what: () => Promise<void>) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const USERS = 2;

/** So many keys of before are in use all the time, besides those that are made and end. */
const OLD_KEYS = 2;

interface Key {
  readonly id: string;
  readonly key: string;
}

type Headers = Readonly<Record<string, string>>;

export const startLoad = async (rollout: Rollout, does: 'all' | 'calls'): Promise<Load> => {
  const refused: Refused[] = [];
  let requests = 0;
  const onAnswer = (what: string, status: number, said: string): void => {
    requests++;
    if (status >= 300) refused.push({ what, status, said });
  };
  const users: readonly User[] = await Promise.all(
    Array.from({ length: USERS }, () => openUser(rollout, does, onAnswer)),
  );
  let isOver = false;
  const ended = users.map(async ({ lap }) => {
    while (!isOver) await lap();
  });
  const userOf = (ring: string): User | undefined => users.find((user) => user.ring === ring);
  return {
    ...{ refused, requests: () => requests, rings: users.map(({ ring }) => ring) },
    owners: users.map(({ id }) => id),
    lap: async () => {
      await Promise.all(users.map((user) => user.wholeLap()));
    },
    between: async (ring, what) => userOf(ring)?.between(what),
    stop: async () => {
      isOver = true;
      await Promise.all(ended);
    },
  };
};

interface User {
  readonly id: string;
  readonly ring: string;
  readonly lap: () => Promise<void>;
  /** Until a lap is over that has not begun yet. */
  readonly wholeLap: () => Promise<void>;
  readonly between: (what: () => Promise<void>) => Promise<void>;
}

const openUser = async (
  rollout: Rollout,
  does: 'all' | 'calls',
  onAnswer: (what: string, status: number, said: string) => void,
): Promise<User> => {
  const { desk, api, stytch } = rollout;
  const { id, session } = await newUser(stytch);
  const tasks: (() => Promise<void>)[] = [];

  const call = async (
    what: string,
    url: string,
    init: RequestInit = {},
    isolate?: number,
  ): Promise<string> => {
    const to: Headers = isolate === undefined ? {} : { [ISOLATE]: String(isolate) };
    const answer = await fetch(url, { ...init, headers: { ...(init.headers as Headers), ...to } });
    const said = await answer.text();
    onAnswer(what, answer.status, said);
    return said;
  };
  /** Nothing of his is under way. */
  const pause = async (): Promise<void> => {
    for (const task of tasks.splice(0)) await task();
  };
  const use = (what: string, headers: Headers, isolate?: number): Promise<string> =>
    call(what, `${api}/v1/items/1`, { headers }, isolate);
  const everywhere = async (what: string, key: string): Promise<void> => {
    await Promise.all(Array.from({ length: ISOLATES }, (_, isolate) => use(what, bearer(key), isolate)));
  };
  const atDesk = (what: string, method: string, path: string, body?: object): Promise<string> =>
    call(what, `${desk}${path}`, {
      ...{ method, headers: { ...bearer(session), 'content-type': 'application/json' } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const newKey = async (): Promise<Key> => {
    const made = await atDesk('a key is made', 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    return { id: textIn(made, 'key_id'), key: textIn(made, 'key') };
  };

  await giveRoom(rollout, id);
  const old: Key[] = [];
  for (let i = 0; i < OLD_KEYS; i++) old.push(await newKey());

  const lapOnce = async (): Promise<void> => {
    for (const each of old) {
      await use('a key of before', bearer(each.key));
      await use('a pair of before', pairOf(each));
    }
    await use('a session', bearer(session));
    await pause();
    if (does === 'calls') return;
    const fresh = await newKey();
    await everywhere('a key that was just made', fresh.key);
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const fetched = await call('a token is fetched', `${desk}/oauth2/token`, {
      ...{ method: 'POST', headers: pairOf(fresh), body },
    });
    await use('a token', bearer(textIn(fetched, 'access_token')));
    await pause();
    const path = `/v1/keys/${fresh.id}`;
    const rotated = await atDesk('a rotation is begun', 'POST', `${path}/rotate`, { overlap_seconds: 3600 });
    await everywhere('the old one of two secrets', fresh.key);
    await everywhere('the new one of two secrets', textIn(rotated, 'key'));
    await pause();
    await atDesk('a rotation is finished', 'POST', `${path}/rotate/finish`);
    await everywhere('the new secret alone', textIn(rotated, 'key'));
    await atDesk('keys are listed', 'GET', '/v1/keys?limit=2');
    await atDesk('a key is revoked', 'DELETE', path);
  };

  let laps = 0;
  const waiting: { readonly until: number; readonly tell: () => void }[] = [];
  return {
    id,
    ring: (old[0]?.id ?? '').slice('acme_test_'.length, -11),
    lap: async () => {
      await lapOnce();
      laps++;
      for (const { until, tell } of waiting.splice(0))
        if (laps >= until) tell();
        else waiting.push({ until, tell });
    },
    wholeLap: () => new Promise((tell) => waiting.push({ until: laps + 2, tell })),
    between: (what) => new Promise((done, broken) => tasks.push(() => what().then(done, broken))),
  };
};

/** A limit and a number of keys that nobody gets to. */
const giveRoom = async ({ desk, asOperator }: Rollout, user: string): Promise<void> => {
  const form = {
    grant_type: 'client_credentials',
    client_id: asOperator[3] ?? '',
    client_secret: OPERATOR.clientSecret,
  };
  const got = await fetch(asOperator[5] ?? '', { method: 'POST', body: new URLSearchParams(form) });
  const headers = bearer(textIn(await got.text(), 'access_token'));
  const body = { plan: 'pro', keys_limit: 1000 };
  const { status } = await ask(`${desk}/v1/users/${user}/limits`, { method: 'PUT', headers, body });
  if (status !== 200) throw new Error(`limits: ${status}`);
};

/** An answer's member; what is no JSON has none, and was counted as refused. */
const textIn = (said: string, name: string): string => {
  try {
    return String(memberOf(said, name));
  } catch (error) {
    if (error instanceof SyntaxError) return '';
    throw error;
  }
};

const pairOf = ({ id, key }: Key): Headers => ({
  Authorization: `Basic ${btoa(`${id}:${key.slice(id.length + 1)}`)}`,
});
