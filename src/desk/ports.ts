import type { RandomBytes } from '../model/base62.ts';
import type { Credential, JwtCredential, Resolvable } from '../model/credential.ts';
import type { DeviceClient, Devices } from '../model/device.ts';
import type { DeviceLobby } from '../model/device-lobby.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Identity, Owner } from '../model/identity.ts';
import type { KeyRealm } from '../model/key.ts';
import type { Keychain } from '../model/keychain.ts';
import type { AuditHead } from '../model/life.ts';
import type { CredentialKind } from '../model/policy.ts';
import type {
  Log,
  MessageSeen,
  ReconciliationReport,
  ReconciliationRequest,
  Ring,
  Throttle,
} from '../model/ports.ts';
import type { Result } from '../model/refusal.ts';
import type { IssuedToken, M2MToken, SessionToken } from '../model/token.ts';
import type { Trace } from '../model/trace.ts';
import type { WebhookVerdict } from '../webhooks/standard.ts';

/** Somebody at the Desk. */
export interface Caller {
  readonly identity: Identity;
  /** What is known of his credential; null for nobody. */
  readonly evidence: Evidence | null;
  readonly session: SessionToken | null;
}

/** What the Desk asks of a Ring. */
export type DeskMethod = Exclude<keyof Ring, 'admit' | 'exchange' | 'settle' | 'adopt' | 'reconcile'>;

type Told<T> = T extends { readonly ok: true; readonly value: infer V }
  ? V
  : T extends { readonly ok: false }
    ? never
    : T;

/** An owner's Ring, with its silence turned into a refusal. */
export type DeskRing = {
  /** The ring in the owner's key ids. Public. */
  readonly name: string;
} & {
  readonly [M in DeskMethod]: (
    ...asked: Parameters<Ring[M]>
  ) => Promise<Result<Told<Awaited<ReturnType<Ring[M]>>>>>;
} & {
  /** The ring in the owner's key ids. Public. */
  readonly name: string;
};

/** One of the Lobbies, as far as it has device codes and tries, with its silence turned into a refusal. */
export type DeskLobby = {
  readonly [M in keyof DeviceLobby]: (
    ...asked: Parameters<DeviceLobby[M]>
  ) => Promise<Result<Awaited<ReturnType<DeviceLobby[M]>>>>;
};

/** The reconciliation, with its silence turned into a refusal. */
export interface DeskReconciler {
  readonly start: (request: ReconciliationRequest) => Promise<Result<ReconciliationReport>>;
  readonly report: () => Promise<Result<ReconciliationReport | null>>;
}

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
  /** Whether a session must not have been revoked by itself (RFC 7009), which its Ring alone knows. */
  readonly unrevoked?: true;
}

/** The world, as the Desk needs it. */
export interface DeskPorts {
  readonly deskUrl: string;
  /** Whom tokens and keys are for, as assertions say it: the origin's id. */
  readonly audience: string;
  /** The Stytch project, and whose keys are ours. */
  readonly projectId: string;
  readonly realm: KeyRealm;
  /** How old a word of the Ring may be anywhere, grace included: when a revocation is in force everywhere. Seconds. */
  readonly largestLeaseSeconds: number;
  /** What the dearest route costs: under a smaller limit it could never be asked for. */
  readonly largestCost: number;
  readonly extract: (headers: Headers) => Result<Credential>;
  /** What a token that came by itself is taken for. */
  readonly tokenOf: (text: string) => Credential;
  /** What a client_id and a client_secret are taken for. */
  readonly pairOf: (clientId: string, clientSecret: string) => Credential;
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
  /**
   * A client's own access token, with these scopes or all that it has, of who is let in: Stytch's, and the kept one while
   * there is one.
   */
  readonly issueToken: (
    credential: Resolvable,
    scopes: readonly string[] | null,
    trace: Trace,
    from: Request,
  ) => Promise<Result<IssuedToken>>;
  /**
   * Which operator's pair this is; null where it is no listed client's. At the OAuth endpoints alone: nowhere else does a
   * pair of an operator let him in.
   */
  readonly authenticateOperator: (
    credential: Resolvable,
    trace: Trace,
    from: Request,
  ) => Promise<Result<string | null>>;
  /**
   * What a credential is by the Ring's word of now, whoever asks: not its bearer, and no use of it. Where its bearer is
   * nobody knows, so that one that may be used from some addresses only is refused.
   */
  readonly inquire: (credential: Credential, trace: Trace) => Promise<Result<Caller>>;
  /** What a JWT is and whose, whatever its Ring says of it. */
  readonly whose: (credential: JwtCredential, trace: Trace) => Promise<Result<Evidence>>;
  /** Forgets the tokens that are kept of a client that was not made here, of which one was revoked, known by its hash. */
  readonly forgetTokens: (clientId: string, revoked: string) => Promise<Result<void>>;
  /** The access token of an operator's client that a JWT is; null for every other. */
  readonly findOperatorToken: (jwt: string) => Promise<Result<M2MToken | null>>;
  /** Which operator presents this, if one does. */
  readonly identifyOperator: (credential: Credential, trace: Trace) => Promise<Result<string>>;
  /** Roles of members who manage the keys of their organisation. */
  readonly organizationRoles: readonly string[];
  /** The public clients that users let in by the device flow, by client_id (RFC 8628). */
  readonly deviceClients: ReadonlyMap<string, DeviceClient>;
  /** The Lobby where something is at home that has no owner yet, by its name. */
  readonly lobbyOf: (name: string) => DeskLobby;
  /** What the pages of the device flow work with. */
  readonly devices: Devices;
  /** Roles as somebody has them now; null for who is gone. `before`: as they were, where Stytch is not asked. */
  readonly rolesOf: (owner: Owner, before: readonly string[]) => Promise<Result<readonly string[] | null>>;
  /** How many living keys an owner may have whom nobody gave a number of his own. */
  readonly keysPerUser: number;
  readonly randomBytes: RandomBytes;
  /** The scopes that users can give to their own keys. */
  readonly selfServiceScopes: readonly string[];
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
