import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import type { Ring } from '../../src/model/ports.ts';
import {
  approve,
  approverOf,
  asking,
  begin,
  type Codes,
  decide,
  devices,
  given,
  held,
  noted,
  poll,
  refused,
} from '../devices.ts';
import { asBearer, asClient, ask, CANNOT_TELL, oauthRefusal } from '../oauth.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import {
  atStytch,
  BY,
  DESK,
  desk,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  now,
  ownerOf,
  ringStub,
  rooms,
  send,
  signIn,
  stytchCalls,
  stytchClients,
  subjectOf,
} from '../world.ts';

const PATH = 'device_authorization';

afterEach(async () => {
  await now();
  await emulator('DELETE', '/faults');
});

/** What a refusal with a time to come back says. */
const silent = (retryAfter: string) => ({ ...CANNOT_TELL, retryAfter });

describe('POST /oauth2/device_authorization refuses', () => {
  it.each([
    ['no client', {}, 'invalid_client', 401],
    ['a client that nobody knows', { client_id: 'acme-other' }, 'invalid_client', 401],
    ['a name that every object has', { client_id: 'constructor' }, 'invalid_client', 401],
    ['a client in another case', { client_id: 'ACME-CLI' }, 'invalid_client', 401],
    [
      'a client that asserts who it is',
      { client_id: 'acme-cli', client_assertion: 'a' },
      ...(['invalid_client', 401] as const),
    ],
    [
      'a client with a secret, whoever it says it is',
      { client_id: 'acme-cli', client_secret: 'made-up' },
      'unauthorized_client',
    ],
    ['a scope that its client has not', { client_id: 'acme-reader', scope: 'items:write' }, 'invalid_scope'],
    [
      'one among others',
      { client_id: 'acme-reader', scope: 'items:read items:write' },
      ...(['invalid_scope'] as const),
    ],
    ['a scope that nobody gives', { client_id: 'acme-cli', scope: 'admin:all' }, 'invalid_scope'],
    ['a scope of Latchkey’s own', { client_id: 'acme-cli', scope: 'latchkey:admin' }, 'invalid_scope'],
    ['what is no list of scopes', { client_id: 'acme-cli', scope: 'items:read  x' }, 'invalid_scope'],
    ['a name that is too long', { client_id: 'acme-cli', device_name: 'x'.repeat(65) }, 'invalid_request'],
    ['a name on two lines', { client_id: 'acme-cli', device_name: 'a\nb' }, 'invalid_request'],
    ['a name that turns around', { client_id: 'acme-cli', device_name: 'a\u202Eb' }, 'invalid_request'],
    ['a name of spaces', { client_id: 'acme-cli', device_name: '   ' }, 'invalid_request'],
  ] as const)('%s', async (_, fields, error, status: number = 400) => {
    expect(await oauthRefusal(await ask(PATH, fields))).toEqual(refused(error, status));
  });

  it('a client that authenticates by Basic, by a key, and by a token', async () => {
    const { key, key_id } = await issueKey(await signIn());
    for (const headers of [asClient(key), asBearer(key)]) {
      const answer = await ask(PATH, { client_id: key_id }, headers);
      expect(await oauthRefusal(answer)).toEqual(refused('unauthorized_client'));
    }
  });

  it('every other method, and another type', async () => {
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await send(`${DESK}/oauth2/${PATH}`, { method })).status).toBe(405);
    const json = await send(`${DESK}/oauth2/${PATH}`, {
      ...{
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"client_id":"acme-cli"}',
      },
    });
    expect(await oauthRefusal(json)).toEqual(refused('invalid_request'));
  });

  it('whom it does not know, without asking anybody', async () => {
    const here = isolate();
    for (const fields of [{ client_id: 'acme-other' }, { client_id: 'acme-cli', scope: 'admin:all' }]) {
      await ask(PATH, fields, {}, here.fetch);
    }
    expect(here.calls).toEqual([]);
  });

  it('while the Lobby is silent: nobody is given codes that nobody keeps', async () => {
    const LOBBY = {
      getByName: () => ({
        beginDevice: async () => {
          throw new Error('the Lobby is gone');
        },
      }),
    } as unknown as Env['LOBBY'];
    expect(
      await oauthRefusal(await ask(PATH, { client_id: 'acme-cli' }, {}, isolate({ LOBBY }).fetch)),
    ).toEqual(CANNOT_TELL);
  });

  it('an answer of a Lobby that is none', async () => {
    for (const answer of [undefined, null, {}, { result: 'begin' }, { result: 'full' }]) {
      const LOBBY = {
        getByName: () => ({ beginDevice: async () => answer }),
      } as unknown as Env['LOBBY'];
      expect(
        await oauthRefusal(await ask(PATH, { client_id: 'acme-cli' }, {}, isolate({ LOBBY }).fetch)),
      ).toEqual(CANNOT_TELL);
    }
  });
});

