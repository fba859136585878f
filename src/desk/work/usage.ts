import type * as z from 'zod';
import type { UsageReport } from '../../model/life.ts';
import { SESSION_USE } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import type { DeskPorts } from '../ports.ts';
import type { usageQuery } from '../schemas.ts';
import { usageRange } from '../usage-range.ts';
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
    const asked = { from: millis(query.from), to: millis(query.to) };
    const range = usageRange(query.by, asked, ports.now());
    if (!range.ok) return range;
    const { from, to, stepMs } = range.value;
    const used = await ring.value.usage({ owner, keyId, from, to, by: query.by });
    if (!used.ok) return used;
    // A bucket for each hour or day, those without any use too: what a chart is drawn from.
    const found = new Map(used.value.map((bucket) => [bucket.at, bucket]));
    const buckets = Array.from({ length: (to - from) / stepMs }, (_, i) => from + i * stepMs).map(
      (at) => found.get(at) ?? { at, admitted: 0, refused: 0, limited: 0 },
    );
    return ok({ from, to, by: query.by, buckets });
  };

export type UsageWork = ReturnType<typeof createUsageWork>;

const millis = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);
