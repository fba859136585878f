import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { eventFaults } from '../contract.ts';
import { ringsUnder } from '../rings.ts';
import { inUse, logged } from '../secrets.ts';
import { deliver, event, signed } from '../svix.ts';
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
  rooms,
  send,
  signIn,
  subjectOf,
} from '../world.ts';

const URL = 'https://events.test/hooks';
const SECRET = `whsec_${btoa('a secret of these tests alone, 32+')}`;
const DAY_SECONDS = 86_400;
const FILE = { events: { url: URL, expiringDays: 7, unusedDays: 90 } };

/** An event as the receiver read it: verified by the library, or the test fails. */
interface Told {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly owner: { readonly id: string } } & Readonly<Record<string, unknown>>;
}

let session: string;
let rings: ReturnType<typeof ringsUnder>;

beforeEach(async () => {
  inUse(SECRET);
  rings = ringsUnder(FILE, { EVENTS_SECRET: SECRET });
  await rooms.RECEIVER.reset();
  session = await signIn();
});
afterEach(async () => {
  rings.mockRestore();
  await now();
});

const ring = async () => (await ringStub(session)) as DurableObjectStub & Ring;

/** Everything that the receiver was sent about the owner of this test, in the order of its arrival. */
const received = async (): Promise<readonly Told[]> => {
  const all = (await rooms.RECEIVER.records()).flatMap(({ method, url, headers, body }) => {
    expect([method, url]).toEqual(['POST', URL]);
    const named = Object.fromEntries(headers);
    const told = whenItCame(named, () => new Webhook(SECRET).verify(body, named)) as Omit<Told, 'id'>;
    expect(eventFaults(told)).toEqual([]);
    return [{ id: named['webhook-id'] ?? '', ...told }];
  });
  return all.filter(({ data }) => data.owner.id === subjectOf(session));
};

/** The library reads the clock: it shall read that of the receiver, when the message came. */
const whenItCame = <T>(headers: Record<string, string>, verify: () => T): T => {
  const [isFaked, at] = [vi.isFakeTimers(), Date.now()];
  vi.setSystemTime(Number(headers['webhook-timestamp']) * 1000);
  try {
    return verify();
  } finally {
    if (isFaked) vi.setSystemTime(at);
    else vi.useRealTimers();
  }
};

const outbox = async () => (await dumpOfRing(await ring())).events ?? [];

/** Lets the Ring tell what is due until there is nothing left, and answers what the receiver had of it. */
const allTold = async (): Promise<readonly Told[]> => {
  await expect
    .poll(
      async () => {
        await runDurableObjectAlarm(await ring());
        return outbox();
      },
      { timeout: 5_000 },
    )
    .toEqual([]);
  return received();
};

const typesOf = (events: readonly Told[]) => events.map(({ type }) => type).sort();

const wake = async (seconds: number): Promise<void> => {
  await later(seconds);
  await runDurableObjectAlarm(await ring());
};

