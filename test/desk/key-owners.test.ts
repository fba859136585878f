import { runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { asOperator, OPERATOR, operatorToken } from '../operators.ts';
import { memberWith, visit } from '../places.ts';
import { inUse } from '../secrets.ts';
import {
  accessToken,
  cannotTell,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  oddToken,
  ownerOf,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const NOT_FOUND = { status: 404, code: 'not_found', ...NONE };
const WRONG_KIND = { status: 403, code: 'credential_kind_not_allowed', ...NONE };

let session: string;
let key: string;
let keyId: string;

beforeEach(async () => {
  session = await signIn();
  ({ key, key_id: keyId } = await issueKey(session));
});

const asked = async (id: string) => {
  const here = isolate();
  const headers = { authorization: `Bearer ${await operatorToken()}` };
  const answer = await here.fetch(`${DESK}/v1/key-owners/${id}`, { headers });
  return { answer, rings: here.calls.filter((each) => each.startsWith('ring.')) };
};

describe('GET /v1/key-owners/{key_id}', () => {
  it('says whose a key is, and asks its Ring alone', async () => {
    const { answer, rings } = await asked(keyId);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { id } = ownerOf(session);
    expect(await answer.json()).toEqual({
      ...{ key_id: keyId, owner: { kind: 'user', id, organization_id: null } },
    });
    expect(rings).toEqual(['ring.ownerOfKey']);
  });

  it('says so of a key that was revoked', async () => {
    await desk(session, 'DELETE', `/v1/keys/${keyId}`);
    expect(await (await asOperator('GET', `/v1/key-owners/${keyId}`)).json()).toMatchObject({
      owner: { id: ownerOf(session).id },
    });
  });

  it('says so of a key of an organisation', async () => {
    const member = await memberWith(['keymaster']);
    const made = await visit(member, 'POST', '/keys', { name: 'n', scopes: ['items:read'] });
    const issued = (await made.json()) as { key: string; key_id: string; owner: object };
    inUse(issued.key);
    const answer = await asOperator('GET', `/v1/key-owners/${issued.key_id}`);
    expect(await answer.json()).toEqual({ key_id: issued.key_id, owner: issued.owner });
  });

  it('knows nothing of a key that is being made', async () => {
    await runInDurableObject(await ringStub(session), (_object, { storage }) => {
      storage.sql.exec("UPDATE keys SET status = 'creating' WHERE client_id = ?", keyId);
    });
    expect(await refusalOf((await asked(keyId)).answer)).toEqual(NOT_FOUND);
  });

  it('knows nothing of another key of the same Ring, nor of a Ring that never was, and leaves no trace', async () => {
    const unknown = `${keyId.slice(0, 27)}${'0'.repeat(11)}`;
    expect(await refusalOf((await asked(unknown)).answer)).toEqual(NOT_FOUND);
    const nobodys = `acme_test_${'0'.repeat(16)}7${'0'.repeat(11)}`;
    const { answer, rings } = await asked(nobodys);
    expect([await refusalOf(answer), rings]).toEqual([NOT_FOUND, ['ring.ownerOfKey']]);
    expect(await dumpOfRing(rooms.KEY_RING.getByName(nobodys.slice(10, 27)))).toEqual({});
  });

  it('does not take a whole key: nobody is asked, and it is written down nowhere', async () => {
    const { answer, rings } = await asked(key);
    const text = await answer.clone().text();
    expect([await refusalOf(answer), rings]).toEqual([NOT_FOUND, []]);
    expect(text).not.toContain(key.slice(39));
  });

  it.each([
    ['a client made elsewhere', () => 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001'],
    ['an id of another brand', () => keyId.replace('acme', 'other')],
    ['an id of the other environment', () => keyId.replace('_test_', '_live_')],
    ['an id with a letter more', () => `${keyId}0`],
    ['an id with a letter less', () => keyId.slice(0, -1)],
    ['an id with a line end', () => `${keyId}%0A`],
    ['an id before something else', () => `${keyId}%2Fx`],
    ['a ring that is too great for its bits', () => `acme_test_${'z'.repeat(28)}`],
    ['a text longer than any', () => 'x'.repeat(257)],
    ['an owner', () => ownerOf(session).id],
    ['SQL', () => "'%20OR%201=1%20--"],
  ])('asks nobody about %s', async (_, id) => {
    const { answer, rings } = await asked(id());
    expect([await refusalOf(answer), rings]).toEqual([NOT_FOUND, []]);
  });

  it.each([
    ['silence', async () => Promise.reject(new Error('the Ring is down'))],
    ['nothing', async () => undefined],
    ['an owner without a name', async () => ({ kind: 'user' })],
  ])('cannot tell where the Ring answers %s', async (_, ownerOfKey) => {
    const odd = isolate({ KEY_RING: { getByName: () => ({ ownerOfKey }) } });
    const answer = await odd.desk(await operatorToken(), 'GET', `/v1/key-owners/${keyId}`);
    expect(await refusalOf(answer)).toEqual(cannotTell());
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is only to be read: %s is 405', async (method) => {
    const answer = await asOperator(method, `/v1/key-owners/${keyId}`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

describe('whose a key is, is told to operators only', () => {
  const insufficient = {
    ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['latchkey:admin'] },
    challenge: `Bearer realm="${DESK}", error="insufficient_scope", scope="latchkey:admin"`,
  };
  const missing = {
    ...{ status: 401, code: 'credential_missing', retryAfter: null },
    challenge: `Bearer realm="${DESK}"`,
  };

  it.each<[string, () => Promise<string | null> | string | null, object]>([
    ['nobody', () => null, missing],
    ['the owner himself', () => session, WRONG_KIND],
    ['the key itself', () => key, WRONG_KIND],
    ['an access token of the key', () => accessToken(key), insufficient],
    [
      'a client with the scope that is not listed',
      () => oddToken({ kind: 'm2m', claims: { sub: 'm2m-client-test-x', scope: 'latchkey:admin' } }),
      insufficient,
    ],
    [
      'an operator without the scope',
      () => oddToken({ kind: 'm2m', claims: { sub: OPERATOR, scope: 'items:read' } }),
      insufficient,
    ],
  ])('not to %s, and no Ring nor Stytch is asked', async (_, presents, refusal) => {
    const credential = await presents();
    await emulator('DELETE', '/counters');
    const here = isolate();
    const headers = credential === null ? {} : { authorization: `Bearer ${credential}` };
    const answer = await here.fetch(`${DESK}/v1/key-owners/${keyId}`, { headers });
    expect(await refusalOf(answer)).toEqual(refusal);
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
    expect(Object.keys(await stytchCalls()).filter((each) => each.startsWith('m2m'))).toEqual([]);
  });
});
