import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../bench/memory/ledger.ts';
import { MAX_LEASES, presentLiveKeys, problemsOf } from '../../../bench/memory/live.ts';
import { openRings, type RingsSide } from '../../../bench/memory/rings.ts';
import type { Grant } from '../../../src/model/lease-wire.ts';

const grant = (leaseId: string, units = 10) => ({ leaseId, units }) as Grant;
const report = (leaseId: string, total: number, closed: boolean) => ({ leaseId, total, spent: [], closed });

const MANY = 20_000;

/** Rings whose isolate hears something else than they said. */
const tampered = async (tamper: Partial<RingsSide>): Promise<RingsSide> => ({
  ...(await openRings()),
  ...tamper,
});

describe('twenty thousand live keys through one isolate', () => {
  it('leave ten thousand leases at the most; every other one was closed, and given back once if it was evicted', {
    timeout: 60_000,
  }, async () => {
    let sampled = 0;
    const findings = await presentLiveKeys({
      graceMs: 0,
      requests: MANY,
      rings: await openRings(),
      sample: () => sampled++,
    });
    expect(problemsOf(findings, MANY)).toEqual([]);
    expect(findings.leases).toBeGreaterThan(0.9 * MANY);
    expect(findings.givenBack).toBeGreaterThanOrEqual(findings.leases - MAX_LEASES);
    expect(sampled).toBe(20);
  });

  it('are not let in by Rings that do not know them', async () => {
    const rings = await tampered({
      admit: async () => ({
        standing: { status: 'unknown', leaseMs: 5_000 },
        others: [],
        grant: null,
        sealed: null,
      }),
    });
    const run = presentLiveKeys({ requests: 250, rings, graceMs: 0, sample: () => undefined });
    await expect(run).rejects.toThrow('a good key was refused: credential_invalid');
  });
});

describe('the ledger of leases finds that one was', () => {
  const told: readonly (readonly [what: string, tell: (ledger: ReturnType<typeof openLedger>) => void])[] = [
    ['granted twice', (ledger) => ledger.granted(grant('a'))],
    ['11 units were spent of a lease of 10', (ledger) => ledger.reported([report('a', 11, false)], false)],
    [
      'spent after it was closed',
      (ledger) => {
        ledger.reported([report('a', 3, true)], false);
        ledger.reported([report('a', 4, true)], false);
      },
    ],
    [
      'given back twice',
      (ledger) => {
        ledger.reported([report('a', 3, true)], true);
        ledger.reported([report('a', 3, true)], true);
      },
    ],
    ['given back and kept', (ledger) => ledger.reported([report('a', 3, false)], true)],
    ['reported that nobody granted', (ledger) => ledger.reported([report('b', 3, false)], false)],
  ];
  it.each(told)('%s', (what, tell) => {
    const ledger = openLedger();
    ledger.granted(grant('a'));
    expect(ledger.findings().faults).toEqual([]);
    tell(ledger);
    expect(ledger.findings().faults).toEqual([expect.stringContaining(what)]);
  });

  it('never closed, when more are open than an isolate may hold', () => {
    const findings = { leases: MANY, givenBack: 1, open: MAX_LEASES + 1, faults: [] };
    expect(problemsOf(findings, MANY)).toEqual(['10001 leases were never closed']);
  });

  it('nothing of that, of a report that is repeated', () => {
    const ledger = openLedger();
    ledger.granted(grant('a'));
    for (let i = 0; i < 3; i++) ledger.reported([report('a', 3, true)], false);
    ledger.reported([report('a', 3, true)], true);
    expect(ledger.findings()).toEqual({ leases: 1, givenBack: 1, open: 0, faults: [] });
  });
});
