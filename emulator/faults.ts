import { isObject, type Json, type JsonObject } from './json.ts';
import type { Project } from './project.ts';

const TOKEN_KINDS = [
  'foreignKey',
  'wrongSubject',
  'wrongAudience',
  'wrongIssuer',
  'expired',
  'missingClaim',
  'changedClaims',
] as const;
const WIRE_KINDS = [
  'latency',
  'hang',
  'status',
  'html',
  'rateLimited',
  'truncated',
  'cut',
  'oversized',
  'wrongContent',
] as const;

/** A fault that makes the token of an answer wrong. */
export type TokenFault = {
  readonly kind: (typeof TOKEN_KINDS)[number];
  readonly subject?: string;
  readonly claim?: string;
  readonly claims?: JsonObject;
  readonly header?: JsonObject;
  readonly latencyMs?: number;
};

/** A fault that makes the answer itself wrong. */
export type WireFault = {
  readonly kind: (typeof WIRE_KINDS)[number];
  readonly latencyMs?: number;
  readonly status?: number;
  readonly body?: Json;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfter?: string | number;
  readonly bytes?: number;
  /** 'done': the work is done and only the answer is lost. */
  readonly effect?: 'none' | 'done';
};

export type Fault = TokenFault | WireFault;

/** Whether a fault spoils the token, not the answer. */
export const isTokenFault = (fault: Fault): fault is TokenFault =>
  TOKEN_KINDS.some((kind) => kind === fault.kind);

type Row = {
  sequence: number;
  endpoint: string;
  fault: string;
  times_left: number | null;
  skip_left: number;
};

/** Adds a fault; the answer says what is wrong with it, or is its number. */
export const addFault = (
  project: Project,
  wanted: JsonObject,
  endpoints: readonly string[],
): string | number => {
  const { endpoint, times, skip, ...fault } = wanted;
  if (typeof endpoint !== 'string' || !['*', ...endpoints].includes(endpoint)) {
    return `endpoint must be one of *, ${endpoints.join(', ')}`;
  }
  const kinds = [...WIRE_KINDS, ...TOKEN_KINDS];
  if (!kinds.some((kind) => kind === fault.kind)) return `kind must be one of ${kinds.join(', ')}`;
  const numbers = { times, skip, latencyMs: fault.latencyMs, status: fault.status, bytes: fault.bytes };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) {
      return `${name} must be a number, 0 or more`;
    }
  }
  if (fault.claims !== undefined && !isObject(fault.claims)) return 'claims must be an object';
  project.sql.exec(
    'INSERT INTO faults (endpoint, fault, times_left, skip_left) VALUES (?, ?, ?, ?)',
    endpoint,
    JSON.stringify(fault),
    (times as number | undefined) ?? null,
    (skip as number | undefined) ?? 0,
  );
  return listFaults(project).at(-1)?.id ?? 0;
};

/** Takes the oldest fault that bites on this call, and counts it. */
export const takeFault = (project: Project, endpoint: string): Fault | null => {
  const matching = project.sql
    .exec<Row>("SELECT * FROM faults WHERE endpoint IN (?, '*') ORDER BY sequence", endpoint)
    .toArray();
  for (const row of matching) {
    if (row.skip_left > 0) {
      project.sql.exec('UPDATE faults SET skip_left = skip_left - 1 WHERE sequence = ?', row.sequence);
    } else if (row.times_left === null || row.times_left > 0) {
      project.sql.exec('UPDATE faults SET times_left = times_left - 1 WHERE sequence = ?', row.sequence);
      return JSON.parse(row.fault) as Fault;
    }
  }
  return null;
};

/** The faults with what is left of them. */
export const listFaults = (project: Project) =>
  project.sql
    .exec<Row>('SELECT * FROM faults ORDER BY sequence')
    .toArray()
    .map((row) => ({
      id: row.sequence,
      endpoint: row.endpoint,
      ...(JSON.parse(row.fault) as Fault),
      timesLeft: row.times_left,
      skipLeft: row.skip_left,
    }));

/** Clears the faults of one endpoint, one fault by its number, or all. */
export const clearFaults = (project: Project, which: string | number | null): void => {
  if (which === null) project.sql.exec('DELETE FROM faults');
  else if (typeof which === 'number') project.sql.exec('DELETE FROM faults WHERE sequence = ?', which);
  else project.sql.exec('DELETE FROM faults WHERE endpoint = ?', which);
};
