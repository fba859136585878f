import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChainedEntry, verifyChain } from '../../src/model/audit-chain.ts';
import { readAuditAnchor, readAuditObject } from '../../src/model/audit-wire.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import type { ExportLine } from '../../src/model/life.ts';
import type { Ring } from '../../src/model/ports.ts';
import { foreignClient } from '../foreign.ts';
import { asOperator, OPERATOR } from '../operators.ts';
import {
  BY,
  call,
  desk,
  dumpOfRing,
  emulator,
  issueKey,
  later,
  masterKeys,
  now,
  ownerOf,
  PROJECT,
  ringStub,
  signIn,
  subjectOf,
} from '../world.ts';

const DAY_SECONDS = 86_400;

let session: string;
let path: string;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  path = `/v1/users/${subjectOf(session)}/export`;
});
afterEach(now);

/** An export, line by line. */
const exported = async () => {
  const answer = await asOperator('GET', path);
  const text = await answer.text();
  expect(text.endsWith('\n')).toBe(true);
  const lines = text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as ExportLine & Record<string, unknown>);
  const of = (type: string) => lines.filter((line) => line.type === type);
  return { answer, text, lines, of };
};

/** What somebody who keeps the export can tell of its trail, as `latchkey audit verify` does. */
const verified = async ({ lines, of }: Awaited<ReturnType<typeof exported>>) => {
  const { all } = await openKeychain(masterKeys());
  const keys = all.map(({ id, auditKey }) => ({ id, key: auditKey }));
  const entries = of('audit').map((line) => readAuditObject(line) as ChainedEntry);
  const [anchorLine] = of('audit_anchor');
  const anchor = anchorLine === undefined ? undefined : (readAuditAnchor(anchorLine) ?? undefined);
  const { audit_head } = lines.at(-1) as unknown as { audit_head: { seq: number; mac: string } };
  return verifyChain(String(lines[0]?.ring), entries, keys, anchor, audit_head);
};

/** The first of the hours that use is made up for. */
const FIRST_HOUR = Math.floor(Date.now() / 3_600_000) - 2_000;

/** Makes use up: one line for each hour from the first, up to so many. */
const fillUse = async (from: number, to: number) =>
  runInDurableObject(await ringStub(session), (_instance, { storage }) => {
    for (let i = from; i < to; i++)
      storage.sql.exec("INSERT INTO uses VALUES ('acme_test_x', ?, 1, 0, 0, 0)", FIRST_HOUR + i);
  });

/** Makes tombstones up, all of one moment. */
const fillKeys = async (count: number) =>
  runInDurableObject(await ringStub(session), (_instance, { storage }) => {
    for (let i = 0; i < count; i++)
      storage.sql.exec(
        `INSERT INTO keys (client_id, status, name, description, scopes, created_by, created_at, ended_at, last_four,
           generation, master_key) VALUES (?, 'revoked', '', '', '[]', 'x', 1, 2, 'last', 1, 'x')`,
        `made-up-${i}`,
      );
  });

