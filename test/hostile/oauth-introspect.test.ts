import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Owner } from '../../src/model/identity.ts';
import type { AdmitRequest, ExchangeRequest, Ring } from '../../src/model/ports.ts';
import { foreignClient } from '../foreign.ts';
import { asBearer, asClient, ask, basic, INACTIVE, respellings, somebody } from '../oauth.ts';
import { asOperator, operatorToken, tokenOf } from '../operators.ts';
import { keyOfSomebody } from '../rotation.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  accessToken,
  atStytch,
  BY,
  call,
  desk,
  emulator,
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

const introspect = (
  token: string,
  headers: Headers,
  here: Pick<Isolate, 'fetch'> = { fetch: send },
  more: object = {},
): Promise<Response> => ask('introspect', { token, ...more }, headers, here.fetch);

const isActive = async (token: string, headers: Headers, here?: Pick<Isolate, 'fetch'>): Promise<boolean> =>
  ((await (await introspect(token, headers, here)).json()) as { active: boolean }).active;

/** The whole answer to a token that nobody made. */
const toUnknown = async (headers: Headers) => {
  const answer = await shown(await introspect('nobody-made-this', headers));
  expect([answer.status, answer.body]).toEqual([200, INACTIVE]);
  return answer;
};

const ringOf = async (session: string): Promise<Ring> => (await ringStub(session)) as unknown as Ring;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
afterEach(now);

