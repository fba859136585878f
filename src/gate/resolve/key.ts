import type { KeyCredential } from '../../model/credential.ts';
import {
  type Evidence,
  type HeldStanding,
  heldStanding,
  type Tier,
  type TokenEvidence,
} from '../../model/evidence.ts';
import { fingerprintOf } from '../../model/fingerprint.ts';
import { type ParsedKey, parseKey, tagMaker } from '../../model/key.ts';
import { OWNER_PURSE } from '../../model/lease-wire.ts';
import type { SecretName } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import { askRing, exchangeAtRing } from '../admit/ring-call.ts';
import type { DecisionPorts } from '../ports.ts';
import { invalid, type Presented, refuseEnded, seenOf } from '../presented.ts';
import { agree, believe, evidenceOf } from './believe.ts';
import { openKept, readVault } from './kept.ts';

/**
 * A key that is not known here asks for its standing, and for a lease that its request can be paid from, at no cost: its
 * scopes are not known yet. No lease where nobody is going to spend it: what is lent and never told of counts as used.
 */
const firstAsk = ({ isUse }: Presented, next: number) =>
  ({ evidence: null, others: [], purse: OWNER_PURSE, costs: [], wantsLease: isUse, next }) as const;

/** A token this near its end is not taken from a store, in seconds. */
export const MARGIN_SECONDS = 30;

/**
 * Finds out about a key: what it says of itself at no cost; then, side by side, the Vault and the Ring; and only if
 * neither has a token, one exchange.
 */
export const resolveKey = async (
  ports: DecisionPorts,
  presented: Presented,
  credential: KeyCredential,
  cost: number,
  trace: Trace,
): Promise<Result<Evidence>> => {
  const key = parseKey(credential.key.reveal(), ports.realm);
  if (key === null) return invalid('grammar', presented);
  const keychain = await ports.keychain();
  if ((await tagMaker(key, keychain)) === null) return invalid('tag', presented);
  trace.keyId = key.clientId;
  trace.ring = key.ring;
  const { current } = keychain;
  const fingerprint = await fingerprintOf(current, ports.projectId, key.clientId, key.clientSecret);
  const name: SecretName = { kind: 'secret', clientId: key.clientId, fingerprint, pepper: current.id };
  const fromVault = readVault(ports, fingerprint, trace);
  const asked = await askRing(
    ports,
    { ...firstAsk(presented, cost), name, ring: key.ring, wantToken: true, seen: seenOf(presented) },
    trace,
  );
  if (!asked.ok) return asked;
  const { standing } = asked.value;
  if (standing.status !== 'live' && standing.status !== 'unproven') {
    return refuseEnded(ports, presented, standing.status, asked.value.askedAt + standing.leaseMs);
  }
  const held = standing.status === 'live' ? heldStanding(standing, asked.value.askedAt) : null;
  if (held === null) return fromExchange(ports, presented, key, name, held, cost, trace);
  // The Ring has to be waited for in any case: the Vault only where the Ring has no token.
  for (const [tier, kept] of [['ring', asked.value.sealed] as const, ['kv', fromVault] as const]) {
    const stored = await fromStore(ports, key, name, held, tier, await kept);
    if (stored === null) continue;
    if (!stored.ok) return stored;
    trace.tier = tier;
    return agree(ports, key, name, stored.value, held);
  }
  return fromExchange(ports, presented, key, name, held, cost, trace);
};

/**
 * A token that was kept, if it opens, is verified, and is of the Ring's generation; null if it is not. While nothing can
 * be verified, an exchange would only buy another token that cannot be.
 */
const fromStore = async (
  ports: DecisionPorts,
  key: ParsedKey,
  name: SecretName,
  held: HeldStanding,
  tier: Tier,
  sealed: string | null,
): Promise<Result<TokenEvidence> | null> => {
  const { clientSecret, ring } = key;
  const kept = sealed === null ? null : await openKept(ports, tier, sealed, { name, clientSecret, ring });
  if (kept === null || kept.generation !== held.standing.generation) return null;
  const token = await believe(ports, kept.token, key, kept.generation);
  if (!token.ok)
    return token.refusal.reason === 'unavailable' && token.refusal.what === 'jwks' ? token : null;
  return token.value.expiresAt - MARGIN_SECONDS > ports.now() / 1000 ? token : null;
};

const fromExchange = async (
  ports: DecisionPorts,
  presented: Presented,
  key: ParsedKey,
  name: SecretName,
  held: HeldStanding | null,
  cost: number,
  trace: Trace,
): Promise<Result<Evidence>> => {
  const answer = await exchangeAtRing(ports, name, key.ring, key.clientSecret, trace);
  if (!answer.ok) return answer;
  const { exchanged } = answer.value;
  const token = await evidenceOf(ports, presented, key, name, exchanged);
  if (!token.ok) return token;
  trace.tier = exchanged.result === 'grace' ? 'grace' : 'exchange';
  // What the Ring could not vouch for before, it can now: the exchange was the proof.
  if (held?.standing.generation === token.value.generation) return agree(ports, key, name, token.value, held);
  const current = await standingNow(ports, presented, name, key, cost, trace);
  return current.ok ? agree(ports, key, name, token.value, current.value) : current;
};

const standingNow = async (
  ports: DecisionPorts,
  presented: Presented,
  name: SecretName,
  key: ParsedKey,
  cost: number,
  trace: Trace,
): Promise<Result<HeldStanding>> => {
  const asked = await askRing(
    ports,
    { ...firstAsk(presented, cost), name, ring: key.ring, wantToken: false, seen: seenOf(presented) },
    trace,
  );
  if (!asked.ok) return asked;
  const { standing, askedAt } = asked.value;
  if (standing.status === 'live') return ok(heldStanding(standing, askedAt));
  if (standing.status === 'unproven')
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  return refuseEnded(ports, presented, standing.status, askedAt + standing.leaseMs);
};
