import * as z from 'zod';
import { json } from '../http/answer.ts';
import { totalsOf, type UsageReport } from '../model/life.ts';
import { time } from '../model/objects.ts';
import { SESSION_USE } from '../model/ports.ts';
import { ok } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import { KEY_ID, USAGE } from './objects.ts';
import { operation } from './operation.ts';
import type { Place } from './place.ts';
import type { Call } from './ports.ts';
import { usageQuery } from './schemas.ts';
import type { UsageWork } from './work/usage.ts';

type Query = z.output<typeof usageQuery>;

/** How much was used, by hour or by day: one key's part of it, and all of it. */
export const usageOperations = <P extends string>(work: UsageWork, place: Place<P>) => {
  const { base, tag, of, door } = place;

  const answered = async (who: Subject, keyId: string | null, query: Query, call: Call) => {
    const used = await work(who, keyId, query);
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

  return [ofKey, ofAll] as const;
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
