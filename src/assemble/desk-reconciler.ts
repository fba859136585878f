import type { DeskReconciler } from '../desk/durable.ts';
import * as is from '../gate/admit/shapes.ts';
import type { Reconciler, ReconciliationReport } from '../model/ports.ts';
import { type ReachPorts, reach } from '../model/reach.ts';
import { ofLobby } from './desk-object.ts';

/** It only writes down that a run begins, or says what was written; milliseconds. */
const DEADLINE_MS = 5_000;

/** The reconciliation as the Desk asks for it: its silence is a refusal, and so is an answer that is none. */
export const deskReconciler = (open: () => Reconciler, ports: ReachPorts): DeskReconciler => ({
  start: async (request) => {
    const answer = open().startReconciliation(request).then(is.shaped(isStarted));
    const reached = ofLobby(await reach(ports, answer, DEADLINE_MS));
    return reached.ok ? reached.value : reached;
  },
  report: async () =>
    ofLobby(await reach(ports, open().reconciliation().then(is.shaped(isReportOrNull)), DEADLINE_MS)),
});

const isStarted = is.isResultOf(is.isReconciliationReport);

const isReportOrNull = (value: unknown): value is ReconciliationReport | null =>
  value === null || is.isReconciliationReport(value);
