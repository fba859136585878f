import { decodeJwt } from 'jose';
import { type Asker, isAskersOwn } from '../../model/asker.ts';
import type { JwtCredential } from '../../model/credential.ts';
import type { Evidence } from '../../model/evidence.ts';
import { ownOwner } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import { ok, type Refusal, type Result } from '../../model/refusal.ts';
import type { M2MToken } from '../../model/token.ts';
import { newTrace } from '../../model/trace.ts';
import * as z from '../../model/zod.ts';
import type { DeskPorts } from '../ports.ts';

const numericDate = z.int().check(z.positive());

/** Nothing besides these is ever told (RFC 7662 §2.2, SECURITY: OA-07). */
export const ACTIVE = z.strictObject({
  active: z.literal(true),
  scope: z.optional(z.string()),
  client_id: z.optional(z.string()),
  sub: z.string(),
  exp: z.optional(numericDate),
  iat: numericDate,
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  token_type: z.literal('Bearer'),
});

export type Active = z.input<typeof ACTIVE>;

/** What a token is to somebody; null for not active, for whatever reason. */
export const activeFor = async (
  ports: DeskPorts,
  asker: Asker,
  text: string,
): Promise<Result<Active | null>> => {
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

const CLAIMS = z.object({ iat: ACTIVE.shape.iat, iss: ACTIVE.shape.iss, aud: ACTIVE.shape.aud });

const seconds = (ms: number): number => Math.floor(ms / 1000);
