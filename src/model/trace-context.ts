import { withoutBlanks } from './blanks.ts';

/**
 * How a request is known to whoever follows it from service to service: W3C Trace Context, Level 1, with the random flag of
 * Level 2. It says nothing of who somebody is, and nothing is decided by it.
 */
export interface TraceContext {
  /** Of the whole trace: 32 hexadecimal digits. */
  readonly traceId: string;
  /** Of the request at the edge, which is what the origin is told its parent is: 16 of them. */
  readonly spanId: string;
  /** The bits `SAMPLED` and `RANDOM`. */
  readonly flags: number;
  /** What tracing systems on the way here have to say to each other; null for nothing. */
  readonly state: string | null;
}

/** Somebody on the way here may have recorded the request. */
export const SAMPLED = 0b01;

/** Level 2: the last seven bytes of the trace's id are random. */
export const RANDOM = 0b10;

/** What a request says of the trace that it is in. */
export type Parent = Pick<TraceContext, 'traceId' | 'flags'>;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);

/**
 * Reads a `traceparent`; null for one that is none, and begins no trace here. Two of them are none. Of a version that is
 * not known, what is known of this one is read ("Versioning of traceparent"); flags that are reserved are not passed on.
 */
export const readTraceparent = (text: string): Parent | null => {
  const [, version = '', traceId = '', parentId = '', flags = '', rest] = TRACEPARENT.exec(text) ?? [];
  if (version === '' || version === 'ff' || traceId === NO_TRACE || parentId === NO_PARENT) return null;
  if (version === '00' && rest !== undefined) return null;
  return { traceId, flags: Number.parseInt(flags, 16) & (SAMPLED | RANDOM) };
};

/** A `traceparent` of version 00. */
export const traceparentOf = ({ traceId, spanId, flags }: Omit<TraceContext, 'state'>): string =>
  `00-${traceId}-${spanId}-0${flags}`;

const MAX_MEMBERS = 32;

/** So much of it is passed on. Of one that is longer, what is over this goes first: "entries larger than 128 characters". */
const MAX_LENGTH = 512;
const LONG_MEMBER = 128;

/** Level 2, "list-members": Level 1 has fewer keys, and no value that this one has not. */
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Reads a `tracestate`, its lines joined: what is passed on of it, in its order. Null where there is nothing in it, or
 * something that is none: a list that cannot be read is not sent to anybody else.
 */
export const readTracestate = (text: string): string | null => {
  const members = text
    .split(',')
    .map(withoutBlanks)
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  const isList = members.length <= MAX_MEMBERS && keys.size === members.length;
  if (members.length === 0 || !isList || !members.every((member) => MEMBER.test(member))) return null;
  return shortened(members).join(',') || null;
};

/** Whole members go: the long ones from the end on, then any from the end on, for as long as it is too long. */
const shortened = (members: readonly string[]): readonly string[] => {
  const kept = [...members];
  const length = () => kept.join(',').length;
  while (length() > MAX_LENGTH) {
    const long = kept.findLastIndex((member) => member.length > LONG_MEMBER);
    kept.splice(long === -1 ? kept.length - 1 : long, 1);
  }
  return kept;
};
