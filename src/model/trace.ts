import type { LogValue } from './ports.ts';

/** What a request presented and what it took to judge it, for the log: filled in as it goes along. */
export interface Trace {
  /** The kind of credential; null where none was looked for. */
  credential: string | null;
  /** The key that was presented, once its tag has shown that it is one of ours; its id is public. */
  keyId: string | null;
  /** Where what we know of it came from. */
  tier: string | null;
  ringMs: number;
  kvMs: number;
  stytchMs: number;
  originMs: number;
}

export const newTrace = (): Trace => ({
  credential: null,
  keyId: null,
  tier: null,
  ringMs: 0,
  kvMs: 0,
  stytchMs: 0,
  originMs: 0,
});

/** A trace under the names of the log. */
export const traceFields = (trace: Trace): Readonly<Record<string, LogValue>> => ({
  credential: trace.credential,
  key_id: trace.keyId,
  tier: trace.tier,
  stytch_ms: trace.stytchMs,
  ring_ms: trace.ringMs,
  kv_ms: trace.kvMs,
  origin_ms: trace.originMs,
});
