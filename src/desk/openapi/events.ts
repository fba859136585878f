import { EVENT_TYPES, type EventType } from '../../model/life.ts';
import * as z from '../../model/zod.ts';
import { KEY, OWNER, time } from '../objects.ts';
import type { Components } from './components.ts';
import type { OpenApi, Parameter } from './document.ts';

const ofKey = { owner: OWNER, key: KEY };

/** Of each event: what it tells of, and its `data`. */
const EVENTS: Readonly<Record<EventType, { readonly says: string; readonly data: z.ZodMiniObject }>> = {
  'key.created': { says: 'A key was made', data: z.strictObject(ofKey) },
  'key.rotated': { says: 'A key has a new secret, and its old one is dead', data: z.strictObject(ofKey) },
  'key.revoked': {
    says: 'A key was revoked',
    data: z.strictObject({ ...ofKey, because: z.nullable(z.string()) }),
  },
  'key.leaked': {
    says: 'Somebody found a key where it does not belong, and it is dead',
    data: z.strictObject({
      ...ofKey,
      source: z.nullable(z.string()),
      ended: z.enum(['key', 'old_secret', 'next_secret']),
    }),
  },
  'key.expiring': { says: 'A key will end soon', data: z.strictObject({ ...ofKey, expires_at: time }) },
  'key.unused': {
    says: 'A key was not used for long',
    data: z.strictObject({ ...ofKey, last_used_at: z.nullable(time) }),
  },
  'quota.reached': {
    says: "Much of a month's quota is used up, or all of it",
    data: z.strictObject({
      owner: OWNER,
      month: z.string().check(z.meta({ description: 'In UTC: `2026-11`' })),
      units: z.int(),
      per_month: z.int(),
      percent: z.number(),
    }),
  },
  'owner.suspended': {
    says: 'Somebody was suspended, or is no longer',
    data: z.strictObject({ owner: OWNER, suspended: z.boolean(), reason: z.nullable(z.string()) }),
  },
};

const SIGNED: readonly Parameter[] = [
  ['webhook-id', 'The same each time that it is told'],
  ['webhook-timestamp', 'When it was sent: seconds since 1970'],
  ['webhook-signature', 'HMACs, `v1,` and base64 each'],
].map(([name = '', description = '']) => ({
  ...{ name, in: 'header' as const, required: true, description },
  schema: { type: 'string' },
}));

const ABOUT =
  'Sent to the `events.url` of the configuration and signed as Standard Webhooks says. It may come twice, and out of order.';

/** An event as it is sent. */
export const eventSchema = (type: EventType) =>
  z.strictObject({ type: z.literal(type), timestamp: time, data: EVENTS[type].data });

/** What is sent to the operator's URL (Standard Webhooks). */
export const eventsToOperator = (components: Components): OpenApi['webhooks'] =>
  Object.fromEntries(
    EVENT_TYPES.map((type) => {
      const { says } = EVENTS[type];
      const schema = components.schema(eventSchema(type), 'output');
      const operation = {
        operationId: `event_${type.replace('.', '_')}`,
        ...{ summary: says, description: ABOUT, security: [], parameters: SIGNED },
        requestBody: { required: true, content: { 'application/json': { schema } } } as const,
        responses: { '2XX': { description: 'Taken. After any other answer it is told again' } },
      };
      return [type, { post: operation }];
    }),
  );
