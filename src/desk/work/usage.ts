import type { KeyUsageReport, UsageBucket, UsageReport } from '../../model/life.ts';
import { SESSION_USE } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import type * as z from '../../model/zod.ts';
import type { DeskPorts } from '../ports.ts';
import type { keysUsageQuery, usageQuery } from '../schemas.ts';
import { type UsageRange, usageRange } from '../usage-range.ts';
import { ownRing } from './own-ring.ts';

type Query = z.output<typeof usageQuery>;

/** How much was used: by one key, which may be `SESSION_USE`, or by all credentials together, which is null. */
export const createUsageWork =
  (ports: DeskPorts) =>
  async (who: Subject, keyId: string | null, query: Query): Promise<Result<UsageReport>> => {
    const { owner } = who;
    const ring = keyId === null ? ok(await ports.ringOf(owner)) : await ownRing(ports, who, keyId);
    if (!ring.ok) return ring;
    if (keyId !== null && keyId !== SESSION_USE) {
      const record = await ring.value.get(owner, keyId);
      if (!record.ok) return record;
      if (record.value === null) return err({ reason: 'not_found' });
    }
    const range = rangeOf(query, ports.now());
    if (!range.ok) return range;
    const { from, to } = range.value;
    const used = await ring.value.usage({ owner, keyId, from, to, by: query.by });
    return used.ok ? ok(reported(query.by, range.value, used.value)) : used;
  };

/** The same of each of several keys. Of a key that is none of the owner's it is nothing, as of one that was never used. */
export const createUsageOfKeysWork =
  (ports: DeskPorts) =>
  async (
    { owner }: Subject,
    { key_id, ...query }: z.output<typeof keysUsageQuery>,
  ): Promise<Result<readonly KeyUsageReport[]>> => {
    const range = rangeOf(query, ports.now());
    if (!range.ok) return range;
    const { from, to } = range.value;
    const ring = await ports.ringOf(owner);
    const used = await ring.usageOfKeys({ owner, keyIds: [...new Set(key_id)], from, to, by: query.by });
    if (!used.ok) return used;
    return ok(
      used.value.map(({ keyId, buckets }) => ({ keyId, ...reported(query.by, range.value, buckets) })),
    );
  };

const rangeOf = ({ by, from, to }: Query, now: number): Result<UsageRange> =>
  usageRange(by, { from: millis(from), to: millis(to) }, now);

const millis = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** With a bucket for each hour or day, those without any use too: what a chart is drawn from. */
const reported = (
  by: Query['by'],
  { from, to, stepMs }: UsageRange,
  used: readonly UsageBucket[],
): UsageReport => {
  const found = new Map(used.map((bucket) => [bucket.at, bucket]));
  const buckets = Array.from({ length: (to - from) / stepMs }, (_, i) => from + i * stepMs).map(
    (at) => found.get(at) ?? { at, admitted: 0, refused: 0, limited: 0 },
  );
  return { from, to, by, buckets };
};
