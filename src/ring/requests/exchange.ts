import { fingerprintOf } from '../../model/fingerprint.ts';
import type { ExchangeAnswer, Exchanged, ExchangeRequest } from '../../model/ports.ts';
import { hashOfToken } from '../../model/token.ts';
import type { RingParts } from '../parts.ts';
import type { SecretRow } from '../tables/rows.ts';
import { issuedAtOf, sealToken, unsealToken } from './kept-token.ts';
import { prove, RENEW_BEFORE_SECONDS } from './prove.ts';
import { isOutlived, standingOf } from './standing.ts';

/** How often a result is thrown away because the key changed meanwhile, before the caller is asked to come back. */
const MAX_ROUNDS = 3;

/** A token for a credential: the kept one, or one exchange at a time for each fingerprint. */
export const exchange = async (parts: RingParts, request: ExchangeRequest): Promise<ExchangeAnswer> => {
  const kept = await openKept(parts, request, RENEW_BEFORE_SECONDS);
  if (kept !== null && !isOutlived(parts, request.credential.clientId, issuedAtOf(kept.token)))
    return { exchanged: kept, stytchMs: 0 };
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
    const place = standing.status === 'live' ? KNOWN : await placeOf(parts, request);
    if (place === 'dead') return { result: 'ended', status: 'revoked' };
    if (place === 'unclear') return unavailable(parts, 'a secret of a rotation that cannot be told', null);
    const exchanged = await ask(parts, request, before?.generation ?? 0);
    // Whatever came back speaks of the key as it was: a revoke that ran meanwhile wins.
    if (parts.tables.key(request.credential.clientId)?.generation === before?.generation) {
      return keep(parts, request, exchanged, place);
    }
  }
  return { result: 'unavailable', retryAfterSeconds: 1 };
};

/** Asks Stytch, and believes a token only when it is a good one for this very client and owner. */
const ask = async (parts: RingParts, request: ExchangeRequest, generation: number): Promise<Exchanged> => {
  const proof = await prove(parts, request.credential.clientId, request.clientSecret);
  switch (proof.proof) {
    case 'refused':
      await askSoon(parts, request);
      return { result: 'refused' };
    case 'unusable':
      return unavailable(parts, proof.because, null);
    case 'scope_refused':
      return { result: 'scope_refused' };
    case 'unverifiable':
      // The Ring's word needs no keys.
      return grace(parts, request, generation) ?? unavailable(parts, 'no signing keys', null);
    case 'silent':
      return (
        (await openKept(parts, request, 0)) ??
        grace(parts, request, generation) ??
        unavailable(parts, proof.because, proof.retryAfterSeconds)
      );
    case 'proven': {
      const { text: token, token: claims } = proof;
      if (claims.ownerId !== parts.tables.owner()?.id)
        return unavailable(parts, 'token without its owner', null);
      const tokenHash = await hashOfToken(token);
      const sealed = await sealToken(parts, request, { token, ring: parts.ring, generation });
      const { expiresAt } = claims;
      // Of one second Stytch makes one token, which may have been revoked a moment ago.
      const revoked = parts.tables.isRevokedToken(tokenHash) ? { isRevoked: true as const } : {};
      return { result: 'token', token, sealed, generation, expiresAt, made: true, ...revoked };
    }
  }
};

/** A secret that was good is not: never by itself a revocation, but Stytch is asked whether the client is still there. */
export const askSoon = async (parts: RingParts, { credential }: ExchangeRequest): Promise<void> => {
  const { clientId, fingerprint } = credential;
  if (!parts.tables.secrets(clientId).some((secret) => secret.fingerprint === fingerprint)) return;
  parts.tables.confirm(clientId, 0);
  await parts.wake();
};

type Place = Pick<SecretRow, 'slot'>;

/** A secret with a row of its own keeps what that says. */
const KNOWN: Place = { slot: null };

/**
 * Which of the key's secrets it is that comes under another pepper: only the secret itself can tell. As long as Stytch
 * takes two, its yes does not say which; and until it was told of the end of one, it takes that one too.
 */
const placeOf = async (
  parts: RingParts,
  { credential: { clientId }, clientSecret }: ExchangeRequest,
): Promise<Place | 'dead' | 'unclear'> => {
  const { tables, rules } = parts;
  if (tables.rotation(clientId) === null) return { slot: null };
  const { all } = await parts.keychain();
  const names = await Promise.all(
    all.map((master) => fingerprintOf(master, rules.projectId, clientId, clientSecret)),
  );
  const rotation = tables.rotation(clientId);
  const known = tables.secrets(clientId).find(({ fingerprint }) => names.includes(fingerprint));
  if (known !== undefined) return known;
  if (rotation?.fingerprints.some((fingerprint) => names.includes(fingerprint))) return 'dead';
  // While one is being made, or undone, nobody was shown more than the one there is.
  const isOne = rotation === null || rotation.status === 'starting' || rotation.status === 'undoing';
  return isOne ? { slot: null } : 'unclear';
};

/** Writes down what was learned, in one step with nothing awaited since the key was read. */
const keep = (
  parts: RingParts,
  request: ExchangeRequest,
  exchanged: Exchanged,
  { slot }: Place,
): Exchanged => {
  if (exchanged.result !== 'token' || !exchanged.made) return exchanged;
  const { fingerprint, clientId, pepper } = request.credential;
  const { sealed, generation, expiresAt } = exchanged;
  parts.storage.transactionSync(() => {
    parts.tables.putSecret({ fingerprint, clientId, pepper, tokenExpiresAt: expiresAt, slot });
    parts.tables.putToken(fingerprint, { sealed, generation, expiresAt });
  });
  return exchanged;
};

/**
 * The kept token, opened with the presented secret, if it has more than `marginSeconds` left. One that was revoked by
 * itself (RFC 7009) is nobody's any more: it is handed out too.
 */
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
  const token = await unsealToken(parts, request, row.sealed);
  if (token === null || parts.tables.isRevokedToken(await hashOfToken(token))) return null;
  const { sealed, generation, expiresAt } = row;
  return { result: 'token', token, sealed, generation, expiresAt, made: false };
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

export const unavailable = (
  parts: RingParts,
  because: string,
  retryAfterSeconds: number | null,
): Extract<Exchanged, { result: 'unavailable' }> => {
  parts.log({ event: 'exchange', ring: parts.ring, outcome: 'unavailable', because });
  return { result: 'unavailable', retryAfterSeconds: retryAfterSeconds ?? 1 };
};
