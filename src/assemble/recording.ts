import { tracing } from 'cloudflare:workers';
import type { Recording } from '../gate/traced.ts';

/**
 * The request at hand as the platform records it; null for most, which it does not record (`[observability.traces]`). What
 * it calls them is what its exports call them too.
 */
export const recording = (): Recording | null => {
  const root = tracing.getActiveSpan();
  if (root === undefined || !root.isTraced) return null;
  const { traceId, spanId } = root.spanContext();
  return {
    ...{ traceId, spanId },
    link: (trace) => void root.setAttribute('latchkey.trace_id', trace),
    span: (name, work) => tracing.enterSpan(name, work),
  };
};
