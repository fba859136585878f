import { beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../oauth.ts';
import { inUse } from '../secrets.ts';
import { API, DESK, desk, emulator, isolate, issueKey, post, send, signIn } from '../world.ts';

/** What browsers are told by every answer of the Desk's host, whoever asks and whatever it is. */
const TOLD = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': expect.stringContaining('camera=()'),
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** An isolate in which a Ring cannot even be named. */
const broken = () =>
  isolate({
    KEY_RING: {
      getByName: () => {
        throw new Error('a bug');
      },
    },
  });

beforeEach(() => emulator('DELETE', '/faults'));

describe('WEB-04, WEB-10 › what an answer of the Desk that is no page says to browsers', () => {
  it.each<readonly [string, () => Promise<Response>, number]>([
    ['a list', async () => desk(await signIn(), 'GET', '/v1/keys'), 200],
    [
      'a key',
      async () => desk(await signIn(), 'POST', '/v1/keys', { name: 'a', scopes: ['items:read'] }),
      201,
    ],
    ['an export', () => send(`${DESK}/v1/users/user-test-1/export`), 401],
    ['a refusal', () => send(`${DESK}/v1/keys`), 401],
    ['what is not there', () => send(`${DESK}/nothing`), 404],
    ['another method', () => send(`${DESK}/v1/whoami`, { method: 'PUT' }), 405],
    ['another type', async () => post(await signIn(), 'x', 'text/plain'), 415],
    ['early data', () => send(`${DESK}/healthz`, { headers: { 'early-data': '1' } }), 425],
    ['a bug', async () => broken().desk(await signIn(), 'GET', '/v1/keys'), 500],
    ['an OAuth error', () => ask('token', {}), 400],
    ['a webhook', () => send(`${DESK}/webhooks/stytch`, { method: 'POST', body: '{}' }), 400],
    ['metadata', () => send(`${DESK}/.well-known/oauth-authorization-server`), 200],
    ['the keys of assertions', () => send(`${DESK}/.well-known/jwks.json`), 200],
    ['the description', () => send(`${DESK}/openapi.json`), 200],
    ['what explains a refusal', () => send(`${DESK}/problems/not_found`), 200],
  ])('%s', async (_, answered, status) => {
    const answer = await answered();
    if (status === 201) inUse(((await answer.json()) as { key: string }).key);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ ...TOLD, 'content-security-policy': NOTHING });
  });

  it('the page that describes it loads its own style, and says the same besides', async () => {
    const answer = await send(`${DESK}/docs`);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...TOLD,
      'content-security-policy':
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
  });

  it('the API’s host says nothing of the kind: what browsers may do there is for the origin to say', async () => {
    const { key } = await issueKey(await signIn());
    const authorization = `Bearer ${key}`;
    for (const answer of [
      await send(`${API}/v1/items/1`, { headers: { authorization } }),
      await send(`${API}/v1/items/1`),
      await broken().call(key),
    ])
      for (const name of ['strict-transport-security', 'content-security-policy', 'x-frame-options'])
        expect(answer.headers.get(name)).toBeNull();
  });
});
