import type { PagePosition } from '../model/life.ts';

/** Where a page of keys ended, as the text that its cursor carries. */
export const writeKeyPosition = ({ place, keyId }: PagePosition): string =>
  `${keyId} ${JSON.stringify(place)}`;

/** Null for anything that `writeKeyPosition` did not write. The id is any client's: not every key was made here. */
export const readKeyPosition = (text: string): PagePosition | null => {
  const [, keyId, placed] = /^([\x21-\x7E]{1,128}) (.+)$/s.exec(text) ?? [];
  if (keyId === undefined || placed === undefined) return null;
  const place = placeOf(placed);
  // One spelling for each position.
  return place !== null && JSON.stringify(place) === placed ? { place, keyId } : null;
};

/** What the list is ordered by: a time, or a name. */
const placeOf = (text: string): PagePosition['place'] | null => {
  try {
    const place: unknown = JSON.parse(text);
    if (typeof place === 'string') return place;
    return Number.isSafeInteger(place) && Number(place) >= 0 ? Number(place) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
