import type { LogValue } from './ports.ts';

/** Of the columns below. It changes when one of them comes to mean something else; a new one at the end changes nothing. */
export const POINT_VERSION = '1';

/**
 * What of a line of the log goes into which column of Analytics Engine. `blob1` is the version of this, `blob2` that of the
 * Worker, `blob3` the first of these. At most 18; what a line does not have is the empty text.
 */
export const BLOBS = [
  'event',
  'host',
  'route',
  'method',
  'status',
  'decision',
  'reason',
  'because',
  'outcome',
  'credential',
  'tier',
  'key_id',
  'country',
  'colo',
  'trace_id',
  'kid',
] as const;

/** The same for numbers: `double1` is the first. At most 20; what a line does not have, or does not know, is 0. */
export const DOUBLES = [
  'gate_ms',
  'origin_ms',
  'ring_ms',
  'kv_ms',
  'stytch_ms',
  'units',
  'exchanges',
  'bytes',
  'spent',
  'saved',
  'jwks_age_seconds',
] as const;

/** What Analytics Engine samples by, so that one owner's many points push out nobody else's: his Ring's name, as keys have it. */
export const INDEX = 'ring';

/** One point, as `writeDataPoint` takes it. */
export interface DataPoint {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** `versionId` says which version of the Worker tells it. */
export const dataPointOf = (line: Readonly<Record<string, LogValue>>, versionId: string): DataPoint => ({
  indexes: [textOf(line[INDEX])],
  blobs: [POINT_VERSION, versionId, ...BLOBS.map((field) => textOf(line[field]))],
  doubles: DOUBLES.map((field) => numberOf(line[field])),
});

/** No column is longer: an index of more than 96 bytes, and a point of more than 16 KB, would be lost whole. */
const MAX_LENGTH = 96;

const textOf = (value: LogValue): string =>
  value === null || value === undefined ? '' : String(value).slice(0, MAX_LENGTH);

const numberOf = (value: LogValue): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;
