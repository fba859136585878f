import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { ANSWERS } from '../../src/http/answers.ts';
import { latchkey } from '../worker.ts';
import { API, DESK, emulator, fault, isolate, PROJECT, refusalOf, rooms, send } from '../world.ts';

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.VAULT.delete(`j1.${PROJECT}`);
});

describe('GET /healthz', () => {
  it('says that the Worker runs, whatever else does not', async () => {
    await fault('*', { kind: 'status', status: 500 });
    const here = isolate();
    const answer = await here.fetch(`${DESK}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(here.calls).toEqual([]);
  });

  it('does not care for credentials, good or bad', async () => {
    const headers = { authorization: 'Bearer nonsense', cookie: 'a=b' };
    expect((await send(`${DESK}/healthz`, { headers })).status).toBe(200);
  });

  it('is served by the Desk alone: on an API host it is a path like any other', async () => {
    expect((await send(`${API}/healthz`)).status).toBe(404);
  });
});

describe('GET /readyz', () => {
  const ready = async (here: { fetch: (url: string) => Promise<Response> }) => {
    const answer = await here.fetch(`${DESK}/readyz`);
    return [answer.status, await answer.json()];
  };

  it('is 200 when tokens can be checked and KV can be read', async () => {
    const checks = { signing_keys: true, assertion_keys: true, kv: true };
    expect(await ready(isolate())).toEqual([200, { status: 'ready', checks }]);
  });

  it('is 503 while no signing keys can be had, and says which it is', async () => {
    await fault('jwks', { kind: 'status', status: 500 });
    const checks = { signing_keys: false, assertion_keys: true, kv: true };
    expect(await ready(isolate())).toEqual([503, { status: 'not ready', checks }]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('KV is down'))],
    ['hangs', () => new Promise(() => undefined)],
  ])('is 503 while KV %s; the keys are then had from Stytch', async (_, fails) => {
    const VAULT = { get: fails, put: fails, delete: fails };
    const checks = { signing_keys: true, assertion_keys: true, kv: false };
    expect(await ready(isolate({ VAULT }))).toEqual([503, { status: 'not ready', checks }]);
  });

  it('asked a hundred times, it asks Stytch once', async () => {
    const here = isolate();
    for (let i = 0; i < 100; i++) await ready(here);
    const { calls } = (await emulator('GET', '/counters')) as { calls: Record<string, number> };
    expect(calls.jwks).toBeLessThanOrEqual(2);
  });
});

describe('GET /.well-known/jwks.json', () => {
  it('publishes the public halves of the assertion keys, and for how long they may be kept', async () => {
    const answer = await send(`${DESK}/.well-known/jwks.json`);
    const { ASSERTION_JWKS } = env as unknown as { ASSERTION_JWKS: string };
    const [{ kty, crv, x, y, kid }] = JSON.parse(ASSERTION_JWKS).keys;
    expect(await answer.json()).toEqual({ keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300',
    });
  });

  it('publishes both keys while one follows the other', async () => {
    const privateJwk = await jwkPair('second');
    const first = JSON.parse((env as unknown as { ASSERTION_JWKS: string }).ASSERTION_JWKS).keys[0];
    const ASSERTION_JWKS = JSON.stringify({ keys: [first, privateJwk] });
    const answer = await isolate({ ASSERTION_JWKS }, latchkey).fetch(`${DESK}/.well-known/jwks.json`);
    const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
    expect(keys.map((key) => key.kid)).toEqual([first.kid, 'second']);
    for (const key of keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });
});

describe('GET /problems/{code}', () => {
  it.each([...new Set(Object.values(ANSWERS).map(({ code }) => code))])('explains %s', async (code) => {
    const answer = await send(`${DESK}/problems/${code}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await answer.text()).toContain(code);
  });

  it.each(['nothing', 'constructor', '%3Cscript%3E'])('of %s there is nothing to say', async (code) => {
    const refused = await refusalOf(await send(`${DESK}/problems/${code}`));
    expect(refused).toEqual({ status: 404, code: 'not_found', challenge: null, retryAfter: null });
  });
});

/** A key pair for assertions, as the operator's secret has it. */
const jwkPair = async (kid: string) => {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const { kty, crv, x, y, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey;
  return { kty, crv, x, y, d, alg: 'ES256', kid };
};
