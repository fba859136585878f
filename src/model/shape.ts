/*
 * Shapes of what a request to an API host reads: told without zod, which is for bodies, answers and files, where what is
 * wrong is told in words.
 */

type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

export const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && !Number.isNaN(value);

export const isText = (value: unknown): value is string => typeof value === 'string';

/** A text of one to so many characters. */
export const isShortText = (value: unknown, max: number): value is string =>
  isText(value) && value.length > 0 && value.length <= max;

export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isText);

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time as ISO 8601 and RFC 3339 write it, with the offset from UTC, on a day that there is. */
export const isTime = (value: unknown): value is string => {
  const [, year, month, day] = (isText(value) && TIME.exec(value)) || [];
  const date = new Date(`${year}-${month}-01`);
  date.setUTCDate(Number(day));
  return date.getUTCDate() === Number(day) && date.getUTCMonth() + 1 === Number(month) && Number(day) > 0;
};
