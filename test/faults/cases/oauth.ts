import { openLobbies } from '../../../src/ring/lobby-name.ts';
import { approverOf, asking, codesOf, devices, held } from '../../devices.ts';

import { asBearer, asClient, ask, basic } from '../../oauth.ts';
import { OPERATOR, OPERATOR_SECRET, operatorToken } from '../../operators.ts';
import { inUse } from '../../secrets.ts';
import { accessToken, dumpOfRing, signIn } from '../../world.ts';
import { asDesigned, OAUTH, type Rule } from '../judgement.ts';
import { managed, somebodyIn } from '../managed.ts';
import type { Case, Prepared } from '../play.ts';
import type { Run } from '../run.ts';
import { told } from '../told.ts';
import { foreignKeyIn, keyIn } from './gate.ts';
import { rowOf } from './keys.ts';

type Headers = Readonly<Record<string, string>>;

const asked = async (run: Run, path: string, form: Headers, headers: Headers = {}): Promise<string> =>
  told(await ask(path, form, headers, run.fetch));

/** A question that changes nothing, and the same once more. */
const question = (run: Run, path: string, form: Headers, headers: Headers = {}): Prepared => {
  const again = () => asked(run, path, form, headers);
  return { ask: again, after: again };
};

const GRANT = { grant_type: 'client_credentials' };

/** A device waits in a run. */
const deviceIn = async (run: Run) =>
  codesOf(await ask('device_authorization', { client_id: 'acme-cli' }, {}, run.fetch));

/** Somebody lets a device in. */
const letIn = async (run: Run, session: string, userCode: string): Promise<void> => {
  const { open, decide } = devices(openLobbies({ getByName: run.lobby } as never));
  const by = approverOf(session);
  const { claim } = held(await open(userCode, by));
  held(await decide({ userCode, claim, isApproved: true }, by));
};

/**
 * A code that comes again after its key was made is somebody's who may have no right to it: the key ends (RFC 6749 §4.1.2). So
 * it does where nobody was given it, and where the Lobby did not hear that it was given.
 */
const onceAndNoMore: Rule = (call, kind, good) => {
  if (call.name.endsWith('settleDevice'))
    return kind === 'lost'
      ? good
      : { ...good, after: good.after.replace(/living: 1(?=[^;]*$)/, 'living: 0') };
  return asDesigned({
    ...{ words: OAUTH, unseen: /Stytch/, work: /Ring issue/ },
    undone: 'keys: 0, living: 0, secrets shown: 0; again 200: keys: 1, living: 1, secrets shown: 1',
    lost: 'keys: 1, living: 1, secrets shown: 0; again 400 invalid_grant: keys: 1, living: 0, secrets shown: 0',
  })(call, kind, good);
};

export const OAUTH_CASES: readonly Case[] = [
  {
    name: 'a token for a client that nobody has seen yet',
    rule: asDesigned({ words: OAUTH }),
    prepare: async (run) => {
      const { key } = await keyIn(run);
      run.anew('bare');
      return question(run, 'token', GRANT, asClient(key));
    },
  },
  {
    name: 'a token for part of the scopes',
    rule: asDesigned({ words: OAUTH }),
    prepare: async (run) => {
      const { key } = await keyIn(run);
      await asked(run, 'token', GRANT, asClient(key));
      return question(run, 'token', { ...GRANT, scope: 'items:read' }, asClient(key));
    },
  },
  {
    name: 'a token for a client that was made elsewhere',
    rule: asDesigned({ words: OAUTH }),
    prepare: async (run) => {
      const { clientId, clientSecret } = await foreignKeyIn(run);
      return question(run, 'token', GRANT, basic(clientId, clientSecret));
    },
  },
  {
    name: 'a token for an operator',
    rule: asDesigned({ words: OAUTH }),
    prepare: async (run) => question(run, 'token', GRANT, basic(OPERATOR, OPERATOR_SECRET)),
  },
  {
    name: 'introspect an access token, as its client',
    rule: asDesigned({ words: OAUTH }),
    prepare: async (run) => {
      const { key } = await keyIn(run);
      const token = await accessToken(key);
      run.anew('bare');
      return question(run, 'introspect', { token }, asClient(key));
    },
  },
  {
    name: 'introspect a key, as an operator',
    rule: asDesigned({ words: OAUTH }),
    prepare: async (run) => {
      const { key } = await keyIn(run);
      run.anew('bare');
      return question(run, 'introspect', { token: key }, asBearer(await operatorToken()));
    },
  },
  {
    name: 'revoke a key by itself (RFC 7009)',
    rule: asDesigned({
      words: OAUTH,
      work: /endPresented|revokeToken/,
      undone: 'active; again 200: revoked',
    }),
    prepare: async (run) => {
      const who = await somebodyIn(run);
      const { key } = await keyIn(run, {}, await who.session());
      return managed(run, who, {
        ask: async () => asked(run, 'revoke', { token: key }, asBearer(await operatorToken())),
        state: async () => String((await rowOf(who)).status),
      });
    },
  },
  {
    name: 'revoke an access token (RFC 7009)',
    rule: asDesigned({
      words: OAUTH,
      work: /endPresented|revokeToken/,
      undone: 'revoked: 0; again 200: revoked: 1',
    }),
    prepare: async (run) => {
      const who = await somebodyIn(run);
      const { key } = await keyIn(run, {}, await who.session());
      const token = await accessToken(key);
      return managed(run, who, {
        ask: async () => asked(run, 'revoke', { token }, asBearer(await operatorToken())),
        state: async () => `revoked: ${(await dumpOfRing(who.ring)).revoked_tokens?.length}`,
      });
    },
  },
  {
    name: 'a device begins to wait (RFC 8628)',
    rule: asDesigned({ words: OAUTH, halfIsEnough: /beginDevice/ }),
    prepare: async (run) => {
      const again = async () => {
        const answer = await ask('device_authorization', { client_id: 'acme-cli' }, FROM, run.fetch);
        if (answer.ok) await codesOf(answer.clone());
        return told(answer);
      };
      return { ask: again, after: again };
    },
  },
  {
    name: 'a device asks, and nobody has decided',
    rule: asDesigned({ words: OAUTH, halfIsEnough: /pollDevice/ }),
    prepare: async (run) => question(run, 'token', asking((await deviceIn(run)).device_code)),
  },
  {
    name: 'a device is given its key',
    rule: onceAndNoMore,
    prepare: async (run) => {
      const who = await somebodyIn(run);
      const { device_code, user_code } = await deviceIn(run);
      await letIn(run, await signIn(who.user), user_code);
      const secrets: string[] = [];
      return managed(run, who, {
        ask: async () => {
          const answer = await ask('token', asking(device_code), {}, run.fetch);
          const { access_token } = (await answer.clone().json()) as { access_token?: string };
          if (access_token !== undefined) {
            inUse(access_token);
            secrets.push(access_token);
          }
          return told(answer);
        },
        state: async () => {
          const { keys = [] } = await dumpOfRing(who.ring);
          const living = keys.filter(({ status }) => status === 'active').length;
          return `keys: ${keys.length}, living: ${living}, secrets shown: ${secrets.length}`;
        },
      });
    },
  },
];

/** An address: devices of one are counted. */
const FROM = { 'cf-connecting-ip': '192.0.2.7' };
