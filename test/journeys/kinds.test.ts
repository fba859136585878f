import { beforeEach, describe, expect, it } from 'vitest';
import { call, emulator, notGood, refusalOf, rooms, signIn } from '../world.ts';

beforeEach(() => rooms.ORIGIN.reset());

describe('a route that names the kinds of credential it takes', () => {
  it('refuses a session JWT with 403, and the origin is not called', async () => {
    const refused = await call(await signIn(), '/v1/pairs');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([403, null]);
    expect(await refused.json()).toMatchObject({ code: 'credential_kind_not_allowed' });
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('an M2M access token of a client that nobody imported', () => {
  it('is not taken on any route of an API host', async () => {
    const { token } = (await emulator('POST', '/tokens', { kind: 'm2m' })) as { token: string };
    for (const path of ['/v1/any/x', '/v1/items/1', '/optional/x']) {
      expect(await refusalOf(await call(token, path))).toEqual(notGood('acme-api'));
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
