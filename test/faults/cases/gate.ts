import { ringOfOwner } from '../../../src/model/key.ts';
import { lobbyName } from '../../../src/ring/lobby-name.ts';
import { foreignClient } from '../../foreign.ts';
import { basicOf, pairOf } from '../../oauth.ts';
import { inUse } from '../../secrets.ts';
import { accessToken, BY, type Issued, ownerOf, PROJECT, signIn } from '../../world.ts';
import { asDesigned } from '../judgement.ts';
import type { Case, Prepared } from '../play.ts';
import { atApi, type Run } from '../run.ts';
import { told } from '../told.ts';

/** What is presented, and where. */
export interface Presented {
  readonly headers: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly init?: RequestInit;
}

/** A request to the API, and the same once more. The origin is asked by who is let in, and by nobody else. */
const requestOf =
  (isLetIn: boolean, present: (run: Run) => Promise<Presented>, isWarm = false) =>
  async (run: Run): Promise<Prepared> => {
    const { headers, path = '/v1/items/1', init = {} } = await present(run);
    const ask = async (): Promise<string> => {
      const answer = await told(await atApi(run, path, { ...init, headers }));
      return !isLetIn && run.arrived() > 0 ? `${answer}, and the origin was asked` : answer;
    };
    if (isWarm) await ask();
    return { ask, after: ask };
  };

const HANDSHAKE = {
  ...{ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' },
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

export const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } });

/** A key that was made in a run, with its owner's session. */
export const keyIn = async (
  run: Run,
  more: object = {},
  session?: string,
): Promise<Issued & { readonly session: string }> => {
  const by = session ?? (await signIn());
  const wanted = { name: 'test', scopes: ['items:read', 'items:write'], ...more };
  const answer = await run.desk(by, 'POST', '/v1/keys', wanted);
  if (answer.status !== 201) throw new Error(`issue: ${answer.status} ${await answer.text()}`);
  const issued: Issued = await answer.json();
  inUse(issued.key);
  return { ...issued, session: by };
};

/** A key that no isolate, no KV and no Stytch has met yet. */
export const coldKey = async (run: Run, more: object = {}) => {
  const issued = await keyIn(run, more);
  run.anew('bare');
  return issued;
};

/** A key that another isolate has met: KV and its Ring have its token. */
export const metKey = async (run: Run, more: object = {}) => {
  const issued = await keyIn(run, more);
  await atApi(run, '/v1/any/1', bearer(issued.key));
  await run.quiet();
  run.anew('kept');
  return issued;
};

/** A client that was made at Stytch, and is a key of its owner's. */
export const foreignKeyIn = async (run: Run) => {
  const { clientId, clientSecret, owner } = await foreignClient();
  await run.lobby(lobbyName(clientId)).claim({ clientId, owner });
  const ring = run.ring(await ringOfOwner(PROJECT, owner));
  const client = { clientId, createdBy: owner.id, name: 'foreign', description: '', scopes: ['items:read'] };
  const adopted = await ring.adopt(owner, { ...client, expiresAt: null, limit: null }, BY);
  if (!adopted.ok) throw new Error(`adopt: ${adopted.refusal.reason}`);
  return { clientId, clientSecret, owner };
};

/** The Ring of a signed-in user. */
export const ringIn = async (run: Run, session: string) =>
  run.ring(await ringOfOwner(PROJECT, ownerOf(session)));

