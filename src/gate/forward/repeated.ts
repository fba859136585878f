import { putRecent } from '../../model/recent.ts';
import { type TraceContext, traceparentOf } from '../../model/trace-context.ts';
import { CDN_LOOP, type HeaderEntry, type HeaderRules, outbound } from './headers.ts';

/** What goes to the origin with one request: of the client's headers, what it is told of the caller, and of the request. */
export interface Sending {
  readonly inbound: Headers;
  readonly rules: HeaderRules;
  /** The same object for as long as the same is told. */
  readonly letter: readonly HeaderEntry[];
  readonly clientIp: string | null;
  readonly requestId: string;
  readonly context: TraceContext;
  /** Names this deployment in `CDN-Loop`. */
  readonly loopId: string;
}

/** Headers as they went out for a caller the last time, and what of the client's is in them, in the order of `Headers`. */
interface Sent {
  readonly headers: Headers;
  readonly rules: HeaderRules;
  readonly names: readonly string[];
  readonly values: string[];
  /** Takes names away, so that another one makes other headers. */
  readonly connection: string | null;
  clientIp: string | null;
  state: string | null;
}

/** Callers whose last headers are kept, and how long these may be, in characters. Together at most about 5 MiB. */
const MAX_KEPT = 500;
const MAX_LENGTH = 3_072;

/** More than a value: what was put beside the client's own goes with it. */
const MIXED: ReadonlySet<string> = new Set([CDN_LOOP, 'early-data']);

/**
 * Makes the headers for the origin. A client mostly sends what it sent the last time, and a caller is told of with the same
 * letter for a while: then the last headers are sent again, with the values changed that are others now. That is a third of
 * what making them anew costs. They are good until the next call: `fetch` has copied them when it returns.
 */
export const createRepeated = (): ((sending: Sending) => Headers) => {
  const kept = new Map<Sending['letter'], Sent>();

  return (sending) => {
    const before = kept.get(sending.letter);
    if (before !== undefined && repeat(before, sending)) return before.headers;
    const headers = toOrigin(sending);
    const sent = sentOf(headers, sending);
    if (sent === null) kept.delete(sending.letter);
    else putRecent(kept, sending.letter, sent, MAX_KEPT);
    return headers;
  };
};

/** The headers for the origin, made anew. */
export const toOrigin = (sending: Sending): Headers => {
  const { inbound, rules, letter, clientIp, requestId, context, loopId } = sending;
  const headers = outbound(inbound, rules, letter, clientIp);
  headers.set('X-Request-Id', requestId);
  headers.set('traceparent', traceparentOf(context));
  if (context.state !== null) headers.set('tracestate', context.state);
  headers.append(CDN_LOOP, loopId);
  return headers;
};

/** Makes the last headers those of this request; false when they cannot be, and are of no use any more. */
const repeat = (sent: Sent, { inbound, rules, clientIp, requestId, context }: Sending): boolean => {
  if (sent.rules !== rules || inbound.get('connection') !== sent.connection) return false;
  if (clientIp === null && sent.clientIp !== null) return false;
  let at = 0;
  for (const [name, value] of inbound) {
    if (!rules.forwards(name)) continue;
    if (sent.names[at] !== name) return false;
    if (sent.values[at] !== value) {
      // A comma may part two lines, which are to stay two.
      if (value.includes(',') || MIXED.has(name)) return false;
      sent.headers.set(name, value);
      sent.values[at] = value;
    }
    at++;
  }
  if (at !== sent.names.length) return false;
  if (clientIp !== null && clientIp !== sent.clientIp) {
    sent.headers.set('X-Forwarded-For', clientIp);
    sent.clientIp = clientIp;
  }
  sent.headers.set('X-Request-Id', requestId);
  sent.headers.set('traceparent', traceparentOf(context));
  if (context.state !== sent.state) {
    if (context.state === null) sent.headers.delete('tracestate');
    else sent.headers.set('tracestate', context.state);
    sent.state = context.state;
  }
  return true;
};

/** What is kept of headers that were made anew; null for what must not be repeated, or is more than is worth it. */
const sentOf = (headers: Headers, sending: Sending): Sent | null => {
  const { inbound, rules, letter, clientIp, context } = sending;
  const forwarded = [...inbound].filter(([name]) => rules.forwards(name));
  const length = [...forwarded, ...letter].reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    0,
  );
  // What `Connection` took away, and what the letter says instead of the client, must not come back with another value.
  const isHis = ([name]: readonly [string, string]): boolean =>
    headers.has(name) && !letter.some(([told]) => told.toLowerCase() === name);
  if (length > MAX_LENGTH || !forwarded.every(isHis)) return null;
  return {
    ...{ headers, rules, clientIp, state: context.state, connection: inbound.get('connection') },
    names: forwarded.map(([name]) => name),
    values: forwarded.map(([, value]) => value),
  };
};
