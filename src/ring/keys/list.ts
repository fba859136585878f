import type { KeyPage, ListRequest, PagePosition } from '../../model/life.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow, ListedRow } from '../tables/rows.ts';
import { toRecord } from './record.ts';

/**
 * How many keys one page looks at in search of those that are meant: while it does, nobody of that owner's is admitted anew.
 * More than may live at once, so that of living keys no page is short.
 */
export const LOOKED_AT = 2_000;

/** How many keys that may be meant are read at once. */
const READ_AT_ONCE = 200;

/** A page of the owner's keys. One that was narrowed may be short, or empty, and not the last: it looked at enough. */
export const list = (parts: Pick<RingParts, 'tables'>, request: ListRequest): KeyPage => {
  const { owner, limit } = request;
  const isNarrowed = (request.search ?? request.scope ?? null) !== null;
  const until = isNarrowed ? parts.tables.endOfLook({ ...request, limit: LOOKED_AT }) : null;
  const rows = upTo(parts, request, until, limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : until;
  return {
    records: page.map((row) => toRecord(parts, row, owner)),
    next: last ? { place: last.place, keyId: last.keyId } : null,
  };
};

/** The next keys of a list, so many if there are until then. */
const upTo = (
  { tables }: Pick<RingParts, 'tables'>,
  { search = null, ...listed }: ListRequest,
  until: PagePosition | null,
  wanted: number,
): readonly ListedRow[] => {
  if (search === null) return tables.list({ ...listed, until, limit: wanted });
  const wish = fold(search);
  const found: ListedRow[] = [];
  for (let after = listed.after; ; ) {
    const rows = tables.list({ ...listed, search: wish, after, until, limit: READ_AT_ONCE });
    found.push(...rows.filter((row) => has(row, wish)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < READ_AT_ONCE || found.length >= wanted)
      return found.slice(0, wanted);
    after = last;
  }
};

const has = ({ name, description, keyId, lastFour }: KeyRow, wish: string): boolean =>
  [name, description, keyId, lastFour].some((text) => fold(text).includes(wish));

/**
 * A text without its case. SQLite knows the case of ASCII alone, and Durable Objects take no LIKE pattern of more than 50
 * bytes: who looks for "ÄRGER" or "strasse" finds "Ärger" and "Straße" here.
 */
const fold = (text: string): string => text.toUpperCase();