export const GATE: readonly Case[] = [
  {
    name: 'a key that nobody has seen yet',
    rule: asDesigned(),
    prepare: requestOf(true, async (run) => bearer((await coldKey(run)).key)),
  },
  {
    name: 'a key that another isolate has met, as a client pair',
    rule: asDesigned(),
    prepare: requestOf(true, async (run) => ({
      headers: { authorization: basicOf(pairOf((await metKey(run)).key)) },
    })),
  },
  {
    name: 'a key in use',
    rule: asDesigned(),
    prepare: requestOf(true, async (run) => bearer((await keyIn(run)).key), true),
  },
  {
    name: 'a key in use, with a body',
    rule: asDesigned(),
    prepare: requestOf(
      true,
      async (run) => ({
        ...bearer((await keyIn(run)).key),
        init: { method: 'POST', body: 'a body' },
      }),
      true,
    ),
  },
  {
    name: 'a key in use, and a WebSocket',
    rule: asDesigned(),
    prepare: requestOf(
      true,
      async (run) => ({
        headers: { ...bearer((await keyIn(run)).key).headers, ...HANDSHAKE },
        path: '/v1/socket',
      }),
      true,
    ),
  },
  {
    name: 'a key in use, where each request asks',
    rule: asDesigned(),
    prepare: requestOf(
      true,
      async (run) => ({ ...bearer((await keyIn(run)).key), path: '/v1/strict/1' }),
      true,
    ),
  },
  {
    name: 'a key in use, in the last five minutes of its token',
    rule: asDesigned({ unseen: /exchange|Stytch/ }),
    prepare: requestOf(true, async (run) => bearer((await keyIn(run)).key), true),
    ageSeconds: 3_400,
  },
  {
    name: 'a key in use, after the end of its token',
    rule: asDesigned({ unseen: /Stytch/ }),
    prepare: requestOf(true, async (run) => bearer((await keyIn(run)).key), true),
    ageSeconds: 3_700,
  },
  {
    name: 'an access token',
    rule: asDesigned(),
    prepare: requestOf(true, async (run) => bearer(await accessToken((await coldKey(run)).key))),
  },
  {
    name: 'a session',
    rule: asDesigned(),
    prepare: requestOf(true, async () => bearer(await signIn())),
  },
  {
    name: 'a foreign pair',
    rule: asDesigned(),
    prepare: requestOf(true, async (run) => ({
      headers: { authorization: basicOf(await foreignKeyIn(run)) },
    })),
  },
  {
    name: 'a foreign pair in use, in the last five minutes of its token',
    rule: asDesigned({ unseen: /exchange|Stytch/ }),
    prepare: requestOf(
      true,
      async (run) => ({ headers: { authorization: basicOf(await foreignKeyIn(run)) } }),
      true,
    ),
    ageSeconds: 3_400,
  },
  {
    name: 'nobody, where anybody may ask',
    rule: asDesigned(),
    prepare: requestOf(true, async () => ({ headers: {}, path: '/optional/1' })),
  },
  {
    name: 'a key that was revoked',
    rule: asDesigned(),
    prepare: requestOf(false, async (run) => {
      const { key, key_id, session } = await coldKey(run);
      const revoked = await (await ringIn(run, session)).revoke(ownerOf(session), key_id, BY);
      if (!revoked.ok) throw new Error(`revoke: ${revoked.refusal.reason}`);
      return bearer(key);
    }),
  },
  {
    name: 'a key of somebody who is suspended',
    rule: asDesigned(),
    prepare: requestOf(false, async (run) => {
      const { key, session } = await coldKey(run);
      await (await ringIn(run, session)).suspend(ownerOf(session), 'a test', BY);
      return bearer(key);
    }),
  },
  {
    name: 'a key without the scope',
    rule: asDesigned(),
    prepare: requestOf(false, async (run) => bearer((await metKey(run, { scopes: ['items:write'] })).key)),
  },
  {
    name: 'a foreign pair with a wrong secret',
    rule: asDesigned(),
    prepare: requestOf(false, async (run) => {
      const { clientId } = await foreignKeyIn(run);
      return { headers: { authorization: basicOf({ clientId, clientSecret: crypto.randomUUID() }) } };
    }),
  },
  {
    name: 'a foreign pair that nobody imported',
    rule: asDesigned(),
    prepare: requestOf(false, async () => ({
      headers: { authorization: basicOf(await foreignClient()) },
    })),
  },
  {
    name: 'a key that was made up',
    rule: asDesigned(),
    prepare: requestOf(false, async () => bearer(`acme_test_${'0'.repeat(28)}_${'1'.repeat(61)}`)),
  },
];