describe('POST /oauth2/token with a device code refuses', () => {
  it('a code that is not there, of another client, or with a secret', async () => {
    const { device_code } = await begin();
    const { device_code: _, ...without } = asking(device_code);
    expect(await oauthRefusal(await ask('token', without))).toEqual(refused('invalid_request'));
    expect(await oauthRefusal(await poll(device_code, 'acme-reader'))).toEqual(refused('invalid_grant'));
    expect(await oauthRefusal(await poll(device_code, 'acme-other'))).toEqual(refused('invalid_client', 401));
    const { client_id, ...nobody } = asking(device_code);
    expect(await oauthRefusal(await ask('token', nobody))).toEqual(refused('invalid_client', 401));
    const confidential = await ask('token', { ...asking(device_code), client_secret: 'made-up' });
    expect(await oauthRefusal(confidential)).toEqual(refused('unauthorized_client'));
    // None of these asked in the name of the client that waits: it may ask now.
    expect(await oauthRefusal(await poll(device_code))).toEqual(refused('authorization_pending'));
  });

  it('a code that was made up, without asking anybody', async () => {
    const { device_code } = await begin();
    const here = isolate();
    const other = device_code.endsWith('0') ? '1' : '0';
    const made = [
      ...[`${device_code.slice(0, -1)}${other}`, `B${device_code.slice(1)}0`, device_code.slice(1)],
      ...[device_code.slice(0, 8) + '0'.repeat(54), 'x', '0'.repeat(62), device_code.toLowerCase()],
    ];
    for (const code of made.filter((each) => each !== device_code)) {
      expect(await oauthRefusal(await ask('token', asking(code), {}, here.fetch))).toEqual(
        refused('invalid_grant'),
      );
    }
    expect(here.calls).toEqual([]);
  });
});

