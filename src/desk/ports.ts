import type { Credential } from '../model/credential.ts';
import type { Identity, Owner } from '../model/identity.ts';
import type { CredentialKind } from '../model/policy.ts';
import type { IssuedKey, IssueRequest, KeyPage, KeyRecord, ListRequest, Log } from '../model/ports.ts';
import type { Result } from '../model/refusal.ts';
import type { SessionToken } from '../model/token.ts';

/** Somebody at the Desk. */
export interface Caller {
  readonly identity: Identity;
  readonly session: SessionToken | null;
}

/** An owner's Ring, with its silence turned into a refusal. */
export interface DeskRing {
  issue(request: IssueRequest): Promise<Result<IssuedKey>>;
  list(request: ListRequest): Promise<Result<KeyPage>>;
  get(owner: Owner, keyId: string): Promise<Result<KeyRecord | null>>;
  revoke(owner: Owner, keyId: string): Promise<Result<KeyRecord>>;
}

/** Whether what Latchkey depends on can be had now. */
export interface Readiness {
  readonly signing_keys: boolean;
  readonly kv: boolean;
}

/** The world, as the Desk needs it. */
export interface DeskPorts {
  readonly deskUrl: string;
  /** The greatest age of a lease anywhere: when a revocation is in force everywhere. Seconds. */
  readonly largestLeaseSeconds: number;
  readonly extract: (headers: Headers) => Result<Credential>;
  /** Who presents this, if it is of one of these kinds. */
  readonly identify: (credential: Credential, kinds: readonly CredentialKind[]) => Promise<Result<Caller>>;
  /** The scopes that a session's roles let it give to a key of its own. */
  readonly grantable: (roles: readonly string[]) => readonly string[];
  readonly ringOf: (owner: Owner) => Promise<DeskRing>;
  /** Whether a key id can be one of this owner's at all. */
  readonly isOwn: (owner: Owner, keyId: string) => Promise<boolean>;
  readonly assertionJwks: { readonly keys: readonly unknown[] };
  readonly readiness: () => Promise<Readiness>;
  readonly requestId: (headers: Headers) => string;
  readonly now: () => number;
  readonly log: Log;
}
