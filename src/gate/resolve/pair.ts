import type { PairCredential } from '../../model/credential.ts';
import type { Evidence, Tier } from '../../model/evidence.ts';
import { fingerprintOf } from '../../model/fingerprint.ts';
import { ownerNamedBy, ownershipOf } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import { ringOfOwner } from '../../model/key.ts';
import type { LobbyExchanged, LobbyExchangeRequest, SecretName } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import { isLobbyLook } from '../admit/shapes.ts';
import type { DecisionPorts } from '../ports.ts';
import { addressOfPresented, invalid, type Presented, REFUSED_FOR_MS, remember } from '../presented.ts';
import { graceEnd, notBelieved, tokenFor } from './believe.ts';
import { evidenceOfToken } from './jwt.ts';
import { openKept, readVault } from './kept.ts';
import { MARGIN_SECONDS } from './key.ts';
import { askLobby, exchangeAtLobby } from './lobby-call.ts';

/** When an address that made too many attempts may come again, in seconds: the period of the rate-limit binding. */
export const THROTTLED_SECONDS = 60;

/** Kept tokens of foreign pairs have no generation: their Ring decides by the token itself. */
const NO_GENERATION = 0;

const PAIR = { byPair: true } as const;

/**
 * Finds out about the pair of a client that was not made here: side by side, the Vault and the Lobby; and only if
 * neither has a token, one exchange behind the Lobby's budgets. What it proves is the token that its secret opened.
 */
export const resolvePair = async (
  ports: DecisionPorts,
  presented: Presented,
  credential: PairCredential,
  trace: Trace,
): Promise<Result<Evidence>> => {
  if (ports.foreignClients === 'off') return invalid('foreign', presented);
  if (!(await ports.throttle(addressOfPresented(presented))))
    return err({ reason: 'too_many_attempts', retryAfterSeconds: THROTTLED_SECONDS });
  const { clientId } = credential;
  const name = await nameOf(ports, credential);
  const startedAt = ports.now();
  const fromVault = readVault(ports, name.fingerprint, trace);
  const looked = await askLobby(
    ports,
    clientId,
    (lobby) => lobby.look({ clientId, fingerprint: name.fingerprint }),
    isLobbyLook,
    trace,
  );
  if (!looked.ok) return looked;
  const { owner, sealed } = looked.value;
  // Until somebody knows it, it may be anything, such as a key in the wrong place: not for the log.
  if (owner !== null) trace.keyId = clientId;
  if (owner === null && ports.foreignClients === 'imported')
    return remember(ports, presented, 'foreign', startedAt + REFUSED_FOR_MS);
  if (owner === null) return exchangePair(ports, presented, credential, trace, name);
  for (const [tier, kept] of [['ring', sealed] as const, ['kv', fromVault] as const]) {
    const stored = await fromStore(ports, credential, name, owner, tier, await kept);
    if (stored === null) continue;
    if (stored.ok) trace.tier = tier;
    return stored;
  }
  return exchangePair(ports, presented, credential, trace, name);
};

/** What one exchange at the Lobby proves. */
export const exchangePair = async (
  ports: DecisionPorts,
  presented: Presented,
  credential: PairCredential,
  trace: Trace,
  known?: SecretName,
): Promise<Result<Evidence>> => {
  const name = known ?? (await nameOf(ports, credential));
  const answer = await exchangeAtLobby(ports, requestFor(presented, credential, name), trace);
  if (!answer.ok) return answer;
  const exchanged = answer.value;
  trace.tier = exchanged.result === 'grace' ? 'grace' : 'exchange';
  return evidenceOfExchange(ports, presented, name, exchanged);
};

/** What the Lobby is asked of a pair. */
export const requestFor = (
  presented: Presented,
  { clientSecret }: PairCredential,
  credential: SecretName,
): LobbyExchangeRequest => ({
  ...{ credential, clientSecret: clientSecret.reveal() },
  address: addressOfPresented(presented),
});

/** What a foreign pair is called where its secret must not be known. */
export const nameOf = async (ports: DecisionPorts, credential: PairCredential): Promise<SecretName> => {
  const { current } = await ports.keychain();
  const { clientId, clientSecret } = credential;
  const fingerprint = await fingerprintOf(current, ports.projectId, clientId, clientSecret.reveal());
  return { kind: 'secret', clientId, fingerprint, pepper: current.id };
};

const evidenceOfExchange = async (
  ports: DecisionPorts,
  presented: Presented,
  name: SecretName,
  exchanged: LobbyExchanged,
): Promise<Result<Evidence>> => {
  const { clientId, fingerprint } = name;
  const now = ports.now();
  const until = now + REFUSED_FOR_MS;
  switch (exchanged.result) {
    case 'token': {
      const { token, sealed, owner, expiresAt, made } = exchanged;
      if (made) ports.inBackground(ports.vault.put(fingerprint, sealed, expiresAt, now));
      return (await proven(ports, token, name, owner, 0)) ?? notBelieved(ports, clientId);
    }
    case 'grace': {
      const { owner, scopes } = exchanged;
      // There is no token that could be named. Whatever ends older tokens ends this too: it is older than all of them.
      const token = { clientId, scopes, issuedAt: 0, expiresAt: graceEnd(exchanged.until, now) };
      return ok(await evidenceOfToken(ports, token, fingerprint, owner, PAIR));
    }
    case 'unregistered':
      return remember(ports, presented, 'foreign', until);
    case 'refused':
      return remember(ports, presented, 'refused_by_stytch', until);
    case 'ownerless':
    case 'owner_changed':
      return remember(ports, presented, 'owner', until);
    case 'throttled':
      return err({ reason: 'too_many_attempts', retryAfterSeconds: exchanged.retryAfterSeconds });
    case 'unavailable':
      return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: exchanged.retryAfterSeconds });
    case 'scope_refused':
    case 'crowded':
      // Nobody asked for part of the scopes.
      return notBelieved(ports, clientId);
  }
};

/** What a kept token proves; null if it is none of this client, of another owner, or at its end. */
const fromStore = async (
  ports: DecisionPorts,
  { clientSecret }: PairCredential,
  name: SecretName,
  owner: Owner,
  tier: Tier,
  sealed: string | null,
): Promise<Result<Evidence> | null> => {
  if (sealed === null) return null;
  const ring = await ringOfOwner(ports.projectId, owner);
  const kept = await openKept(ports, tier, sealed, { name, clientSecret: clientSecret.reveal(), ring });
  if (kept === null || kept.generation !== NO_GENERATION) return null;
  return proven(ports, kept.token, name, owner, MARGIN_SECONDS);
};

/**
 * What a token proves that its own client's secret opened: nothing (null) if it is not to be believed, is another
 * owner's, or ends within `marginSeconds`. While nothing can be verified, another one would only be bought in vain.
 */
const proven = async (
  ports: DecisionPorts,
  jwt: string,
  { clientId, fingerprint }: SecretName,
  owner: Owner,
  marginSeconds: number,
): Promise<Result<Evidence> | null> => {
  const token = await tokenFor(ports, jwt, clientId);
  if (!token.ok) {
    const { refusal } = token;
    return refusal.reason === 'unavailable' && refusal.what === 'jwks' ? token : null;
  }
  const { ownership } = ownershipOf(ownerNamedBy(token.value), owner, ports.ownerlessClients);
  if (ownership !== 'owned' || token.value.expiresAt - marginSeconds <= ports.now() / 1000) return null;
  // Known by its secret and not by the token: whoever ends that one by itself (RFC 7009) does not end the pair.
  return ok(await evidenceOfToken(ports, token.value, fingerprint, owner, PAIR));
};
