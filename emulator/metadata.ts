import { isObject, type Json, type JsonObject, jsonBytes } from './json.ts';
import { isRefusal, type Refusal, refuse } from './result.ts';
import { withoutNulls } from './sign.ts';

const MAXIMUM_KEYS = 20;
const MAXIMUM_BYTES = 4096;

/** Checks metadata against Stytch's limits. */
export const checkMetadata = (value: Json | undefined): JsonObject | Refusal => {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return refuse('metadata_invalid_format');
  if (Object.keys(value).length > MAXIMUM_KEYS) return refuse('metadata_too_many_keys');
  return jsonBytes(value) > MAXIMUM_BYTES ? refuse('metadata_too_large') : value;
};

/** Merges at the top level only; null deletes a key. */
export const mergeMetadata = (stored: JsonObject, change: Json | undefined): JsonObject | Refusal => {
  if (change === undefined || change === null) return stored;
  if (!isObject(change)) return refuse('metadata_invalid_format');
  const merged = checkMetadata(withoutNulls({ ...stored, ...change }));
  return isRefusal(merged) ? merged : merged;
};
