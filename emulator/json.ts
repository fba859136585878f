/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. A key that is undefined is not sent. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** Whether a value is a JSON object, not an array and not null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is an array of strings. */
export const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** Whether a value is a whole number, 0 or more. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Parses an object, or gives null for anything else. */
export const parseObject = (text: string): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch (err) {
    if (err instanceof SyntaxError) return null;
    throw err;
  }
};

/** Length in bytes of a value as JSON. */
export const jsonBytes = (value: Json): number => new TextEncoder().encode(JSON.stringify(value)).length;
