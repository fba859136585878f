import * as z from 'zod';
import { json } from '../http/answer.ts';
import type { UsageBucket } from '../model/life.ts';
import { time } from '../model/objects.ts';
import { SESSION_USE } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { Subject } from './doors.ts';
import type { DeskRing } from './durable.ts';
import { KEY_ID, USAGE } from './objects.ts';
import { operation } from './operation.ts';
import { ownRing } from './own-ring.ts';
import type { Place } from './place.ts';
import type { Call, DeskPorts } from './ports.ts';
import { usageQuery } from './schemas.ts';
import { type UsageRange, usageRange } from './usage-range.ts';

type Query = z.output<typeof usageQuery>;

/** How much was used, by hour or by day: one key's part of it, and all of it. */
export const usageOperations = <P extends string>(ports: DeskPorts, place: Place<P>) => {
  const { base, tag, of, door } = place;

  const answered = async (who: Subject, ring: DeskRing, keyId: string | null, query: Query, call: Call) => {
    const range = rangeOf(query, ports.now());
    if (!range.ok) return range;
    const { from, to } = range.value;
    const used = await ring.usage({ owner: who.owner, keyId, from, to, by: query.by });
    if (!used.ok) return used;
    return ok(json(usageObject(keyId, query.by, range.value, used.value), 200, call.requestId));
  };

  const ofKey = operation({
    ...{ method: 'GET', path: `${base}/keys/{key_id}/usage` as const, tag, door, query: usageQuery },
    ...{ operationId: `get${of}KeyUsage`, params: z.object({ key_id: KEY_ID }) },
    summary: 'Tells how much a key was used',
    description: `${ABOUT} What sessions themselves used is told under the key id \`${SESSION_USE}\`.`,
    answers: { 200: { description: 'Requests by hour or by UTC day', body: USAGE } },
    refusals: ['not_found'],
    handle: async ({ who, params: { key_id: keyId }, query, call }) => {
      const ring = await ownRing(ports, who, keyId);
      if (!ring.ok) return ring;
      if (keyId !== SESSION_USE) {
        const record = await ring.value.get(who.owner, keyId);
        if (!record.ok) return record;
        if (record.value === null) return err({ reason: 'not_found' });
      }
      return answered(who, ring.value, keyId, query, call);
    },
  });

  const ofAll = operation({
    ...{ method: 'GET', path: `${base}/usage` as const, tag, door, query: usageQuery },
    operationId: `get${of}Usage`,
    summary: 'Tells how much all credentials together were used',
    description: ABOUT,
    answers: { 200: { description: 'Requests by hour or by UTC day', body: USAGE } },
    handle: async ({ who, query, call }) => answered(who, await ports.ringOf(who.owner), null, query, call),
  });

  return [ofKey, ofAll] as const;
};

const ABOUT =
  'Counted in whole hours and UTC days: the answer says from when to when. Kept for 90 days; what is older is 0. `admitted` is never less than what was; `refused` and `limited` may lack what an isolate took with it.';

const rangeOf = ({ by, from, to }: Query, now: number): Result<UsageRange> =>
  usageRange(by, { from: millis(from), to: millis(to) }, now);

const millis = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** With a bucket for each hour or day, those without any use too: what a chart is drawn from. */
const usageObject = (
  keyId: string | null,
  by: Query['by'],
  { from, to, stepMs }: UsageRange,
  used: readonly UsageBucket[],
): z.input<typeof USAGE> => {
  const found = new Map(used.map((bucket) => [bucket.at, bucket]));
  const buckets = Array.from({ length: (to - from) / stepMs }, (_, i) => from + i * stepMs).map(
    (at) => found.get(at) ?? { at, admitted: 0, refused: 0, limited: 0 },
  );
  const sum = (count: 'admitted' | 'refused' | 'limited') =>
    buckets.reduce((total, bucket) => total + bucket[count], 0);
  return {
    ...{ key_id: keyId, from: time(from), to: time(to), by },
    totals: { admitted: sum('admitted'), refused: sum('refused'), limited: sum('limited') },
    data: buckets.map(({ at, ...counts }) => ({ at: time(at), ...counts })),
    approximate: true,
  };
};
