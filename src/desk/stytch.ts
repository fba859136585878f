import { json } from '../http/answer.ts';
import type { Author } from '../model/author.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import { fieldErrors, invalid, parse } from './body.ts';
import { authorOf, type Door } from './doors.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';
import { readMessage } from './signed.ts';
import { type Gone, goneBy, stytchEvent } from './stytch-event.ts';

const DONE = z
  .strictObject({
    outcome: z
      .enum(['suspended', 'known', 'ignored'])
      .check(z.meta({ description: 'known: it was dealt with when it came before' })),
    revoked: z.int().check(z.meta({ description: 'How many living keys the owner had' })),
  })
  .check(z.meta({ id: 'StytchWebhookAnswer' }));

/** What Stytch signed. */
interface FromStytch {
  readonly id: string;
  /** When this copy was signed, in seconds. */
  readonly sentAt: number;
  readonly text: string;
  readonly author: Author;
}

/** Stytch tells of users and members who are no more (docs/operations.md). */
export const stytchOperations = (ports: DeskPorts) =>
  [
    operation({
      ...{ method: 'POST', path: '/webhooks/stytch', operationId: 'stytchWebhook', tag: 'Webhooks' },
      ...{ door: stytchDoor(ports), headers: HEADERS, message: stytchEvent },
      summary: 'Suspends an owner who was deleted or deactivated at Stytch, and revokes all of his keys',
      description: 'An event of Stytch. Those that end nobody are taken and ignored.',
      answers: { 200: { description: 'It was dealt with', body: DONE } },
      refusals: ['request_invalid', 'rate_limited'],
      handle: async ({ who, call }) => {
        const event = stytchEvent.safeParse(parse(who.text));
        if (!event.success) return invalid(fieldErrors(event.error));
        if (event.data.project_id !== ports.projectId)
          return err({ reason: 'webhook_refused', because: 'project' });
        const gone = goneBy(event.data);
        const done =
          gone === null ? ok({ outcome: 'ignored', revoked: 0 }) : await dealWith(ports, who, gone);
        return done.ok ? ok(json(done.value, 200, call.requestId)) : done;
      },
    }),
  ] as const;

const HEADERS = {
  'svix-id': 'The message: the same when it is sent again',
  'svix-timestamp': 'When this copy was signed, in seconds',
  'svix-signature': 'HMAC-SHA-256 over both and the body as it is',
};

/** Lets Stytch in. */
const stytchDoor = (ports: DeskPorts): Door<FromStytch> => ({
  security: 'signature',
  refusals: ['not_configured', 'body_too_large', 'webhook_refused', 'unavailable'],
  open: async (context, call) => {
    if (ports.verifyStytch === null)
      return err({ reason: 'not_configured', setting: 'STYTCH_WEBHOOK_SECRET' });
    const text = await readMessage(context);
    if (!text.ok) return text;
    const verdict = ports.verifyStytch(context.req.raw.headers, text.value);
    if (!verdict.ok) return err({ reason: 'webhook_refused', because: verdict.because });
    const { id, sentAt } = verdict;
    const author = authorOf(context.req.raw, call, { kind: 'stytch', id: null }, null);
    return ok({ id, sentAt, text: text.value, author });
  },
});

/**
 * Suspends first, so that nothing is admitted while the keys go one by one. Marked when it was done and not before: whoever
 * dies in the middle is sent it again, and all of it can be done twice.
 */
const dealWith = async (
  ports: DeskPorts,
  { id, sentAt, author }: FromStytch,
  { owner, reason }: Gone,
): Promise<Result<z.infer<typeof DONE>>> => {
  const messages = ports.messages(id);
  const seen = await messages.wasSeen(sentAt);
  if (!seen.ok) return seen;
  if (seen.value === 'replayed') return err({ reason: 'webhook_refused', because: 'replay' });
  let done: z.infer<typeof DONE> = { outcome: 'known', revoked: 0 };
  if (seen.value === 'new') {
    const ring = await ports.ringOf(owner);
    const suspended = await ring.suspend(owner, reason, author, true);
    if (!suspended.ok) return suspended;
    const revoked = await ring.revokeAll(owner, author);
    if (!revoked.ok) return revoked;
    done = { outcome: 'suspended', revoked: revoked.value };
  }
  const marked = await messages.markSeen(sentAt);
  return marked.ok ? ok(done) : marked;
};
