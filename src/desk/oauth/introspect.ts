import { json, PRAGMA } from '../../http/answer.ts';
import { invalid } from '../../http/form.ts';
import { err, ok } from '../../model/refusal.ts';
import * as z from '../../model/zod.ts';
import type { Doors } from '../doors.ts';
import { operation } from '../operation.ts';
import type { Call, DeskPorts } from '../ports.ts';
import { ACTIVE, type Active, activeFor } from './active.ts';
import { ASKER_REFUSALS, askerOf } from './asker.ts';
import { presentedClient } from './client.ts';
import { presentedTokenForm } from './presented-token.ts';

const FORM = presentedTokenForm(
  'IntrospectionRequest',
  'Whatever an API takes as Bearer: an API key, an access token, a session JWT',
);

const INTROSPECTION = z
  .union([ACTIVE, z.strictObject({ active: z.literal(false) })])
  .check(z.meta({ id: 'Introspection' }));

/**
 * Tells a resource server what a token is good for (RFC 7662), by the Ring's word of this moment. To ask is no use of the
 * token: it spends nothing and is counted nowhere.
 *
 * A token that may be used from some addresses only is active for nobody: the address that asks is the resource server's,
 * the bearer's is not told, and no member of the answer could say that it still has to be looked at. Who took it for
 * active would let a stolen one in from everywhere.
 */
export const introspectOperation = (ports: DeskPorts, doors: Doors) =>
  operation({
    ...{ method: 'POST', path: '/oauth2/introspect', operationId: 'introspect', tag: 'OAuth' },
    ...{ door: doors.asker, body: FORM },
    summary: 'Tells whether a token is good now, and what for (RFC 7662)',
    description:
      'The client authenticates by Basic, by `client_id` and `client_secret` in the form, or by a token of its own as Bearer. It is told of its own tokens, the user of a session of all of his, an operator of all. Everything else is not active: what is unknown, ended, suspended, of somebody else, or bound to addresses.',
    answers: { 200: { description: 'What it is good for, or that it is not', body: INTROSPECTION } },
    refusals: ASKER_REFUSALS,
    handle: async ({ body: form, request, call }) => {
      const client = presentedClient(ports, request.headers, form);
      if (!client.ok) return client;
      // RFC 7662 §4: not for somebody whom nobody knows, or this would be where stolen tokens are tried.
      if (client.value.kind === 'public')
        return err({ reason: 'client_invalid', because: 'missing', scheme: null });
      const asking = await askerOf(ports, client.value, request, call);
      if (!asking.ok) return asking;
      if (form.token === undefined) return invalid('token is missing');
      const active = await activeFor(ports, asking.value.asker, form.token);
      return active.ok ? ok(answered(active.value, call)) : active;
    },
  });

const answered = (active: Active | null, { requestId }: Call): Response => {
  const body: z.input<typeof INTROSPECTION> = active ?? { active: false };
  return json(body, 200, requestId, PRAGMA);
};
