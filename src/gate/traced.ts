import type { Span } from '../model/trace.ts';
import {
  type Parent,
  RANDOM,
  readTraceparent,
  readTracestate,
  SAMPLED,
  type TraceContext,
} from '../model/trace-context.ts';

/** Whether a trace that a client says it is in goes on here, or another one begins. */
export type TraceContextMode = 'continue' | 'restart';

/** A request that the platform records: how it calls it, and a way to show what part of it takes how long. */
export interface Recording {
  readonly traceId: string;
  readonly spanId: string;
  /** Tells the recording of a request that it is part of a client's trace. */
  readonly link: (traceId: string) => void;
  readonly span: Span;
}

export interface TracedPorts {
  readonly mode: TraceContextMode;
  /** Hexadecimal digits of so many random bytes. */
  readonly randomHex: (bytes: number) => string;
  /** The platform's recording of the request at hand; null where it is not recorded. */
  readonly recording: () => Recording | null;
}

/**
 * The trace of one request. What a client says of it is its own business, and as good as any other number; it never makes
 * us write down more. Where the platform records a request, ours and its own ids are the same, unless a client's go on.
 */
export const traced = (
  { mode, randomHex }: TracedPorts,
  headers: Headers,
  recording: Recording | null,
  isLogged: boolean,
): TraceContext => {
  const parent = mode === 'continue' ? parentOf(headers) : null;
  const spanId = recording?.spanId ?? randomHex(8);
  if (parent === null) {
    const traceId = recording?.traceId ?? randomHex(16);
    const random = recording === null ? RANDOM : 0;
    return { traceId, spanId, flags: random | (isLogged || recording !== null ? SAMPLED : 0), state: null };
  }
  recording?.link(parent.traceId);
  const state = headers.get('tracestate');
  return { ...parent, spanId, state: state === null ? null : readTracestate(state) };
};

const parentOf = (headers: Headers): Parent | null => {
  const text = headers.get('traceparent');
  return text === null ? null : readTraceparent(text);
};
