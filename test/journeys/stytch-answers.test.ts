import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import { KeyRing } from '../worker.ts';
import {
  atStytch,
  call,
  cannotTell,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  stytchClients,
} from '../world.ts';

/** The template that setup installs: the owner of a client as claim `user_id`. */
const TEMPLATE = '{ "user_id": {{ client.trusted_metadata.user_id }} }';
const NONE = { challenge: null, retryAfter: null };

const set = (switches: Readonly<Record<string, string | number>>): Promise<unknown> =>
  emulator('PUT', '/switches', switches);

/** Issue, use, revoke; in the end there is nothing left at Stytch. */
const mainJob = async (): Promise<void> => {
  const session = await signIn();
  const { key, key_id } = await issueKey(session);
  expect((await call(key)).status).toBe(200);
  expect((await isolate().call(key)).status).toBe(200);
  expect((await stytchCalls()).token).toBe(1);
  expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
  expect(await refusalOf(await isolate().call(key))).toEqual(notGood('acme-api'));
  await vi.waitFor(async () => expect(await stytchClients(session)).toEqual([]), { interval: 5 });
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/switches');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('the main job', () => {
  let positions: Readonly<Record<string, readonly (string | number)[] | null>>;

  beforeAll(async () => {
    ({ positions } = (await emulator('GET', '/switches')) as { positions: typeof positions });
  });

  it('works in every position of every switch but the one that moves the issuer', async () => {
    const tried: string[] = [];
    for (const [name, values] of Object.entries(positions)) {
      for (const value of name === 'issuer' ? [] : (values ?? [])) {
        await emulator('DELETE', '/switches');
        await emulator('DELETE', '/counters');
        await set({ [name]: value });
        await mainJob();
        tried.push(`${name}: ${value}`);
      }
    }
    expect(tried.length).toBeGreaterThan(60);
  }, 120_000);

  it('works with the last position of all of them at once', async () => {
    const last = Object.entries(positions).flatMap(([name, values]) =>
      values === null || name === 'issuer' ? [] : [[name, values.at(-1) ?? '']],
    );
    await set(Object.fromEntries(last));
    await mainJob();
  });
});

describe('a secret that Stytch does not accept', () => {
  it.each([
    [401, 'none'],
    [401, 'basic'],
    [400, 'none'],
    [400, 'basic'],
  ] as const)(
    'is 401 with our own challenge, whether Stytch says %i and challenges with %s',
    async (status, challenge) => {
      await set({ tokenErrorStatus: status, tokenChallenge: challenge });
      const { key, key_id } = await issueKey(await signIn());
      await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
      expect(await refusalOf(await call(key))).toEqual(notGood('acme-api'));
      expect(await rooms.ORIGIN.records()).toEqual([]);
    },
  );

  it.each(['invalid_client', 'unauthorized_client', 'invalid_grant'] as const)(
    'is 401 when the client is not active and Stytch calls that %s; and works when it is active again',
    async (inactiveClientError) => {
      for (const tokenErrorStatus of [401, 400]) {
        await set({ inactiveClientError, tokenErrorStatus });
        const { key, key_id } = await issueKey(await signIn());
        const here = isolate();
        await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { status: 'inactive' });
        expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
        await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { status: 'active' });
        await later(31);
        expect((await here.call(key)).status).toBe(200);
      }
    },
  );
});

describe('a failure of the token endpoint', () => {
  it.each(['stytch', 'oauth'] as const)(
    'is 503 in the envelope %s, whatever it is',
    async (tokenFailureEnvelope) => {
      await set({ tokenFailureEnvelope });
      const { key } = await issueKey(await signIn());
      for (const wrong of [
        { kind: 'rateLimited' },
        { kind: 'status', status: 500 },
        { kind: 'status', status: 503 },
      ]) {
        await emulator('DELETE', '/faults');
        await fault('token', wrong);
        expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
      }
      expect(await rooms.ORIGIN.records()).toEqual([]);
      await emulator('DELETE', '/faults');
      expect((await call(key)).status).toBe(200);
    },
  );
});

describe('the issuer', () => {
  it('of a domain that the file does not name is foreign: a session is 401, a token cannot be believed', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    await set({ issuer: 'base_url' });
    const moved = await signIn();
    expect(await refusalOf(await desk(moved, 'GET', '/v1/keys'))).toEqual(notGood(DESK));
    expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
    expect(await rooms.ORIGIN.records()).toEqual([]);
    await set({ issuer: 'project' });
    expect((await isolate().call(key)).status).toBe(200);
  });

  it.each(['project', 'base_url'] as const)('%s is good where the file names the domain', async (issuer) => {
    const onDomain = latchkeyFor({ ...settings, stytch: { ...settings.stytch, domain: 'stytch.test' } });
    const ports = vi.spyOn(KeyRing.prototype as unknown as { ports: (env: Env) => object }, 'ports');
    ports.mockImplementation((vars) => onDomain(vars).ringPorts());
    await set({ issuer });
    const here = isolate({}, onDomain);
    const session = await signIn();
    const made = await here.desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    const { key } = await made.json<{ key: string }>();
    inUse(key);
    expect((await here.call(key)).status).toBe(200);
    expect(ports).toHaveBeenCalled();
    ports.mockRestore();
  });
});

describe('the audience of a template', () => {
  afterEach(() => emulator('PUT', '/template', { template_content: TEMPLATE, custom_audience: '' }));

  it.each(['appended', 'replaced'] as const)(
    'that is %s makes the token good for others: not believed',
    async (customAudience) => {
      await set({ customAudience });
      await emulator('PUT', '/template', {
        template_content: TEMPLATE,
        custom_audience: 'https://other.test',
      });
      const { key } = await issueKey(await signIn());
      expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
      expect(await rooms.ORIGIN.records()).toEqual([]);
    },
  );
});

