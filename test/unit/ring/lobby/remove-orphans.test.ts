import { describe, expect, it } from 'vitest';
import type { Found, Outcome } from '../../../../src/model/ports.ts';
import type { Finding } from '../../../../src/ring/lobby/judge-page.ts';
import type { LobbyParts } from '../../../../src/ring/lobby/parts.ts';
import { type Removal, removeOrphans } from '../../../../src/ring/lobby/remove-orphans.ts';
import { counted, newRun } from '../../../../src/ring/lobby/run.ts';
import type { Run } from '../../../../src/ring/lobby/run-tables.ts';

const run = (more: Partial<Run> = {}): Run => ({
  ...newRun('run', { dryRun: false, by: null, maxOrphans: null }, 0),
  ...more,
});

const page = (wanted: Partial<Record<Found, number>>): readonly Finding[] =>
  Object.entries(wanted).flatMap(([found, count]) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ clientId: `${found}-${i}`, found: found as Found, masterKeys: [] },
    })),
  );

type Deletion = Outcome<{ readonly existed: boolean }>;
const DELETED: Deletion = { outcome: 'answered', value: { existed: true } };

/** Who was deleted at a Stytch that answers so, and what came of it. */
const remove = async (
  of: Run,
  judged: readonly Finding[],
  answer: (clientId: string) => Deletion = () => DELETED,
): Promise<Removal & { readonly asked: readonly string[] }> => {
  const asked: string[] = [];
  const deleteClient = async (clientId: string): Promise<Deletion> => {
    asked.push(clientId);
    return answer(clientId);
  };
  const removal = await removeOrphans({ stytch: { deleteClient } } as unknown as LobbyParts, of, judged);
  return { ...removal, asked };
};

describe('orphans', () => {
  it('are deleted, and nobody else is', async () => {
    const judged = page({ orphan: 3, same: 1, young: 1, unmarked: 1, ended: 1, foreign: 1, failed: 1 });
    const { asked, findings, left, quietMs } = await remove(run(), judged);
    expect([...asked].sort()).toEqual(['orphan-0', 'orphan-1', 'orphan-2']);
    expect({ findings, left, quietMs }).toEqual({ findings: judged, left: 0, quietMs: 0 });
  });

  it('are left by a dry run', async () => {
    const judged = page({ orphan: 3 });
    expect(await remove(run({ dryRun: true }), judged)).toEqual({
      ...{ asked: [], findings: judged, left: 3, quietMs: 0 },
    });
  });

  it.each([
    ['20 of 20', { orphan: 20 }, 20],
    ['21 of 21', { orphan: 21 }, 0],
    ['21 of 210', { orphan: 21, same: 189 }, 21],
    ['21 of 209', { orphan: 21, same: 188 }, 0],
    ['21 of 209 of ours, and clients of others', { orphan: 21, same: 188, foreign: 500 }, 0],
    ['21 of 210 of which some are not known', { orphan: 21, same: 89, failed: 100 }, 21],
  ])('are deleted up to 20, and up to a tenth of our clients: %s', async (_, wanted, deleted) => {
    const { asked, left } = await remove(run(), page(wanted));
    expect([asked.length, left]).toEqual([deleted, wanted.orphan - deleted]);
  });

  it('of the pages before count', async () => {
    const before = run(counted(run(), page({ orphan: 15 })));
    expect((await remove(before, page({ orphan: 5 }))).asked.length).toBe(5);
    expect((await remove(before, page({ orphan: 6 }))).asked.length).toBe(0);
  });

  it('are all left once some were', async () => {
    expect((await remove(run({ orphansLeft: 1 }), page({ orphan: 1, same: 1000 }))).left).toBe(1);
  });

  it.each([
    [0, 1, 0],
    [3, 3, 3],
    [3, 4, 0],
    [100, 100, 100],
  ])('are deleted up to the number that an operator names: %s, of %s', async (maxOrphans, there, deleted) => {
    expect((await remove(run({ maxOrphans }), page({ orphan: there }))).asked.length).toBe(deleted);
  });
});

describe('a Stytch that does not delete', () => {
  it('is not asked about each of the others: they are for the next run', async () => {
    const silent: Deletion = { outcome: 'unreachable', detail: 'status 429', retryAfterSeconds: 7 };
    const { asked, findings, left, quietMs } = await remove(
      run(),
      page({ orphan: 20, same: 1 }),
      () => silent,
    );
    expect(asked.length).toBeLessThanOrEqual(5);
    expect(counted(run(), findings).counts).toMatchObject({ orphan: 0, failed: 20, same: 1 });
    expect({ left, quietMs }).toEqual({ left: 0, quietMs: 7000 });
  });

  it('for a reason that it tells, fails for that client', async () => {
    const no: Deletion = { outcome: 'declined', status: 400, code: 'm2m_client_already_rotating_secret' };
    const { findings, quietMs } = await remove(run(), page({ orphan: 1 }), () => no);
    expect([findings, quietMs]).toEqual([[{ clientId: 'orphan-0', found: 'failed', masterKeys: [] }], 0]);
  });
});

describe('a report', () => {
  it('counts all, and tells the last hundred that are not as they should be by name', () => {
    const first = run(counted(run(), page({ same: 5, young: 5, foreign: 5, orphan: 90 })));
    const { clients, counts, findings } = counted(first, page({ drifted: 20, failed: 1 }));
    expect([clients, counts.orphan, counts.drifted, counts.failed]).toEqual([126, 90, 20, 1]);
    expect([findings.length, findings[0], findings.at(-1)]).toEqual([
      100,
      { clientId: 'orphan-11', found: 'orphan' },
      { clientId: 'failed-0', found: 'failed' },
    ]);
  });
});