describe('an export', () => {
  it('is all that is kept of an owner: who he is, keys, use and trail', async () => {
    const { key, key_id } = await issueKey(session, ['items:read'], { name: 'robot' });
    const ended = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${ended.key_id}`);
    expect((await call(key)).status).toBe(200);
    await later(120); // Its lease is accounted for.
    await asOperator('PUT', `/v1/users/${subjectOf(session)}/limits`, { plan: 'tiny', keys_limit: 7 });

    const whole = await exported();
    const { answer, lines, of } = whole;
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...{ 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
      'x-request-id': expect.stringMatching(/^[A-Za-z0-9_-]{8,64}$/),
    });
    expect(lines.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1])).toEqual([
      ...['owner', 'key', 'usage', 'audit', 'end'],
    ]);
    expect(lines[0]).toEqual({
      ...{ type: 'owner', ring: await ringOfOwner(PROJECT, ownerOf(session)) },
      owner: { kind: 'user', id: subjectOf(session), organization_id: null },
      ...{ created_at: expect.any(String), plan: 'tiny', keys_limit: 7, suspension: null, deletion: null },
    });
    const shown = await (await desk(session, 'GET', `/v1/keys/${key_id}`)).json();
    expect(of('key')).toEqual(
      expect.arrayContaining([
        { type: 'key', ...(shown as object), master_key: expect.any(String) },
        expect.objectContaining({ status: 'revoked' }),
      ]),
    );
    expect(of('usage')).toEqual([
      {
        ...{ type: 'usage', key_id, hour: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:00:00Z$/) },
        ...{ admitted: expect.any(Number), refused: 0, limited: 0 },
      },
    ]);
    expect(of('audit').map(({ action, actor }) => [action, (actor as { id: string }).id])).toEqual([
      ['key.created', subjectOf(session)],
      ['key.created', subjectOf(session)],
      ['key.revoked', subjectOf(session)],
      ['owner.limits_changed', OPERATOR],
      ['owner.exported', OPERATOR],
    ]);
    expect(lines.at(-1)).toEqual({
      ...{ type: 'end', lines: lines.length },
      audit_head: { seq: 5, mac: of('audit').at(-1)?.mac },
    });
    expect(await verified(whole)).toMatchObject({ ok: true, entries: 5 });
  });

  it('has no secret, no token and no name of a secret in it', async () => {
    const { key } = await issueKey(session);
    await call(key);
    const pair = await foreignClient(null);
    await asOperator('POST', `/v1/users/${subjectOf(session)}/keys/import`, {
      ...{ client_id: pair.clientId, client_secret: pair.clientSecret },
    });
    const { text } = await exported();
    const { secrets = [], tokens = [] } = await dumpOfRing(await ringStub(session));
    const hidden = [
      ...[key.slice(39), key.slice(39, 83), pair.clientSecret],
      ...[...secrets, ...tokens].flatMap(({ fingerprint, sealed }) => [fingerprint, sealed ?? fingerprint]),
    ];
    expect(hidden.length).toBeGreaterThan(6);
    for (const each of hidden) expect(text).not.toContain(each);
    expect(text).toContain(pair.clientId);
  });

  it('of thousands of lines has each of them once, in pages, and is written down once', async () => {
    await issueKey(session);
    await fillUse(0, 1_203);
    await fillKeys(1_104);
    const suspension = `/v1/users/${subjectOf(session)}/suspension`;
    for (const reason of ['a', 'b', 'c', 'd']) await asOperator('PUT', suspension, { reason });
    const whole = await exported();
    expect(whole.of('usage').map(({ hour }) => Date.parse(String(hour)) / 3_600_000)).toEqual(
      Array.from({ length: 1_203 }, (_, i) => FIRST_HOUR + i),
    );
    expect(new Set(whole.of('key').map(({ key_id }) => key_id)).size).toBe(1_105);
    expect(whole.of('audit').filter(({ action }) => action === 'owner.exported')).toHaveLength(1);
    expect(whole.lines.at(-1)).toMatchObject({ type: 'end', lines: 1 + 1_105 + 1_203 + 6 + 1 });
    expect(await verified(whole)).toMatchObject({ ok: true, entries: 6 });
  });

  it('in pages that end exactly where a section does loses nothing', async () => {
    await issueKey(session);
    // With the owner and the key before them, these fill a page to its last line, or are one more or less.
    let before = 0;
    for (const rows of [497, 498, 499, 998, 1_500]) {
      await fillUse(before, rows);
      before = rows;
      const { lines, of } = await exported();
      expect([of('usage').length, lines.at(-1)]).toMatchObject([rows, { type: 'end', lines: lines.length }]);
    }
  });

  it('of a trail whose beginning was too old to be kept says behind what it begins', async () => {
    await issueKey(session);
    await later(200 * DAY_SECONDS);
    const suspension = `/v1/users/${subjectOf(session)}/suspension`;
    await asOperator('PUT', suspension, { reason: 'abuse' });
    await asOperator('DELETE', suspension);
    await later(201 * DAY_SECONDS);
    await runDurableObjectAlarm(await ringStub(session));
    const whole = await exported();
    expect(whole.of('audit_anchor')).toEqual([{ type: 'audit_anchor', seq: 1, mac: expect.any(String) }]);
    expect(whole.of('audit').map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(await verified(whole)).toMatchObject({ ok: true, entries: 3 });
  });

  it('of somebody of whom nothing is kept says so, and leaves no trace', async () => {
    const { lines } = await exported();
    expect(lines).toMatchObject([
      { type: 'owner', created_at: null },
      { type: 'end', lines: 2, audit_head: { seq: 0 } },
    ]);
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });
});

describe('an export that is not whole', () => {
  it('has no end where rows grew too old while it was read', async () => {
    await issueKey(session);
    const ring = (await ringStub(session)) as unknown as Ring;
    const after = JSON.stringify({ section: 'audit', after: 1, lines: 3 });
    await runInDurableObject(await ringStub(session), (_instance, { storage }) =>
      storage.sql.exec("INSERT INTO audit_anchor VALUES (1, 7, 'mac')"),
    );
    expect(await ring.exportPage(ownerOf(session), after, BY)).toEqual({ lines: [], next: null });
  });
});
