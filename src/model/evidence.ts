import type { Identity } from './identity.ts';
import type { CredentialName, Standing } from './ports.ts';

/** What a verified token says of a key. */
export interface TokenEvidence {
  readonly scopes: readonly string[];
  readonly ownerId: string;
  readonly generation: number;
  /** NumericDate, seconds; the end of the grace where the Ring vouches for it. */
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
  /** The last assertion signed for `identity`. */
  assertion: { readonly token: string; readonly signedAtMs: number } | null;
}
