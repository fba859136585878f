import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { UsageBucket, UsageQuery } from '../../src/model/life.ts';
import { openMeter } from '../../src/model/meter.ts';
import type { Admission, AdmitRequest, KeyUse, Ring, SecretName } from '../../src/model/ports.ts';
import { openTables } from '../../src/ring/tables/index.ts';
import { BY, dumpOfRing, issueKey, ownerOf, ringStub, signIn } from '../world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAYS_KEPT = 90;

afterEach(() => void vi.useRealTimers());

const pass = (ms: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
};

/** A Ring with one key, asked as an isolate would. */
const someRing = async () => {
  const session = await signIn();
  const { key_id } = await issueKey(session);
  const ring = await ringStub(session);
  const [secret] = (await dumpOfRing(ring)).secrets ?? [];
  const credential: SecretName = {
    kind: 'secret',
    clientId: key_id,
    fingerprint: String(secret?.fingerprint),
    pepper: String(secret?.pepper),
  };
  let asks = 0;
  const admit = (uses: readonly KeyUse[] = []): Promise<Admission> => {
    const ask = {
      ...{ leaseId: `lease-${asks++}`, isolate: 'isolate', purse: '', costs: [], wantsLease: true },
      ...{ rate: 1, used: 1, held: 0, reports: [] },
    };
    const request: AdmitRequest = { credential, others: [], wantToken: false, ask, uses, seen: null };
    return runInDurableObject(ring, (object) => (object as unknown as { admit: Admit }).admit(request));
  };
  const usage = (from: number, to: number): Promise<readonly UsageBucket[]> => {
    const owner = ownerOf(session);
    return runInDurableObject(ring, (object) =>
      (object as unknown as { usage: Usage }).usage({
        ...{ owner, from, to, keyId: null, by: 'hour' },
      }),
    );
  };
  const exportPage = (): Promise<unknown> =>
    runInDurableObject(ring, (object) =>
      (object as unknown as Pick<Ring, 'exportPage'>).exportPage(ownerOf(session), null, BY),
    );
  return { ring, credential, admit, usage, exportPage };
};

type Admit = (request: AdmitRequest) => Promise<Admission>;
type Usage = (query: UsageQuery) => Promise<readonly UsageBucket[]>;

/** Leases that a Ring has beside its meter: key, units granted, units out, end. */
const lentBy = async (ring: DurableObjectStub) =>
  JSON.parse(String((await dumpOfRing(ring)).meter?.[0]?.lent ?? '{}')) as Record<
    string,
    readonly [string, number, number, number]
  >;

const used = (keyId: string): KeyUse => ({ keyId, admitted: 3, refused: 0, limited: 0 });
const admitted = (uses: readonly UsageBucket[]): number => uses.reduce((sum, use) => sum + use.admitted, 0);