describe('while something is silent', () => {
  let session: string;
  let codes: Codes;

  beforeEach(async () => {
    session = await signIn();
    codes = await begin();
  });

  const keysOf = async (): Promise<readonly { key_id: string; status: string }[]> => {
    const answer = await desk(session, 'GET', '/v1/keys?status=all');
    return ((await answer.json()) as { data: { key_id: string; status: string }[] }).data;
  };

  /** The device comes again, and is given the one key. */
  const comesAgain = async (): Promise<void> => {
    const { access_token, key_id } = await given(await poll(codes.device_code));
    expect((await keysOf()).map((each) => each.key_id)).toEqual([key_id]);
    expect((await isolate().call(access_token)).status).toBe(200);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
  };

  it('Stytch, of the user’s roles: 503, and the next poll is given the key', async () => {
    await approve(session, codes.user_code);
    await fault('users.get', { kind: 'status', status: 503, times: 3 });
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(silent('5'));
    expect(await keysOf()).toEqual([]);
    await comesAgain();
  });

  it('Stytch, and says when to come back', async () => {
    await approve(session, codes.user_code);
    await fault('users.get', { kind: 'rateLimited', retryAfter: 7, times: 1 });
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(silent('7'));
    await comesAgain();
  });

  it('Stytch, or answers of somebody else: nobody is taken for him', async () => {
    await approve(session, codes.user_code);
    await fault('users.get', {
      ...{ kind: 'status', status: 200, times: 3 },
      body: { user_id: 'user-test-other', roles: ['stytch_user'] },
    });
    expect((await oauthRefusal(await poll(codes.device_code))).status).toBe(503);
    await comesAgain();
  });

  it('Stytch, of the new client: 503, nothing is left of it, and the next poll is given the key', async () => {
    await approve(session, codes.user_code);
    await fault('m2m.create', { kind: 'status', status: 503, times: 3 });
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(silent('5'));
    expect(await keysOf()).toEqual([]);
    await comesAgain();
  });

  it('the Ring: 503, and the next poll is given the key', async () => {
    await approve(session, codes.user_code);
    const KEY_RING = {
      getByName: () => ({
        issue: async () => {
          throw new Error('the Ring is gone');
        },
      }),
    } as unknown as Env['KEY_RING'];
    expect(
      await oauthRefusal(await ask('token', asking(codes.device_code), {}, isolate({ KEY_RING }).fetch)),
    ).toEqual(CANNOT_TELL);
    await comesAgain();
  });

  /** An isolate whose Ring does what it is asked, and whose answers to these are lost. */
  const withoutAnswers = (...lost: readonly string[]) => {
    const KEY_RING = {
      getByName: (name: string) =>
        new Proxy(rooms.KEY_RING.getByName(name), {
          get:
            (stub, method) =>
            async (...asked: unknown[]) => {
              const answer = await (stub as unknown as Record<string, (...each: unknown[]) => unknown>)[
                String(method)
              ]?.(...asked);
              if (!lost.includes(String(method))) return answer;
              await noteKey(answer);
              throw new Error('the answer is lost');
            },
        }),
    } as unknown as Env['KEY_RING'];
    return isolate({ KEY_RING });
  };

  const noteKey = async (answer: unknown): Promise<void> => {
    const { value } = answer as { value?: { key?: string } };
    if (typeof value?.key === 'string') inUse(value.key);
  };

  it('the Ring, when it has made the key: nobody has its secret, so it is revoked, and the device begins anew', async () => {
    await approve(session, codes.user_code);
    const lost = await ask('token', asking(codes.device_code), {}, withoutAnswers('issue').fetch);
    expect(await oauthRefusal(lost)).toEqual(CANNOT_TELL);
    const [made] = await keysOf();
    expect(made).toMatchObject({ status: 'active' });
    // Whether it was revoked may get lost as well.
    const again = await ask('token', asking(codes.device_code), {}, withoutAnswers('revoke').fetch);
    expect(await oauthRefusal(again)).toEqual(CANNOT_TELL);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
    expect(await keysOf()).toMatchObject([{ key_id: made?.key_id, status: 'revoked' }]);
    const trail = (await (await desk(session, 'GET', '/v1/audit')).json()) as { data: object[] };
    expect(trail.data).toMatchObject([
      { action: 'key.revoked', actor: { kind: 'latchkey' } },
      { action: 'key.created', actor: { kind: 'user' } },
    ]);
  });

  it.each([
    ['it is at it still', { ok: false, refusal: { reason: 'idempotency_key_in_use' } }, '5'],
    [
      'it cannot tell',
      { ok: false, refusal: { reason: 'unavailable', what: 'stytch', retryAfterSeconds: 9 } },
      '9',
    ],
    ['it has no words', { ok: false, refusal: { reason: 'out_of_order' } }, '1'],
    ['it answers what is none', { ok: true, value: { key: 'k' } }, '1'],
  ])('the Ring, or %s: 503, and the next poll is given the key', async (_, answer, retryAfter) => {
    await approve(session, codes.user_code);
    const KEY_RING = { getByName: () => ({ issue: async () => answer }) } as unknown as Env['KEY_RING'];
    const first = await ask('token', asking(codes.device_code), {}, isolate({ KEY_RING }).fetch);
    expect(await oauthRefusal(first)).toEqual(silent(retryAfter));
    await comesAgain();
  });

  it('the Lobby, when it is polled: 503, and nothing happens', async () => {
    await approve(session, codes.user_code);
    const before = await stytchCalls();
    const LOBBY = {
      getByName: () => ({
        pollDevice: async () => {
          throw new Error('the Lobby is gone');
        },
      }),
    } as unknown as Env['LOBBY'];
    expect(
      await oauthRefusal(await ask('token', asking(codes.device_code), {}, isolate({ LOBBY }).fetch)),
    ).toEqual(CANNOT_TELL);
    expect(await stytchCalls()).toEqual(before);
    await comesAgain();
  });

  /** An isolate whose Lobby takes the redemption, and never hears how it ended. */
  const withoutEnd = () => {
    const LOBBY = {
      getByName: (name: string) =>
        new Proxy(rooms.LOBBY.getByName(name), {
          get: (stub, method) => {
            if (method === 'settleDevice') return async () => Promise.reject(new Error('the Lobby is gone'));
            return (...asked: unknown[]) =>
              (stub as unknown as Record<string, (...each: unknown[]) => unknown>)[String(method)]?.(
                ...asked,
              );
          },
        }),
    } as unknown as Env['LOBBY'];
    return isolate({ LOBBY });
  };

  it('the Lobby, when the key is made: the device has it, and nobody gets another', async () => {
    await later(0);
    await approve(session, codes.user_code);
    const { access_token, key_id } = await given(
      await noted(await ask('token', asking(codes.device_code), {}, withoutEnd().fetch)),
    );
    expect((await isolate().call(access_token)).status).toBe(200);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
    expect((await keysOf()).map((each) => each.key_id)).toEqual([key_id]);
  });

  it('the isolate that redeemed: after a minute the code is tried again, and a key whose secret nobody has is revoked', async () => {
    await later(0);
    await approve(session, codes.user_code);
    const { access_token, key_id } = await given(
      await noted(await ask('token', asking(codes.device_code), {}, withoutEnd().fetch)),
    );
    await later(59);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
    expect(await keysOf()).toMatchObject([{ key_id, status: 'active' }]);
    await later(2);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
    expect(await keysOf()).toMatchObject([{ key_id, status: 'revoked' }]);
    expect((await isolate().call(access_token)).status).toBe(401);
  });

  it('the isolate that asked for roles: after a minute the code is redeemed', async () => {
    await later(0);
    await approve(session, codes.user_code);
    await fault('users.get', { kind: 'status', status: 503, times: 3 });
    expect((await ask('token', asking(codes.device_code), {}, withoutEnd().fetch)).status).toBe(503);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
    await later(61);
    await comesAgain();
  });
});

