import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inUse } from '../secrets.ts';
import {
  accessToken,
  atStytch,
  claimsOf,
  DESK,
  desk,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  later,
  newUser,
  notGood,
  now,
  oddToken,
  PROJECT,
  refusalOf,
  rooms,
  shown,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const NOT_GOOD = notGood(DESK);
const MISSING = {
  status: 401,
  code: 'credential_missing',
  challenge: `Bearer realm="${DESK}"`,
  retryAfter: null,
};
const AMBIGUOUS = {
  ...{ status: 400, code: 'invalid_request', retryAfter: null },
  challenge: `Bearer realm="${DESK}", error="invalid_request"`,
};
const NO_CURSOR = {
  ...{ status: 400, code: 'request_invalid', ...NONE },
  errors: [{ pointer: '/cursor', detail: 'is no cursor of ours' }],
};
const WRONG_KIND = { status: 403, code: 'credential_kind_not_allowed', ...NONE };

/** The endpoints of key management, each with what it would do if it were reached. */
const ENDPOINTS = [
  {
    ...{ method: 'POST', path: '/v1/keys', reached: 'ring.issue', status: 201 },
    body: { name: 'n', scopes: ['items:read'] },
  },
  { method: 'GET', path: '/v1/keys', reached: 'ring.list', status: 200, body: null },
  { method: 'GET', path: '/v1/keys/{key_id}', reached: 'ring.get', status: 200, body: null },
  {
    ...{ method: 'PATCH', path: '/v1/keys/{key_id}', reached: 'ring.change', status: 200 },
    body: { name: 'other' },
  },
  {
    ...{ method: 'POST', path: '/v1/keys/{key_id}/rotate', reached: 'ring.rotate', status: 200 },
    body: { overlap_seconds: 60 },
  },
  // Nothing is being rotated: it was reached all the same.
  {
    ...{ method: 'POST', path: '/v1/keys/{key_id}/rotate/finish', reached: 'ring.finishRotation' },
    ...{ status: 409, body: null },
  },
  {
    ...{ method: 'POST', path: '/v1/keys/{key_id}/rotate/cancel', reached: 'ring.cancelRotation' },
    ...{ status: 409, body: null },
  },
  { method: 'DELETE', path: '/v1/keys/{key_id}', reached: 'ring.revoke', status: 200, body: null },
] as const;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const basic = (key: string) => {
  const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
  inUse(pair);
  return { authorization: `Basic ${pair}` };
};

/** Somebody who has no business at the Desk: what he presents, given a good session and a key of the same owner. */
type Intruder = (session: string, key: string) => Promise<Record<string, string>> | Record<string, string>;

const odd = (wish: object) => async () => bearer(await oddToken(wish));

/** A session like the given one, but for what is said. */
const like =
  (claims: Record<string, unknown>, more: object = {}) =>
  async (session: string) =>
    bearer(await oddToken({ kind: 'session', ...more, claims: { ...claimsOf(session), ...claims } }));

const sessionClaim = (jwt: string) => claimsOf(jwt)['https://stytch.com/session'] as Record<string, unknown>;

const STRANGERS: readonly (readonly [string, Intruder, object])[] = [
  ['nothing', () => ({}), MISSING],
  ['an empty Authorization', () => ({ authorization: '' }), MISSING],
  ['a scheme that is not spoken', (session) => ({ authorization: `Token ${session}` }), MISSING],
  ['a session in a cookie', (session) => ({ cookie: `stytch_session_jwt=${session}` }), MISSING],
  ['a session twice', (session) => ({ ...bearer(session), 'x-api-key': session }), AMBIGUOUS],
  ['two sessions in one line', (session) => bearer(`${session}, Bearer ${session}`), AMBIGUOUS],
  ['a session as an API key', (session) => ({ 'x-api-key': session }), NOT_GOOD],
  [
    'a session as a password',
    (session) => ({ authorization: `Basic ${btoa(`x:${session.slice(0, 100)}`)}` }),
    { ...NOT_GOOD, challenge: `Basic realm="${DESK}", charset="UTF-8", ${NOT_GOOD.challenge}` },
  ],
  ['an API key', (_, key) => bearer(key), WRONG_KIND],
  ['an API key in its own header', (_, key) => ({ 'x-api-key': key }), WRONG_KIND],
  ['the client pair of a key', (_, key) => basic(key), WRONG_KIND],
  ['an access token of that pair', async (_, key) => bearer(await accessToken(key)), WRONG_KIND],
  ['an access token of a client made at Stytch', odd({ kind: 'm2m' }), NOT_GOOD],
  ['a token of a Connected App', odd({ kind: 'connectedApp' }), NOT_GOOD],
  [
    'a token of a Connected App with our audience alone',
    odd({ kind: 'connectedApp', claims: { aud: [PROJECT] } }),
    NOT_GOOD,
  ],
  ['an ID token', odd({ kind: 'idToken' }), NOT_GOOD],
  ['a session of a member, in a consumer project', odd({ kind: 'memberSession' }), NOT_GOOD],
  ['a session with a scope', like({ scope: 'items:read' }), NOT_GOOD],
  ['a session with a client_id', like({ client_id: 'connected-app-test-1' }), NOT_GOOD],
  [
    'a session with an organization',
    like({ 'https://stytch.com/organization': { organization_id: 'x' } }),
    NOT_GOOD,
  ],
  ['a session without its session claim', like({ 'https://stytch.com/session': null }), NOT_GOOD],
  ['a session bound to a key that is not shown', like({ cnf: { jkt: 'x' } }), NOT_GOOD],
  ['a session of a client', like({ sub: 'm2m-client-test-00000000-0000-4000-8000-000000000000' }), NOT_GOOD],
  ['a session for another project as well', like({ aud: [PROJECT, 'project-test-2'] }), NOT_GOOD],
  [
    'a session of another project',
    like({ iss: 'stytch.com/project-test-2', aud: ['project-test-2'] }),
    NOT_GOOD,
  ],
  ['a session of another issuer', like({ iss: 'https://evil.test' }), NOT_GOOD],
  ['a session without an end', like({ exp: null }), NOT_GOOD],
  ['a session that lives too long', like({ exp: Math.floor(Date.now() / 1000) + 90_000 }), NOT_GOOD],
  ['a session that has not begun', like({ nbf: Math.floor(Date.now() / 1000) + 3_600 }), NOT_GOOD],
  ['a JWT that has expired', like({ exp: Math.floor(Date.now() / 1000) - 10 }), NOT_GOOD],
  [
    'a session that has ended',
    async (session) =>
      like({
        'https://stytch.com/session': { ...sessionClaim(session), expires_at: '2020-01-01T00:00:00Z' },
      })(session),
    NOT_GOOD,
  ],
  ['a session signed by a foreign key', like({}, { signer: 'foreign' }), NOT_GOOD],
  ['a session that nobody signed', like({}, { signer: 'none' }), NOT_GOOD],
  ['a session signed with the public key as secret', like({}, { signer: 'hmac' }), NOT_GOOD],
  ['a session of another type', like({}, { header: { typ: 'at+jwt' } }), NOT_GOOD],
  [
    'a session that names its own key',
    like({}, { header: { jku: 'https://evil.test/', kid: 'evil' } }),
    NOT_GOOD,
  ],
  ['a session in another spelling', (session) => bearer(`${session}=`), NOT_GOOD],
  ['a session cut short', (session) => bearer(session.slice(0, -1)), NOT_GOOD],
  ['two thirds of a session', (session) => bearer(session.split('.').slice(0, 2).join('.')), NOT_GOOD],
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

const knock = (
  here: Isolate,
  { method, path, body }: (typeof ENDPOINTS)[number],
  headers: Record<string, string>,
) =>
  here.fetch(`${DESK}${path.replace('{key_id}', keyId)}`, {
    method,
    headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });

/** What Stytch is told after the answer. */
const LEDGER: Readonly<Record<string, string>> = { PATCH: 'm2m.update', DELETE: 'm2m.delete' };

describe.each(ENDPOINTS)('$method $path is reached by a session only', (endpoint) => {
  it('a session reaches it', async () => {
    const here = isolate();
    const answer = await knock(here, endpoint, bearer(session));
    expect(answer.status).toBe(endpoint.status);
    expect(here.calls).toContain(endpoint.reached);
    const made = (await answer.json()) as { key?: string };
    if (made.key !== undefined) inUse(made.key);
    // What follows counts Stytch's calls: the one that this makes from the ledger must not come in late.
    const told = LEDGER[endpoint.method];
    if (told !== undefined) await vi.waitFor(async () => expect((await stytchCalls())[told]).toBe(1), 5_000);
  });

  it.each(STRANGERS)('%s does not', async (_, present, refusal) => {
    const headers = await present(session, key);
    await emulator('DELETE', '/counters');
    const here = isolate();
    expect(await refusalOf(await knock(here, endpoint, headers))).toEqual(refusal);
    // Whoever shows a key, or a token of one, is looked up, to be told 401 or 403 truly; nothing is done with it.
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual(
      refusal === WRONG_KIND ? expect.not.arrayContaining(ENDPOINTS.map(({ reached }) => reached)) : [],
    );
    expect(Object.keys(await stytchCalls()).filter((name) => name.startsWith('m2m.'))).toEqual([]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('a session that was revoked at Stytch', () => {
  it('is good until its JWT ends, five minutes at most, and not a moment after', async () => {
    await atStytch('POST', '/v1/sessions/revoke', { session_id: sessionClaim(session).id });
    expect((await desk(session, 'GET', '/v1/keys')).status).toBe(200);
    await later(306);
    expect(await refusalOf(await desk(session, 'GET', '/v1/keys'))).toEqual(NOT_GOOD);
    expect(await refusalOf(await desk(session, 'DELETE', `/v1/keys/${keyId}`))).toEqual(NOT_GOOD);
  });
});

describe('another owner', () => {
  it('is told of a key exactly what he is told of one that never was', async () => {
    const mallory = await signIn();
    const own = await issueKey(mallory);
    const ofHisRing = own.key_id.slice(0, 27) + '0'.repeat(11);
    const headersAndBodies = new Set<string>();
    for (const { method, path, body } of ENDPOINTS.filter((each) => each.path.includes('{key_id}'))) {
      for (const id of [keyId, ofHisRing, keyId.slice(0, 27) + '0'.repeat(11), 'nobody']) {
        const here = isolate();
        headersAndBodies.add(
          JSON.stringify(
            await shown(await here.desk(mallory, method, path.replace('{key_id}', id), body ?? undefined)),
          ),
        );
        // Asking about another's key asks nobody. What is not of our grammar could be a client that was imported: one's
        // own Ring knows.
        if (id === keyId) expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
      }
    }
    expect(headersAndBodies.size).toBe(1);
    expect(JSON.parse([...headersAndBodies][0] ?? '')).toMatchObject({ status: 404 });
    expect(await (await desk(session, 'GET', `/v1/keys/${keyId}`)).json()).toMatchObject({
      status: 'active',
    });
  });

  it('is led nowhere by a cursor: it is none of his', async () => {
    for (let i = 0; i < 2; i++) await issueKey(session);
    const page = (await (await desk(session, 'GET', '/v1/keys?limit=1')).json()) as { next_cursor: string };
    const mallory = await signIn();
    await issueKey(mallory);
    const here = isolate();
    const answer = await here.desk(mallory, 'GET', `/v1/keys?cursor=${page.next_cursor}`);
    expect(await refusalOf(answer)).toEqual(NO_CURSOR);
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
  });

  it('a cursor of one’s own making cannot point at another’s key', async () => {
    for (const bytes of [`9007199254740.${keyId}`, `${'\0'.repeat(16)}9007199254740.${keyId}`]) {
      const cursor = btoa(bytes).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
      const answer = await desk(await signIn(), 'GET', `/v1/keys?cursor=${cursor}`);
      expect(await refusalOf(answer)).toEqual(NO_CURSOR);
    }
  });

  it('a cursor under another filter is none', async () => {
    for (let i = 0; i < 2; i++) await issueKey(session);
    const page = (await (await desk(session, 'GET', '/v1/keys?limit=1')).json()) as { next_cursor: string };
    const answer = await desk(session, 'GET', `/v1/keys?status=all&cursor=${page.next_cursor}`);
    expect(await refusalOf(answer)).toEqual(NO_CURSOR);
    const good = await desk(session, 'GET', `/v1/keys?status=active&cursor=${page.next_cursor}`);
    expect(good.status).toBe(200);
  });

  it('is never mixed up with the first, though both ask at once in one isolate', async () => {
    const here = isolate();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => signIn()));
    for (const each of sessions) await issueKey(each);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const each = sessions[i % 5] ?? '';
        const { data } = (await (await here.desk(each, 'GET', '/v1/keys')).json()) as {
          data: { owner: { id: string } }[];
        };
        return data.length === 1 && data[0]?.owner.id === subjectOf(each);
      }),
    );
    expect(answers).toEqual(Array(40).fill(true));
  });
});

describe('a key', () => {
  it('is shown in the answer to its creation, and in no other', async () => {
    const user = await newUser();
    const mine = await signIn(user);
    const issued = await issueKey(mine);
    const secret = issued.key.slice(39, 83);
    for (const [method, path] of [
      ['GET', '/v1/keys?status=all'],
      ['GET', `/v1/keys/${issued.key_id}`],
      ['DELETE', `/v1/keys/${issued.key_id}`],
      ['DELETE', `/v1/keys/${issued.key_id}`],
      ['GET', `/v1/keys/${issued.key_id}`],
    ] as const) {
      const { body, headers } = await shown(await desk(mine, method, path));
      expect(body).toContain(issued.key_id);
      expect(body).not.toContain(secret);
      expect(JSON.stringify(headers)).not.toContain(secret);
    }
  });
});
