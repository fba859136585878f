import { inUse } from '../../secrets.ts';
import { dumpOfRing } from '../../world.ts';
import { asDesigned } from '../judgement.ts';
import { managed, type Somebody, somebodyIn } from '../managed.ts';
import type { Case, Prepared } from '../play.ts';
import { atApi, type Run } from '../run.ts';
import { told } from '../told.ts';
import { keyIn } from './gate.ts';

/** An answer in a few words, and whether it shows a secret; that one is noted. */
export const shown = async (response: Response, secrets: string[]): Promise<string> => {
  const { key } = response.ok ? ((await response.clone().json()) as { key?: string | null }) : {};
  if (typeof key === 'string') {
    inUse(key);
    secrets.push(key);
  }
  return `${await told(response)}${typeof key === 'string' ? ' with a secret' : ''}`;
};

/** Whether each of these keys opens the API: by the Ring's word of now, and by no lease. */
export const opened = async (run: Run, keys: readonly string[]): Promise<string> => {
  run.anew('kept');
  const answers = await Promise.all(
    keys.map(async (key) => {
      const headers = { authorization: `Bearer ${key}` };
      return (await atApi(run, '/v1/any/1', { headers })).status;
    }),
  );
  return answers.join(', ');
};

/** The one key of somebody, as its Ring has it. */
export const rowOf = async ({ ring }: Somebody) => (await dumpOfRing(ring)).keys?.[0] ?? {};

/** What is done with a key that somebody has; `state` is what of it is seen. */
export const withKey =
  (
    work: (
      run: Run,
      who: Somebody,
      key: { readonly key: string; readonly path: string; readonly secrets: string[] },
    ) => Promise<{ readonly ask: () => Promise<string>; readonly state: () => Promise<string> }>,
  ) =>
  async (run: Run): Promise<Prepared> => {
    const who = await somebodyIn(run);
    const { key, key_id } = await keyIn(run, { scopes: ['items:read'] }, await who.session());
    return managed(run, who, await work(run, who, { key, path: `/v1/keys/${key_id}`, secrets: [key] }));
  };

/** A request that changes nothing, of somebody whose key was used. */
const reading = (path: (keyPath: string) => string) =>
  withKey(async (run, who, { key, path: keyPath }) => {
    // The second one tells of the first.
    for (const _ of [1, 2]) await atApi(run, '/v1/strict/1', { headers: { authorization: `Bearer ${key}` } });
    return {
      ask: async () => told(await run.desk(await who.session(), 'GET', path(keyPath))),
      state: async () => 'nothing changed',
    };
  });

export const A_DAY = { overlap_seconds: 86_400 };

/** Begins a rotation in the run. */
export const rotated = async (run: Run, who: Somebody, path: string, secrets: string[]): Promise<void> => {
  await shown(await run.desk(await who.session(), 'POST', `${path}/rotate`, A_DAY), secrets);
};

export const KEYS: readonly Case[] = [
  {
    name: 'issue a key',
    rule: asDesigned({
      unseen: /Ring → Stytch/,
      work: /Ring issue/,
      undone: 'keys: 0, secrets shown: 0; again 201 with a secret: keys: 1, secrets shown: 1',
      lost: 'keys: 1, secrets shown: 0; again 201: keys: 1, secrets shown: 0',
    }),
    prepare: async (run) => {
      const who = await somebodyIn(run);
      const secrets: string[] = [];
      const headers = { 'idempotency-key': crypto.randomUUID() };
      const body = { name: 'test', scopes: ['items:read'] };
      return managed(run, who, {
        ask: async () =>
          shown(await run.desk(await who.session(), 'POST', '/v1/keys', body, headers), secrets),
        state: async () =>
          `keys: ${(await dumpOfRing(who.ring)).keys?.length ?? 0}, secrets shown: ${secrets.length}`,
      });
    },
  },
  { name: 'list keys', rule: asDesigned(), prepare: reading(() => '/v1/keys') },
  { name: 'show a key', rule: asDesigned(), prepare: reading((path) => path) },
  { name: 'show its use', rule: asDesigned(), prepare: reading((path) => `${path}/usage`) },
  { name: 'show the trail', rule: asDesigned(), prepare: reading(() => '/v1/audit') },
  { name: 'show the limits', rule: asDesigned(), prepare: reading(() => '/v1/limits') },
  {
    name: 'change a key, so that it may more',
    rule: asDesigned({
      unseen: /Stytch/,
      work: /Ring change/,
      undone: 'items:read; again 200: items:read items:write',
    }),
    prepare: withKey(async (run, who, { path }) => ({
      ask: async () =>
        told(await run.desk(await who.session(), 'PATCH', path, { scopes: ['items:read', 'items:write'] })),
      state: async () => (JSON.parse(String((await rowOf(who)).scopes)) as string[]).join(' '),
    })),
  },
  {
    name: 'change a key, so that it ends',
    rule: asDesigned({ work: /Ring change/, undone: 'no end; again 200: an end' }),
    prepare: withKey(async (run, who, { path }) => ({
      ask: async () =>
        told(await run.desk(await who.session(), 'PATCH', path, { expires_at: '2099-01-01T00:00:00Z' })),
      state: async () => ((await rowOf(who)).expires_at === null ? 'no end' : 'an end'),
    })),
  },
  {
    name: 'rotate a key',
    rule: asDesigned({
      work: /Ring rotate$/,
      undone: 'no rotation, secrets: 200; again 200 with a secret: open rotation, secrets: 200, 200',
      lost: 'open rotation, secrets: 200; again 200: open rotation, secrets: 200',
    }),
    prepare: withKey(async (run, who, { path, secrets }) => {
      const headers = { 'idempotency-key': crypto.randomUUID() };
      return {
        ask: async () =>
          shown(await run.desk(await who.session(), 'POST', `${path}/rotate`, A_DAY, headers), secrets),
        state: async () => {
          const { rotations = [] } = await dumpOfRing(who.ring);
          return `${rotations[0]?.status ?? 'no'} rotation, secrets: ${await opened(run, secrets)}`;
        },
      };
    }),
  },
  {
    name: 'finish a rotation',
    rule: asDesigned({ work: /Rotation/, undone: 'secrets: 200, 200; again 200: secrets: 401, 200' }),
    prepare: withKey(async (run, who, { path, secrets }) => {
      await rotated(run, who, path, secrets);
      return {
        ask: async () => told(await run.desk(await who.session(), 'POST', `${path}/rotate/finish`)),
        state: async () => `secrets: ${await opened(run, secrets)}`,
      };
    }),
  },
  {
    name: 'cancel a rotation',
    rule: asDesigned({ work: /Rotation/, undone: 'secrets: 200, 200; again 200: secrets: 200, 401' }),
    prepare: withKey(async (run, who, { path, secrets }) => {
      await rotated(run, who, path, secrets);
      return {
        ask: async () => told(await run.desk(await who.session(), 'POST', `${path}/rotate/cancel`)),
        state: async () => `secrets: ${await opened(run, secrets)}`,
      };
    }),
  },
  {
    name: 'revoke a key',
    rule: asDesigned({ work: /Ring revoke/, undone: 'active, 200; again 200: revoked, 401' }),
    prepare: withKey(async (run, who, { path, secrets }) => ({
      ask: async () => told(await run.desk(await who.session(), 'DELETE', path)),
      state: async () => `${(await rowOf(who)).status}, ${await opened(run, secrets)}`,
    })),
  },
];
