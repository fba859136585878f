import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { exchangeAt, foreignClient, lobbiesUnder, madeUpPair, newLobby } from '../foreign.ts';
import {
  atStytchNow,
  begin,
  callsOfM2M,
  countsOf,
  emptyStytch,
  keyOfSomebody,
  mark,
  nextSlice,
  type ReconcilingLobby,
  reconciled,
  reportIn,
  runDueAt,
  strayClient,
} from '../reconciliation.ts';
import { logged } from '../secrets.ts';
import { KeyRing, Lobby, latchkey } from '../worker.ts';
import { dumpOfRing, emulator, fault, issueKey, later, now, rooms } from '../world.ts';

const DAYS = 86_400;

/** As long as Stytch says that it does not want to be called, it is not called again at once. */
const SILENCE = { kind: 'rateLimited', retryAfter: 2 };

let lobby: ReconcilingLobby;
let mock: { readonly mockRestore: () => void } | null = null;

beforeEach(async () => {
  await emptyStytch();
  // What Stytch gives is what counts, not how much of it was asked for.
  await emulator('PUT', '/switches', { maximumPage: 10 });
  lobby = newLobby();
});
afterEach(async () => {
  mock?.mockRestore();
  await now();
});

/** Clients of another brand, whom no Ring is asked about. By default two pages and three. */
const manyClients = async (count = 23): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, i) => strayClient({}, `other_test_${i}`)));
};

const searches = async (): Promise<number> => (await callsOfM2M())['m2m.search'] ?? 0;

/** How long a Lobby waits for its next slice, in milliseconds; null when none comes. */
const waitOf = async (it: DurableObjectStub): Promise<number | null> => {
  const dueAt = await runDueAt(it);
  return dueAt === null ? null : dueAt - Date.now();
};

const lastLine = () => logged().findLast(({ event }) => event === 'reconciliation');

describe('a run', () => {
  it('asks for 250 clients at a time', async () => {
    await emulator('PUT', '/switches', { maximumPage: 0 });
    for (let made = 0; made < 260; made += 10)
      await Promise.all(Array.from({ length: 10 }, (_, i) => strayClient({}, `other_test_${made + i}`)));
    await begin(lobby);
    expect((await nextSlice(lobby)).clients).toBe(250);
    expect(await nextSlice(lobby)).toMatchObject({ clients: 260, status: 'done' });
  });

  it('has a page of clients done in each slice, a second apart', async () => {
    await manyClients();
    const begun = await begin(lobby);
    expect(begun).toMatchObject({ status: 'running', clients: 0, finishedAt: null, because: null, by: null });
    const steps: unknown[] = [];
    for (let slice = 1; slice <= 3; slice++)
      steps.push([(await nextSlice(lobby)).clients, await waitOf(lobby)]);
    expect(steps).toEqual([
      [10, 1000],
      [20, 1000],
      [23, null],
    ]);
    const { id, startedAt } = begun;
    expect(await reportIn(lobby)).toMatchObject({ id, startedAt, status: 'done', finishedAt: Date.now() });
    expect(await searches()).toBe(3);
  });

  it('does nothing before its next slice is due', async () => {
    await manyClients(11);
    await begin(lobby);
    await nextSlice(lobby);
    for (let i = 0; i < 3; i++) expect(await runDurableObjectAlarm(lobby)).toBe(true);
    expect([await searches(), (await reportIn(lobby)).clients]).toEqual([1, 10]);
  });

  it('waits longer after a slice of which much is to be done at Stytch: ten calls a second', async () => {
    await emulator('PUT', '/switches', { searchOrder: 'oldest_first' });
    for (let i = 0; i < 8; i++) await strayClient(mark(DAYS));
    await manyClients(3);
    await begin(lobby);
    expect(countsOf(await nextSlice(lobby))).toEqual({ orphan: 8, foreign: 2 });
    expect(await waitOf(lobby)).toBe(1000 + 8 * 100);
  });

  it('goes on where it was though the Lobby is evicted between its slices', async () => {
    await manyClients();
    const { id } = await begin(lobby);
    for (const clients of [10, 20, 23]) {
      await evictDurableObject(lobby);
      expect(await nextSlice(lobby)).toMatchObject({ id, clients });
    }
    expect(await searches()).toBe(3);
  });

  it('has a slice that was cut off done again, and counts it once', async () => {
    await manyClients(10);
    const { clientId } = await strayClient(mark(DAYS));
    const { startedAt } = await begin(lobby);
    await fault('m2m.search', { kind: 'hang' });
    const cut = runDurableObjectAlarm(lobby).catch(() => null);
    // Not vi.waitFor: it moves the clock.
    while ((await searches()) === 0) await scheduler.wait(1);
    await runInDurableObject(lobby, (_object, state) => state.abort('the machine died')).catch(() => null);
    await emulator('DELETE', '/faults');
    await cut;
    const again = rooms.LOBBY.get(lobby.id) as unknown as ReconcilingLobby;
    expect([await runDueAt(again), (await reportIn(again)).clients]).toEqual([startedAt + 600_000, 0]);
    expect(await nextSlice(again)).toMatchObject({ clients: 10, counts: { orphan: 1 } });
    expect(await atStytchNow(clientId)).toBeNull();
  });

  it('is the only one, of ten that are begun at once', async () => {
    const request = { dryRun: false, by: null, maxOrphans: null };
    const started = await Promise.all(Array.from({ length: 10 }, () => lobby.startReconciliation(request)));
    expect(started.filter(({ ok }) => ok).length).toBe(1);
    expect(started.filter(({ ok }) => !ok)).toEqual(
      Array(9).fill({ ok: false, refusal: { reason: 'reconciliation_running' } }),
    );
    await nextSlice(lobby);
    expect([await searches(), (await reportIn(lobby)).status]).toEqual([1, 'done']);
  });

  it('may be followed by another, which begins anew', async () => {
    await manyClients(10);
    const first = await begin(lobby);
    await nextSlice(lobby);
    const second = await begin(lobby, { dryRun: true });
    expect(second).toMatchObject({ clients: 0, dryRun: true, status: 'running' });
    expect(second.id).not.toBe(first.id);
    expect(await nextSlice(lobby)).toMatchObject({ id: second.id, clients: 10, status: 'done' });
  });

  it('is told in the log when it is over', async () => {
    await strayClient({});
    const { id } = await reconciled();
    expect(lastLine()).toMatchObject({
      ...{ outcome: 'done', because: null, id, dry_run: false },
      ...{ clients: 1, unmarked: 1, orphan: 0, orphans_left: 0 },
    });
  });

  it('is over after 23 hours, so that the next day’s can begin', async () => {
    await manyClients(11);
    await begin(lobby);
    await nextSlice(lobby);
    await later(82_801);
    await runDurableObjectAlarm(lobby);
    expect(await reportIn(lobby)).toMatchObject({ status: 'failed', because: 'it took too long' });
    expect(await searches()).toBe(1);
  });
});

