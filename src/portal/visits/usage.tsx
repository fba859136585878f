import { ok } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import { UsagePage } from '../pages/usage.tsx';
import type { Serve } from '../ports.ts';
import { rangeIn, usageAsked } from '../usage-ranges.ts';
import type { VisitParts } from './parts.ts';

/** What everything together used. */
export const createUsageVisits = ({ ports, press }: VisitParts) => {
  const show = async ({ visit, who, paths, frame }: Entered): ReturnType<Serve> => {
    const range = rangeIn(new URL(visit.request.url).searchParams);
    const [used, standing] = await Promise.all([
      ports.keys.usage(who, null, usageAsked(range, frame.now)),
      ports.keys.limits(who, null),
    ]);
    if (!used.ok) return used;
    if (!standing.ok) return standing;
    const shown = { frame, paths, range, used: used.value, limits: standing.value.limits };
    return ok(await press.page(<UsagePage {...shown} />, visit));
  };

  return { show };
};
