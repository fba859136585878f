import { mintClientId, ringOfOwner } from '../../../src/model/key.ts';
import { lobbyName } from '../../../src/ring/lobby-name.ts';
import { randomBytes } from '../../../src/runtime.ts';
import { atStytchNow, mark } from '../../reconciliation.ts';
import { atStytch, BY, dumpOfRing, PROJECT } from '../../world.ts';
import type { Rule } from '../judgement.ts';
import { disorderOf, ringAlarms, rung, type Somebody, somebodyIn } from '../managed.ts';
import type { Case, Prepared } from '../play.ts';
import type { Run } from '../run.ts';
import { foreignKeyIn, keyIn } from './gate.ts';
import { A_DAY, rotated, rowOf } from './keys.ts';

/** Whatever fails, the alarm ends, and in the end all is done that was due. */
const inTheEnd: Rule = (_call, _kind, good) => good;

/** The alarm of somebody's Ring, and what it leaves when it has rung a few times more. */
const alarmOf = (run: Run, { ring }: Pick<Somebody, 'ring'>, state: () => Promise<string>): Prepared => ({
  ask: () => rung(ring),
  settle: () => ringAlarms(run),
  after: async () => [await state(), ...(await disorderOf(run, ring))].join(', but '),
});

/** A key, and what is left to be done once the operator was told that it was made. */
const withKey =
  (
    begin: (run: Run, who: Somebody, path: string) => Promise<unknown>,
    state: (who: Somebody, keyId: string) => Promise<string>,
    more: object = {},
  ) =>
  async (run: Run): Promise<Prepared> => {
    const who = await somebodyIn(run);
    const { key_id } = await keyIn(run, { scopes: ['items:read'], ...more }, await who.session());
    await ringAlarms(run);
    await begin(run, who, `/v1/keys/${key_id}`);
    return alarmOf(run, who, () => state(who, key_id));
  };

const clientOf = async (keyId: string): Promise<string> => {
  const client = await atStytchNow(keyId);
  return client === null ? 'no client' : `client ${client.client_name}`;
};

const rotationOf = async ({ ring }: Somebody, keyId: string): Promise<string> => {
  const next = (await atStytchNow(keyId))?.next_client_secret_last_four;
  const rotations = (await dumpOfRing(ring)).rotations?.length ?? 0;
  return `rotations: ${rotations}, at Stytch ${next === null ? 'none' : 'one'}`;
};

const asked = async (run: Run, who: Somebody, method: string, path: string, body?: object): Promise<void> => {
  const answer = await run.desk(await who.session(), method, path, body);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
};

