import type { KeyPage, ListRequest } from '../../model/life.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow, ListedRow } from '../tables/rows.ts';
import { toRecord } from './record.ts';

/** How many keys that may be meant are looked through at once. */
const SEARCHED_AT_ONCE = 1_000;

/** A page of the owner's keys. */
export const list = (parts: RingParts, request: ListRequest): KeyPage => {
  const { owner, limit } = request;
  const rows = upTo(parts, request, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    records: page.map((row) => toRecord(parts, row, owner)),
    next: rows.length > limit && last ? { place: last.place, keyId: last.keyId } : null,
  };
};

/** The next keys of a list, so many if there are. */
const upTo = (
  { tables }: RingParts,
  { search = null, ...listed }: ListRequest,
  wanted: number,
): readonly ListedRow[] => {
  if (search === null) return tables.list({ ...listed, limit: wanted });
  const wish = fold(search);
  const found: ListedRow[] = [];
  for (let after = listed.after; ; ) {
    const rows = tables.list({ ...listed, search: wish, after, limit: SEARCHED_AT_ONCE });
    found.push(...rows.filter((row) => has(row, wish)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < SEARCHED_AT_ONCE || found.length >= wanted)
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
