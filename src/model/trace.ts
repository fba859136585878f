import type { LogValue } from './ports.ts';

/** Does some work, and shows it under a name in the recording of a request that is recorded. */
export type Span = <T>(name: 'resolve' | 'admit' | 'exchange' | 'forward', work: () => T) => T;

/** What a request presented and what it took to judge it, for the log: filled in as it goes along. */
export interface Trace {
  /** The kind of credential; null where none was looked for. */
  credential: string | null;
  /** The key that was presented, once its tag has shown that it is one of ours; its id is public. */
  keyId: string | null;
  /** The owner's, once a credential has said it, as his keys do in public. */
  ring: string | null;
  /** Where what we know of it came from. */
  tier: string | null;
  /** Tokens that Stytch gave while the request waited. */
  exchanges: number;
  ringMs: number;
  kvMs: number;
  stytchMs: number;
  originMs: number;
  readonly span: Span;
}

const unrecorded: Span = (_name, work) => work();

export const newTrace = (span: Span = unrecorded): Trace => ({
  credential: null,
  keyId: null,
  ring: null,
  tier: null,
  exchanges: 0,
  ringMs: 0,
  kvMs: 0,
  stytchMs: 0,
  originMs: 0,
  span,
});

/** A trace under the names of the log. */
export const traceFields = (trace: Trace): Readonly<Record<string, LogValue>> => ({
  credential: trace.credential,
  key_id: trace.keyId,
  ring: trace.ring,
  tier: trace.tier,
  exchanges: trace.exchanges,
  stytch_ms: trace.stytchMs,
  ring_ms: trace.ringMs,
  kv_ms: trace.kvMs,
  origin_ms: trace.originMs,
});
