import { listDurableObjectIds } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { logged } from '../secrets.ts';
import { API, emulator, isolate, rooms, stytchCalls } from '../world.ts';

beforeEach(async () => {
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

const base64url = (value: unknown): string =>
  btoa(JSON.stringify(value)).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');

const random = (length: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => (byte % 36).toString(36)).join('');

/** A token that somebody made up for a user whom nobody knows. */
const forged = (): string => {
  const header = base64url({ alg: 'RS256', typ: 'JWT', kid: `kid-${random(8)}` });
  const claims = { sub: `user-test-${crypto.randomUUID()}`, exp: 4_000_000_000, iat: 1 };
  return `${header}.${base64url(claims)}.${random(342)}`;
};

/** What strangers send who have nothing. */
const BOGUS: readonly (() => RequestInit & { readonly path?: string })[] = [
  () => ({ headers: { authorization: `Bearer acme_test_${random(28)}_${random(61)}` } }),
  () => ({ headers: { 'x-api-key': `oldacme_test_${random(28)}_${random(61)}` } }),
  () => ({ headers: { authorization: `Basic ${btoa(`acme_test_${random(28)}:${random(61)}`)}` } }),
  () => ({ headers: { authorization: `Bearer ${random(40)}` } }),
  () => ({ headers: { authorization: `Digest ${random(40)}` } }),
  () => ({ headers: {} }),
  () => ({ headers: {}, path: '/public/1' }),
  () => ({ headers: {}, path: '/.well-known/oauth-protected-resource/v1/items/1' }),
  () => ({ headers: {}, path: `/${random(12)}` }),
  () => ({
    method: 'OPTIONS',
    headers: { origin: 'https://evil.test', 'access-control-request-method': 'GET' },
  }),
];

describe('DOS-11 › ten thousand strangers', () => {
  it('make no Durable Object and ask neither KV nor Stytch, and each is one line of the log', async () => {
    const before = await listDurableObjectIds(rooms.KEY_RING);
    const here = isolate();
    const lines = logged().length;
    const requests = 10_000;
    for (let i = 0; i < requests; i++) {
      const { path = '/v1/items/1', ...init } = BOGUS[i % BOGUS.length]?.() ?? {};
      // Not asked of the origin: that is not what is counted here, and 10,000 answers are.
      const url = path === '/public/1' ? `${API}/public/1?api_key=x` : API + path;
      await (await here.fetch(url, init)).body?.cancel();
    }
    expect(here.calls).toEqual([]);
    expect(await stytchCalls()).toEqual({});
    expect(await listDurableObjectIds(rooms.KEY_RING)).toEqual(before);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    // DOS-12: a line for each, whatever was sent, and no longer than what is ours.
    const said = logged().slice(lines);
    expect(said).toHaveLength(requests);
    for (const line of said) expect(JSON.stringify(line).length).toBeLessThan(600);
  });

  it('with forged sessions of as many users make none either', async () => {
    const before = await listDurableObjectIds(rooms.KEY_RING);
    const here = isolate();
    for (let i = 0; i < 200; i++) {
      const { status } = await here.fetch(`${API}/v1/any/1`, {
        headers: { authorization: `Bearer ${forged()}` },
      });
      expect(status).toBe(401);
    }
    expect(here.calls.filter((call) => call.startsWith('ring'))).toEqual([]);
    expect(await listDurableObjectIds(rooms.KEY_RING)).toEqual(before);
    // DOS-04: an unknown key of Stytch's is looked for once in a while, not for each.
    const jwks = Object.entries(await stytchCalls()).filter(([endpoint]) => /jwks/.test(endpoint));
    expect(jwks.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(2);
  });
});
