import type { Identity } from './identity.ts';
import { OWNER_PURSE } from './lease-wire.ts';
import type { CredentialName, Standing } from './ports.ts';

/** What a verified token says of a key. */
export interface TokenEvidence {
  readonly scopes: readonly string[];
  readonly ownerId: string;
  readonly generation: number;
  /** NumericDate, seconds. Where the Ring vouches in its place: when it is to be asked again, at the latest. */
  readonly expiresAt: number;
}

/** The Ring's word as an isolate holds it. */
export interface HeldStanding {
  readonly standing: Extract<Standing, { readonly status: 'live' }>;
  /** This isolate's clock before it asked: what the Ring answered is no older than that. Milliseconds. */
  readonly askedAt: number;
}

/** Where what we know of a credential came from, the cheapest first: what the log calls the tier. */
export type Tier = 'memory' | 'lease' | 'kv' | 'ring' | 'exchange' | 'grace';

/** Requests with a key: admitted from a lease, refused although the key is good, over the limit. */
export interface Uses {
  admitted: number;
  refused: number;
  limited: number;
}

/** Whose permits a key spends: its own where it has a limit of its own, its owner's elsewhere. */
export const purseName = ({ held, name }: Pick<Evidence, 'held' | 'name'>): string =>
  held.standing.ownLimit ? name.clientId : OWNER_PURSE;

export const noUses = (): Uses => ({ admitted: 0, refused: 0, limited: 0 });

/**
 * All that an isolate knows of one credential: facts only, judged anew at each request. Lives in memory, keyed by
 * the credential as presented; its token and its standing are replaced as newer ones come in.
 */
export interface Evidence {
  readonly name: CredentialName;
  readonly ring: string;
  token: TokenEvidence;
  held: HeldStanding;
  /** The conclusion from `token` and `held`, kept until one of them is replaced. */
  identity: Identity | null;
  /** What was done with the key here since the Ring was last told. */
  uses: Uses;
  /** When the Ring was last asked to renew the standing, or the token, in the background; this isolate's clock. */
  renewedAt: number;
  refreshedAt: number;
  /** The last assertions signed for `identity`, by audience. */
  assertion: Map<string, { readonly token: string; readonly signedAtMs: number }> | null;
}
