import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { foreignClient } from '../foreign.ts';
import {
  asBearer,
  asClient,
  ask,
  basic,
  CANNOT_TELL,
  INACTIVE,
  isActive,
  oauthRefusal,
  respellings,
  somebody,
} from '../oauth.ts';
import { asOperator, operatorToken, tokenOf } from '../operators.ts';
import { keyOfSomebody, work } from '../rotation.ts';
import { inUse } from '../secrets.ts';
import {
  BY,
  call,
  claimsOf,
  dumpOfRing,
  emulator,
  fault,
  type Isolate,
  isolate,
  issueKey,
  later,
  now,
  oddToken,
  ownerOf,
  ringStub,
  rooms,
  send,
  shown,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

type Headers = Readonly<Record<string, string>>;

const revoke = (
  token: string,
  headers: Headers,
  here: Pick<Isolate, 'fetch'> = { fetch: send },
  more: object = {},
): Promise<Response> => ask('revoke', { token, ...more }, headers, here.fetch);

/** The whole answer to a token that nobody made. */
const toUnknown = async (headers: Headers, form: object = {}) => {
  const answer = await shown(await revoke('nobody-made-this', headers, undefined, form));
  expect([answer.status, answer.body]).toEqual([200, '']);
  return answer;
};

/** What a user's Ring has written down of what was done and what has ended. */
const written = async (session: string) => {
  const { audit, keys, secrets, revoked_tokens, events } = await dumpOfRing(await ringStub(session));
  const living = keys?.map(({ client_id, status }) => [client_id, status]);
  return { audit, living, secrets: secrets?.length, revoked_tokens, events };
};

/** How a client authenticates that its owner has imported. */
const imported = async (userId: string): Promise<Headers> => {
  const { clientId: client_id, clientSecret: client_secret } = await foreignClient(userId);
  const path = `/v1/users/${userId}/keys/import`;
  expect((await asOperator('POST', path, { client_id, client_secret })).status).toBe(201);
  return basic(client_id, client_secret);
};

/** The token that a client is given now. */
const taken = async (by: Headers): Promise<{ readonly token: string }> => {
  const answer = await ask('token', { grant_type: 'client_credentials' }, by);
  expect(answer.status).toBe(200);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  inUse(token);
  return { token };
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('OA-09 (workers-oauth-provider #188): the token of somebody else', () => {
  it('is answered as one that nobody made, byte by byte, and lives on', async () => {
    const [ada, eve] = [await somebody(), await somebody()];
    const foreign = await foreignClient(subjectOf(eve.session));
    const { clientId: client_id, clientSecret: client_secret } = foreign;
    const path = `/v1/users/${subjectOf(eve.session)}/keys/import`;
    expect((await asOperator('POST', path, { client_id, client_secret })).status).toBe(201);
    const other = await issueKey(ada.session);
    const theirs = await tokenOf(client_id, client_secret);
    const before = await written(ada.session);
    const askers: readonly (readonly [Headers, object])[] = [
      [asClient(eve.key), {}],
      [asBearer(eve.key), {}],
      [asBearer(eve.token), {}],
      [asBearer(eve.session), {}],
      [basic(client_id, client_secret), {}],
      [asBearer(theirs), {}],
      // Another key of the same user is another client.
      [asClient(other.key), {}],
      // A public client shows nothing of itself: these keys were not made for it.
      [{}, { client_id: 'acme-cli' }],
      [{}, { client_id: 'acme-reader' }],
    ];
    for (const [headers, form] of askers) {
      const unknown = await toUnknown(headers, form);
      for (const each of [ada.key, ada.token, ada.session, await operatorToken()])
        expect(await shown(await revoke(each, headers, undefined, form))).toEqual(unknown);
    }
    expect(await written(ada.session)).toEqual(before);
    for (const each of [ada.key, ada.token, ada.session]) {
      expect((await call(each, '/v1/strict/1')).status).toBe(200);
      expect(await isActive(each)).toBe(true);
    }
    expect(await isActive(theirs)).toBe(true);
  });

  it('of a foreign client forgets nothing that is kept for it', async () => {
    const [ada, eve] = [await somebody(), await somebody()];
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(subjectOf(ada.session));
    const path = `/v1/users/${subjectOf(ada.session)}/keys/import`;
    await asOperator('POST', path, { client_id, client_secret });
    const token = await tokenOf(client_id, client_secret);
    const here = isolate();
    await revoke(token, asBearer(eve.session), here);
    expect(here.calls.filter((each) => each === 'lobby.forgetTokens')).toEqual([]);
    expect(await isActive(token)).toBe(true);
  });
});

describe('OA-09: what is no token, or is dead already', () => {
  it('is answered alike, and costs neither Ring nor Stytch', async () => {
    const { session } = await somebody();
    const unknown = await toUnknown(asBearer(session));
    const here = isolate();
    await revoke('warm', asBearer(session), here);
    await emulator('DELETE', '/counters');
    here.calls.length = 0;
    const made = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;
    for (const each of [
      ...[
        made,
        'word',
        'a.b.c',
        '..',
        '...',
        'é.é.é',
        `${'e'.repeat(9_000)}.b.c`,
        '%00',
        ' '.repeat(20) + made,
      ],
      await oddToken({ kind: 'session', signer: 'foreign' }),
      await oddToken({ kind: 'session', signer: 'none' }),
      await oddToken({ kind: 'connectedApp' }),
      await oddToken({ kind: 'idToken' }),
    ])
      expect(await shown(await revoke(each, asBearer(session), here)), each).toEqual(unknown);
    expect([here.calls.filter((each) => /^(ring|lobby)\.|^kv\.put/.test(each)), await stytchCalls()]).toEqual(
      [[], {}],
    );
  });

  it('is not ended twice, nor written down twice', async () => {
    const { session, key, token } = await somebody();
    for (let i = 0; i < 3; i++) for (const each of [token, key]) await revoke(each, asBearer(session));
    const { audit } = await written(session);
    expect(audit?.map(({ action }) => action)).toEqual(['key.created', 'token.revoked', 'key.revoked']);
    const before = await written(session);
    // Its key is dead, and so was this one.
    await revoke(token, asBearer(await operatorToken()));
    expect(await written(session)).toEqual(before);
  });

  it('leaves no Ring behind', async () => {
    const session = await signIn();
    const gone = await oddToken({
      kind: 'session',
      claims: { sub: subjectOf(session), exp: Math.floor(Date.now() / 1000) - 1 },
    });
    await revoke(gone, asBearer(session));
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('is no key for having another secret under the right id', async () => {
    const { session, key } = await somebody();
    const next = await issueKey(session);
    const mixed = `${key.slice(0, 38)}${next.key.slice(38)}`;
    inUse(mixed);
    await revoke(mixed, asBearer(session));
    for (const each of [key, next.key]) expect((await call(each, '/v1/strict/1')).status).toBe(200);
  });

  it.each(['access_token', 'refresh_token', 'api_key', 'nonsense', '../../x'])(
    'a hint is only a hint: %s',
    async (token_type_hint) => {
      const { session, key, token } = await somebody();
      for (const each of [token, key]) {
        expect((await revoke(each, asBearer(session), undefined, { token_type_hint })).status).toBe(200);
        expect(await isActive(each)).toBe(false);
      }
    },
  );
});

describe('OA-10: a revoked token', () => {
  it('is dead in its one spelling, in whichever it was presented (SECURITY 0.4)', async () => {
    const it = await somebody();
    const claims = claimsOf(it.token);
    const count = respellings(it.token).length;
    expect(count).toBeGreaterThan(20);
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      const token = await oddToken({ kind: 'm2m', claims: { ...claims, jti: `token-${i}` } });
      const all = respellings(token);
      const spelled = all[i % all.length] ?? '';
      seen.add(spelled);
      expect(await isActive(token)).toBe(true);
      expect((await revoke(spelled, asBearer(it.session))).status).toBe(200);
      expect(await isActive(token), spelled.slice(-30)).toBe(false);
      expect((await call(token, '/v1/strict/1')).status).toBe(401);
    }
    expect(seen.size).toBe(count);
    const { revoked_tokens } = await dumpOfRing(await ringStub(it.session));
    expect(revoked_tokens).toHaveLength(count);
    expect(await isActive(it.token)).toBe(true);
  }, 60_000);

  it('is dead in every other spelling too', async () => {
    const { session, token } = await somebody();
    await revoke(token, asBearer(session));
    const operator = asBearer(await operatorToken());
    for (const spelled of [token, ...respellings(token)]) {
      expect(await (await ask('introspect', { token: spelled }, operator)).text()).toBe(INACTIVE);
      if (/^[\x21-\x7e]+$/.test(spelled))
        expect((await call(spelled, '/v1/strict/1')).status, spelled.slice(-20)).toBe(401);
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is dead for the life of the token, and nothing but its hash is kept', async () => {
    const { session, token } = await somebody();
    await revoke(token, asBearer(session));
    await later(3_500);
    // Whatever is forgotten, is forgotten by then.
    await work(session);
    expect((await isolate().call(token)).status).toBe(401);
    const { revoked_tokens } = await dumpOfRing(await ringStub(session));
    expect(JSON.stringify(revoked_tokens)).not.toContain(token.split('.')[2]);
  });

  it.each(['of a key', 'of an imported client'])(
    'is handed out to nobody again, though Stytch makes the same one of the same second: %s',
    async (whose) => {
      const session = await signIn();
      const by =
        whose === 'of a key' ? asClient((await issueKey(session)).key) : await imported(subjectOf(session));
      const first = await taken(by);
      expect(await isActive(first.token)).toBe(true);
      expect((await revoke(first.token, by)).status).toBe(200);
      const { token: access_token } = first;
      const body = { access_token, token_type: 'bearer', expires_in: 3600 };
      await fault('token', { kind: 'status', status: 200, body });
      for (const here of [isolate(), isolate()]) {
        const again = await ask('token', { grant_type: 'client_credentials' }, by, here.fetch);
        expect(await oauthRefusal(again)).toEqual(CANNOT_TELL);
      }
      await emulator('DELETE', '/faults');
      await later(2);
      const second = await taken(by);
      expect(second.token).not.toBe(first.token);
      expect([await isActive(first.token), await isActive(second.token)]).toEqual([false, true]);
    },
  );

  it('in twenty isolates that know it is dead within a lease, and at once where each request is asked', async () => {
    const { session, token } = await somebody();
    const isolates = Array.from({ length: 20 }, () => isolate());
    for (const here of isolates) expect((await here.call(token)).status).toBe(200);
    await revoke(token, asBearer(session));
    await rooms.ORIGIN.reset();
    const strict = await Promise.all(isolates.map((here) => here.call(token, '/v1/strict/1')));
    expect(strict.map(({ status }) => status)).toEqual(isolates.map(() => 401));
    await later(5);
    const after = await Promise.all(isolates.map((here) => here.call(token)));
    expect(after.map(({ status }) => status)).toEqual(isolates.map(() => 401));
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('DOS-12: whoever takes tokens and ends them all day', () => {
  it('is told to come back after a thousand; the key itself can be ended all the same', async () => {
    await later(0);
    const { session, key, token } = await somebody();
    const ring = (await ringStub(session)) as unknown as Ring;
    const { sub, iat, exp } = claimsOf(token);
    const name = {
      kind: 'token',
      clientId: String(sub),
      issuedAt: Number(iat),
      owner: ownerOf(session),
    } as const;
    const by = { kind: 'client', clientId: name.clientId } as const;
    for (let i = 0; i < 1_000; i++) {
      const revocation = {
        name: { ...name, tokenHash: `hash ${i}` },
        expiresAt: Number(exp),
        by,
        author: BY,
      };
      expect(await ring.revokeToken(revocation)).toEqual({ ok: true, value: true });
    }
    const before = await written(session);
    const refusal = await oauthRefusal(await revoke(token, asClient(key)));
    expect(refusal).toEqual({ ...CANNOT_TELL, retryAfter: expect.stringMatching(/^36[56]\d$/) });
    expect(await written(session)).toEqual(before);
    expect(await isActive(token)).toBe(true);
    expect((await revoke(key, asClient(key))).status).toBe(200);
    await later(1);
    expect(await isActive(token)).toBe(false);
  }, 60_000);

  it('can go on when the first of them have ended by themselves', async () => {
    await later(0);
    const { session, token } = await somebody();
    const ring = (await ringStub(session)) as unknown as Ring;
    const { sub, iat } = claimsOf(token);
    const name = {
      kind: 'token',
      clientId: String(sub),
      issuedAt: Number(iat),
      owner: ownerOf(session),
    } as const;
    const by = { kind: 'client', clientId: name.clientId } as const;
    for (let i = 0; i < 1_000; i++) {
      const expiresAt = Number(iat) + (i === 0 ? 100 : 3_600);
      await ring.revokeToken({ name: { ...name, tokenHash: `hash ${i}` }, expiresAt, by, author: BY });
    }
    expect((await revoke(token, asBearer(session))).status).toBe(503);
    await later(165);
    expect((await revoke(token, asBearer(session))).status).toBe(200);
    expect(await isActive(token)).toBe(false);
  }, 60_000);
});

describe('races', () => {
  it('twenty that revoke one key at once are all told so, and it ends once', async () => {
    const { session, key } = await somebody();
    const by = [asClient(key), asBearer(session), asBearer(await operatorToken())];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => revoke(key, by[i % 3] ?? {}, isolate())),
    );
    // A client whose secret was ended a moment ago is none any more.
    for (const [i, { status }] of answers.entries())
      expect(i % 3 === 0 ? [200, 401] : [200]).toContain(status);
    const { audit } = await written(session);
    expect(audit?.filter(({ action }) => action === 'key.revoked')).toHaveLength(1);
    expect(await isActive(key)).toBe(false);
  });

  it('twenty that revoke one token at once write it down once', async () => {
    const { session, token } = await somebody();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => revoke(token, asBearer(session), isolate())),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { audit, revoked_tokens } = await written(session);
    expect(audit?.filter(({ action }) => action === 'token.revoked')).toHaveLength(1);
    expect(revoked_tokens).toHaveLength(1);
  });

  it('both secrets of a rotation at once: nothing is left of the key', async () => {
    const it = await keyOfSomebody();
    const next = await it.begin();
    await Promise.all([revoke(it.key, asBearer(it.session)), revoke(next, asBearer(it.session))]);
    expect([await isActive(it.key), await isActive(next)]).toEqual([false, false]);
    expect(await it.shown()).toMatchObject({ status: 'revoked' });
  });

  it('a key that is revoked while it is being exchanged lets nobody in afterwards', async () => {
    const { session, key } = await somebody();
    // Long enough that the revocation comes between, and shorter than Stytch is waited for.
    await fault('token', { kind: 'latency', latencyMs: 2_000 });
    const cold = Array.from({ length: 5 }, () => isolate());
    const during = cold.map((here) => here.call(key, '/v1/strict/1'));
    await expect.poll(async () => (await stytchCalls()).token ?? 0).toBeGreaterThan(1);
    expect((await revoke(key, asBearer(session))).status).toBe(200);
    for (const answer of await Promise.all(during)) expect(answer.status).toBe(401);
    await emulator('DELETE', '/faults');
    for (const here of cold) expect((await here.call(key, '/v1/strict/1')).status).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    const { secrets } = await written(session);
    expect(secrets).toBe(0);
  });

  it('a token that is used all the while is admitted by no request that begins after the answer', async () => {
    const { session, token } = await somebody();
    const here = isolate();
    expect((await here.call(token)).status).toBe(200);
    const during = Array.from({ length: 10 }, () => here.call(token, '/v1/strict/1'));
    await revoke(token, asBearer(session));
    await Promise.all(during);
    await rooms.ORIGIN.reset();
    const after = await Promise.all(Array.from({ length: 20 }, () => here.call(token, '/v1/strict/1')));
    expect(after.map(({ status }) => status)).toEqual(after.map(() => 401));
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
