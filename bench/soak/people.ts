import type { Meter } from './meter.ts';
import type { Timeline } from './timeline.ts';

/** A user, as the model has him. */
export interface Owner {
  /** From 0: those with even numbers go beyond their small limits while the others rest. */
  readonly number: number;
  readonly userId: string;
  /** Stytch's own token of his session, by which the JWT is made anew. */
  readonly sessionToken: string;
  session: Session;
  /** His limit where it is one that can be reached. */
  readonly meter: Meter | null;
  readonly suspended: Timeline<boolean>;
  /** Every key that he ever had. */
  readonly keys: Key[];
  /** Whether something is being done at the Desk for him: one thing at a time, so that what is told can be foreseen. */
  isBusy: boolean;
  /** Rows that his audit trail must have. */
  auditRows: number;
}

/** A session JWT. */
export interface Session {
  readonly jwt: string;
  /** In milliseconds. */
  readonly expiresAt: number;
}

/** A key, as the model has it. */
export interface Key {
  readonly keyId: string;
  readonly owner: Owner;
  readonly name: string;
  readonly alive: Timeline<boolean>;
  readonly scopes: Timeline<readonly string[]>;
  readonly meter: Meter | null;
  /** The old one first during a rotation. */
  readonly secrets: Secret[];
  readonly tokens: Token[];
  expiresAt: number | null;
  isRevoked: boolean;
  /** An answer of the Desk was lost: what became of the key is not known. */
  isUnclear: boolean;
  /** When an open rotation ends by itself; null for none. */
  rotationEndsAt: number | null;
  /** Until then it is open whether a token of the key is good: a rotation ended a moment ago. */
  tokensUnclearUntil: number;
  /** Counts what makes tokens of before evidence of nothing: other scopes, and ends of rotations. */
  generation: number;
  /** How many exchanges promise 4 allows for it so far. */
  allowedExchanges: number;
  /** Parts of its scopes for which a token was asked, by secret and generation. */
  readonly parts: Set<string>;
}

/** One of a key's secrets, in its two spellings. */
export interface Secret {
  readonly key: string;
  /** `client_id:client_secret` in base64. */
  readonly pair: string;
  readonly alive: Timeline<boolean>;
}

/** An access token of a key. */
export interface Token {
  readonly jwt: string;
  readonly scopes: readonly string[];
  /** In milliseconds. */
  readonly expiresAt: number;
  readonly alive: Timeline<boolean>;
}

/** How a caller is known at the origin. */
export type Auth = 'api_key' | 'client_credentials' | 'access_token' | 'session';

/** What a request presents, and all that decides about it. */
export interface Credential {
  readonly auth: Auth;
  /** The header line. */
  readonly line: string;
  readonly owner: Owner;
  readonly key: Key | null;
  /** Of the secret or the token itself; null for a session. */
  readonly alive: Timeline<boolean> | null;
  /** What a token or a session says that it may do; null for what its key may. */
  readonly granted: readonly string[] | null;
}

/** The ways in which a secret is presented. */
export const SPELLINGS = ['bearer', 'x-api-key', 'basic'] as const;
export type Spelling = (typeof SPELLINGS)[number];

const LINES = {
  bearer: ({ key }: Secret) => `Authorization: Bearer ${key}`,
  'x-api-key': ({ key }: Secret) => `X-API-Key: ${key}`,
  basic: ({ pair }: Secret) => `Authorization: Basic ${pair}`,
} as const;

export const ofSecret = (key: Key, secret: Secret, spelling: Spelling): Credential => ({
  auth: spelling === 'basic' ? 'client_credentials' : 'api_key',
  line: LINES[spelling](secret),
  ...{ owner: key.owner, key, alive: secret.alive, granted: null },
});

export const ofToken = (key: Key, token: Token): Credential => ({
  ...{ auth: 'access_token', line: `Authorization: Bearer ${token.jwt}` },
  ...{ owner: key.owner, key, alive: token.alive, granted: token.scopes },
});

export const ofSession = (owner: Owner, scopes: readonly string[]): Credential => ({
  ...{ auth: 'session', line: `Authorization: Bearer ${owner.session.jwt}` },
  ...{ owner, key: null, alive: null, granted: scopes },
});

/** The limits that a credential spends. */
export const metersOf = ({ owner, key }: Credential): readonly Meter[] =>
  [owner.meter, key?.meter ?? null].filter((meter) => meter !== null);