describe('OA-06: whoever asks about the token of somebody else', () => {
  it('is answered as for one that nobody made, byte by byte', async () => {
    const [ada, eve] = [await somebody(), await somebody()];
    const foreign = await foreignClient(subjectOf(eve.session));
    const { clientId: client_id, clientSecret: client_secret } = foreign;
    const path = `/v1/users/${subjectOf(eve.session)}/keys/import`;
    expect((await asOperator('POST', path, { client_id, client_secret })).status).toBe(201);
    const askers: readonly Headers[] = [
      asClient(eve.key),
      asBearer(eve.key),
      asBearer(eve.token),
      asBearer(eve.session),
      basic(client_id, client_secret),
      asBearer(await tokenOf(client_id, client_secret)),
    ];
    for (const headers of askers) {
      const unknown = await toUnknown(headers);
      for (const each of [ada.key, ada.token, ada.session, await operatorToken()])
        expect(await shown(await introspect(each, headers))).toEqual(unknown);
    }
    for (const each of [ada.key, ada.token, ada.session])
      expect(await isActive(each, asBearer(ada.session))).toBe(true);
  });

  it('though it is another key of the same user: a client sees its own', async () => {
    const ada = await somebody();
    const other = await issueKey(ada.session);
    const unknown = await toUnknown(asClient(other.key));
    for (const each of [ada.key, ada.token, ada.session])
      expect(await shown(await introspect(each, asClient(other.key)))).toEqual(unknown);
    expect(await isActive(other.key, asBearer(ada.session))).toBe(true);
  });

  it('is not an operator for having the scope, nor for being listed without it', async () => {
    const ada = await somebody();
    const claims = { sub: 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001', scope: 'items:read' };
    const unlisted = { sub: `m2m-client-test-${crypto.randomUUID()}`, scope: 'latchkey:admin' };
    for (const each of [claims, unlisted]) {
      const token = await oddToken({ kind: 'm2m', claims: each });
      expect((await introspect(ada.key, asBearer(token))).status).toBe(401);
    }
  });

  it('and does not authenticate finds out nothing, and costs nothing', async () => {
    const { key, token, session } = await somebody();
    const here = isolate();
    for (const each of [key, token, session, 'nobody-made-this']) {
      const answer = await shown(await introspect(each, {}, here));
      expect(answer).toEqual(await shown(await introspect('', {}, here)));
    }
    expect(here.calls).toEqual([]);
  });

  it('by trying made-up ones costs neither Ring nor Stytch', async () => {
    const { session } = await somebody();
    const here = isolate();
    await introspect('warm', asBearer(session), here);
    await emulator('DELETE', '/counters');
    here.calls.length = 0;
    const made = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;
    for (const each of [
      made,
      'word',
      'a.b.c',
      `${'e'.repeat(9_000)}.b.c`,
      await oddToken({ signer: 'foreign' }),
    ])
      expect(await (await introspect(each, asBearer(session), here)).text()).toBe(INACTIVE);
    expect([here.calls.filter((each) => /^(ring|lobby)\.|^kv\.put/.test(each)), await stytchCalls()]).toEqual(
      [[], {}],
    );
  });
});

describe('OA-06: what is not active is one and the same, for whatever reason', () => {
  it('revoked, expired, rotated out, suspended, bound to addresses, misspelled, of no kind of ours', async () => {
    const operator = asBearer(await operatorToken());
    const unknown = await toUnknown(operator);
    const dead: string[] = [];

    const revoked = await somebody();
    await desk(revoked.session, 'DELETE', `/v1/keys/${revoked.key_id}`);
    dead.push(revoked.key, revoked.token);

    const rotated = await keyOfSomebody();
    const [old, next] = [await accessToken(rotated.key), await rotated.begin()];
    await rotated.finish();
    dead.push(rotated.key, old);
    expect(await isActive(next, operator)).toBe(true);

    const suspended = await somebody();
    const ring = await ringOf(suspended.session);
    await ring.suspend(ownerOf(suspended.session), 'an operator', BY);
    dead.push(suspended.key, suspended.token, suspended.session);

    const bound = await somebody(undefined, { ip_allowlist: ['192.0.2.0/24'] });
    dead.push(bound.key, bound.token);

    const alive = await somebody();
    dead.push(...respellings(alive.token), `${alive.key} `, alive.key.toUpperCase(), alive.key.slice(0, -1));
    dead.push(alive.key_id, `Bearer ${alive.key}`, alive.key.replace('acme', 'other'));

    for (const kind of ['connectedApp', 'idToken', 'm2m']) dead.push(await oddToken({ kind }));
    dead.push(await oddToken({ kind: 'session', signer: 'foreign' }));
    dead.push(await oddToken({ kind: 'session', signer: 'none' }));
    for (const each of dead) expect(await shown(await introspect(each, operator)), each).toEqual(unknown);
    for (const each of [alive.key, alive.token]) expect(await isActive(each, operator)).toBe(true);
  });

  it('a key that has come to its end, and a token that has', async () => {
    const operatorOnce = await operatorToken();
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const { key, token, session } = await somebody(undefined, { expires_at });
    const unknown = await toUnknown(asBearer(operatorOnce));
    await later(61);
    for (const each of [key, token])
      expect(await shown(await introspect(each, asBearer(operatorOnce)))).toEqual(unknown);
    await later(300);
    expect(await shown(await introspect(session, asBearer(operatorOnce)))).toEqual(unknown);
  });

  it('a pair in the place of a token, though this isolate knows that pair', async () => {
    const session = await signIn();
    const client_id = `m2m-client-test-${crypto.randomUUID()}`;
    // A secret of three parts: what an isolate remembers a pair by then looks like a JWT behind a space.
    const client_secret = `${crypto.randomUUID()}.${crypto.randomUUID()}.${crypto.randomUUID()}`;
    inUse(client_secret);
    await atStytch('POST', '/v1/m2m/clients', {
      ...{ client_id, client_secret, client_name: 'foreign', scopes: ['items:read'] },
      trusted_metadata: { user_id: subjectOf(session) },
    });
    const path = `/v1/users/${subjectOf(session)}/keys/import`;
    expect((await asOperator('POST', path, { client_id, client_secret })).status).toBe(201);
    const here = isolate();
    const known = await here.fetch(`${API}/v1/items/1`, { headers: basic(client_id, client_secret) });
    expect(known.status).toBe(200);
    here.calls.length = 0;
    const operator = asBearer(await operatorToken());
    for (const text of [`${client_id} ${client_secret}`, `${client_id}:${client_secret}`])
      expect(await (await introspect(text, operator, here)).text()).toBe(INACTIVE);
    expect(here.calls.filter((each) => /^(ring|lobby)\./.test(each))).toEqual([]);
  });
});

describe('OA-07: an answer', () => {
  it('says what RFC 7662 says, and nothing of the person, whoever asks', async () => {
    const { key, token, session } = await somebody();
    const allowed = ['active', 'aud', 'client_id', 'exp', 'iat', 'iss', 'scope', 'sub', 'token_type'];
    for (const each of [key, token, session])
      for (const headers of [asBearer(session), asBearer(await operatorToken())]) {
        const answer = await introspect(each, headers);
        const members = Object.keys((await answer.json()) as object);
        expect(members.filter((member) => !allowed.includes(member))).toEqual([]);
      }
  });

  it('is the same whatever the hint', async () => {
    const { key, token, session } = await somebody();
    for (const each of [key, token, session]) {
      const plain = await shown(await introspect(each, asBearer(session)));
      for (const token_type_hint of ['access_token', 'refresh_token', 'api_key', 'nonsense', '../../x'])
        expect(
          await shown(await introspect(each, asBearer(session), undefined, { token_type_hint })),
        ).toEqual(plain);
    }
  });
});

describe('OA-08: the word of now', () => {
  it.each([
    ['revoked', async ({ session, key_id }: Somebody) => desk(session, 'DELETE', `/v1/keys/${key_id}`)],
    [
      'suspended',
      async ({ session }: Somebody) => (await ringOf(session)).suspend(ownerOf(session), 'an operator', BY),
    ],
  ])('what was %s is not active at once, where the Gate’s lease still runs', async (_, end) => {
    const it = await somebody();
    const here = isolate();
    const operator = asBearer(await operatorToken());
    for (const each of [it.key, it.token]) {
      expect((await here.call(each)).status).toBe(200);
      expect(await isActive(each, operator, here)).toBe(true);
    }
    await end(it);
    for (const each of [it.key, it.token]) expect(await isActive(each, operator, here)).toBe(false);
  });

  it('a key that is revoked between the two questions to its Ring is not active', async () => {
    const { key, key_id, session } = await somebody();
    const operator = asBearer(await operatorToken());
    const between = {
      getByName: (name: string) => {
        const ring = rooms.KEY_RING.getByName(name) as unknown as Ring;
        return {
          admit: (request: AdmitRequest) => ring.admit(request),
          exchange: (request: ExchangeRequest) => ring.exchange(request),
          get: async (owner: Owner, keyId: string) => {
            await desk(session, 'DELETE', `/v1/keys/${key_id}`);
            return ring.get(owner, keyId);
          },
        };
      },
    };
    expect(await isActive(key, operator, isolate({ KEY_RING: between }))).toBe(false);
  });

  it('a narrowed key has less at once', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session, ['items:read', 'items:write']);
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { scopes: ['items:write'] });
    const answer = await introspect(key, asBearer(session), here);
    expect(await answer.json()).toMatchObject({ active: true, scope: 'items:write' });
  });

  it('is kept by nobody', async () => {
    const { key, session } = await somebody();
    for (const each of [key, 'nobody-made-this']) {
      const { headers } = await introspect(each, asBearer(session));
      expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
      expect([headers.get('etag'), headers.get('expires'), headers.get('age')]).toEqual([null, null, null]);
    }
  });

  it('twenty at once, in isolates that all know the key: none that begins after the end is told that it lives', async () => {
    const { key, key_id, session } = await somebody();
    const operator = asBearer(await operatorToken());
    const isolates = Array.from({ length: 20 }, () => isolate());
    for (const here of isolates) expect(await isActive(key, operator, here)).toBe(true);
    const during = isolates.map((here) => isActive(key, operator, here));
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const after = await Promise.all(isolates.map((here) => isActive(key, operator, here)));
    expect(after).toEqual(isolates.map(() => false));
    expect((await Promise.all(during)).length).toBe(20);
  });

  it('spends nothing: two hundred questions leave the owner all of his limit', async () => {
    const { key, session } = await somebody();
    const ring = await ringOf(session);
    await ring.setLimits(ownerOf(session), { plan: 'tiny' }, BY);
    const here = isolate();
    const operator = asBearer(await operatorToken());
    for (let i = 0; i < 10; i++)
      await Promise.all(Array.from({ length: 20 }, () => isActive(key, operator, here)));
    const statuses = [];
    for (let i = 0; i < 10; i++) statuses.push((await call(key)).status);
    expect(statuses).toEqual(statuses.map(() => 200));
  });
});

type Somebody = Awaited<ReturnType<typeof somebody>>;
