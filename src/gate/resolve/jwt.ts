import type { JwtCredential } from '../../model/credential.ts';
import { type Evidence, newEvidence } from '../../model/evidence.ts';
import { ownerOfClaim } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import { ringOfClientId, ringOfOwner } from '../../model/key.ts';
import type { TokenName } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { hashOfToken, type M2MToken, type SessionToken, type Token } from '../../model/token.ts';
import type { Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import { invalid, type Presented } from '../presented.ts';
import { ownerOfForeign } from './foreign.ts';

/**
 * Finds out about a JWT: its signature and claims, checked once and here, and whose it is. The Ring has no say in that:
 * it is asked when the first request is admitted.
 */
export const resolveJwt = async (
  ports: DecisionPorts,
  presented: Presented,
  credential: JwtCredential,
  trace: Trace,
): Promise<Result<Evidence>> => {
  const jwt = credential.jwt.reveal();
  const now = ports.now();
  const judged = await ports.verifyToken(jwt, now);
  if (judged.verdict === 'unknowable')
    return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 });
  if (judged.verdict === 'bad') {
    ports.log({ event: 'token', outcome: 'bad', because: judged.because });
    return invalid('token', presented);
  }
  const { token } = judged;
  // The verifier allows for a clock that differs. Evidence does not: a token is as good cold as it is warm.
  if (endOf(token) * 1000 <= now) return invalid('expired', presented);
  const tokenHash = await hashOfToken(jwt);
  if (token.kind === 'session') return ok(await evidenceOfSession(ports, token, tokenHash));
  const owner = await ownerOfClient(ports, presented, token, trace);
  return owner.ok ? ok(await evidenceOfToken(ports, token, tokenHash, owner.value)) : owner;
};

/** A session may end before the last JWT that was made of it. Seconds. */
const endOf = (token: Token): number =>
  token.kind === 'session' ? Math.min(token.expiresAt, token.sessionExpiresAt) : token.expiresAt;

const evidenceOfSession = async (
  ports: DecisionPorts,
  session: SessionToken,
  tokenHash: string,
): Promise<Evidence> => {
  const { owner, roles } = session;
  return newEvidence({
    name: { kind: 'session', owner, tokenHash },
    ring: await ringOfOwner(ports.projectId, owner),
    ...{ owner, session, held: null },
    token: {
      scopes: ports.scopesOfRoles(roles),
      ownerId: owner.id,
      generation: null,
      expiresAt: endOf(session),
    },
  });
};

/** What a client's token proves by itself, however it was come by. */
export const evidenceOfToken = async (
  ports: DecisionPorts,
  { clientId, issuedAt, scopes, expiresAt }: Pick<M2MToken, 'clientId' | 'issuedAt' | 'scopes' | 'expiresAt'>,
  tokenHash: string,
  owner: Owner,
  by: Pick<TokenName, 'byPair'> = {},
): Promise<Evidence> =>
  newEvidence({
    name: { kind: 'token', clientId, tokenHash, issuedAt, owner, ...by },
    ring: await ringOfOwner(ports.projectId, owner),
    ...{ owner, session: null, held: null },
    token: { scopes, ownerId: owner.id, generation: null, expiresAt },
  });

/** Whose client it is. The id of a client of ours says it too, and must say the same. */
const ownerOfClient = async (
  ports: DecisionPorts,
  presented: Presented,
  token: M2MToken,
  trace: Trace,
): Promise<Result<Owner>> => {
  const { clientId, ownerId, organizationId } = token;
  trace.keyId = clientId;
  const ring = ringOfClientId(clientId, ports.realm);
  if (ring === null) return ownerOfForeign(ports, presented, token, trace);
  const owner = ownerId === null ? null : ownerOfClaim(ownerId, organizationId);
  return owner === null || (await ringOfOwner(ports.projectId, owner)) !== ring
    ? invalid('owner', presented)
    : ok(owner);
};
