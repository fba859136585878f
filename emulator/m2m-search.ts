import { base64url } from 'jose';
import type { Call } from './endpoint.ts';
import { isObject, isStrings, type Json, parseObject } from './json.ts';
import { allClients, clientObject, clientsFrom, countClients, type M2MClient } from './m2m-clients.ts';
import type { Project } from './project.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';
import type { Switches } from './switches.ts';

const DEFAULT_LIMIT = 100;
const MAXIMUM_LIMIT = 1000;

type Filter = (client: M2MClient) => boolean;

/** `POST /v1/m2m/clients/search`: there is no filter on trusted_metadata. */
export const searchClients = ({ project, switches, body }: Call): Result => {
  const limit = readLimit(body.limit, switches);
  if (isRefusal(limit)) return limit;
  const after = readCursor(body.cursor);
  if (isRefusal(after)) return after;
  const filter = readQuery(body.query, switches);
  if (isRefusal(filter)) return filter;
  const { rest, total } = find(project, switches, filter, after, limit + 1);
  const size = switches.maximumPage > 0 ? Math.min(limit, switches.maximumPage) : limit;
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return succeed({
    m2m_clients: page.map((client) => clientObject(client, switches)),
    results_metadata: {
      total: switches.searchTotals === 'disabled' ? -1 : total,
      next_cursor: last !== undefined && rest.length > size ? writeCursor(last.sequence) : null,
    },
  });
};

type Match = { readonly rest: readonly M2MClient[]; readonly total: number };

/** What matches from a place on, at least so many of them, and how many match in all. */
const find = (
  project: Project,
  { searchOrder }: Switches,
  filter: Filter | null,
  after: number | null,
  limit: number,
): Match => {
  // A walk through every client must not read every client for each of its pages.
  if (filter === null)
    return { rest: clientsFrom(project, searchOrder, after, limit), total: countClients(project) };
  const matching = allClients(project).filter(filter);
  if (searchOrder === 'newest_first') matching.reverse();
  const isLater = ({ sequence }: M2MClient) =>
    after === null || (searchOrder === 'newest_first' ? sequence < after : sequence > after);
  return { rest: matching.filter(isLater), total: matching.length };
};

const readLimit = (value: Json | undefined, switches: Switches): number | Refusal => {
  if (value === undefined || value === null) return DEFAULT_LIMIT;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return refuse('bad_request');
  if (value === 0) return switches.searchZeroLimit === 'empty' ? 0 : DEFAULT_LIMIT;
  if (value <= MAXIMUM_LIMIT) return value;
  return switches.searchOverLimit === 'clamped' ? MAXIMUM_LIMIT : refuse('bad_request');
};

const writeCursor = (sequence: number): string => base64url.encode(JSON.stringify({ after: sequence }));

const readCursor = (value: Json | undefined): number | null | Refusal => {
  if (value === undefined || value === null || value === '') return null;
  const isBase64url = typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value) && value.length % 4 !== 1;
  if (!isBase64url) return refuse('bad_request');
  const after = parseObject(new TextDecoder().decode(base64url.decode(value)))?.after;
  return typeof after === 'number' ? after : refuse('bad_request');
};

const readQuery = (value: Json | undefined, switches: Switches): Filter | null | Refusal => {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return refuse('bad_request');
  const operands = value.operands ?? [];
  if (!Array.isArray(operands)) return refuse('bad_request');
  if (operands.length === 0) return null;
  const { operator } = value;
  if (operator !== 'AND' && operator !== 'OR') return refuse('bad_request');
  const filters: Filter[] = [];
  for (const operand of operands) {
    const filter = readOperand(operand, switches);
    if (isRefusal(filter)) return filter;
    filters.push(filter);
  }
  return operator === 'AND'
    ? (client) => filters.every((filter) => filter(client))
    : (client) => filters.some((filter) => filter(client));
};

const FIELDS: Readonly<Record<string, (client: M2MClient) => readonly string[]>> = {
  client_id: (client) => [client.clientId],
  client_name: (client) => [client.name ?? ''],
  scopes: (client) => client.scopes,
};

const readOperand = (value: Json, switches: Switches): Filter | Refusal => {
  if (!isObject(value) || value.filter_name === undefined) return refuse('m2m_search_missing_filter_name');
  if (typeof value.filter_name !== 'string') return refuse('m2m_search_filter_name_must_be_string');
  if (!Object.hasOwn(FIELDS, value.filter_name)) return refuse('m2m_search_filter_name_not_recognized');
  const field = FIELDS[value.filter_name] ?? (() => []);
  const wanted = value.filter_value;
  if (wanted === undefined) return refuse('m2m_search_missing_filter_value');
  if (!isStrings(wanted)) return refuse('m2m_search_expected_array_of_strings');
  return switches.searchOperandMatch === 'any'
    ? (client) => wanted.some((entry) => field(client).includes(entry))
    : (client) => wanted.every((entry) => field(client).includes(entry));
};
