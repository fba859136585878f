import { afterEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { inUse } from '../secrets.ts';
import {
  BY,
  call,
  DESK,
  desk,
  dumpOfRing,
  isolate,
  issueKey,
  later,
  now,
  ownerOf,
  ringStub,
  send,
  shown,
  signIn,
  stytchClients,
} from '../world.ts';

afterEach(now);

interface Report {
  readonly ended: string;
  readonly effective_by: string | null;
}

const report = (body: object): Promise<Response> =>
  send(`${DESK}/v1/leaked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cf-connecting-ip': '192.0.2.7' },
    body: JSON.stringify(body),
  });

const reported = async (body: object): Promise<Report> => {
  const answer = await report(body);
  expect(answer.status).toBe(200);
  return answer.json();
};

const rotate = async (session: string, keyId: string): Promise<string> => {
  const answer = await desk(session, 'POST', `/v1/keys/${keyId}/rotate`, { overlap_seconds: 3600 });
  const { key } = (await answer.json()) as { key: string };
  inUse(key);
  return key;
};

const statusOf = async (session: string, keyId: string): Promise<string> =>
  ((await (await desk(session, 'GET', `/v1/keys/${keyId}`)).json()) as { status: string }).status;

describe('whoever found a key', () => {
  it('ends it, everywhere by the time that he is told, and at Stytch', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    expect((await call(key)).status).toBe(200);
    const { ended, effective_by } = await reported({ key });
    expect(ended).toBe('key');
    const seconds = (Date.parse(effective_by ?? '') - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(5);
    expect((await isolate().call(key)).status).toBe(401);
    await later(5);
    expect((await call(key)).status).toBe(401);
    expect(await statusOf(session, key_id)).toBe('revoked');
    await expect.poll(() => stytchClients(session), { timeout: 5_000 }).toEqual([]);
  });

  it('may bring spaces and a line end with it, as they come with a paste', async () => {
    const { key } = await issueKey(await signIn());
    expect((await reported({ key: ` ${key}\n` })).ended).toBe('key');
  });

  it('may say where, and the owner’s trail keeps it', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const source = 'https://github.com/acme/scripts/blob/main/deploy.sh#L12';
    await reported({ key, source });
    const { audit } = await dumpOfRing(await ringStub(session));
    const [leaked, revoked] = (audit ?? []).slice(-2);
    expect(leaked).toMatchObject({
      ...{ action: 'key.leaked', client_id: key_id, actor_kind: 'anyone', actor_id: null },
      address: '192.0.2.7',
    });
    expect(JSON.parse(String(leaked?.details))).toEqual({ source, ended: 'key' });
    expect(revoked).toMatchObject({
      action: 'key.revoked',
      client_id: key_id,
      details: '{"because":"leaked"}',
    });
  });

  it('of a key that is being rotated ends the old secret alone', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const next = await rotate(session, key_id);
    expect((await reported({ key })).ended).toBe('old_secret');
    expect((await isolate().call(key)).status).toBe(401);
    expect((await isolate().call(next)).status).toBe(200);
    expect(await statusOf(session, key_id)).toBe('active');
  });

  it('of a key that is being rotated ends the new secret alone', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const next = await rotate(session, key_id);
    expect((await reported({ key: next })).ended).toBe('next_secret');
    expect((await isolate().call(next)).status).toBe(401);
    expect((await isolate().call(key)).status).toBe(200);
    expect(await statusOf(session, key_id)).toBe('active');
  });

  it('of both secrets ends the key', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const next = await rotate(session, key_id);
    expect((await reported({ key })).ended).toBe('old_secret');
    expect((await reported({ key: next })).ended).toBe('key');
    expect(await statusOf(session, key_id)).toBe('revoked');
  });

  it('is told of a dead key what he is told of one that never was, byte for byte', async () => {
    const { key } = await issueKey(await signIn());
    await reported({ key });
    const madeUp = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;
    const answers = [await shown(await report({ key })), await shown(await report({ key: madeUp }))];
    expect(answers[0]).toEqual(answers[1]);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ ended: 'nothing', effective_by: null });
  });

  it('of a key whose end has come ends nothing, though nobody has retired it yet', async () => {
    const session = await signIn();
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const { key } = await issueKey(session, ['items:read'], { expires_at });
    await later(61);
    expect(await reported({ key })).toEqual({ ended: 'nothing', effective_by: null });
    const { audit } = await dumpOfRing(await ringStub(session));
    expect(audit?.map(({ action }) => action)).toEqual(['key.created']);
  });

  it('ends one key and no other of the same owner', async () => {
    const session = await signIn();
    const [one, other] = [await issueKey(session), await issueKey(session)];
    await reported({ key: one.key });
    expect([await statusOf(session, one.key_id), await statusOf(session, other.key_id)]).toEqual([
      'revoked',
      'active',
    ]);
  });

  it('ends the key of an owner who is suspended: he may be let in again', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.suspend(ownerOf(session), 'unpaid', BY);
    expect((await reported({ key })).ended).toBe('key');
    await ring.suspend(ownerOf(session), null, BY);
    expect((await isolate().call(key)).status).toBe(401);
    expect(await statusOf(session, key_id)).toBe('revoked');
  });
});
