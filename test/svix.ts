import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { DESK, PROJECT } from './world.ts';

/** Where a message goes: to the Worker under test, or to an isolate. */
type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** A message as Svix signs it for Stytch. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Wish {
  /** Signed then; milliseconds. */
  readonly at?: number;
  readonly id?: string;
  readonly secret?: string;
}

const SECRET = (env as unknown as { STYTCH_WEBHOOK_SECRET: string }).STYTCH_WEBHOOK_SECRET;

export const newMessageId = (): string => `msg_${crypto.randomUUID()}`;

/** Signs an event, by the library that Svix's own stands on. */
export const signed = (event: object | string, wish: Wish = {}): Message => {
  const { at = Date.now(), id = newMessageId(), secret = SECRET } = wish;
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const seconds = Math.floor(at / 1000);
  return {
    headers: {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': String(seconds),
      'svix-signature': new Webhook(secret).sign(id, new Date(seconds * 1000), body),
    },
    body,
  };
};

export const deliver = (fetch: Fetch, { headers, body }: Message): Promise<Response> =>
  fetch(`${DESK}/webhooks/stytch`, { method: 'POST', headers, body });

/** An event of Stytch's as its documentation has them. */
export const event = (action: string, type: string, id: string, more: object = {}): object => ({
  project_id: PROJECT,
  event_id: `webhook-event-test-${crypto.randomUUID()}`,
  ...{ action, object_type: type, source: 'DASHBOARD', id, timestamp: '2026-11-01T03:04:05.678901Z' },
  ...more,
});