describe('while Stytch is silent', () => {
  it('a run waits at its page, longer each time, and goes on from there', async () => {
    await manyClients();
    await begin(lobby);
    await nextSlice(lobby);
    await fault('m2m.search', SILENCE);
    const waits: (number | null)[] = [];
    for (let i = 0; i < 9; i++) {
      expect(await nextSlice(lobby)).toMatchObject({ status: 'running', clients: 10 });
      waits.push(await waitOf(lobby));
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300].map((seconds) => seconds * 1000));
    await emulator('DELETE', '/faults');
    expect((await nextSlice(lobby)).clients).toBe(20);
    await fault('m2m.search', { ...SILENCE, times: 1 });
    expect([(await nextSlice(lobby)).clients, await waitOf(lobby)]).toEqual([20, 2000]);
    expect(await nextSlice(lobby)).toMatchObject({ clients: 23, status: 'done', because: null });
    expect(await searches()).toBe(1 + 9 + 1 + 1 + 1);
  });

  it('a run comes back when Stytch wants it to', async () => {
    await begin(lobby);
    await fault('m2m.search', { kind: 'rateLimited', retryAfter: 40, times: 1 });
    await nextSlice(lobby);
    expect([await waitOf(lobby), await searches()]).toEqual([40_000, 1]);
    expect(await nextSlice(lobby)).toMatchObject({ status: 'done' });
  });

  it('a run stops deleting orphans, and waits as long as Stytch wants it to', async () => {
    await manyClients(10);
    for (let i = 0; i < 6; i++) await strayClient(mark(DAYS));
    await fault('m2m.delete', { kind: 'rateLimited', retryAfter: 30 });
    await begin(lobby);
    expect(countsOf(await nextSlice(lobby))).toEqual({ failed: 6, foreign: 4 });
    expect(await waitOf(lobby)).toBe(30_000);
    expect((await callsOfM2M())['m2m.delete']).toBeLessThanOrEqual(5);
  });

  it.each([
    ['gives nothing', SILENCE, 'Stytch gives no clients: status 429'],
    [
      'says no',
      { kind: 'status', status: 401, body: { error_type: 'unauthorized_credentials', status_code: 401 } },
      'Stytch gives no clients: unauthorized_credentials',
    ],
  ])('and %s for an hour, a run ends and says so; the next begins anew', async (_, wrong, because) => {
    await manyClients(11);
    await begin(lobby);
    await nextSlice(lobby);
    await fault('m2m.search', wrong);
    const report = await untilOver();
    expect(report).toMatchObject({ status: 'failed', because, clients: 10, finishedAt: Date.now() });
    expect(await waitOf(lobby)).toBeNull();
    expect(lastLine()).toMatchObject({ outcome: 'failed', because });
    await emulator('DELETE', '/faults');
    await begin(lobby);
    expect(await nextSlice(lobby)).toMatchObject({ status: 'running', clients: 10 });
  });

  /** Slices until the run is over; the last one is an hour after the first that failed, and no later than the next try. */
  const untilOver = async () => {
    const since = Date.now();
    for (;;) {
      const report = await nextSlice(lobby);
      if (report.finishedAt === null) continue;
      expect(report.finishedAt - since).toBeGreaterThan(3_600_000);
      expect(report.finishedAt - since).toBeLessThan(3_600_000 + 310_000);
      return report;
    }
  };
});

