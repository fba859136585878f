import { json } from '../http/answer.ts';
import { RECONCILED } from '../model/life.ts';
import { time } from '../model/objects.ts';
import type { Found, ReconciliationReport } from '../model/ports.ts';
import { err, ok } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import type { Doors } from './doors.ts';
import { time as TIME } from './objects.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';

const FOUND = [...RECONCILED, 'failed'] as const;

const counted = (description: string) => z.int().check(z.meta({ description }));

const COUNTS = z.strictObject({
  same: counted('As they should be'),
  young: counted('Made a moment ago, or being made'),
  orphan: counted('Ours, and known by no Ring: deleted at Stytch'),
  unmarked: counted('Of our grammar, known by no Ring, and without our mark: left alone'),
  ended: counted('Of keys that have ended: deleted at Stytch'),
  deactivated: counted('Made inactive at Stytch: revoked here'),
  drifted: counted('Not what their key is: made so at Stytch'),
  foreign: counted('None of ours'),
  failed: counted('Not judged, or not deleted, because somebody did not answer'),
}) satisfies z.ZodMiniType<Record<Found, number>>;

const RECONCILIATION = z
  .strictObject({
    id: z.string(),
    status: z.enum(['running', 'done', 'failed']),
    because: z.nullable(z.string()).check(z.meta({ description: 'Why it failed' })),
    dry_run: z.boolean(),
    by: z
      .nullable(z.string())
      .check(z.meta({ description: 'The operator who began it; null for the schedule' })),
    started_at: TIME,
    finished_at: z.nullable(TIME),
    clients: z.int().check(z.meta({ description: 'Clients of the Stytch project that were seen so far' })),
    counts: COUNTS.check(z.meta({ description: 'How many of them are what' })),
    master_keys: z.record(z.string(), z.int()).check(
      z.meta({
        description:
          'How many living keys need which master key, by its id: as many are refused when it is taken off the list. `?`: not known of them',
      }),
    ),
    orphans_left: z.int().check(z.meta({ description: 'Orphans that were not deleted; in a dry run all' })),
    findings: z
      .array(z.strictObject({ client_id: z.string(), found: z.enum(FOUND) }))
      .check(z.meta({ description: 'The last hundred that are not as they should be' })),
  })
  .check(z.meta({ id: 'Reconciliation' }));

/** The body of `POST /v1/reconciliation`. */
const startBody = z
  .strictObject({
    dry_run: z.boolean().check(z.meta({ description: 'Tells what would be done, and does nothing' })),
    max_orphans: z._default(z.nullable(z.int().check(z.minimum(0), z.maximum(1_000_000))), null).check(
      z.meta({
        description: 'More are left where they are. Default: 20, or a tenth of the clients if that is more',
      }),
    ),
  })
  .check(z.meta({ id: 'StartReconciliation', examples: [{ dry_run: true }] }));

/** Operators compare what Stytch has and what the Rings know. */
export const reconciliationOperations = ({ reconciler }: DeskPorts, { operator }: Doors) =>
  [
    operation({
      ...{ method: 'POST', path: '/v1/reconciliation', operationId: 'startReconciliation', tag: 'Operators' },
      ...{ door: operator, body: startBody },
      summary: 'Begins a reconciliation of Stytch and the Rings',
      answers: { 202: { description: 'It has begun', body: RECONCILIATION } },
      refusals: ['reconciliation_running'],
      handle: async ({ who, body, call }) => {
        const request = { dryRun: body.dry_run, by: who.clientId, maxOrphans: body.max_orphans };
        const started = await reconciler.start(request);
        return started.ok ? ok(json(shown(started.value), 202, call.requestId)) : started;
      },
    }),
    operation({
      ...{ method: 'GET', path: '/v1/reconciliation', operationId: 'getReconciliation', tag: 'Operators' },
      door: operator,
      summary: 'Shows the reconciliation under way, or the last one',
      answers: { 200: { description: 'How far it is, or what it came to', body: RECONCILIATION } },
      refusals: ['not_found'],
      handle: async ({ call }) => {
        const report = await reconciler.report();
        if (!report.ok) return report;
        return report.value === null
          ? err({ reason: 'not_found' })
          : ok(json(shown(report.value), 200, call.requestId));
      },
    }),
  ] as const;

const shown = (report: ReconciliationReport) => ({
  id: report.id,
  status: report.status,
  because: report.because,
  dry_run: report.dryRun,
  by: report.by,
  started_at: time(report.startedAt),
  finished_at: time(report.finishedAt),
  clients: report.clients,
  counts: report.counts,
  master_keys: report.masterKeys ?? {},
  orphans_left: report.orphansLeft,
  findings: report.findings.map(({ clientId, found }) => ({ client_id: clientId, found })),
});