describe('the operator is told', () => {
  const key = (more: object) => expect.objectContaining({ name: 'test', scopes: ['items:read'], ...more });

  it('that a key was made', async () => {
    const { key_id } = await issueKey(session);
    expect(await allTold()).toEqual([
      {
        id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        type: 'key.created',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        data: {
          owner: { kind: 'user', id: subjectOf(session), organization_id: null },
          key: await (await desk(session, 'GET', `/v1/keys/${key_id}`)).json(),
        },
      },
    ]);
  });

  it('that one was revoked', async () => {
    const { key_id } = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const events = await allTold();
    expect(typesOf(events)).toEqual(['key.created', 'key.revoked']);
    expect(events.find(({ type }) => type === 'key.revoked')?.data).toMatchObject({
      ...{ key: key({ key_id, status: 'revoked' }), because: null },
    });
  });

  it.each([0, 3600])(
    'that one was rotated: when its old secret ends, after %i s',
    async (overlap_seconds) => {
      const { key_id } = await issueKey(session);
      const answer = await desk(session, 'POST', `/v1/keys/${key_id}/rotate`, { overlap_seconds });
      const { key: next } = (await answer.json()) as { key: string };
      inUse(next);
      if (overlap_seconds > 0) {
        expect(typesOf(await allTold())).toEqual(['key.created']);
        await wake(overlap_seconds + 1);
      }
      const events = await allTold();
      expect(typesOf(events)).toEqual(['key.created', 'key.rotated']);
      expect(events.find(({ type }) => type === 'key.rotated')?.data).toMatchObject({
        key: key({ key_id, status: 'active', last_four: next.slice(-4) }),
      });
    },
  );

  it('that one leaked, where, and what was ended', async () => {
    const { key: leaked, key_id } = await issueKey(session);
    const source = 'https://github.com/acme/scripts';
    await send(`${DESK}/v1/leaked`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: leaked, source }),
    });
    const events = await allTold();
    expect(typesOf(events)).toEqual(['key.created', 'key.leaked', 'key.revoked']);
    expect(events.find(({ type }) => type === 'key.leaked')?.data).toMatchObject({
      ...{ key: key({ key_id, status: 'revoked' }), source, ended: 'key' },
    });
    expect(events.find(({ type }) => type === 'key.revoked')?.data).toMatchObject({ because: 'leaked' });
    expect(JSON.stringify(events)).not.toContain(leaked.slice(39, 83));
  });

  it('that one ends soon, once, and that it has ended never', async () => {
    const end = new Date((Math.floor(Date.now() / 1000) + 10 * DAY_SECONDS) * 1000).toISOString();
    const { key_id } = await issueKey(session, ['items:read'], { expires_at: end });
    await allTold();
    await wake(3 * DAY_SECONDS - 60);
    expect(typesOf(await received())).toEqual(['key.created']);
    await wake(120);
    await allTold();
    await wake(DAY_SECONDS);
    await wake(7 * DAY_SECONDS);
    const events = await allTold();
    expect(typesOf(events)).toEqual(['key.created', 'key.expiring']);
    const expires_at = end.replace('.000Z', 'Z');
    expect(events[1]?.data).toMatchObject({ key: key({ key_id, expires_at }), expires_at });
  });

  it('that one ends soon, again after its end was put off', async () => {
    const at = (days: number) => new Date(Date.now() + days * DAY_SECONDS * 1000).toISOString();
    const { key_id } = await issueKey(session, ['items:read'], { expires_at: at(5) });
    expect(typesOf(await allTold())).toEqual(['key.created', 'key.expiring']);
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { expires_at: at(20) });
    await wake(14 * DAY_SECONDS);
    expect(typesOf(await allTold())).toEqual(['key.created', 'key.expiring', 'key.expiring']);
  });

  it('that one is not used, once, and again when it is not used again', async () => {
    const { key: secret, key_id } = await issueKey(session);
    await allTold();
    await wake(90 * DAY_SECONDS - 60);
    expect(typesOf(await received())).toEqual(['key.created']);
    await wake(120);
    await wake(30 * DAY_SECONDS);
    const events = await allTold();
    expect(typesOf(events)).toEqual(['key.created', 'key.unused']);
    expect(events[1]?.data).toMatchObject({ key: key({ key_id }), last_used_at: null });
    expect((await call(secret)).status).toBe(200);
    await wake(91 * DAY_SECONDS);
    expect(typesOf(await allTold())).toEqual(['key.created', 'key.unused', 'key.unused']);
  });

  it('that one is not used, ninety days after its last use and not before, once', async () => {
    const { key: secret } = await issueKey(session);
    await wake(50 * DAY_SECONDS);
    expect((await call(secret)).status).toBe(200);
    await wake(41 * DAY_SECONDS);
    await wake(48 * DAY_SECONDS);
    expect(typesOf(await allTold())).toEqual(['key.created']);
    await wake(2 * DAY_SECONDS);
    expect(typesOf(await allTold())).toEqual(['key.created', 'key.unused']);
    // It is looked at again, and was told of before.
    await wake(91 * DAY_SECONDS);
    await wake(91 * DAY_SECONDS);
    expect(typesOf(await allTold())).toEqual(['key.created', 'key.unused']);
  });

  it('that a quota is nearly used up, and that it is, once each', async () => {
    const { key: secret } = await issueKey(session);
    await (await ring()).setLimits(ownerOf(session), { plan: 'trial' }, BY);
    const use = async (times: number): Promise<number> => {
      const statuses: number[] = [];
      for (let i = 0; i < times; i++) statuses.push((await call(secret, '/v1/strict/1')).status);
      return statuses.filter((status) => status === 200).length;
    };
    expect(await use(15)).toBe(15);
    expect(typesOf(await allTold())).toEqual(['key.created']);
    expect(await use(1)).toBe(1);
    // Nobody wakes the Ring here: it does so itself.
    await expect.poll(async () => typesOf(await received()), { timeout: 5_000 }).toContain('quota.reached');
    const [, first] = await allTold();
    const month = new Date().toISOString().slice(0, 7);
    expect(first).toMatchObject({
      type: 'quota.reached',
      data: { month, units: 16, per_month: 20, percent: 80 },
    });
    expect(await use(10)).toBe(4);
    const events = await allTold();
    expect(typesOf(events)).toEqual(['key.created', 'quota.reached', 'quota.reached']);
    expect(events[2]?.data).toMatchObject({ units: 20, per_month: 20, percent: 100 });
  });

  it('that an owner was suspended, and that he no longer is', async () => {
    const stub = await ring();
    await stub.suspend(ownerOf(session), 'unpaid', BY);
    await allTold();
    await stub.suspend(ownerOf(session), null, BY);
    const events = await allTold();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      [
        'owner.suspended',
        { owner: { ...OWNER(), organization_id: null }, suspended: true, reason: 'unpaid' },
      ],
      ['owner.suspended', { owner: { ...OWNER(), organization_id: null }, suspended: false, reason: null }],
    ]);
  });

  it('that Stytch ended an owner, and each of his keys', async () => {
    await issueKey(session);
    await deliver(isolate().fetch, signed(event('DELETE', 'user', subjectOf(session))));
    const events = await allTold();
    expect(typesOf(events)).toEqual(['key.created', 'key.revoked', 'owner.suspended']);
  });

  it('nothing, where he has not said where', async () => {
    rings.mockRestore();
    rings = ringsUnder({});
    const { key_id } = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect([await outbox(), await received()]).toEqual([[], []]);
  });
});