describe('a Ring', () => {
  it.each([
    ['that fails', () => Promise.reject(new Error('a Ring is down'))],
    ['that answers nonsense', async () => ['perhaps'] as never],
    ['that answers too little', async () => []],
    ['that answers nothing', async () => null as never],
  ])('%s holds up nobody else, and is asked again by the next run', async (_, answer) => {
    const down = await keyOfSomebody();
    await keyOfSomebody();
    const { clientId } = await strayClient(mark(DAYS));
    const real = KeyRing.prototype.reconcile;
    const spy = vi.spyOn(KeyRing.prototype, 'reconcile').mockImplementation(function (
      this: InstanceType<typeof KeyRing>,
      clients,
      dryRun,
    ) {
      const isDown = clients.some((each) => each.clientId === down.key_id);
      return isDown ? answer() : real.call(this, clients, dryRun);
    });
    mock = spy;
    const report = await reconciled();
    expect(countsOf(report)).toEqual({ same: 1, orphan: 1, failed: 1 });
    expect(report).toMatchObject({ status: 'done', because: null });
    expect(report.findings).toContainEqual({ clientId: down.key_id, found: 'failed' });
    expect([await atStytchNow(clientId), (await atStytchNow(down.key_id))?.status]).toEqual([null, 'active']);
    spy.mockRestore();
    expect(countsOf(await reconciled())).toEqual({ same: 2 });
  });

  it('is asked once for all its clients of a page, and no more than ten are at a time', async () => {
    const { session } = await keyOfSomebody();
    await issueKey(session);
    await Promise.all(Array.from({ length: 24 }, () => strayClient(mark(0))));
    let [running, most, asked] = [0, 0, 0];
    const real = KeyRing.prototype.reconcile;
    mock = vi.spyOn(KeyRing.prototype, 'reconcile').mockImplementation(async function (
      this: InstanceType<typeof KeyRing>,
      clients,
      dryRun,
    ) {
      asked++;
      most = Math.max(most, ++running);
      const found = await real.call(this, clients, dryRun);
      running--;
      return found;
    });
    expect(countsOf(await reconciled())).toEqual({ same: 2, young: 24 });
    expect([asked, most <= 10]).toEqual([25, true]);
  });
});

