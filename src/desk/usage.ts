import { json } from '../http/answer.ts';
import { type KeyUsageReport, requestsIn, totalsOf, type UsageReport } from '../model/life.ts';
import { time } from '../model/objects.ts';
import { SESSION_USE } from '../model/ports.ts';
import { ok } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import * as z from '../model/zod.ts';
import { KEY_ID, KEYS_USAGE, USAGE } from './objects.ts';
import { operation } from './operation.ts';
import type { Place } from './place.ts';
import type { Call } from './ports.ts';
import { keysUsageQuery, usageQuery } from './schemas.ts';
import type { Work } from './work/index.ts';

type Query = z.output<typeof usageQuery>;

/** How much was used, by hour or by day: one key's part of it, and all of it. */
export const usageOperations = <P extends string>({ usage, usageOfKeys }: Work, place: Place<P>) => {
  const { base, tag, of, door } = place;

  const answered = async (who: Subject, keyId: string | null, query: Query, call: Call) => {
    const used = await usage(who, keyId, query);
    return used.ok ? ok(json(usageObject(keyId, used.value), 200, call.requestId)) : used;
  };

  const ofKey = operation({
    ...{ method: 'GET', path: `${base}/keys/{key_id}/usage` as const, tag, door, query: usageQuery },
    ...{ operationId: `get${of}KeyUsage`, params: z.object({ key_id: KEY_ID }) },
    summary: 'Tells how much a key was used',
    description: `${ABOUT} What sessions themselves used is told under the key id \`${SESSION_USE}\`.`,
    answers: { 200: { description: 'Requests by hour or by UTC day', body: USAGE } },
    refusals: ['not_found'],
    handle: ({ who, params: { key_id: keyId }, query, call }) => answered(who, keyId, query, call),
  });

  const ofAll = operation({
    ...{ method: 'GET', path: `${base}/usage` as const, tag, door, query: usageQuery },
    operationId: `get${of}Usage`,
    summary: 'Tells how much all credentials together were used',
    description: ABOUT,
    answers: { 200: { description: 'Requests by hour or by UTC day', body: USAGE } },
    handle: ({ who, query, call }) => answered(who, null, query, call),
  });

  const ofKeys = operation({
    ...{ method: 'GET', path: `${base}/usage/keys` as const, tag, door, query: keysUsageQuery },
    operationId: `get${of}UsageOfKeys`,
    summary: 'Tells how much each of several keys was used',
    description: `${ABOUT} Hours and days without any use are left out. A key that is not the owner's is one that was never used.`,
    answers: { 200: { description: 'Requests by key, and by hour or by UTC day', body: KEYS_USAGE } },
    handle: async ({ who, query, call }) => {
      const used = await usageOfKeys(who, query);
      return used.ok ? ok(json({ data: used.value.map(keyUsageObject) }, 200, call.requestId)) : used;
    },
  });

  return [ofKey, ofAll, ofKeys] as const;
};

const ABOUT =
  'Counted in whole hours and UTC days: the answer says from when to when. Kept for 90 days; what is older is 0. `admitted` is never less than what was; `refused` and `limited` may lack what an isolate took with it.';

const usageObject = (
  keyId: string | null,
  { from, to, by, buckets }: UsageReport,
): z.input<typeof USAGE> => ({
  ...{ key_id: keyId, from: time(from), to: time(to), by },
  totals: totalsOf(buckets),
  data: buckets.map(({ at, ...counts }) => ({ at: time(at), ...counts })),
  approximate: true,
});

/** Of a hundred keys, hours without any use would be most of the answer. */
const keyUsageObject = ({ keyId, ...report }: KeyUsageReport): z.input<typeof USAGE> => ({
  ...usageObject(keyId, { ...report, buckets: report.buckets.filter((bucket) => requestsIn(bucket) > 0) }),
});
