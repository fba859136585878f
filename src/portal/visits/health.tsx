import { ok } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import { HealthPage } from '../pages/health.tsx';
import type { Serve } from '../ports.ts';
import type { VisitParts } from './parts.ts';

/** Where operators see how the deployment is. What cannot be told is said on the page: it is of use when things break. */
export const createHealthVisit =
  ({ ports, press }: VisitParts) =>
  async ({ visit, frame }: Entered): ReturnType<Serve> => {
    const [health, tokens] = await Promise.all([ports.health(), ports.tokens()]);
    const page = <HealthPage frame={frame} health={health} tokens={tokens.ok ? tokens.value : null} />;
    return ok(await press.page(page, visit));
  };
