/** The four kinds of owner a Ring can have (DESIGN: "The key"). */
export const OWNER_KINDS = ['user', 'member', 'organization', 'client'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];

/** Whose keys and whose meter: a Stytch user, a B2B member, an organisation, or a client that owns itself. */
export interface Owner {
  readonly kind: OwnerKind;
  readonly id: string;
  /** The organisation of a member, or the organisation itself; null for users and clients. */
  readonly organizationId: string | null;
}

/** What Stytch calls people: users of a consumer project, members of a B2B one. */
export const PERSON_ID = {
  consumer: /^user-(test|live)-[0-9a-f-]{36}$/,
  b2b: /^member-(test|live)-[0-9a-f-]{36}$/,
} as const;

/** An owner is known by kind and id: his organisation may be learned later. */
export const isSameOwner = (one: Pick<Owner, 'kind' | 'id'>, other: Pick<Owner, 'kind' | 'id'>): boolean =>
  one.kind === other.kind && one.id === other.id;

/** How the caller became somebody, as the origin reads it in `X-Latchkey-Auth`. */
export type AuthKind = 'api_key' | 'client_credentials' | 'access_token' | 'session' | 'anonymous';

/** What we conclude: who calls, by which key, with which scopes. */
export interface Identity {
  readonly auth: AuthKind;
  /** The Stytch user or member; null for organisations, clients and anonymous callers. */
  readonly userId: string | null;
  readonly organizationId: string | null;
  /** The key's id (= Stytch's client_id); null for sessions and anonymous callers. */
  readonly clientId: string | null;
  /** RFC 6749 §3.3 scope-tokens, in the token's order. */
  readonly scopes: readonly string[];
  /** Whose Ring it is; null for anonymous callers. */
  readonly owner: Owner | null;
}

export const ANONYMOUS: Identity = {
  auth: 'anonymous',
  userId: null,
  organizationId: null,
  clientId: null,
  scopes: [],
  owner: null,
};

/** The identity that an owner's credential speaks for. */
export const identityOf = (
  auth: AuthKind,
  owner: Owner,
  clientId: string | null,
  scopes: readonly string[],
): Identity => ({
  auth,
  userId: owner.kind === 'user' || owner.kind === 'member' ? owner.id : null,
  organizationId: owner.organizationId,
  clientId,
  scopes,
  owner,
});