export const ALARMS: readonly Case[] = [
  {
    name: 'the operator is told of a new key',
    rule: inTheEnd,
    prepare: async (run) => {
      const who = await somebodyIn(run);
      await keyIn(run, {}, await who.session());
      return alarmOf(run, who, async () => 'told');
    },
  },
  {
    name: 'a key that was revoked is deleted at Stytch',
    rule: inTheEnd,
    prepare: withKey(
      (run, who, path) => asked(run, who, 'DELETE', path),
      async (who, keyId) => `${(await rowOf(who)).status}, ${await clientOf(keyId)}`,
    ),
  },
  {
    name: 'a key ends by itself',
    rule: inTheEnd,
    ageSeconds: 7_300,
    prepare: async (run) =>
      withKey(
        async () => undefined,
        async (who, keyId) => `${(await rowOf(who)).status}, ${await clientOf(keyId)}`,
        { expires_at: new Date(Date.now() + 7_200_000).toISOString() },
      )(run),
  },
  {
    name: 'a key that was changed is changed at Stytch',
    rule: inTheEnd,
    prepare: withKey(
      (run, who, path) => asked(run, who, 'PATCH', path, { name: 'renamed' }),
      async (_, keyId) => clientOf(keyId),
    ),
  },
  {
    name: 'a rotation comes to its deadline',
    rule: inTheEnd,
    ageSeconds: A_DAY.overlap_seconds + 100,
    prepare: withKey((run, who, path) => rotated(run, who, path, []), rotationOf),
  },
  {
    name: 'a rotation was cancelled',
    rule: inTheEnd,
    prepare: withKey(async (run, who, path) => {
      await rotated(run, who, path, []);
      await asked(run, who, 'POST', `${path}/rotate/cancel`);
    }, rotationOf),
  },
  {
    name: 'a rotation whose beginning nobody answered is undone',
    rule: inTheEnd,
    prepare: withKey(async (run, who, path) => {
      run.arm('Ring → Stytch rotate start', 'lost');
      await rotated(run, who, path, []);
      run.disarm();
    }, rotationOf),
  },
  {
    name: 'a key that nobody knows to be made is undone',
    rule: inTheEnd,
    prepare: async (run) => {
      const who = await somebodyIn(run);
      await asked(run, who, 'GET', '/v1/keys');
      run.arm('Ring → Stytch clients create', 'throw', { eachTime: true });
      const answer = await run.desk(await who.session(), 'POST', '/v1/keys', {
        ...{ name: 'test', scopes: ['items:read'] },
      });
      run.disarm();
      if (answer.status !== 503) throw new Error(`issue: ${answer.status}`);
      return alarmOf(run, who, async () => `keys: ${(await dumpOfRing(who.ring)).keys?.length ?? 0}`);
    },
  },
  {
    name: 'Stytch is asked whether a key is still there',
    rule: inTheEnd,
    ageSeconds: 94_000,
    prepare: withKey(
      async (_run, _who, path) => atStytch('DELETE', `/v1/m2m/clients/${path.split('/').at(-1)}`),
      async (who) => String((await rowOf(who)).status),
    ),
  },
  {
    name: 'an owner who was deleted is forgotten, with a client of his that was made elsewhere',
    rule: inTheEnd,
    ageSeconds: 401 * 86_400,
    settleSeconds: 3_700,
    prepare: async (run) => {
      const { clientId, owner } = await foreignKeyIn(run);
      const ring = run.ring(await ringOfOwner(PROJECT, owner));
      const forgotten = await ring.forgetOwner(owner, BY);
      if (!forgotten.ok) throw new Error(forgotten.refusal.reason);
      await ringAlarms(run);
      return alarmOf(run, { ring }, async () => {
        const { owner: known } = await run.lobby(lobbyName(clientId)).look({ clientId, fingerprint: null });
        const tables = Object.keys(await dumpOfRing(ring)).length;
        return `${tables === 0 ? 'no Ring' : 'a Ring'}, ${known === null ? 'nobody’s client' : 'his client'}`;
      });
    },
  },
  {
    name: 'a slice of a reconciliation',
    rule: inTheEnd,
    prepare: async (run) => {
      const who = await somebodyIn(run);
      const { key_id } = await keyIn(run, {}, await who.session());
      const orphan = mintClientId('acme', 'test', key_id.slice(10, 27), randomBytes);
      const made = await atStytch('POST', '/v1/m2m/clients', {
        ...{ client_id: orphan, client_name: 'stray', scopes: ['items:read'], trusted_metadata: mark(8_000) },
      });
      if (!made.ok) throw new Error(`orphan: ${made.status}`);
      const { clientId } = await foreignKeyIn(run);
      run.takes(orphan);
      run.takes(clientId);
      await ringAlarms(run);
      const lobby = run.lobby('lobby-00');
      const request = { dryRun: false, by: null, maxOrphans: null };
      await lobby.startReconciliation(request);
      return {
        ask: () => rung(lobby),
        settle: () => ringAlarms(run),
        after: async () => {
          await lobby.startReconciliation(request);
          await rung(lobby);
          const report = await lobby.reconciliation();
          const left = (await atStytchNow(orphan)) === null ? 'no orphan' : 'an orphan';
          const { same = 0, foreign = 0, failed = 0 } = report?.counts ?? {};
          const words = `the next one: ${report?.status}, same: ${same + foreign}, failed: ${failed}`;
          return [left, words, ...(await disorderOf(run, who.ring))].join(', ');
        },
      };
    },
  },
];
