import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/model/audit-chain.ts';
import { readAuditObject } from '../../src/model/audit-wire.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { createVerifier } from '../../src/origin/index.ts';
import { memberWith, operatorOf, visit } from '../places.ts';
import { inUse } from '../secrets.ts';
import {
  DESK,
  desk,
  dumpOfRing,
  issueKey,
  later,
  masterKeys,
  newUser,
  now,
  ringStub,
  send,
  signIn,
  subjectOf,
} from '../world.ts';

interface Row {
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly key_id: string | null;
  readonly mac: string;
}

interface Page {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

const MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let session: string;

const audit = async (query = '', as = session): Promise<Page> => {
  const answer = await desk(as, 'GET', `/v1/audit${query}`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return answer.json();
};

const headOf = async (as = session) => {
  const answer = await desk(as, 'GET', '/v1/audit/head');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return (await answer.json()) as Record<'ring' | 'seq' | 'mac' | 'at' | 'signed', string>;
};

/** A key that is made, renamed and revoked: three rows. */
const life = async (as = session): Promise<string> => {
  const { key_id } = await issueKey(as);
  await desk(as, 'PATCH', `/v1/keys/${key_id}`, { name: 'renamed' });
  await desk(as, 'DELETE', `/v1/keys/${key_id}`);
  return key_id;
};

beforeEach(async () => {
  session = await signIn();
});
afterEach(now);

describe('GET /v1/audit', () => {
  it('tells who did what to which key, from where and by which credential, newest first', async () => {
    const headers = { 'cf-connecting-ip': '192.0.2.7', 'x-request-id': 'audit-test-1' };
    const answer = await desk(session, 'POST', '/v1/keys', { name: 'a', scopes: ['items:read'] }, headers);
    const { key, key_id } = (await answer.json()) as { key: string; key_id: string };
    inUse(key);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const { data, next_cursor } = await audit();
    expect(next_cursor).toBeNull();
    expect(data.map(({ seq, action }) => [seq, action])).toEqual([
      [2, 'key.revoked'],
      [1, 'key.created'],
    ]);
    expect(data[1]).toEqual({
      ...{ seq: 1, at: expect.stringMatching(MILLISECONDS), action: 'key.created' },
      actor: { kind: 'user', id: subjectOf(session) },
      via: expect.stringMatching(/^session-test-/),
      ...{ key_id, address: '192.0.2.7', country: null, request_id: 'audit-test-1' },
      details: { name: 'a', scopes: ['items:read'], expires_at: null },
      ...{ master_key: masterKeys()[0]?.id, mac: expect.stringMatching(/^[\w-]{43}$/) },
    });
  });

  it('is nothing for somebody who never did anything, and makes him no Ring', async () => {
    expect(await audit()).toEqual({ data: [], next_cursor: null });
    expect((await headOf()).seq).toBe(0);
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('is the whole trail page by page, each row once, and its chain holds', async () => {
    for (let i = 0; i < 3; i++) await life();
    const rows: Row[] = [];
    const sizes: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await audit(`?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
      rows.push(...page.data);
      sizes.push(page.data.length);
      cursor = page.next_cursor;
    }
    expect(sizes).toEqual([4, 4, 1]);
    expect(rows.map(({ seq }) => seq)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const { all } = await openKeychain(masterKeys());
    const entries = rows.map((row) => readAuditObject(row)).reverse() as never[];
    const keys = all.map(({ id, auditKey: key }) => ({ id, key }));
    const { ring, seq, mac } = await headOf();
    const head = { seq: Number(seq), mac };
    expect(verifyChain(ring, entries, keys, undefined, head)).toEqual({ ok: true, entries: 9, head });
  });

  it('a page goes on where the last one ended, though more was done since', async () => {
    await life();
    const first = await audit('?limit=2');
    await life();
    const second = await audit(`?limit=2&cursor=${first.next_cursor}`);
    expect(second.data.map(({ seq }) => seq)).toEqual([1]);
  });

  it('is filtered by key, by action, by actor, and by all of them', async () => {
    const [one, other] = [await life(), await life()];
    const seqs = async (query: string) => (await audit(query)).data.map(({ seq }) => seq);
    expect(await seqs(`?key_id=${one}`)).toEqual([3, 2, 1]);
    expect(await seqs(`?key_id=${other}`)).toEqual([6, 5, 4]);
    expect(await seqs('?action=key.revoked')).toEqual([6, 3]);
    expect(await seqs(`?actor_id=${subjectOf(session)}`)).toHaveLength(6);
    expect(await seqs(`?key_id=${one}&action=key.revoked&actor_id=${subjectOf(session)}`)).toEqual([3]);
    for (const none of ['key_id=x', 'action=key', 'actor_id=user-test-mallory', 'action=KEY.REVOKED'])
      expect(await seqs(`?${none}`)).toEqual([]);
  });

  it('is of a time: from its beginning on, and before its end', async () => {
    const user = await newUser();
    const early = await signIn(user);
    await issueKey(early);
    await later(7_200);
    const late = await signIn(user);
    await issueKey(late);
    const rows = (await audit('', late)).data;
    const [second, first] = rows.map(({ at }) => at);
    const seqs = async (query: string) => (await audit(query, late)).data.map(({ seq }) => seq);
    expect(await seqs(`?from=${second}`)).toEqual([2]);
    expect(await seqs(`?to=${second}`)).toEqual([1]);
    expect(await seqs(`?from=${first}&to=${second}`)).toEqual([1]);
    expect(await seqs('?to=2000-01-01T00:00:00Z')).toEqual([]);
  });
});

describe('GET /v1/audit/head', () => {
  it('is the last row, and moves with each', async () => {
    await issueKey(session);
    const [row] = (await audit()).data;
    const head = await headOf();
    expect(head).toEqual({
      ring: expect.stringMatching(/^[0-9A-Za-z]{17}$/),
      ...{ seq: row?.seq, mac: row?.mac },
      ...{
        at: expect.stringMatching(MILLISECONDS),
        signed: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      },
    });
    await issueKey(session);
    expect(await headOf()).toMatchObject({ ring: head.ring, seq: 2 });
  });

  it('is signed: who has our public keys can check it', async () => {
    await issueKey(session);
    const { ring, seq, mac, at, signed } = await headOf();
    const jwks = await (await send(`${DESK}/.well-known/jwks.json`)).json();
    const verified = await jwtVerify(signed, createLocalJWKSet(jwks as never), {
      ...{ issuer: DESK, typ: 'latchkey-audit-head+jwt', algorithms: ['ES256'] },
    });
    expect(verified.payload).toEqual({ iss: DESK, iat: Math.floor(Date.parse(at) / 1000), ring, seq, mac });
    const kid = (jwks as { keys: { kid: string }[] }).keys[0]?.kid;
    expect(decodeProtectedHeader(signed)).toEqual({ alg: 'ES256', typ: 'latchkey-audit-head+jwt', kid });
  });

  it('is no assertion: an origin does not take it for one', async () => {
    await issueKey(session);
    const jwks = (await (await send(`${DESK}/.well-known/jwks.json`)).json()) as { keys: [] };
    const verify = createVerifier({ jwks, issuer: DESK, audience: 'acme-api' });
    const { signed } = await headOf();
    const headers = new Headers({ 'x-latchkey-assertion': signed, 'x-latchkey-auth': 'session' });
    expect(await verify(headers)).toMatchObject({ ok: false, reason: 'type_refused' });
  });
});

describe('the trail is served at three places', () => {
  it('to the operator, of any user, with what he did himself', async () => {
    const keyId = await life();
    const operator = await operatorOf(subjectOf(session));
    const made = await visit(operator, 'POST', '/keys', { name: 'o', scopes: ['items:read'] });
    const { key } = (await made.json()) as { key: string };
    inUse(key);
    const answer = await visit(operator, 'GET', '/audit');
    expect([answer.status, await answer.json()]).toEqual([200, await audit()]);
    const [last] = (await audit('?limit=1')).data;
    expect(last).toMatchObject({ action: 'key.created', actor: { kind: 'operator' } });
    const page = await visit(operator, 'GET', `/audit?key_id=${keyId}&limit=2`);
    const { next_cursor } = (await page.json()) as Page;
    const next = await visit(operator, 'GET', `/audit?key_id=${keyId}&limit=2&cursor=${next_cursor}`);
    expect(((await next.json()) as Page).data.map(({ seq }) => seq)).toEqual([1]);
    const head = (await (await visit(operator, 'GET', '/audit/head')).json()) as object;
    expect(head).toMatchObject({ seq: 4, ring: (await headOf()).ring });
  });

  it('to a member with the role, of his organisation', async () => {
    const member = await memberWith(['keymaster']);
    const made = await visit(member, 'POST', '/keys', { name: 'o', scopes: ['items:read'] });
    const { key, key_id } = (await made.json()) as { key: string; key_id: string };
    inUse(key);
    const { data } = (await (await visit(member, 'GET', '/audit')).json()) as Page;
    expect(data).toMatchObject([
      { seq: 1, action: 'key.created', key_id, actor: { kind: 'member', id: subjectOf(member.credential) } },
    ]);
    const head = (await (await visit(member, 'GET', '/audit/head')).json()) as object;
    expect(head).toMatchObject({ seq: 1, mac: data[0]?.mac });
  });
});
