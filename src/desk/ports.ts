import type { Credential } from '../model/credential.ts';
import type { Owner } from '../model/identity.ts';
import type { KeyRealm } from '../model/key.ts';
import type { Keychain } from '../model/keychain.ts';
import type { AuditHead } from '../model/life.ts';
import type { CredentialKind } from '../model/policy.ts';
import type { Log, MessageSeen, Throttle } from '../model/ports.ts';
import type { Refusal, RefusalOf, Result } from '../model/refusal.ts';
import type { TokenDay, TokenQuery } from '../model/token-days.ts';
import type { Trace } from '../model/trace.ts';
import type { WebhookVerdict } from '../webhooks/standard.ts';
import type { Caller } from './caller.ts';
import type { DeskReconciler, DeskRing } from './durable.ts';
import type { DevicePorts, OAuthPorts } from './oauth/ports.ts';

/** Whether what Latchkey depends on can be had now. */
export interface Readiness {
  readonly signing_keys: boolean;
  readonly assertion_keys: boolean;
  readonly kv: boolean;
}

/** Where it is remembered that a message was dealt with. `sentAt` is when this copy of it was signed, in seconds. */
export interface Messages {
  readonly wasSeen: (sentAt: number) => Promise<Result<MessageSeen>>;
  readonly markSeen: (sentAt: number) => Promise<Result<void>>;
}

/** What an endpoint asks of whoever calls it. */
export interface Asked {
  readonly kinds: readonly CredentialKind[];
  /** Greatest time since the user of a session signed in; null for any. Seconds. */
  readonly maxAuthAgeSeconds: number | null;
}

/** The world, as the Desk needs it. */
export interface DeskPorts extends OAuthPorts, DevicePorts {
  readonly deskUrl: string;
  /** Pages that may call what a session may: exact, as browsers write them. */
  readonly origins: ReadonlySet<string>;
  /** The Stytch project, and whose keys are ours. */
  readonly projectId: string;
  readonly realm: KeyRealm;
  /** How old a word of the Ring may be anywhere, grace included: when a revocation is in force everywhere. Seconds. */
  readonly largestLeaseSeconds: number;
  /** What the dearest route costs: under a smaller limit it could never be asked for. */
  readonly largestCost: number;
  readonly extract: (headers: Headers) => Result<Credential, RefusalOf<'credentials_ambiguous'>>;
  /** Why a URL is refused, whatever it asks for: there is a credential in it. Null for every other. */
  readonly urlRefusal: (url: string) => Refusal | null;
  /** Greatest time since a user signed in with which a key is made; null for any. Seconds. */
  readonly maxAuthAgeSeconds: number | null;
  /**
   * Who presents this, if it is what is asked for. A session is judged by its signature alone: what a suspended owner
   * may still do, his Ring says when it is asked.
   */
  readonly identify: (
    credential: Credential,
    asked: Asked,
    trace: Trace,
    from: Request,
  ) => Promise<Result<Caller>>;
  /** Which operator presents this, if one does. */
  readonly identifyOperator: (credential: Credential, trace: Trace) => Promise<Result<string>>;
  /** Roles of members who manage the keys of their organisation. */
  readonly organizationRoles: readonly string[];
  /** Every scope of the operator's file: what an operator may give to a key. */
  readonly everyScope: readonly string[];
  /** The head of an audit trail as a JWS that anybody can check who has `assertionJwks`; `now` in milliseconds. */
  readonly signHead: (head: AuditHead, now: number) => Promise<string>;
  /** The scopes that a session's roles let it give to a key of its own. */
  readonly grantable: (roles: readonly string[]) => readonly string[];
  readonly ringOf: (owner: Owner) => Promise<DeskRing>;
  /** The Ring that a client_id of our grammar names; null for every other. */
  readonly ringOfKey: (clientId: string) => DeskRing | null;
  readonly reconciler: DeskReconciler;
  /** What all Rings and Lobbies together spent and saved, one by one: several may speak of the same day. */
  readonly tokens: (days: TokenQuery) => Promise<Result<readonly TokenDay[]>>;
  /** Whether a key id can be one of this owner's at all. */
  readonly isOwn: (owner: Owner, keyId: string) => Promise<boolean>;
  /** Signs cursors. */
  readonly keychain: () => Promise<Keychain>;
  readonly assertionJwks: { readonly keys: readonly unknown[] };
  readonly readiness: () => Promise<Readiness>;
  /** Asked for whoever calls what is open to everybody. */
  readonly throttle: Throttle;
  /** Whether Stytch signed a message; null where it sends none. */
  readonly verifyStytch: ((headers: Headers, body: string) => WebhookVerdict) | null;
  /** Whether GitHub did; `unknowable` while its keys cannot be had. */
  readonly verifyGithub: (headers: Headers, body: string) => Promise<'good' | 'bad' | 'unknowable'>;
  /** What is remembered of a message of Stytch's, by its id. */
  readonly messages: (id: string) => Messages;
  readonly requestId: (headers: Headers) => string;
  readonly now: () => number;
  readonly log: Log;
}

/** One call at the Desk. */
export interface Call {
  readonly requestId: string;
  readonly trace: Trace;
}