describe('what the user could grant when he said yes, and cannot any more', () => {
  it('is not granted: roles that were taken from him', async () => {
    const session = await signIn();
    const codes = await begin();
    await approve(session, codes.user_code);
    await fault('users.get', {
      ...{ kind: 'status', status: 200, times: 1 },
      body: { user_id: subjectOf(session), roles: ['nobody'] },
    });
    for (let i = 0; i < 2; i++) {
      const answer = await poll(codes.device_code);
      expect(await answer.clone().json()).toMatchObject({
        error_description: 'The user can grant none of the scopes any more.',
      });
      expect(await oauthRefusal(answer)).toEqual(refused('access_denied'));
    }
    expect(await stytchClients(session)).toEqual([]);
  });

  it('goes with him: a user who was deleted at Stytch', async () => {
    const session = await signIn();
    const codes = await begin();
    await approve(session, codes.user_code);
    expect((await atStytch('DELETE', `/v1/users/${subjectOf(session)}`)).status).toBe(200);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('access_denied'));
    expect(await stytchClients(session)).toEqual([]);
  });

  it.each([
    ['suspended', 'The user is suspended.'],
    ['deleted', 'The data of the user was deleted.'],
    ['full', 'The user has 5 keys already, and no room for another.'],
  ] as const)('is told why: %s since', async (what, description) => {
    const session = await signIn();
    const codes = await begin();
    await approve(session, codes.user_code);
    const owner = ownerOf(session);
    const ring = (await ringStub(session)) as unknown as Ring;
    if (what === 'suspended') await ring.suspend(owner, 'unpaid', BY);
    if (what === 'deleted') await ring.forgetOwner(owner, BY);
    if (what === 'full') for (let i = 0; i < 5; i++) await issueKey(session);
    const before = await stytchClients(session);
    for (let i = 0; i < 2; i++) {
      const answer = await poll(codes.device_code);
      expect(await answer.clone().json()).toMatchObject({ error_description: description });
      expect(await oauthRefusal(answer)).toEqual(refused('access_denied'));
    }
    expect(await stytchClients(session)).toEqual(before);
  });

  it('and what Stytch will not make is not made', async () => {
    const session = await signIn();
    const codes = await begin();
    await approve(session, codes.user_code);
    await fault('m2m.create', {
      ...{ kind: 'status', status: 400, times: 1 },
      body: { status_code: 400, error_type: 'too_many_m2m_clients_for_billing_tier' },
    });
    expect((await poll(codes.device_code)).status).toBe(400);
    expect(await stytchClients(session)).toEqual([]);
  });
});