describe('use', () => {
  it('that is older than 90 days is forgotten while the Ring is asked', async () => {
    const { ring, credential, admit } = await someRing();
    await admit([used(credential.clientId)]);
    expect((await dumpOfRing(ring)).uses?.length).toBe(1);
    pass(DAYS_KEPT * 24 * HOUR_MS + HOUR_MS);
    await admit();
    const kept = (await dumpOfRing(ring)).uses ?? [];
    expect(kept.filter(({ admitted: units }) => units === 3)).toEqual([]);
  });

  it('of a lost lease counts in full, before it is looked for and after', async () => {
    const { ring, admit, usage } = await someRing();
    const from = Date.now() - HOUR_MS;
    const { grant } = await admit();
    expect(grant?.units).toBeGreaterThan(0);
    expect(admitted(await usage(from, from + 3 * HOUR_MS))).toBe(grant?.units);
    pass(2 * MINUTE_MS);
    const later = await admit();
    expect(Object.keys(await lentBy(ring))).toEqual(['lease-1']);
    const all = admitted(await usage(from, from + 3 * HOUR_MS));
    expect(all).toBe((grant?.units ?? 0) + (later.grant?.units ?? 0));
  });

  it('of a lost lease that an export came upon counts once, also after an eviction', async () => {
    const { ring, admit, usage, exportPage } = await someRing();
    const from = Date.now() - HOUR_MS;
    const { grant } = await admit();
    pass(2 * MINUTE_MS);
    await exportPage();
    await evictDurableObject(ring);
    expect(admitted(await usage(from, from + 3 * HOUR_MS))).toBe(grant?.units);
  });

  it('of a lease is not forgotten by a deletion that is taken back', async () => {
    const { ring, admit } = await someRing();
    await admit();
    await runInDurableObject(ring, (_object, { storage }) => {
      const tables = openTables(storage);
      const meter = openMeter(tables.meter());
      const takenBack = (): void => {
        tables.forgetAllUse();
        throw new Error('taken back');
      };
      expect(() => storage.transactionSync(takenBack)).toThrow('taken back');
      meter.save(tables.putMeter);
    });
    expect(Object.keys(await lentBy(ring))).toEqual(['lease-0']);
  });

  it('of leases beyond those beside the meter counts too, each in a row of its own, also after an eviction', async () => {
    const { ring, admit, usage } = await someRing();
    const from = Date.now() - HOUR_MS;
    let units = 0;
    for (let i = 0; i < 70; i++) units += (await admit()).grant?.units ?? 0;
    expect(Object.keys(await lentBy(ring)).length).toBe(64);
    expect((await dumpOfRing(ring)).leases?.length).toBe(6);
    await evictDurableObject(ring);
    expect(admitted(await usage(from, from + 3 * HOUR_MS))).toBe(units);
    pass(2 * MINUTE_MS);
    expect(admitted(await usage(from, from + 3 * HOUR_MS))).toBe(units);
    expect([await lentBy(ring), (await dumpOfRing(ring)).leases]).toEqual([{}, []]);
  });

  it('costs two rows for each ask that a lease was over for: the meter, and the hour of the key', async () => {
    const { ring, credential, admit } = await someRing();
    for (let i = 0; i < 3; i++) await admit([used(credential.clientId)]);
    const prototype = await runInDurableObject(ring, (_object, { storage }) =>
      Object.getPrototypeOf(storage.sql),
    );
    const exec = vi.spyOn(prototype as SqlStorage, 'exec');
    await admit([used(credential.clientId)]);
    const cursors = exec.mock.results.map(({ value }) => value as SqlStorageCursor<never>);
    exec.mockRestore();
    const written = cursors.reduce((rows, { rowsWritten }) => rows + rowsWritten, 0);
    expect(written).toBe(2);
  });

  it('of hours that are over is added up once, and what is counted late is in it too', async () => {
    const { ring, credential, admit, usage } = await someRing();
    const from = Date.now() - HOUR_MS;
    const { grant: lost } = await admit([used(credential.clientId)]);
    pass(3 * HOUR_MS);
    const { grant } = await admit([used(credential.clientId)]);
    pass(3 * HOUR_MS);
    await admit([used(credential.clientId)]);
    const { use_totals: totals = [], uses = [] } = await dumpOfRing(ring);
    expect(totals.length).toBe(2);
    const hours = totals.map(({ hour }) => Number(hour));
    const sum = (rows: typeof uses) => rows.reduce((units, row) => units + Number(row.admitted), 0);
    expect(sum(totals)).toBe(sum(uses.filter(({ hour }) => hours.includes(Number(hour)))));
    expect(sum(totals)).toBe(6 + (lost?.units ?? 0) + (grant?.units ?? 0));
    const all = admitted(await usage(from, from + 10 * HOUR_MS));
    const out = Object.values(await lentBy(ring)).reduce((sum, [, , units]) => sum + units, 0);
    expect(all).toBe(sum((await dumpOfRing(ring)).uses ?? []) + out);
  });

  it('is not looked through at every ask: once a minute is enough', async () => {
    const { ring, admit } = await someRing();
    pass(0);
    await admit();
    const old = "INSERT INTO uses (client_id, hour, admitted, refused, limited) VALUES ('old', 1, 1, 0, 0)";
    await runInDurableObject(ring, (_object, { storage }) => void storage.sql.exec(old));
    const isKept = async () => (await dumpOfRing(ring)).uses?.some(({ client_id }) => client_id === 'old');
    pass(MINUTE_MS - 1_000);
    await admit();
    expect(await isKept()).toBe(true);
    pass(1_000);
    await admit();
    expect(await isKept()).toBe(false);
  });
});
