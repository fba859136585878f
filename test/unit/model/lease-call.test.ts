import { describe, expect, it } from 'vitest';
import { accept, compose, declined, failed } from '../../../src/model/lease-call.ts';
import { openPurse, type Purse } from '../../../src/model/lease-purse.ts';
import { type Grant, OWNER_PURSE } from '../../../src/model/lease-wire.ts';

const NOW = 1_000_000;
const GRANT: Grant = {
  ...{ leaseId: 'lease-0', decided: 0, units: 0, ms: 4_900, active: 1, scarce: false, limited: null },
  levels: [{ name: 'owner', requests: 600, perSeconds: 10, free: 500, freesInMs: 0 }],
};

const empty = (graceMs = 0): Purse => {
  let asked = 0;
  const newLeaseId = () => `lease-${asked++}`;
  return openPurse({ isolate: 'i', leaseMs: 5_000, newLeaseId, graceMs }, OWNER_PURSE);
};

const callsOf = ({ calls }: Purse) => calls.map((call) => [call.leaseId, call.failed]);

describe('a call', () => {
  it('wants a lease unless it says that it does not', () => {
    expect(compose(empty(), [1], NOW).wantsLease).toBe(true);
    expect(compose(empty(), [], NOW, { wantsLease: false }).wantsLease).toBe(false);
  });

  it('is one of several: what comes of it is nothing to the others', () => {
    const ends: readonly ((purse: Purse, leaseId: string) => void)[] = [
      (purse, leaseId) => accept(purse, { ...GRANT, leaseId }, NOW + 1, 0),
      (purse, leaseId) => failed(purse, leaseId, NOW + 1),
      (purse, leaseId) => declined(purse, leaseId, NOW + 1),
    ];
    const left = ends.map((end) => {
      const purse = empty();
      const ids = [1, 2, 3].map(() => compose(purse, [1], NOW).leaseId);
      end(purse, ids[1] ?? '');
      return callsOf(purse);
    });
    const [one, other] = [
      ['lease-0', false],
      ['lease-2', false],
    ];
    expect(left).toEqual([
      [one, other],
      [one, ['lease-1', true], other],
      [one, ['lease-1', true], other],
    ]);
  });

  it('that nobody knows changes nothing', () => {
    const purse = empty();
    compose(purse, [1], NOW);
    failed(purse, 'unknown', NOW + 1);
    declined(purse, 'unknown', NOW + 1);
    expect(accept(purse, { ...GRANT, leaseId: 'unknown' }, NOW + 1, 0)).toEqual([]);
    expect(callsOf(purse)).toEqual([['lease-0', false]]);
  });

  it('whatever comes of it, shows the clock', () => {
    const purse = empty();
    const ids = [1, 2, 3].map(() => compose(purse, [1], NOW).leaseId);
    accept(purse, { ...GRANT, leaseId: ids[0] ?? '' }, NOW + 1, 0);
    expect(purse.lastSeen).toBe(NOW + 1);
    failed(purse, ids[1] ?? '', NOW + 2);
    expect(purse.lastSeen).toBe(NOW + 2);
    declined(purse, ids[2] ?? '', NOW + 3);
    expect(purse.lastSeen).toBe(NOW + 3);
  });
});

describe('what was used', () => {
  it('is told by the next call, with what the Ring decided meanwhile', () => {
    const purse = empty();
    purse.used = 4;
    expect(compose(purse, [2, 3, 9], NOW).used).toBe(4);
    accept(purse, { ...GRANT, decided: 2 }, NOW + 1, 0);
    expect(compose(purse, [], NOW + 2).used).toBe(5);
  });

  it.each([
    ['failed', failed],
    ['was declined', declined],
  ])('is told again when the call %s, and once however often it did', (_, end) => {
    const purse = empty();
    purse.used = 4;
    const { leaseId } = compose(purse, [1], NOW);
    for (const ms of [1, 2]) end(purse, leaseId, NOW + ms);
    expect(compose(purse, [], NOW + 3)).toMatchObject({
      ...{ used: 4, reports: [{ leaseId, total: 0, closed: true }] },
    });
  });
});

describe('an answer', () => {
  it('to every report is an acknowledgement of its own lease', () => {
    const purse = empty();
    for (const leaseId of ['lease-0', 'lease-1']) {
      compose(purse, [], NOW);
      accept(purse, { ...GRANT, leaseId, units: 10 }, NOW, 0);
    }
    for (const [index, lease] of purse.leases.entries()) {
      lease.log = [NOW, index + 1];
      lease.total = index + 1;
    }
    const { leaseId } = compose(purse, [], NOW + 10);
    accept(purse, { ...GRANT, leaseId }, NOW + 20, 0);
    expect(purse.leases.map(({ acknowledged, log }) => [acknowledged, log])).toEqual([
      [1, []],
      [2, []],
    ]);
  });

  it('that admits all refuses nothing, whatever else it says', () => {
    const purse = empty();
    compose(purse, [1], NOW);
    const limited = { retryMs: 900, floorMs: 400, by: ['owner'] } as const;
    expect(accept(purse, { ...GRANT, decided: 1, limited }, NOW + 1, 0)).toEqual(['admitted']);
    expect(purse.refusal).toBeNull();
  });

  it('shows how long the way there and back is: the first as it is, the others by three tenths', () => {
    const purse = empty();
    const trips = [200, 100, 300].map((ms) => {
      const { leaseId } = compose(purse, [1], NOW);
      accept(purse, { ...GRANT, leaseId }, NOW + ms, 0);
      purse.lastSeen = NOW;
      return Math.round(purse.roundTripMs);
    });
    expect(trips).toEqual([200, 170, 209]);
  });

  it('without units puts off the next renewal if it was one, and not if somebody waited', () => {
    const waited = empty();
    compose(waited, [1], NOW);
    accept(waited, { ...GRANT, decided: 1 }, NOW + 10, 0);
    expect(waited.renewNotBefore).toBe(Number.NEGATIVE_INFINITY);
    const renewed = empty();
    compose(renewed, [], NOW);
    accept(renewed, GRANT, NOW + 10, 0);
    expect(renewed.renewNotBefore).toBe(NOW + 10 + 1_250);
  });

  it('that does not come makes the Ring silent once: told again, it puts no probe off', () => {
    const purse = empty(30_000);
    const { leaseId } = compose(purse, [1], NOW);
    failed(purse, leaseId, NOW + 2_000, 0);
    failed(purse, leaseId, NOW + 2_000, 0.5);
    expect(purse.grace?.began?.probeNotBefore).toBe(NOW + 500);
  });
});
