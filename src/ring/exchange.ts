import type { ExchangeAnswer, Exchanged, ExchangeRequest, Outcome } from '../model/ports.ts';
import { seal, unseal } from '../model/seal.ts';
import { standingOf } from './admit.ts';
import type { RingParts } from './parts.ts';
import type { SecretRow } from './rows.ts';

/** A token is renewed in the last five minutes of its life; until then the kept one is the answer. */
const RENEW_BEFORE_SECONDS = 300;

/** The token endpoint's words for "this client or secret is not good" (RFC 6749 §5.2). Its status is not one. */
const BAD_CREDENTIAL = new Set(['invalid_client', 'unauthorized_client', 'invalid_grant']);

/** How often a result is thrown away because the key changed meanwhile, before the caller is asked to come back. */
const MAX_ROUNDS = 3;

/** A token for a credential: the kept one, or one exchange at a time for each fingerprint. */
export const exchange = async (parts: RingParts, request: ExchangeRequest): Promise<ExchangeAnswer> => {
  const kept = await openKept(parts, request, RENEW_BEFORE_SECONDS);
  if (kept !== null) return { exchanged: kept, stytchMs: 0 };
  const startedAt = parts.now();
  const { joined, value } = parts.join(request.credential.fingerprint, () => exchangeNow(parts, request));
  const exchanged = await value;
  const stytchMs = parts.now() - startedAt;
  return {
    exchanged: joined && exchanged.result === 'token' ? { ...exchanged, made: false } : exchanged,
    stytchMs,
  };
};

const exchangeNow = async (parts: RingParts, request: ExchangeRequest): Promise<Exchanged> => {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const standing = standingOf(parts, request.credential, parts.now());
    if (standing.status !== 'live' && standing.status !== 'unproven')
      return { result: 'ended', status: standing.status };
    const before = parts.tables.key(request.credential.clientId);
    const exchanged = await ask(parts, request, before?.generation ?? 0);
    // Whatever came back speaks of the key as it was: a revoke that ran meanwhile wins.
    if (parts.tables.key(request.credential.clientId)?.generation === before?.generation) {
      return keep(parts, request, exchanged);
    }
  }
  return { result: 'unavailable', retryAfterSeconds: 1 };
};

/** Asks Stytch, and believes a token only when it is a good one for this very client and owner. */
const ask = async (parts: RingParts, request: ExchangeRequest, generation: number): Promise<Exchanged> => {
  const { clientId } = request.credential;
  // Without keys a token would be bought for nothing. Their silence is Stytch's, and the Ring's word needs none.
  if (!(await parts.canVerify())) {
    return grace(parts, request, generation) ?? unavailable(parts, 'no signing keys', null);
  }
  const outcome = await exchangeUnlessQuiet(parts, clientId, request.clientSecret);
  if (outcome.outcome === 'declined' && BAD_CREDENTIAL.has(outcome.code)) return { result: 'refused' };
  if (outcome.outcome === 'declined') return unavailable(parts, `declined: ${outcome.code}`, null);
  if (outcome.outcome === 'unreachable') {
    return (
      (await openKept(parts, request, 0)) ??
      grace(parts, request, generation) ??
      unavailable(parts, outcome.detail, outcome.retryAfterSeconds)
    );
  }
  const judged = await parts.verifyToken(outcome.value, parts.now());
  if (judged.verdict === 'unknowable') return unavailable(parts, 'no signing keys', null);
  if (judged.verdict === 'bad') return unavailable(parts, `bad token: ${judged.because}`, null);
  const { token } = judged;
  if (token.kind !== 'm2m' || token.clientId !== clientId)
    return unavailable(parts, "another client's token", null);
  if (token.ownerId !== parts.tables.owner()?.id) return unavailable(parts, 'token without its owner', null);
  const keychain = await parts.keychain();
  const plain = { token: outcome.value, clientId, ring: parts.ring, generation };
  const context = { project: parts.rules.projectId, place: request.credential.fingerprint };
  const sealed = await seal(plain, request.clientSecret, keychain.current, context, parts.randomBytes);
  return {
    result: 'token',
    token: outcome.value,
    sealed,
    generation,
    expiresAt: token.expiresAt,
    made: true,
  };
};

/** Where Stytch said when to come back, it is not called before. */
const exchangeUnlessQuiet = async (
  parts: RingParts,
  clientId: string,
  clientSecret: string,
): Promise<Outcome<string>> => {
  const quietMs = parts.quietUntil - parts.now();
  if (quietMs > 0) {
    return {
      outcome: 'unreachable',
      detail: 'asked for quiet',
      retryAfterSeconds: Math.ceil(quietMs / 1000),
    };
  }
  const outcome = await parts.stytch.exchange(clientId, clientSecret);
  if (outcome.outcome === 'unreachable' && outcome.retryAfterSeconds !== null) {
    parts.quietUntil = parts.now() + outcome.retryAfterSeconds * 1000;
  }
  return outcome;
};

/** Writes down what was learned, in one step with nothing awaited since the key was read. */
const keep = (parts: RingParts, request: ExchangeRequest, exchanged: Exchanged): Exchanged => {
  if (exchanged.result !== 'token' || !exchanged.made) return exchanged;
  const { fingerprint, clientId, pepper } = request.credential;
  const { sealed, generation, expiresAt } = exchanged;
  parts.storage.transactionSync(() => {
    parts.tables.putSecret({ fingerprint, clientId, pepper, tokenExpiresAt: expiresAt });
    parts.tables.putToken(fingerprint, { sealed, generation, expiresAt });
  });
  return exchanged;
};

/** The kept token, opened with the presented secret, if it has more than `marginSeconds` left. */
const openKept = async (
  parts: RingParts,
  request: ExchangeRequest,
  marginSeconds: number,
): Promise<Extract<Exchanged, { result: 'token' }> | null> => {
  const { fingerprint } = request.credential;
  const standing = standingOf(parts, request.credential, parts.now());
  const row = parts.tables.token(fingerprint);
  if (standing.status !== 'live' || row === null || row.generation !== standing.generation) return null;
  if (row.expiresAt - parts.now() / 1000 <= marginSeconds) return null;
  const context = { project: parts.rules.projectId, place: fingerprint };
  const kept = await unseal(row.sealed, request.clientSecret, await parts.keychain(), context);
  if (kept === null) return null;
  const { sealed, generation, expiresAt } = row;
  return { result: 'token', token: kept.token, sealed, generation, expiresAt, made: false };
};

/** While Stytch is unreachable: a secret that it once accepted is good for a while past its last token. */
const grace = (parts: RingParts, request: ExchangeRequest, generation: number): Exchanged | null => {
  const { clientId, fingerprint } = request.credential;
  const key = parts.tables.key(clientId);
  const isThis = (secret: SecretRow): boolean => secret.fingerprint === fingerprint;
  const lastTokenEnd = parts.tables.secrets(clientId).find(isThis)?.tokenExpiresAt ?? null;
  const ownerId = parts.tables.owner()?.id;
  if (key === null || key.status !== 'active' || lastTokenEnd === null || ownerId === undefined) return null;
  const until = lastTokenEnd + parts.rules.stytchGraceSeconds;
  return until * 1000 > parts.now()
    ? { result: 'grace', ownerId, scopes: key.scopes, generation, until }
    : null;
};

const unavailable = (parts: RingParts, because: string, retryAfterSeconds: number | null): Exchanged => {
  parts.log({ event: 'exchange', ring: parts.ring, outcome: 'unavailable', because });
  return { result: 'unavailable', retryAfterSeconds: retryAfterSeconds ?? 1 };
};
