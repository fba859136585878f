import { type AddressRange, addressRanges } from './address.ts';
import type { Identity, Owner } from './identity.ts';
import { OWNER_PURSE } from './lease-wire.ts';
import { type CredentialName, type KeyUse, SESSION_USE, type Standing } from './ports.ts';
import type { SessionToken } from './token.ts';

/** What a verified token says: the one that was presented, or the one that a secret opened. */
export interface TokenEvidence {
  /** The token's own; of a session, those of its roles. */
  readonly scopes: readonly string[];
  readonly ownerId: string;
  /** The key's when the token was made; null for a token that was presented itself, which no generation ends. */
  readonly generation: number | null;
  /** NumericDate, seconds. Where the Ring vouches in its place: when it is to be asked again, at the latest. */
  readonly expiresAt: number;
}

/** The Ring's word as an isolate holds it. */
export interface HeldStanding {
  readonly standing: Extract<Standing, { readonly status: 'live' }>;
  /** This isolate's clock before it asked: what the Ring answered is no older than that. Milliseconds. */
  readonly askedAt: number;
  /** Where alone the key may be used from, as `standing` says it; null for everywhere. */
  readonly addresses: readonly AddressRange[] | null;
  /** This isolate's clock when its age was last asked; infinite once that ran backwards, and nobody can say it any more. */
  seenAt: number;
}

/** The Ring's yes, as an isolate holds it. */
export const heldStanding = (standing: HeldStanding['standing'], askedAt: number): HeldStanding => {
  const { ipAllowlist = null } = standing;
  return {
    standing,
    askedAt,
    addresses: ipAllowlist === null ? null : addressRanges(ipAllowlist),
    seenAt: askedAt,
  };
};

/** How old the Ring's word is at most, in milliseconds; infinite where the clock ran backwards since it was asked for. */
export const ageOf = (held: HeldStanding, now: number): number => {
  held.seenAt = now < held.seenAt ? Number.POSITIVE_INFINITY : now;
  return held.seenAt - held.askedAt;
};

/** Whether the age of the Ring's word is known. */
export const isTimed = (held: HeldStanding, now: number): boolean => Number.isFinite(ageOf(held, now));

/** Where what we know of a credential came from, the cheapest first: what the log calls the tier. */
export type Tier = 'memory' | 'lease' | 'kv' | 'ring' | 'exchange' | 'grace';

/** Requests with a credential: admitted from a lease, refused although it is good, over the limit. */
export interface Uses {
  admitted: number;
  refused: number;
  limited: number;
  /** When the last one was admitted, by this isolate's clock; 0 for never. */
  admittedAt: number;
}

/** Whose permits a credential spends: its key's where that has a limit of its own, its owner's elsewhere. */
export const purseName = ({ held, name }: Pick<Evidence, 'held' | 'name'>): string =>
  held?.standing.ownLimit === true ? useName(name) : OWNER_PURSE;

/** The key that a credential is one of; null for a session. Public. */
export const keyIdOf = (name: CredentialName): string | null =>
  name.kind === 'session' ? null : name.clientId;

/** What a credential's use is counted under. */
export const useName = (name: CredentialName): string => keyIdOf(name) ?? SESSION_USE;

/** Whether a foreign pair was presented: it is known by the token that it opened. */
export const isPair = (name: CredentialName): boolean => name.kind === 'token' && name.byPair === true;

/** Whether something was done with a credential that the Ring was not told of. */
export const isUsed = ({ uses: { admitted, refused, limited } }: Pick<Evidence, 'uses'>): boolean =>
  admitted + refused + limited > 0;

/** What was done with a credential, as the Ring is told. */
export const useOf = ({ name, uses }: Pick<Evidence, 'name' | 'uses'>, now: number): KeyUse => {
  const { admitted, refused, limited, admittedAt } = uses;
  return {
    keyId: useName(name),
    fingerprint: name.kind === 'secret' ? name.fingerprint : null,
    ...(isPair(name) ? { byPair: true } : {}),
    ...{ admitted, refused, limited },
    ...(admitted > 0 ? { agoMs: Math.max(0, now - admittedAt) } : {}),
  };
};

export const noUses = (): Uses => ({ admitted: 0, refused: 0, limited: 0, admittedAt: 0 });

/** Evidence of which nobody was told anything yet. */
export const newEvidence = (
  known: Pick<Evidence, 'name' | 'ring' | 'owner' | 'session' | 'token' | 'held'>,
): Evidence => ({
  ...known,
  ...{ identity: null, assertion: null, uses: noUses(), renewedAt: 0, refreshedAt: 0 },
});

/**
 * All that an isolate knows of one credential: facts only, judged anew at each request. Lives in memory, keyed by
 * the credential as presented; its token and its standing are replaced as newer ones come in.
 */
export interface Evidence {
  /** A foreign pair is known by the token that it opened, and that is replaced. */
  name: CredentialName;
  readonly ring: string;
  /** Whose it is, by what it proves of itself. */
  readonly owner: Owner;
  /** The session that it is; null for every other credential. */
  readonly session: SessionToken | null;
  token: TokenEvidence;
  /** Null until the Ring was asked, which for tokens is when the first request is admitted. */
  held: HeldStanding | null;
  /** The conclusion from `token` and `held`, kept until one of them is replaced. */
  identity: Identity | null;
  /** What was done with it here since the Ring was last told. */
  uses: Uses;
  /** When the Ring was last asked to renew the standing, or the token, in the background; this isolate's clock. */
  renewedAt: number;
  refreshedAt: number;
  /** The last assertions signed for `identity`, by audience. */
  assertion: Map<string, { readonly token: string; readonly signedAtMs: number }> | null;
}

/** Evidence, and the text of the credential that it is of. */
export interface Known {
  readonly text: string;
  readonly evidence: Evidence;
}
