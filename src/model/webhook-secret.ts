import { fromBase64 } from './bytes.ts';

const PREFIX = 'whsec_';
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** Whether a text is one secret as Standard Webhooks writes it: `whsec_` and base64 of 24 to 64 bytes. */
export const isWebhookSecret = (text: string): boolean => {
  const bytes = text.startsWith(PREFIX) ? fromBase64(text.slice(PREFIX.length)) : null;
  return bytes !== null && bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES;
};