describe('whoever says yes hears at once why no key would come of it', () => {
  it.each([
    ['suspended', { reason: 'owner_suspended' }],
    ['deleted', { reason: 'owner_deleted' }],
    ['full', { reason: 'key_limit_reached', limit: 5 }],
  ] as const)('%s; and may still say no', async (what, refusal) => {
    const session = await signIn();
    const codes = await begin();
    const owner = ownerOf(session);
    const ring = (await ringStub(session)) as unknown as Ring;
    if (what === 'full') for (let i = 0; i < 5; i++) await issueKey(session);
    if (what === 'suspended') await ring.suspend(owner, 'unpaid', BY);
    if (what === 'deleted') await ring.forgetOwner(owner, BY);
    expect(await decide(session, codes.user_code, true)).toEqual({ ok: false, refusal });
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('authorization_pending'));
    held(await decide(session, codes.user_code, false));
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('access_denied'));
  });

  it('a silent Lobby is no word on a code, and does not count', async () => {
    const session = await signIn();
    const { user_code } = await begin();
    const silentOne = devices(
      () =>
        ({
          countTry: async () => ({ result: 'counted', id: 1 }),
          takeBackTry: async () => undefined,
          openDevice: async () => {
            throw new Error('the Lobby is gone');
          },
        }) as never,
    );
    const by = approverOf(session);
    for (let i = 0; i < 7; i++)
      expect(await silentOne.open(user_code, by)).toMatchObject({ refusal: { reason: 'unavailable' } });
    held(await devices().open(user_code, by));
  });

  it('where tries cannot be counted, nothing is looked at', async () => {
    const { user_code } = await begin();
    const looked: string[] = [];
    const uncounted = devices(
      () =>
        ({
          countTry: async () => {
            throw new Error('the Lobby is gone');
          },
          openDevice: async () => {
            looked.push('looked');
            return null;
          },
        }) as never,
    );
    const by = approverOf(await signIn());
    expect(await uncounted.open(user_code, by)).toMatchObject({ refusal: { reason: 'unavailable' } });
    expect(looked).toEqual([]);
  });
});

it('where no device clients are configured, nobody is known', async () => {
  const here = isolate({}, latchkeyFor({ ...settings, deviceClients: {} }));
  expect(await oauthRefusal(await ask(PATH, { client_id: 'acme-cli' }, {}, here.fetch))).toEqual(
    refused('invalid_client', 401),
  );
  expect(here.calls).toEqual([]);
});
