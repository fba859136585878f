import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { memberWith, operatorOf, type Visitor, visit } from '../places.ts';
import { inUse } from '../secrets.ts';
import {
  accessToken,
  BY,
  DESK,
  desk,
  emulator,
  isolate,
  issueKey,
  notGood,
  now,
  oddToken,
  ownerOf,
  refusalOf,
  ringStub,
  rooms,
  shown,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const MISSING = {
  status: 401,
  code: 'credential_missing',
  challenge: `Bearer realm="${DESK}"`,
  retryAfter: null,
};
const NOT_GOOD = notGood(DESK);
const WRONG_KIND = { status: 403, code: 'credential_kind_not_allowed', ...NONE };
const NOT_FOUND = { status: 404, code: 'not_found', ...NONE };

/** What is to be read, below each place; `{key_id}` is one of the owner's. */
const READINGS = [
  ...['/keys/{key_id}/usage', '/usage', '/usage/keys?key_id={key_id}'],
  ...['/limits', '/limits?key_id={key_id}', '/audit', '/audit/head'],
];

let session: string;
let key: string;
let keyId: string;

beforeEach(async () => {
  session = await signIn();
  ({ key, key_id: keyId } = await issueKey(session));
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = () => {
  const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
  inUse(pair);
  return { authorization: `Basic ${pair}` };
};

const STRANGERS: readonly (readonly [
  string,
  () => Promise<Record<string, string>> | Record<string, string>,
  object,
])[] = [
  ['nobody', () => ({}), MISSING],
  ['a cookie', () => ({ cookie: `stytch_session_jwt=${session}` }), MISSING],
  ['an API key', () => bearer(key), WRONG_KIND],
  ['an API key in its own header', () => ({ 'x-api-key': key }), WRONG_KIND],
  ['the client pair of a key', basic, WRONG_KIND],
  ['an access token of a key', async () => bearer(await accessToken(key)), WRONG_KIND],
  ['a client of somebody else', async () => bearer(await oddToken({ kind: 'm2m' })), NOT_GOOD],
  ['a Connected App', async () => bearer(await oddToken({ kind: 'connectedApp' })), NOT_GOOD],
  ['an ID token', async () => bearer(await oddToken({ kind: 'idToken' })), NOT_GOOD],
  [
    'a session of another signer',
    async () => bearer(await oddToken({ kind: 'session', signer: 'foreign' })),
    NOT_GOOD,
  ],
  [
    'a session without a signature',
    async () => bearer(await oddToken({ kind: 'session', signer: 'none' })),
    NOT_GOOD,
  ],
];

describe.each(READINGS)('GET /v1%s', (path) => {
  const own = () => `/v1${path.replace('{key_id}', keyId)}`;

  it.each(STRANGERS)('is not for %s, and no Ring nor Stytch is asked', async (_, presents, refusal) => {
    const headers = await presents();
    await emulator('DELETE', '/counters');
    const here = isolate();
    const refused = await refusalOf(await here.fetch(`${DESK}${own()}`, { headers }));
    expect(refused).toEqual(refusal);
    expect(
      here.calls.filter((call) => /usage|limits|audit|get$/.test(call) && call.startsWith('ring.')),
    ).toEqual([]);
    const calls = Object.keys(await stytchCalls());
    expect(calls.filter((each) => each.startsWith('m2m'))).toEqual([]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is not cached: what one is told, no other is', async () => {
    const answer = await desk(session, 'GET', own());
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.headers.get('vary')).toBeNull();
  });

  it('has no secret in it', async () => {
    const text = await (await desk(session, 'GET', own())).text();
    expect(text).not.toContain(key.slice(39, 83));
    expect(text).not.toContain(session);
  });

  it('is still told to somebody who is suspended', async () => {
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.suspend(ownerOf(session), 'abuse', BY);
    expect((await desk(session, 'GET', own())).status).toBe(200);
  });
});

describe('another owner', () => {
  it('is told of a key’s usage exactly what he is told of a key that never was', async () => {
    const mallory = await signIn();
    const { key_id: his } = await issueKey(mallory);
    const never = `${his.slice(0, 27)}${'0'.repeat(11)}`;
    const there = isolate();
    const foreign = await shown(await there.desk(mallory, 'GET', `/v1/keys/${keyId}/usage`));
    expect(there.calls.filter((call) => call.startsWith('ring.'))).toEqual([]);
    const unknown = await shown(await there.desk(mallory, 'GET', `/v1/keys/${never}/usage`));
    expect(foreign).toEqual(unknown);
    expect(foreign.status).toBe(404);
  });

  it('finds nothing of it in his own trail, whatever he asks it for', async () => {
    const mallory = await signIn();
    await issueKey(mallory);
    for (const query of [`key_id=${keyId}`, `actor_id=${subjectOf(session)}`, "key_id=' OR 1=1 --"]) {
      const answer = await desk(mallory, 'GET', `/v1/audit?${query}`);
      expect([answer.status, await answer.json()]).toEqual([200, { data: [], next_cursor: null }]);
    }
  });

  it('is led nowhere by a cursor of the first', async () => {
    await issueKey(session);
    const page = (await (await desk(session, 'GET', '/v1/audit?limit=1')).json()) as { next_cursor: string };
    const mallory = await signIn();
    const there = isolate();
    const answer = await there.desk(mallory, 'GET', `/v1/audit?limit=1&cursor=${page.next_cursor}`);
    expect(await refusalOf(answer)).toMatchObject({ status: 400, errors: [{ pointer: '/cursor' }] });
    expect(there.calls.filter((call) => call.startsWith('ring.'))).toEqual([]);
  });

  it('has another ring, and another head', async () => {
    const heads = await Promise.all(
      [session, await signIn()].map(async (each) => (await desk(each, 'GET', '/v1/audit/head')).json()),
    );
    expect(heads[0]).not.toEqual(heads[1]);
  });
});

/** At a place, with what is missing. */
const turnedAway = async (visitor: Visitor, refusal: object): Promise<void> => {
  for (const path of READINGS) {
    const answer = await visit(visitor, 'GET', path.replace('{key_id}', keyId));
    expect([path, await refusalOf(answer)]).toEqual([path, refusal]);
  }
  expect(visitor.here.calls.filter((call) => call.startsWith('ring.'))).toEqual([]);
};

describe('the operator’s place', () => {
  it('is closed to a session, to a key, and to a client that is not listed', async () => {
    const operator = await operatorOf(subjectOf(session));
    const insufficient = {
      ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['latchkey:admin'] },
      challenge: `Bearer realm="${DESK}", error="insufficient_scope", scope="latchkey:admin"`,
    };
    await turnedAway({ ...operator, credential: session }, WRONG_KIND);
    await turnedAway({ ...operator, credential: key }, WRONG_KIND);
    const stranger = {
      sub: 'm2m-client-test-00000000-0000-4000-8000-00000000000b',
      scope: 'latchkey:admin',
    };
    await turnedAway(
      { ...operator, credential: await oddToken({ kind: 'm2m', claims: stranger }) },
      insufficient,
    );
    await turnedAway(await operatorOf(subjectOf(session), 'items:read'), insufficient);
  });

  it('has nothing under an owner that is none', async () => {
    for (const id of ['me', 'm2m-client-test-1', 'user-', `user-${'x'.repeat(121)}`, 'connected-app-test-1'])
      await turnedAway(await operatorOf(id), NOT_FOUND);
  });

  it('keeps the owners apart: the key of another is none of this one’s', async () => {
    const operator = await operatorOf(subjectOf(await signIn()));
    const answer = await visit(operator, 'GET', `/keys/${keyId}/usage`);
    expect(await refusalOf(answer)).toEqual(NOT_FOUND);
  });
});

describe('the organisation’s place', () => {
  it('is closed to members without the role', async () => {
    for (const roles of [[], ['stytch_member'], ['KEYMASTER']])
      await turnedAway(await memberWith(roles), { status: 403, code: 'role_missing', ...NONE });
  });

  it('is closed where no role is configured', async () => {
    const here = isolate();
    await turnedAway(
      { here, base: '/v1/organization', credential: session },
      {
        ...{ status: 404, code: 'not_configured', ...NONE },
      },
    );
  });

  it('shows a member his own organisation, and never another', async () => {
    const [one, other] = [await memberWith(['keymaster']), await memberWith(['keymaster'])];
    const made = await visit(one, 'POST', '/keys', { name: 'n', scopes: ['items:read'] });
    const issued = (await made.json()) as { key: string; key_id: string };
    inUse(issued.key);
    expect(await refusalOf(await visit(other, 'GET', `/keys/${issued.key_id}/usage`))).toEqual(NOT_FOUND);
    expect(await (await visit(other, 'GET', '/audit')).json()).toEqual({ data: [], next_cursor: null });
  });
});
