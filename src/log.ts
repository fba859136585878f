import type { Log } from './model/ports.ts';

/**
 * Writes one line of JSON. It takes text, numbers and booleans only, so that nothing can be printed by
 * accident: a credential travels as a `Secret`, which is none of these.
 */
export const log: Log = (line) => {
  console.log(JSON.stringify(line));
};
