import { githubPublishes, githubSends, githubSigner } from '../../github.ts';
import { deliver, event, newMessageId, signed } from '../../svix.ts';
import { dumpOfRing, type Isolate } from '../../world.ts';
import { asDesigned, type Rule } from '../judgement.ts';
import type { Case } from '../play.ts';
import { told } from '../told.ts';
import { opened, rowOf, withKey } from './keys.ts';

/** One of GitHub's keys for all: its publications are one list. */
const github = async () => {
  const signer = await githubSigner();
  await githubPublishes(signer);
  return signer;
};
let signer: ReturnType<typeof github> | null = null;

const UNDONE = 'active, 200, good; again 200: revoked, 401, suspended';
const SUSPENDED = 'active, 403, suspended; again 200: revoked, 401, suspended';

/** First he is suspended, then each key is revoked, and only then it counts as seen: sent again, it goes on from there. */
const inSteps: Rule = (call, kind, good) => {
  if (call.name.endsWith('markSeen')) return asDesigned()(call, kind, good);
  const isLate = call.name.endsWith('revokeAll');
  const traits = { work: /Ring/, undone: isLate ? SUSPENDED : UNDONE };
  return asDesigned(isLate ? traits : { ...traits, lost: SUSPENDED })(call, kind, good);
};

export const WEBHOOKS: readonly Case[] = [
  {
    name: 'Stytch tells that a user was deleted',
    rule: inSteps,
    prepare: withKey(async (run, who, { secrets }) => {
      const id = newMessageId();
      return {
        // Sent again, it is signed anew.
        ask: async () =>
          told(await deliver(run.fetch, signed(event('DELETE', 'user', who.owner.id), { id }))),
        state: async () => {
          const [row] = (await dumpOfRing(who.ring)).ring ?? [];
          const standing = row?.suspended_at === null ? 'good' : 'suspended';
          return `${(await rowOf(who)).status}, ${await opened(run, secrets)}, ${standing}`;
        },
      };
    }),
  },
  {
    name: 'GitHub found a key',
    rule: asDesigned({ work: /→ Ring/, undone: 'active, 200; again 200: revoked, 401' }),
    prepare: withKey(async (run, who, { key, secrets }) => {
      signer ??= github();
      const by = await signer;
      const alerts = [{ token: key, type: 'acme_api_key', url: '', source: 'content' }];
      return {
        ask: async () => told(await githubSends(run as unknown as Isolate, by, alerts)),
        state: async () => `${(await rowOf(who)).status}, ${await opened(run, secrets)}`,
      };
    }),
  },
];