describe('a template', () => {
  afterEach(() => emulator('PUT', '/template', { template_content: TEMPLATE, custom_audience: '' }));

  it.each(['{}', '{ "owner": {{ client.trusted_metadata.user_id }} }'])(
    'that does not say whose key it is (%s) lets nobody in, and is no verdict on the key',
    async (template_content) => {
      await emulator('PUT', '/template', { template_content });
      const { key } = await issueKey(await signIn());
      expect(await refusalOf(await isolate().call(key))).toEqual(cannotTell());
      await emulator('PUT', '/template', { template_content: TEMPLATE });
      expect((await isolate().call(key)).status).toBe(200);
    },
  );
});

describe('the creation of a client', () => {
  it.each([
    ['createStatus', 200],
    ['createStatus', 201],
    ['m2mErrorStatus', 400],
    ['m2mErrorStatus', 409],
    ['m2mErrorStatus', 422],
  ] as const)('whose first answer was lost is found to be done (%s: %i)', async (name, value) => {
    await set({ [name]: value });
    const session = await signIn();
    await fault('m2m.create', { kind: 'cut', effect: 'done', times: 1 });
    const { key, key_id } = await issueKey(session);
    expect(await stytchClients(session)).toEqual([key_id]);
    expect((await call(key)).status).toBe(200);
  });

  it.each([
    ['too_many_m2m_clients_for_billing_tier', { maximumClients: 1 }],
    ['client_secret_too_long', { maximumSecretLength: 43 }],
    ['insecure_m2m_client_secret', { secretEntropyBits: 100_000 }],
    ['too_many_m2m_client_scopes', { maximumScopes: 1 }],
  ] as const)(
    'that Stytch refuses with %s is 502, in whatever status, and takes no slot',
    async (code, limits) => {
      for (const m2mErrorStatus of [400, 409, 422]) {
        await emulator('DELETE', '/switches');
        await issueKey(await signIn());
        await set({ ...limits, m2mErrorStatus });
        const session = await signIn();
        const wish = { name: 'n', scopes: ['items:read', 'items:write'] };
        const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', wish));
        expect(refused).toEqual({ status: 502, code: 'client_refused', ...NONE });
        expect([code, await dumpOfRing(await ringStub(session))]).toEqual([code, {}]);
        expect(await stytchClients(session)).toEqual([]);
      }
    },
  );

  it('with a secret of ours is strong enough for 200 bits, and no longer than 44 characters', async () => {
    await set({ secretEntropyBits: 200, maximumSecretLength: 44, clientIdRule: 'url_safe' });
    await mainJob();
  });
});

describe('the deletion of a client', () => {
  it.each(['not_found', 'ok'] as const)('that was done and not heard is done (%s)', async (secondDelete) => {
    await set({ secondDelete });
    const session = await signIn();
    const { key_id } = await issueKey(session);
    await fault('m2m.delete', { kind: 'cut', effect: 'done', times: 1 });
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () => expect((await dumpOfRing(ring)).intentions).toEqual([]));
    expect(await stytchClients(session)).toEqual([]);
  });

  it.each(['not_found', 'ok'] as const)(
    'of a client that somebody else deleted is done (%s)',
    async (secondDelete) => {
      await set({ secondDelete });
      const session = await signIn();
      const { key_id } = await issueKey(session);
      await atStytch('DELETE', `/v1/m2m/clients/${key_id}`);
      await desk(session, 'DELETE', `/v1/keys/${key_id}`);
      const ring = await ringStub(session);
      await runDurableObjectAlarm(ring);
      await vi.waitFor(async () => expect((await dumpOfRing(ring)).intentions).toEqual([]));
    },
  );

  it('that is refused while Stytch rotates the secret is tried until it is not', async () => {
    await set({ deleteWhileRotating: 'refused' });
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await atStytch('POST', `/v1/m2m/clients/${key_id}/secrets/rotate/start`, {});
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect(await refusalOf(await call(key))).toEqual(notGood('acme-api'));
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () =>
      expect((await dumpOfRing(ring)).intentions).toMatchObject([{ attempts: 1 }]),
    );
    expect(await stytchClients(session)).toEqual([key_id]);
    await atStytch('POST', `/v1/m2m/clients/${key_id}/secrets/rotate/cancel`, {});
    await later(61);
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(ring);
      expect((await dumpOfRing(ring)).intentions).toEqual([]);
    });
    expect(await stytchClients(session)).toEqual([]);
  });

  it.each(['reusable', 'taken'] as const)(
    'leaves a client_id that is never asked for again (%s)',
    async (deletedClientId) => {
      await set({ deletedClientId });
      const session = await signIn();
      const first = await issueKey(session);
      await desk(session, 'DELETE', `/v1/keys/${first.key_id}`);
      await vi.waitFor(async () => expect(await stytchClients(session)).toEqual([]));
      const second = await issueKey(session);
      expect(second.key_id).not.toBe(first.key_id);
      expect((await call(second.key)).status).toBe(200);
      expect(await refusalOf(await isolate().call(first.key))).toEqual(notGood('acme-api'));
    },
  );
});

describe('a session', () => {
  it.each(['present', 'absent'] as const)(
    'of a user with the one role that everybody has may issue (roles %s)',
    async (sessionRolesClaim) => {
      await set({ sessionRolesClaim });
      await mainJob();
    },
  );

  it('whose roles are there and empty may issue nothing', async () => {
    const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
    await emulator('POST', '/seed', { users: [{ ...user, roles: [] }] });
    const refused = await desk(await signIn(user), 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    expect(await refusalOf(refused)).toEqual({
      ...{ status: 403, code: 'scope_not_grantable', ...NONE },
      scopes: ['items:read'],
    });
  });
});
