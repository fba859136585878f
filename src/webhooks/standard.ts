import { Webhook } from 'standardwebhooks';
import { equalInConstantTime } from '../model/bytes.ts';
import { isWebhookSecret } from '../model/webhook-secret.ts';

/** How far the sender's clock may be from ours, either way: an older message may be a replayed one. */
const TOLERANCE_SECONDS = 300;

/** The headers by their two names: Standard Webhooks' own, and Svix's, which are the same otherwise. */
const FAMILIES = ['webhook', 'svix'] as const;

/** What a sender may name a message: it is kept to know a repeat. */
const ID = /^[\x21-\x7E]{1,256}$/;

/**
 * A message that is the sender's own, by its id, which is the same when it is sent again, and when it was signed, which
 * is not (seconds); or why it is none.
 */
export type WebhookVerdict =
  | { readonly ok: true; readonly id: string; readonly sentAt: number }
  | { readonly ok: false; readonly because: 'headers' | 'timestamp' | 'signature' };

/**
 * Whether a message was signed under one of our secrets, several apart by spaces while they change, and within five
 * minutes of `now` (milliseconds since the epoch). The body is the text as it came: a byte more is another message.
 */
export const verifyWebhook = (
  secret: string,
  headers: Headers,
  body: string,
  now: number,
): WebhookVerdict => {
  const message = readHeaders(headers);
  if (message === null) return { ok: false, because: 'headers' };
  const { id, timestamp, signatures } = message;
  const sentAt = /^[1-9]\d{0,11}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  const isRecent = Math.abs(Math.floor(now / 1000) - sentAt) <= TOLERANCE_SECONDS;
  if (!isRecent) return { ok: false, because: 'timestamp' };
  // The library's own `verify` reads the clock, so what it would have signed is compared here.
  const expected = signaturesOf(secret, id, sentAt, body);
  const isSigned = signatures.some((one) => expected.some((other) => equalInConstantTime(one, other)));
  return isSigned ? { ok: true, id, sentAt } : { ok: false, because: 'signature' };
};

/**
 * The headers of a message that is sent at `atMs`, milliseconds since the epoch: signed under each of the secrets, so that
 * a receiver with only one of them takes it. Throws a RangeError without any.
 */
export const signWebhook = (
  secret: string,
  id: string,
  atMs: number,
  body: string,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> => {
  const sentAt = Math.floor(atMs / 1000);
  const signatures = signaturesOf(secret, id, sentAt, body);
  if (signatures.length === 0) throw new RangeError('at least one webhook secret is needed');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(sentAt),
    'webhook-signature': signatures.join(' '),
  };
};

/** `v1,` and the base64 of HMAC-SHA-256 over id, seconds and body, under each secret that is one. */
const signaturesOf = (secret: string, id: string, sentAt: number, body: string): readonly string[] =>
  secret
    .split(' ')
    .filter(isWebhookSecret)
    .map((each) => new Webhook(each).sign(id, new Date(sentAt * 1000), body));

const readHeaders = (headers: Headers) => {
  for (const family of FAMILIES) {
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
      headers.get(`${family}-${name}`),
    );
    if (id && timestamp && signature)
      return ID.test(id) ? { id, timestamp, signatures: signature.split(' ') } : null;
  }
  return null;
};
