import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ask, OWNER_PURSE } from '../../../src/model/lease-wire.ts';
import { openAccounts } from '../../../src/model/meter-accounts.ts';

const NOW = 1_000_000;
const LEASE_MS = 5_000;
const ASK: Ask = {
  ...{ leaseId: 'a', isolate: 'one', purse: OWNER_PURSE, costs: [], wantsLease: true },
  ...{ rate: 10, used: 20, held: 3, reports: [] },
};
const KEY = 'key-1';

describe('who asks of a meter', () => {
  it('is one account for each purse of each isolate, however often it asks', () => {
    const accounts = openAccounts();
    for (const ask of [ASK, ASK, { ...ASK, purse: KEY }, { ...ASK, isolate: 'two' }]) accounts.see(ask, NOW);
    expect(accounts.count()).toBe(3);
  });

  it('wants what it says last', () => {
    const accounts = openAccounts();
    accounts.see({ ...ASK, rate: 500 }, NOW);
    accounts.see(ASK, NOW + 1);
    expect(accounts.demandOf(ASK, 'owner', LEASE_MS)).toEqual({
      ...{ rate: 10, used: 20, held: 3, next: 0, totalRate: 10, active: 1, leaseMs: LEASE_MS },
    });
  });

  it('shares a limit of a key with that key’s own purses, and the others with all', () => {
    const accounts = openAccounts();
    accounts.see(ASK, NOW);
    accounts.see({ ...ASK, purse: KEY, rate: 4 }, NOW);
    accounts.see({ ...ASK, purse: KEY, isolate: 'two', rate: 2 }, NOW);
    const ask = { ...ASK, purse: KEY };
    expect(accounts.demandOf(ask, 'key', LEASE_MS)).toMatchObject({ totalRate: 6, active: 2 });
    for (const limit of ['owner', 'month'] as const)
      expect(accounts.demandOf(ask, limit, LEASE_MS)).toMatchObject({ totalRate: 16, active: 3 });
  });

  it('shares with nobody where nobody asked', () => {
    const ask = { ...ASK, purse: KEY };
    expect(openAccounts().demandOf(ask, 'key', LEASE_MS)).toMatchObject({ totalRate: 0, active: 0 });
  });

  it.each([
    ['ten seconds', LEASE_MS, 10_000],
    ['two leases, where these are longer', 30_000, 60_000],
  ])('counts for %s', (_, leaseMs, lifeMs) => {
    const accounts = openAccounts();
    accounts.see(ASK, NOW);
    accounts.see({ ...ASK, purse: KEY }, NOW + 1);
    accounts.forget(NOW + lifeMs - 1, leaseMs);
    expect(accounts.count()).toBe(2);
    accounts.forget(NOW + lifeMs, leaseMs);
    expect(accounts.count()).toBe(1);
    expect(accounts.demandOf(ASK, 'owner', leaseMs)).toMatchObject({ totalRate: 10, active: 1 });
  });

  it('counts from when it asked last, whoever asked first', () => {
    const accounts = openAccounts();
    accounts.see(ASK, NOW);
    accounts.see({ ...ASK, isolate: 'two' }, NOW + 1_000);
    accounts.see(ASK, NOW + 2_000);
    accounts.forget(NOW + 11_500, LEASE_MS);
    expect(accounts.count()).toBe(1);
    expect(accounts.demandOf(ASK, 'key', LEASE_MS)).toMatchObject({ active: 1 });
  });

  it('leaves exactly nothing when all have gone, whatever they said', () => {
    const said = fc.oneof(
      fc.double(),
      fc.constantFrom(0.1, 1e300, -5, Number.NaN, Number.POSITIVE_INFINITY, 1 / 3),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(said, fc.nat(3), fc.boolean()), { maxLength: 30 }), (asks) => {
        const accounts = openAccounts();
        for (const [rate, isolate, isOfKey] of asks)
          accounts.see({ ...ASK, rate, isolate: `${isolate}`, purse: isOfKey ? KEY : OWNER_PURSE }, NOW);
        accounts.forget(NOW + 60_000, LEASE_MS);
        accounts.see({ ...ASK, purse: KEY, rate: 1 }, NOW + 60_000);
        const ask = { ...ASK, purse: KEY };
        for (const limit of ['owner', 'key'] as const)
          expect(accounts.demandOf(ask, limit, LEASE_MS)).toMatchObject({ totalRate: 1, active: 1 });
      }),
    );
  });

  it.each([
    [Number.NaN, 0],
    [-1, 0],
    [0, 0],
    [Number.POSITIVE_INFINITY, 1_000_000_000],
    [1_000_000_001, 1_000_000_000],
    [1.5, 1.5],
    [1 / 3, 341 / 1_024],
    [1 / 4_096, 0],
  ])('a number %d of another isolate is taken for %d', (said, taken) => {
    const ask = { ...ASK, rate: said, used: said, held: said, next: said };
    const accounts = openAccounts();
    accounts.see(ask, NOW);
    expect(accounts.demandOf(ask, 'owner', LEASE_MS)).toMatchObject({
      ...{ rate: taken, used: taken, held: taken, next: taken, totalRate: taken },
    });
  });
});
