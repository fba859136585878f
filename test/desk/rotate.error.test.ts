import { beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import type { Ring } from '../../src/model/ports.ts';
import settings from '../settings.ts';
import {
  BY,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  later,
  now,
  ownerOf,
  refusalOf,
  ringStub,
  signIn,
  stytchCalls,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
let session: string;
let id: string;

const rotate = (body: unknown, verb = 'rotate', key = id) =>
  desk(session, 'POST', `/v1/keys/${key}/${verb}`, body);

beforeEach(async () => {
  await now();
  await emulator('DELETE', '/faults');
  session = await signIn();
  ({ key_id: id } = await issueKey(session));
  await emulator('DELETE', '/counters');
});

/** No rotation began, and Stytch was not asked for one. */
const nothingHappened = async () => {
  expect((await dumpOfRing(await ringStub(session))).rotations).toEqual([]);
  expect(Object.keys(await stytchCalls()).filter((each) => each.startsWith('m2m.rotate'))).toEqual([]);
};

describe('POST /v1/keys/{key_id}/rotate refuses', () => {
  it.each([
    ['no overlap at all', {}],
    ['a negative overlap', { overlap_seconds: -1 }],
    ['one of more than 30 days', { overlap_seconds: 30 * 86_400 + 1 }],
    ['half a second', { overlap_seconds: 0.5 }],
    ['a text', { overlap_seconds: '60' }],
    ['what is no number', { overlap_seconds: null }],
  ])('%s, by its pointer', async (_, body) => {
    expect(await refusalOf(await rotate(body))).toMatchObject({
      ...{ status: 400, code: 'request_invalid', ...NONE },
      errors: [{ pointer: '/overlap_seconds' }],
    });
    await nothingHappened();
  });

  it('what it does not know: nobody chooses a secret', async () => {
    for (const field of ['key', 'client_secret', 'next_client_secret', 'finishes_at', 'owner'])
      expect(await refusalOf(await rotate({ overlap_seconds: 0, [field]: 'x' }))).toMatchObject({
        ...{ status: 400, errors: [{ pointer: `/${field}`, detail: 'is not known here' }] },
      });
    await nothingHappened();
  });

  it('a key that has ended, and one that never was, alike', async () => {
    await desk(session, 'DELETE', `/v1/keys/${id}`);
    for (const key of [id, `${id.slice(0, 27)}${'0'.repeat(11)}`, 'nobody'])
      for (const verb of ['rotate', 'rotate/finish', 'rotate/cancel']) {
        const body = verb === 'rotate' ? { overlap_seconds: 0 } : undefined;
        expect(await refusalOf(await rotate(body, verb, key))).toEqual({
          ...{ status: 404, code: 'not_found', ...NONE },
        });
      }
    await nothingHappened();
  });

  it('who is suspended; what he has already, he may still end', async () => {
    const answer = await rotate({ overlap_seconds: 3_600 });
    expect(answer.status).toBe(200);
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.suspend(ownerOf(session), 'a test', BY);
    expect((await rotate(undefined, 'rotate/finish')).status).toBe(200);
    expect(await refusalOf(await rotate({ overlap_seconds: 0 }))).toEqual({
      ...{ status: 403, code: 'owner_suspended', ...NONE },
    });
  });

  it('a session whose user signed in too long ago: a new secret outlives it', async () => {
    const strict = latchkeyFor({ ...settings, desk: { maxAuthAgeSeconds: 60 } });
    await later(61);
    const answer = await isolate({}, strict).desk(session, 'POST', `/v1/keys/${id}/rotate`, {
      overlap_seconds: 0,
    });
    expect(await refusalOf(answer)).toMatchObject({
      ...{ status: 401, code: 'insufficient_user_authentication', max_age: 60 },
      challenge: expect.stringContaining(`Bearer realm="${DESK}"`),
    });
    await nothingHappened();
  });
});

describe('without a rotation', () => {
  it.each(['finish', 'cancel'])('there is nothing to %s: 409', async (verb) => {
    expect(await refusalOf(await rotate(undefined, `rotate/${verb}`))).toEqual({
      ...{ status: 409, code: 'not_rotating', ...NONE },
    });
    await nothingHappened();
  });
});
