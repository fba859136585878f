import type { Context } from 'hono';
import { readText } from '../http/read.ts';
import { err, ok, type Result } from '../model/refusal.ts';

/** The longest message that is read before anybody knows whose it is: 1 MiB. */
const MAX_MESSAGE_BYTES = 1_048_576;

/** A message as it came, byte for byte: what its signature is over. */
export const readMessage = async (context: Context): Promise<Result<string>> => {
  const text = await readText(context.req.raw.body, MAX_MESSAGE_BYTES);
  if (text === null) return err({ reason: 'body_too_large', maxBytes: MAX_MESSAGE_BYTES });
  // Nobody who signs to us sends anything but JSON in UTF-8.
  return text === undefined ? err({ reason: 'webhook_refused', because: 'signature' }) : ok(text);
};