const OWNER = () => ({ kind: 'user', id: subjectOf(session) });

describe('a receiver that is down', () => {
  it('for hours is told everything when it is up, once, under the id of the first try', async () => {
    await rooms.RECEIVER.always('/hooks', { status: 503 });
    const { key_id } = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    for (let i = 0; i < 8; i++) await wake(3_600);
    const tries = await received();
    const ids = new Set(tries.map(({ id }) => id));
    expect(ids.size).toBe(2);
    expect(tries.length).toBeGreaterThanOrEqual(2 * 8);
    await rooms.RECEIVER.reset();
    await wake(3_601);
    const told = await allTold();
    expect(typesOf(told)).toEqual(['key.created', 'key.revoked']);
    expect(new Set(told.map(({ id }) => id))).toEqual(ids);
  });

  it('is asked less and less often, up to once in an hour', async () => {
    await later(10);
    await rooms.RECEIVER.always('/hooks', { status: 500 });
    await issueKey(session);
    const waits: number[] = [];
    for (let i = 0; i < 14; i++) {
      await runDurableObjectAlarm(await ring());
      const [row] = await outbox();
      const waitMs = Number(row?.due_at) - Date.now();
      waits.push(Math.round(waitMs / 1000));
      await later(waitMs / 1000);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]);
  });

  it('is asked no sooner than it says, nor much later than an hour', async () => {
    await later(10);
    await rooms.RECEIVER.next(
      { status: 503, headers: [['retry-after', '600']] },
      { status: 429, headers: [['retry-after', '86400']] },
    );
    await issueKey(session);
    for (const seconds of [600, 3_600]) {
      await runDurableObjectAlarm(await ring());
      const [row] = await outbox();
      expect(Math.round((Number(row?.due_at) - Date.now()) / 1000)).toBe(seconds);
      await later(seconds);
    }
    expect(typesOf(await allTold())).toEqual(['key.created', 'key.created', 'key.created']);
  });

  it('for one event is told the others', async () => {
    await later(10);
    const { key_id } = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    await rooms.RECEIVER.next({ status: 500 });
    await runDurableObjectAlarm(await ring());
    expect(await outbox()).toHaveLength(1);
    expect(await received()).toHaveLength(2);
  });

  it('for four days loses the event, and the log has it', async () => {
    await later(10);
    await rooms.RECEIVER.always('/hooks', { status: 500 });
    await issueKey(session);
    const stub = await ring();
    await runInDurableObject(stub, (_ring, { storage }) => {
      storage.sql.exec('UPDATE events SET attempts = 98');
    });
    await runDurableObjectAlarm(stub);
    const [row] = await outbox();
    expect(row).toMatchObject({ attempts: 99 });
    await wake(3_601);
    expect(await outbox()).toEqual([]);
    expect(logged().findLast(({ event }) => event === 'events')).toMatchObject({
      ...{ id: row?.id, type: 'key.created', attempts: 100, outcome: 'given up', because: 'status 500' },
    });
  });
});