describe('a Lobby', () => {
  const withFailure = async () => {
    const pair = await foreignClient();
    await lobby.claim({ clientId: pair.clientId, owner: pair.owner });
    await exchangeAt(lobby, madeUpPair(pair.clientId));
    expect((await dumpOfRing(lobby)).failures?.length).toBe(1);
  };

  const alarmOf = (it: DurableObjectStub) =>
    runInDurableObject(it, (_object, { storage }) => storage.getAlarm());

  it('that reconciles sweeps as well, and one that sweeps reconciles', async () => {
    await withFailure();
    await manyClients(15);
    await begin(lobby);
    await nextSlice(lobby);
    expect((await dumpOfRing(lobby)).failures?.length).toBe(1);
    await later(61);
    await runDurableObjectAlarm(lobby);
    expect((await dumpOfRing(lobby)).failures).toEqual([]);
    expect(await reportIn(lobby)).toMatchObject({ status: 'done', clients: 16 });
  });

  it('is woken for whatever comes first: its next slice, or what it has to forget', async () => {
    await withFailure();
    const sweepAt = await alarmOf(lobby);
    expect(sweepAt).toBe(Date.now() + 60_000);
    await manyClients(15);
    await begin(lobby);
    expect(await alarmOf(lobby)).toBe(Date.now());
    await nextSlice(lobby);
    expect(await alarmOf(lobby)).toBe(Date.now() + 1000);
    await nextSlice(lobby);
    expect(await alarmOf(lobby)).toBe(sweepAt);
  });

  it('is woken again by whoever wants to begin a run, whatever became of its alarm', async () => {
    await begin(lobby);
    await runInDurableObject(lobby, (_object, { storage }) => storage.deleteAlarm());
    expect(await begin(lobby).catch(String)).toBe('Error: reconciliation_running');
    expect(await alarmOf(lobby)).toBe(Date.now());
  });

  it('under an invalid configuration sweeps all the same; the run waits for a valid one', async () => {
    await withFailure();
    await begin(lobby);
    await later(61);
    const ports = lobbiesUnder({}, { STYTCH_SECRET: undefined });
    mock = ports;
    await evictDurableObject(lobby);
    await runDurableObjectAlarm(lobby);
    expect((await dumpOfRing(lobby)).failures).toEqual([]);
    expect([await searches(), await waitOf(lobby)]).toEqual([0, 60_000]);
    expect(await reportIn(lobby)).toMatchObject({ status: 'running', clients: 0 });
    ports.mockRestore();
    await evictDurableObject(lobby);
    expect(await nextSlice(lobby)).toMatchObject({ status: 'done', clients: 1 });
  });

  it('in which something breaks tries again in a minute', async () => {
    await keyOfSomebody();
    await begin(lobby);
    const ports = lobbiesUnder({});
    mock = ports;
    const broken = () => {
      throw new TypeError('a bug');
    };
    ports.mockImplementation(() => ({ ...latchkey(env as unknown as Env).lobbyPorts(), rings: broken }));
    await evictDurableObject(lobby);
    expect(await nextSlice(lobby)).toMatchObject({ status: 'running', clients: 0 });
    expect([await waitOf(lobby), await alarmOf(lobby)]).toEqual([60_000, Date.now() + 60_000]);
    expect(lastLine()).toMatchObject({ outcome: 'bug', because: 'a bug' });
    ports.mockRestore();
    await evictDurableObject(lobby);
    expect(await nextSlice(lobby)).toMatchObject({ status: 'done', clients: 1 });
  });
});

describe('a client that was made elsewhere', () => {
  it.each([
    ['imported', 1],
    ['off', 0],
  ] as const)(
    'is asked about in its Lobby where foreignClients is %s: %s times',
    async (foreignClients, times) => {
      const ports = lobbiesUnder({ foreignClients });
      const look = vi.spyOn(Lobby.prototype, 'look');
      mock = {
        mockRestore: () => {
          ports.mockRestore();
          look.mockRestore();
        },
      };
      await foreignClient();
      await strayClient({}, 'acme_live_client');
      expect(countsOf(await reconciled())).toEqual({ foreign: 2 });
      expect(look).toHaveBeenCalledTimes(times);
    },
  );

  it('is not judged while its Lobby does not answer', async () => {
    const look = vi.spyOn(Lobby.prototype, 'look').mockRejectedValue(new Error('the Lobby is down'));
    mock = look;
    await foreignClient();
    expect(countsOf(await reconciled())).toEqual({ failed: 1 });
  });
});

describe('once a day', () => {
  const reconciler = () => rooms.LOBBY.getByName('lobby-00') as unknown as ReconcilingLobby;

  it('the schedule begins a run in one and the same Lobby, unless one is under way', async () => {
    await keyOfSomebody();
    const { scheduled } = latchkey(env as unknown as Env);
    await scheduled();
    const begun = await reportIn(reconciler());
    expect(begun).toMatchObject({ by: null, dryRun: false, status: 'running' });
    await scheduled();
    expect(lastLine()).toMatchObject({ outcome: 'not begun', because: 'reconciliation_running' });
    expect(await nextSlice(reconciler())).toMatchObject({ id: begun.id, status: 'done', clients: 1 });
  });

  it('under an invalid configuration nothing is done', async () => {
    const { scheduled } = latchkey({ ...(env as unknown as Env), STYTCH_SECRET: undefined });
    const before = await reconciler().reconciliation();
    await scheduled();
    expect(await reconciler().reconciliation()).toEqual(before);
  });
});
