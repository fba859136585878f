import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { ask, bearer, member, textOf } from '../../../demo/http.ts';
import { secretsIn } from '../../spellings.ts';
import { callLatchkey } from './recorder.ts';
import { eventually, type Surroundings, surroundings, workerdOf } from './served.ts';
import { newUser } from './stage.ts';

let around: Surroundings;
beforeAll(async () => {
  around = await surroundings();
});
beforeEach(() => around.renew());
afterAll(() => around.stop());

const issue = (session: string, body: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  ask(`${around.desk}/v1/keys`, {
    headers: { ...bearer(session), ...headers },
    body: { name: 'served', scopes: ['items:read'], ...body },
  });

const newKey = async (session: string, body: object = {}) => {
  const answer = await issue(session, body);
  expect(answer.status, answer.text).toBe(201);
  return { key: textOf(answer.json, 'key'), keyId: textOf(answer.json, 'key_id') };
};

const revoke = (session: string, keyId: string) =>
  ask(`${around.desk}/v1/keys/${keyId}`, { method: 'DELETE', headers: bearer(session) });

const statusWith = async (key: string): Promise<number> =>
  (await ask(`${around.api}/v1/items/1`, { headers: bearer(key) })).status;

/** What came of requests that are sent one after another, whatever becomes of the server, until it is enough. */
const load = (key: string, pauseMs = 5) => {
  const statuses: (number | 'nobody')[] = [];
  let isEnough = false;
  const done = (async () => {
    while (!isEnough) {
      statuses.push(await statusWith(key).catch(() => 'nobody' as const));
      await wait(pauseMs);
    }
  })();
  return {
    statuses,
    admitted: (): number => statuses.filter((status) => status === 200).length,
    end: async () => {
      isEnough = true;
      await done;
    },
  };
};

const fault = (body: object) => ask(`${around.stytch}/_emulator/faults`, { body });

const callsOf = async (endpoint: string): Promise<number> =>
  Number(member((await ask(`${around.stytch}/_emulator/counters`)).json, 'calls', endpoint) ?? 0);

/** The ids of all clients of our grammar that Stytch has. */
const clientsOfStytch = async (): Promise<readonly string[]> => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const { json, text } = await ask(`${around.stytch}/v1/m2m/clients/search`, {
    headers: { Authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}` },
    body: { limit: 1_000 },
  });
  const found = member(json, 'm2m_clients');
  if (!Array.isArray(found)) throw new Error(`no clients: ${text}`);
  return found.map((client) => textOf(client, 'client_id')).filter((id) => id.startsWith('acme_'));
};

/** All that a folder has in its files. */
const contents = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

/** Of a day, so that no test is longer than its window. */
const LIMIT = 100;

describe('serve › a kill at any moment', () => {
  test('of workerd, then of the supervisor, under load: keys, revocations, limits and the trail are there, and no secret', async () => {
    const first = around.start();
    await first.serving();
    const { session } = await newUser(around.stytch);
    const [good, ended] = [
      await newKey(session, { limit: { requests: LIMIT, per_seconds: 86_400 } }),
      await newKey(session),
    ];
    expect(await statusWith(ended.key)).toBe(200);
    expect((await revoke(session, ended.keyId)).status).toBe(200);

    const traffic = load(good.key);
    await eventually(traffic.admitted).toBeGreaterThan(5);
    const workerd = workerdOf(around.state);
    process.kill(workerd, 'SIGKILL');
    await first.serving(2);
    expect(workerdOf(around.state)).not.toBe(workerd);
    const before = traffic.admitted();
    await eventually(traffic.admitted).toBeGreaterThan(before);

    first.signal('SIGKILL');
    await first.ended;
    const second = around.start();
    await second.serving();
    await eventually(() => traffic.statuses.at(-1)).toBe(429);
    await traffic.end();
    expect(new Set(traffic.statuses)).toEqual(new Set([200, 429, 'nobody']));
    expect(traffic.admitted()).toBeGreaterThan(before);
    expect(traffic.admitted()).toBeLessThanOrEqual(LIMIT);
    expect(await statusWith(ended.key)).toBe(401);
    const trail = await ask(`${around.desk}/v1/audit`, { headers: bearer(session) });
    for (const what of ['key.created', 'key.revoked']) expect(trail.text).toContain(what);

    const everything = [
      contents(around.state),
      ...[first, second].flatMap((each) => [each.log(), each.told()]),
    ];
    expect(everything.join()).toContain(good.keyId);
    const secrets = [...Object.values(around.secrets), good.key, ended.key, session];
    const parts = secrets.flatMap((secret) => [secret, ...(secret.match(/[\w-]{43,}/g) ?? [])]);
    expect(secretsIn(everything.join('\n'), parts)).toEqual([]);
  });

  test('between Stytch and us, in an issue: what is repeated makes one key', async () => {
    const first = around.start();
    await first.serving();
    const { session } = await newUser(around.stytch);
    const name = { 'Idempotency-Key': 'once' };
    // Stytch makes the client, and we do not live to hear of it.
    await fault({ endpoint: 'm2m.create', kind: 'hang', effect: 'done', times: 1 });
    const lost = issue(session, {}, name).catch(() => null);
    await eventually(() => callsOf('m2m.create')).toBe(1);
    first.signal('SIGKILL');
    await Promise.all([first.ended, lost]);

    // A creation that nobody waits for is given up after a minute.
    const second = around.start({ env: { CLOCK_OFFSET_SECONDS: '150' } });
    await second.serving();
    expect((await issue(session, {}, name)).status).toBe(409);
    // Whatever an owner does has his Ring look at what is due.
    const other = await newKey(session);
    await eventually(() => callsOf('m2m.delete')).toBeGreaterThan(0);
    await eventually(async () => (await issue(session, {}, name)).status).toBe(201);
    const again = await issue(session, {}, name);
    expect(again.json).toMatchObject({ key: null });
    const listed = await ask(`${around.desk}/v1/keys`, { headers: bearer(session) });
    const ids = (member(listed.json, 'data') as readonly object[]).map((each) => textOf(each, 'key_id'));
    expect(ids.sort()).toEqual([other.keyId, textOf(again.json, 'key_id')].sort());
    expect([...(await clientsOfStytch())].sort()).toEqual(ids);
  });

  test('with something still to be told to Stytch: the alarm tells it after the restart', async () => {
    const first = around.start();
    await first.serving();
    const { session } = await newUser(around.stytch);
    const { key, keyId } = await newKey(session);
    expect(await statusWith(key)).toBe(200);
    await fault({ endpoint: 'm2m.delete', kind: 'status', status: 500 });
    expect((await revoke(session, keyId)).status).toBe(200);
    await eventually(() => callsOf('m2m.delete')).toBeGreaterThan(0);
    process.kill(workerdOf(around.state), 'SIGKILL');
    await first.serving(2);
    expect(await clientsOfStytch()).toContain(keyId);
    await ask(`${around.stytch}/_emulator/faults`, { method: 'DELETE' });
    // Nobody asks the Ring for anything: it wakes by itself.
    await eventually(clientsOfStytch).not.toContain(keyId);
    expect(await statusWith(key)).toBe(401);
  });
});

describe('serve › backup', () => {
  const backup = (to: string) =>
    callLatchkey(['serve', 'backup', '--state', around.state, '--to', to, '--json'], {
      folder: around.folder,
    });

  test('made under load and put in the place of what is lost, the keys are there; what was ended since is dead', async () => {
    const first = around.start();
    await first.serving();
    const { session } = await newUser(around.stytch);
    const [good, ended, endedLater] = [await newKey(session), await newKey(session), await newKey(session)];
    for (const { key } of [good, ended, endedLater]) expect(await statusWith(key)).toBe(200);
    expect((await revoke(session, ended.keyId)).status).toBe(200);

    // No more than the limit has in its window.
    const traffic = load(good.key, 100);
    const copied = join(around.folder, 'backup');
    const made = await backup(copied);
    await traffic.end();
    expect([made.code, JSON.parse(made.said)], made.told).toMatchObject([0, { to: copied }]);
    expect(new Set(traffic.statuses)).toEqual(new Set([200]));
    expect((await backup(copied)).told).toContain('is there already');
    expect(readdirSync(copied).sort()).toEqual(['KeyRing', 'Lobby']);
    expect((await revoke(session, endedLater.keyId)).status).toBe(200);
    await eventually(clientsOfStytch).not.toContain(endedLater.keyId);

    first.signal('SIGTERM');
    await first.ended;
    rmSync(join(around.state, 'objects'), { recursive: true });
    cpSync(copied, join(around.state, 'objects'), { recursive: true });
    const second = around.start();
    await second.serving();
    expect(await statusWith(good.key)).toBe(200);
    expect(await statusWith(ended.key)).toBe(401);
    // Its Ring has forgotten that, and Stytch has not.
    expect(await statusWith(endedLater.key)).toBe(401);
    rmSync(copied, { recursive: true });
  });

  test('of a server that never was there is none', async () => {
    const made = await backup(join(around.folder, 'none'));
    expect([made.code, made.told]).toEqual([1, expect.stringContaining('no server ran')]);
  });
});
