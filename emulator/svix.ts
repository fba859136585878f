import { Webhook } from 'standardwebhooks';

/** The headers of Svix; the signature is the one of Standard Webhooks. */
export const signedHeaders = (
  secret: string,
  messageId: string,
  seconds: number,
  body: string,
): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  'svix-id': messageId,
  'svix-timestamp': String(seconds),
  'svix-signature': new Webhook(secret).sign(messageId, new Date(seconds * 1000), body),
});

/** An id in Svix's shape. */
export const makeMessageId = (): string => `msg_${crypto.randomUUID().replaceAll('-', '')}`;

/** Whether a text is a secret in Svix's form: `whsec_` and base64. */
export const isSecret = (secret: string): boolean =>
  /^whsec_(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret);
