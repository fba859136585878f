import type { Log, LogValue } from '../model/ports.ts';
import { type Refusal, whyRefused } from '../model/refusal.ts';
import { newTrace, type Trace, traceFields } from '../model/trace.ts';
import type { TraceContext } from '../model/trace-context.ts';
import { type TracedPorts, traced } from './traced.ts';

/** What the Gate came to know of a request, for the log. */
export interface Account extends Trace {
  readonly requestId: string;
  readonly startedAt: number;
  readonly context: TraceContext;
  /** Whether chance has it in the log. */
  readonly isSampled: boolean;
  route: string | null;
  decision: 'forwarded' | 'answered' | 'decided';
  /** What it spent. */
  units: number;
  /** Ours, up to the decision, in milliseconds; null until there is one. */
  gateMs: number | null;
}

/** Which requests the log keeps. */
export interface Sampling {
  /** The part of those that are let in, 0..1; all others are kept whatever it is. */
  readonly sample: number;
  /** From this long on, one that was let in is kept whatever `sample` says; milliseconds. */
  readonly slowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface AccountPorts {
  readonly tracing: TracedPorts;
  readonly sampling: Sampling;
  readonly now: () => number;
  readonly log: Log;
}

/** Of a request that just came in, and which is to be forwarded, or only decided. */
export const openAccount = (
  { tracing, sampling, now }: AccountPorts,
  headers: Headers,
  requestId: string,
  decision: Account['decision'],
): Account => {
  const { sample, random } = sampling;
  const isSampled = sample === 1 || random() < sample;
  const recording = tracing.recording();
  return {
    ...newTrace(recording?.span),
    ...{ requestId, startedAt: now(), isSampled, route: null, decision, units: 0, gateMs: null },
    context: traced(tracing, headers, recording, isSampled),
  };
};

/** One line for each request. What went as it should is kept by chance, with its chance; all else with certainty. */
export const record = (
  { sampling, now, log }: AccountPorts,
  account: Account,
  { headers, method }: Pick<Request, 'headers' | 'method'>,
  response: Response,
  refusal: Refusal | null,
  more: Readonly<Record<string, LogValue>> = {},
): void => {
  const { context, isSampled, gateMs, units } = account;
  const { status } = response;
  const tookMs = now() - account.startedAt;
  const isUsual = refusal === null && status < 500 && tookMs < sampling.slowMs;
  const line = {
    event: 'request',
    host: 'api',
    request_id: account.requestId,
    trace_id: context.traceId,
    span_id: context.spanId,
    method: METHOD.test(method) ? method : null,
    route: account.route,
    decision: refusal === null ? account.decision : 'refused',
    reason: refusal?.reason ?? null,
    because: whyRefused(refusal),
    status,
    country: countryOf(headers.get('cf-ipcountry')),
    colo: coloOf(headers.get('cf-ray')),
    ...traceFields(account),
    gate_ms: gateMs ?? tookMs,
    units,
    bytes: bytesOf(response.headers.get('content-length')),
    share: isUsual ? sampling.sample : 1,
    ...more,
  };
  log(line, !isUsual || isSampled);
};

/** A proxy that asks for a decision may say anything for one, a URL with a secret in it too. */
const METHOD = /^[A-Z-]{1,20}$/;

/** Cloudflare's word on where a request comes from. Elsewhere anybody may write these headers: what is no code is nothing. */
const countryOf = (header: string | null): string | null =>
  header !== null && /^[A-Z][A-Z0-9]$/.test(header) ? header : null;

/** The data centre, at the end of the ray's id. */
const coloOf = (ray: string | null): string | null => {
  const colo = ray?.slice(ray.indexOf('-') + 1) ?? '';
  return /^[A-Z]{3}$/.test(colo) ? colo : null;
};

/** The length that an answer says it has; null for one that says none. */
const bytesOf = (length: string | null): number | null =>
  length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
