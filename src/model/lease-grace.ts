// What an isolate does while its owner's Ring is silent: it repeats its own past, and nothing else. docs/leases.md.

import { acknowledge, agesOf, boundLogs, entryMs, type HeldLease, spendFrom } from './lease-log.ts';
import { booked, present, rememberLog, sized, windowsOf } from './lease-past.ts';
import type { Call, Purse } from './lease-purse.ts';
import type { GraceReport } from './lease-wire.ts';

/** A silent Ring is asked this often, at random between the two, in the background; ms. */
const PROBE_AFTER_MS = [500, 1_500] as const;

/** Since when a Ring is silent: when the first ask without an answer was sent. Until when that lets an isolate go on. */
export type Silence = { readonly since: number; readonly until: number };

/** Since when the Ring is silent and until when the isolate goes on by itself; null when it does not. */
export const silence = ({ grace, options }: Purse, now: number): Silence | null => {
  if (grace === null || grace.began === null) return null;
  const { since } = grace.began;
  const until = since + (options.graceMs ?? 0);
  return now < until ? { since, until } : null;
};

/** Whether the last that was heard of the Ring is nothing. */
export const isSilent = ({ grace }: Purse): boolean => grace !== null && grace.began !== null;

/** Whether a silent Ring is to be asked again. */
export const probeDue = ({ grace }: Purse, now: number): boolean =>
  grace !== null && grace.began !== null && now >= grace.began.probeNotBefore;

/** A call has no answer. `jitter` in [0, 1) spreads the next probe. */
export const fallSilent = (purse: Purse, call: Call, now: number, jitter: number): void => {
  const { grace, leases, levels } = purse;
  const sentAt = sentAtOf(call, now);
  // What was asked later has been answered: this one was lost, and nobody is silent.
  if (grace === null || sentAt < grace.heardOf) return;
  const [least, most] = PROBE_AFTER_MS;
  const probeNotBefore = sentAt + least + jitter * (most - least);
  if (grace.began !== null) {
    grace.began.probeNotBefore = probeNotBefore;
    return;
  }
  // Counted now and not as of the ask: until now the Ring may have given others what had left this window.
  const caps = windowsOf(levels).flatMap(({ requests, perSeconds }) => {
    const past = grace.pasts.find(({ windowMs }) => windowMs === perSeconds * 1000);
    return past === undefined ? [] : [{ past, units: Math.min(requests, booked(past, leases, now)) }];
  });
  const leftOfMonth = levels.find(({ name }) => name === 'month')?.free ?? Number.POSITIVE_INFINITY;
  grace.began = { since: sentAt, caps, leftOfMonth, probeNotBefore };
};

/** A call has an answer, whatever it says. */
export const hear = ({ grace }: Purse, call: Call, now: number): void => {
  if (grace === null) return;
  grace.began = null;
  grace.heardOf = Math.max(grace.heardOf, sentAtOf(call, now));
};

/** The limits are those of the newest answer. */
export const followLevels = ({ grace, levels }: Purse): void => {
  if (grace !== null) grace.pasts = sized(grace.pasts, levels);
};

/** Takes a cost where so many of the isolate's own units have left its own window; says whether it did. No past, no grace. */
export const spendInGrace = (purse: Purse, cost: number, now: number): boolean => {
  const { grace, leases, levels, options } = purse;
  if (grace === null || grace.began === null || silence(purse, now) === null) return false;
  const { caps, leftOfMonth } = grace.began;
  if (caps.length === 0 || leftOfMonth < cost) return false;
  const all = grace.untold === null ? leases : [...leases, grace.untold];
  if (!caps.every(({ past, units }) => present(past, all, now) + cost <= units)) return false;
  grace.untold ??= { ...NOTHING, leaseId: options.newLeaseId(), log: [] };
  spendFrom(grace.untold, cost, now, entryMs(levels));
  boundLogs([grace.untold]);
  grace.began.leftOfMonth -= cost;
  return true;
};

/** What the next ask has to tell; null for nothing. */
export const graceReport = ({ grace }: Purse, now: number): GraceReport | null => {
  if (grace === null || grace.untold === null) return null;
  const { leaseId, total, log } = grace.untold;
  return { graceId: leaseId, total, spent: agesOf(log, now) };
};

/** The answer to an ask that told it has come. */
export const acknowledgeGrace = ({ grace }: Purse, report: GraceReport | null, now: number): void => {
  if (report === null || grace === null || grace.untold?.leaseId !== report.graceId) return;
  rememberLog(grace.pasts, acknowledge(grace.untold, report), now);
  if (grace.untold.acknowledged >= grace.untold.total) grace.untold = null;
};

/** By a clock that ran backwards meanwhile nobody knows: no earlier than now. */
const sentAtOf = ({ untimed, sentAt }: Call, now: number): number => (untimed ? now : sentAt);

/** No lease at all: only its log is used. */
const NOTHING: Omit<HeldLease, 'leaseId' | 'log'> = {
  until: Number.NEGATIVE_INFINITY,
  left: 0,
  total: 0,
  acknowledged: 0,
  closed: true,
};