describe('a receiver', () => {
  it('that sends us elsewhere is not followed, and told again', async () => {
    await later(10);
    await rooms.RECEIVER.next({ status: 307, headers: [['location', 'https://origin.test/evil']] });
    await rooms.ORIGIN.reset();
    await issueKey(session);
    await runDurableObjectAlarm(await ring());
    expect([await received(), await outbox()]).toMatchObject([[{ type: 'key.created' }], [{ attempts: 1 }]]);
    await wake(3);
    expect(await received()).toHaveLength(2);
    expect([await rooms.ORIGIN.records(), await outbox()]).toEqual([[], []]);
  });

  it('that wants no more of an event is sent none, and the log says so once', async () => {
    await later(10);
    await rooms.RECEIVER.next({ status: 410 });
    await issueKey(session);
    await runDurableObjectAlarm(await ring());
    const [told] = await received();
    expect(await outbox()).toEqual([]);
    await wake(3_600);
    expect(await received()).toHaveLength(1);
    expect(logged().filter(({ event, id }) => event === 'events' && id === told?.id)).toMatchObject([
      { outcome: 'given up', because: 'gone', attempts: 1 },
    ]);
  });

  it('that answers with a body without end is not read', async () => {
    await later(10);
    await rooms.RECEIVER.next({ bodyBytes: 50_000_000 });
    await issueKey(session);
    await runDurableObjectAlarm(await ring());
    expect(await outbox()).toEqual([]);
  });
});

describe('a Ring that dies', () => {
  it('between the write and the telling tells it when it lives again', async () => {
    await later(10);
    const { key_id } = await issueKey(session);
    expect([await received(), await outbox()]).toMatchObject([[], [{ type: 'key.created' }]]);
    await evictDurableObject(await ring());
    await runDurableObjectAlarm(await ring());
    expect(await received()).toMatchObject([{ type: 'key.created', data: { key: { key_id } } }]);
    expect(await outbox()).toEqual([]);
  });

  it('after the telling, before it is written down, tells it once more, under the same id', async () => {
    await later(10);
    rings.mockRestore();
    let dies = true;
    rings = ringsUnder(FILE, { EVENTS_SECRET: SECRET }, (ports) => ({
      ...ports,
      deliver: async (told) => {
        const outcome = await ports.deliver(told);
        if (dies) throw new Error('the machine is gone');
        return outcome;
      },
    }));
    await issueKey(session);
    const stub = await ring();
    await runDurableObjectAlarm(stub);
    expect(await outbox()).toMatchObject([{ attempts: 1 }]);
    await evictDurableObject(stub);
    dies = false;
    await wake(61);
    const told = await received();
    expect(told).toHaveLength(2);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(await outbox()).toEqual([]);
  });
});

describe('what waits to be told', () => {
  it('of a hundred is told in turns, each once', async () => {
    await later(10);
    for (let i = 0; i < 50; i++) {
      const stub = await ring();
      await stub.suspend(ownerOf(session), 'x', BY);
      await stub.suspend(ownerOf(session), null, BY);
    }
    const told = await allTold();
    expect(new Set(told.map(({ id }) => id)).size).toBe(100);
    expect(told).toHaveLength(100);
  });

  it('is dropped when the operator no longer wants to be told', async () => {
    await later(10);
    await issueKey(session);
    const stub = await ring();
    rings.mockRestore();
    rings = ringsUnder({});
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect([await outbox(), await received()]).toEqual([[], []]);
  });

  it('is written in the same step as what it tells of: a refused change tells nothing', async () => {
    const answer = await desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['admin:all'] });
    expect(answer.status).toBe(403);
    expect([await outbox(), await received()]).toEqual([[], []]);
  });
});
