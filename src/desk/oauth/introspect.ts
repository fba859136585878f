import { decodeJwt } from 'jose';
import * as z from 'zod';
import { json } from '../../http/answer.ts';
import { invalid } from '../../http/form.ts';
import { type Asker, isAskersOwn } from '../../model/asker.ts';
import type { JwtCredential } from '../../model/credential.ts';
import type { Evidence } from '../../model/evidence.ts';
import { ownOwner } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import type { M2MToken } from '../../model/token.ts';
import { newTrace } from '../../model/trace.ts';
import type { Doors } from '../doors.ts';
import { operation } from '../operation.ts';
import type { Call, DeskPorts } from '../ports.ts';
import { ASKER_REFUSALS, askerOf } from './asker.ts';
import { CLIENT_FIELDS, presentedClient } from './client.ts';

const introspectForm = z
  .object({
    ...CLIENT_FIELDS,
    token: z.string().optional().meta({
      description: 'Required. Whatever an API takes as Bearer: an API key, an access token, a session JWT',
    }),
    token_type_hint: z.string().optional().meta({ description: 'Read by nobody: a token says what it is' }),
  })
  .meta({
    id: 'IntrospectionRequest',
    examples: [{ token: `acme_live_${'0'.repeat(28)}_${'0'.repeat(61)}` }],
  });

const numericDate = z.int().positive();

/** Nothing besides these is ever told (RFC 7662 §2.2, SECURITY: OA-07). */
const ACTIVE = z.strictObject({
  active: z.literal(true),
  scope: z.string().optional(),
  client_id: z.string().optional(),
  sub: z.string(),
  exp: numericDate.optional(),
  iat: numericDate,
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  token_type: z.literal('Bearer'),
});

type Active = z.input<typeof ACTIVE>;

const INTROSPECTION = z
  .union([ACTIVE, z.strictObject({ active: z.literal(false) })])
  .meta({ id: 'Introspection' });

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
    ...{ door: doors.client, body: introspectForm },
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
  return json(body, 200, requestId, { pragma: 'no-cache' });
};

/** What a token is to somebody; null for not active, for whatever reason. */
const activeFor = async (ports: DeskPorts, asker: Asker, text: string): Promise<Result<Active | null>> => {
  const credential = ports.tokenOf(text);
  if (credential.kind !== 'key' && credential.kind !== 'jwt') return ok(null);
  if (credential.kind === 'jwt' && asker.kind === 'operator') {
    const found = await ports.findOperatorToken(credential.jwt.reveal());
    if (!found.ok) return found;
    if (found.value !== null) return ok(ofOperator(found.value, credential));
  }
  // The log says who asks; what is asked about is not the caller.
  const inquired = await ports.inquire(credential, newTrace());
  if (!inquired.ok) return isNoWord(inquired.refusal) ? inquired : ok(null);
  const { identity, evidence } = inquired.value;
  const { owner, clientId, scopes } = identity;
  if (evidence === null || owner === null) return ok(null);
  if (!isAskersOwn(asker, { clientId, owner, deviceClient: null })) return ok(null);
  const who = { scopes, clientId, owner };
  return credential.kind === 'key' ? ofKey(ports, who) : ok(ofJwt(who, evidence, credential));
};

/** Whether a refusal is no word on the token: then there is no answer, rather than one that may be wrong. */
const isNoWord = ({ reason }: Refusal): boolean =>
  reason === 'unavailable' || reason === 'rate_limited' || reason === 'too_many_attempts';

interface Who {
  /** The token's own, as far as the Ring still grants them. */
  readonly scopes: readonly string[];
  /** Null for a session. */
  readonly clientId: string | null;
  readonly owner: Owner;
}

/** A key says by itself neither when it was made nor when it ends: its record does. */
const ofKey = async (ports: DeskPorts, who: Who): Promise<Result<Active | null>> => {
  if (who.clientId === null) return ok(null);
  const record = await (await ports.ringOf(who.owner)).get(who.owner, who.clientId);
  if (!record.ok) return record;
  // It may have ended since the Ring was asked first.
  if (record.value === null || record.value.endedAt !== null) return ok(null);
  const { createdAt, expiresAt } = record.value;
  return ok({
    ...toldOf(who),
    ...(expiresAt === null ? {} : { exp: seconds(expiresAt) }),
    ...{ iat: seconds(createdAt), iss: ports.deskUrl, aud: ports.audience },
  });
};

/** A session may end before a JWT of it, and a key before its tokens: the first end is the token's. */
const ofJwt = (who: Who, { token, held }: Evidence, credential: JwtCredential): Active => {
  const endsAt = held?.standing.expiresAt ?? null;
  const ends = [token.expiresAt, ...(endsAt === null ? [] : [seconds(endsAt)])];
  return { ...toldOf(who), ...claimsOf(credential), exp: Math.min(...ends) };
};

/** A client that nobody owns speaks for itself. */
const ofOperator = ({ clientId, scopes, expiresAt }: M2MToken, credential: JwtCredential): Active => ({
  ...toldOf({ scopes, clientId, owner: ownOwner(clientId) }),
  ...{ ...claimsOf(credential), exp: expiresAt },
});

const toldOf = ({ scopes, clientId, owner }: Who) => ({
  active: true as const,
  ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  ...(clientId === null ? {} : { client_id: clientId }),
  sub: owner.id,
  token_type: 'Bearer' as const,
});

/** What is taken from a JWT as it stands there. It was verified before. */
const claimsOf = ({ jwt }: JwtCredential) => CLAIMS.parse(decodeJwt(jwt.reveal()));

const CLAIMS = ACTIVE.pick({ iat: true, iss: true, aud: true }).strip();

const seconds = (ms: number): number => Math.floor(ms / 1000);
