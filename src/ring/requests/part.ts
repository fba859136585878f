import type { PartRefused } from '../../model/ports.ts';
import { retryAfterOf } from '../../model/retry-after.ts';
import { hashOfToken, type M2MToken } from '../../model/token.ts';
import type { KeptTokenRow } from '../tables/rows.ts';
import type { ScopedTables } from '../tables/scoped.ts';
import type { Join } from './joins.ts';
import { issuedAtOf, type KeepParts, type Presented, sealToken, unsealToken } from './kept-token.ts';
import { type Proof, type ProofParts, prove, RENEW_BEFORE_SECONDS } from './prove.ts';

/** How many tokens for parts of its scopes one secret has at once, at most. */
const MAX_PARTS = 32;

/** How often a result is thrown away because the client changed meanwhile, before the caller is asked to come back. */
const MAX_ROUNDS = 3;

/** What it takes to give tokens for part of a client's scopes, in a Ring or in a Lobby. */
export interface PartParts extends KeepParts, ProofParts {
  readonly tables: ScopedTables;
  readonly join: Join;
  /** What is asked of Stytch just now: fingerprint and scope. It holds a place like what is kept. */
  readonly parting: Set<string>;
  readonly wake: () => Promise<void>;
}

/** A secret and the scopes that are asked for: each once, in one order. */
export interface PartRequest extends Presented {
  readonly scopes: readonly string[];
}

/** What is known of the client by whoever keeps its tokens. */
export interface PartClient<E> {
  /** Its generation, or why it is given none. Asked again after each wait: who changed it meanwhile wins. */
  readonly look: () => { readonly generation: number } | E;
  /** For the seal: whose token it is. */
  readonly ring: (token: M2MToken) => Promise<string>;
  readonly isOwners: (token: M2MToken) => boolean;
  /** Whether a token was revoked by itself (RFC 7009). */
  readonly isRevoked: (tokenHash: string) => boolean;
  /** Whether one that was issued then is refused, and a new one would not be. */
  readonly isOutlived: (issuedAt: number) => boolean;
  readonly refused: () => Promise<void>;
  readonly unavailable: (because: string, retryAfterSeconds: number | null) => E;
}

export type Part = PartRefused | { readonly result: 'refused' } | PartToken;

interface PartToken extends KeptTokenRow {
  readonly result: 'token';
  readonly token: string;
  readonly made: boolean;
}

/** A token for part of the scopes: the kept one, or one exchange at a time for each secret and set of scopes. */
export const tokenForPart = async <E extends { readonly result: string }>(
  parts: PartParts,
  request: PartRequest,
  client: PartClient<E>,
): Promise<Part | E> => {
  const kept = await openKept(parts, request, client, RENEW_BEFORE_SECONDS);
  if (kept !== null && !client.isOutlived(issuedAtOf(kept.token))) return kept;
  const { joined, value } = parts.join(nameOf(request), () => partNow(parts, request, client));
  const given = await value;
  return joined && isToken(given) ? { ...given, made: false } : given;
};

const isToken = (given: { readonly result: string }): given is PartToken => given.result === 'token';

const scopeOf = ({ scopes }: PartRequest): string => scopes.join(' ');
const nameOf = (request: PartRequest): string => `${request.credential.fingerprint} ${scopeOf(request)}`;

const partNow = async <E extends { readonly result: string }>(
  parts: PartParts,
  request: PartRequest,
  client: PartClient<E>,
): Promise<Part | E> => {
  const { fingerprint, clientId } = request.credential;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = client.look();
    if (!('generation' in before)) return before;
    const { generation } = before;
    const retryAfterSeconds = crowd(parts, request, generation);
    if (retryAfterSeconds !== null) return { result: 'crowded', retryAfterSeconds };
    parts.parting.add(nameOf(request));
    try {
      const proof = await prove(parts, clientId, request.clientSecret, request.scopes);
      const given = await conclude(parts, request, client, proof, generation);
      // Nothing is awaited from here on. What came back speaks of the client as it was.
      const after = client.look();
      if (!('generation' in after)) return after;
      if (after.generation !== generation) continue;
      if (isToken(given) && given.made) {
        parts.tables.putScopedToken(fingerprint, scopeOf(request), given);
        await parts.wake();
      }
      return given;
    } finally {
      parts.parting.delete(nameOf(request));
    }
  }
  return client.unavailable('changed all the time', null);
};

/** How long to wait until there is room for one more set of scopes, in seconds; null where there is. */
const crowd = (parts: PartParts, request: PartRequest, generation: number): number | null => {
  const { fingerprint } = request.credential;
  const ends = parts.tables.scopedEnds(fingerprint, generation, parts.now());
  const kept = [...ends.keys()].map((scope) => `${fingerprint} ${scope}`);
  const asked = [...parts.parting].filter((name) => name.startsWith(`${fingerprint} `));
  const others = new Set([...kept, ...asked]);
  others.delete(nameOf(request));
  if (others.size < MAX_PARTS) return null;
  const firstEnd = Math.min(...ends.values());
  return ends.size === 0 ? 1 : retryAfterOf(firstEnd * 1000 - parts.now());
};

const conclude = async <E extends { readonly result: string }>(
  parts: PartParts,
  request: PartRequest,
  client: PartClient<E>,
  proof: Proof,
  generation: number,
): Promise<Part | E> => {
  switch (proof.proof) {
    case 'refused':
      await client.refused();
      return { result: 'refused' };
    case 'scope_refused':
      return { result: 'scope_refused' };
    case 'unusable':
      return client.unavailable(proof.because, null);
    case 'unverifiable':
      return (await openKept(parts, request, client, 0)) ?? client.unavailable('no signing keys', null);
    case 'silent': {
      const { because, retryAfterSeconds } = proof;
      return (await openKept(parts, request, client, 0)) ?? client.unavailable(because, retryAfterSeconds);
    }
    case 'proven': {
      const { text: token, token: claims } = proof;
      if (!client.isOwners(claims)) return client.unavailable('token without its owner', null);
      // Of one second Stytch makes one token, and this one was revoked a moment ago.
      if (client.isRevoked(await hashOfToken(token))) return client.unavailable('the same token again', null);
      const sealed = await sealToken(parts, request, { token, ring: await client.ring(claims), generation });
      return { result: 'token', token, sealed, generation, expiresAt: claims.expiresAt, made: true };
    }
  }
};

const openKept = async <E extends { readonly result: string }>(
  parts: PartParts,
  request: PartRequest,
  client: PartClient<E>,
  marginSeconds: number,
): Promise<PartToken | null> => {
  const now = client.look();
  const row = parts.tables.scopedToken(request.credential.fingerprint, scopeOf(request));
  if (!('generation' in now) || row === null || row.generation !== now.generation) return null;
  if (row.expiresAt - parts.now() / 1000 <= marginSeconds) return null;
  const token = await unsealToken(parts, request, row.sealed);
  if (token === null || client.isRevoked(await hashOfToken(token))) return null;
  return { result: 'token', token, ...row, made: false };
};
