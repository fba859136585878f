import { foreignClient } from '../../foreign.ts';
import { operatorToken } from '../../operators.ts';
import { DESK, dumpOfRing } from '../../world.ts';
import { asDesigned } from '../judgement.ts';
import { managed, type Somebody, somebodyIn } from '../managed.ts';
import type { Case } from '../play.ts';
import type { Run } from '../run.ts';
import { told } from '../told.ts';
import { opened, rowOf, withKey } from './keys.ts';

/** A request of an operator about somebody. */
const asOperator = async (
  run: Run,
  { owner }: Somebody,
  method: string,
  path: string,
  body?: object,
  headers = {},
): Promise<string> =>
  told(await run.desk(await operatorToken(), method, `/v1/users/${owner.id}${path}`, body, headers));

/** Whether somebody is suspended, and what his key opens. */
const standing = async (run: Run, { ring }: Somebody, secrets: readonly string[]): Promise<string> => {
  const [row] = (await dumpOfRing(ring)).ring ?? [];
  return `${row?.suspended_at === null ? 'good' : 'suspended'}, ${await opened(run, secrets)}`;
};

const A_REASON = { reason: 'a test' };

export const OPERATORS: readonly Case[] = [
  {
    name: 'suspend an owner',
    rule: asDesigned({ work: /→ Ring/, undone: 'good, 200; again 200: suspended, 403' }),
    prepare: withKey(async (run, who, { secrets }) => ({
      ask: () => asOperator(run, who, 'PUT', '/suspension', A_REASON),
      state: () => standing(run, who, secrets),
    })),
  },
  {
    name: 'lift a suspension',
    rule: asDesigned({ work: /→ Ring/, undone: 'suspended, 403; again 200: good, 200' }),
    prepare: withKey(async (run, who, { secrets }) => {
      await asOperator(run, who, 'PUT', '/suspension', A_REASON);
      return {
        ask: () => asOperator(run, who, 'DELETE', '/suspension'),
        state: () => standing(run, who, secrets),
      };
    }),
  },
  {
    name: 'put an owner on a plan',
    rule: asDesigned({ work: /→ Ring/, undone: 'no plan; again 200: tiny plan' }),
    prepare: withKey(async (run, who) => ({
      ask: () => asOperator(run, who, 'PUT', '/limits', { plan: 'tiny', keys_limit: null }),
      state: async () => `${(await dumpOfRing(who.ring)).ring?.[0]?.plan ?? 'no'} plan`,
    })),
  },
  {
    name: 'import a client',
    rule: asDesigned({
      unseen: /Ring → Stytch/,
      halfIsEnough: /claimByProof/,
      work: /importClient/,
      undone: 'keys: 0; again 201: keys: 1',
    }),
    prepare: async (run) => {
      const who = await somebodyIn(run);
      const { clientId, clientSecret } = await foreignClient(null);
      const headers = { 'idempotency-key': crypto.randomUUID() };
      return managed(run, who, {
        ask: () =>
          asOperator(
            run,
            who,
            'POST',
            '/keys/import',
            { client_id: clientId, client_secret: clientSecret },
            headers,
          ),
        state: async () => `keys: ${(await dumpOfRing(who.ring)).keys?.length ?? 0}`,
      });
    },
  },
  {
    name: 'revoke all keys of an owner',
    rule: asDesigned({ work: /→ Ring/, undone: 'active, 200; again 200: revoked, 401' }),
    prepare: withKey(async (run, who, { secrets }) => ({
      ask: () => asOperator(run, who, 'DELETE', '/keys'),
      state: async () => `${(await rowOf(who)).status}, ${await opened(run, secrets)}`,
    })),
  },
  {
    name: 'delete an owner',
    rule: asDesigned({ work: /→ Ring/, undone: 'active, 200; again 200: revoked, 401' }),
    prepare: withKey(async (run, who, { secrets }) => ({
      ask: () => asOperator(run, who, 'DELETE', ''),
      state: async () => `${(await rowOf(who)).status}, ${await opened(run, secrets)}`,
    })),
  },
  {
    name: 'export all of an owner',
    rule: asDesigned(),
    prepare: withKey(async (run, who) => ({
      ask: () => asOperator(run, who, 'GET', '/export'),
      state: async () => 'nothing changed',
    })),
  },
  {
    name: 'ask whose a key is',
    rule: asDesigned(),
    prepare: withKey(async (run, _, { path }) => ({
      ask: async () =>
        told(await run.desk(await operatorToken(), 'GET', path.replace('/v1/keys/', '/v1/key-owners/'))),
      state: async () => 'nothing changed',
    })),
  },
  {
    name: 'report a leaked key',
    rule: asDesigned({ work: /→ Ring/, undone: 'active, 200; again 200: revoked, 401' }),
    prepare: withKey(async (run, who, { key, secrets }) => ({
      ask: async () =>
        told(
          await run.fetch(`${DESK}/v1/leaked`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ key }),
          }),
        ),
      state: async () => `${(await rowOf(who)).status}, ${await opened(run, secrets)}`,
    })),
  },
];
