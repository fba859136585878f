import type { JWK } from 'jose';
import type { Asker } from './asker.ts';
import type { Author } from './author.ts';
import type { DeviceLobby } from './device-lobby.ts';
import type { Owner } from './identity.ts';
import type { Ask, Grant, Report } from './lease-wire.ts';
import type {
  AdoptedClient,
  AuditHead,
  AuditPage,
  AuditQuery,
  ChangeRequest,
  ClientAtStytch,
  EndOutcome,
  EndReport,
  ExportPage,
  ImportedKey,
  ImportRequest,
  IssuedKey,
  IssueRequest,
  KeyPage,
  KeyRecord,
  KeysUsageQuery,
  KeyUsage,
  ListRequest,
  OutboxEvent,
  OwnerLimits,
  OwnerRecord,
  OwnerStanding,
  Reconciled,
  ReconciledKey,
  RotateRequest,
  Seen,
  UsageBucket,
  UsageQuery,
} from './life.ts';
import type { Result } from './refusal.ts';
import type { RestoreStep } from './restore-wire.ts';
import type { SessionToken, TokenVerdict } from './token.ts';
import type { TokenDay, TokenQuery } from './token-days.ts';

/** The Vault: sealed tokens by fingerprint, for every isolate in the world. Its errors are misses. */
export interface Vault {
  /** The sealed text under a fingerprint, or null. */
  get(fingerprint: string): Promise<string | null>;
  /** Keeps a sealed text while it is of use; `expiresAt` is the token's, in seconds. */
  put(fingerprint: string, sealed: string, expiresAt: number, now: number): Promise<void>;
  /** Forgets fingerprints. Best effort: the Ring has already decided. */
  forget(fingerprints: readonly string[]): Promise<void>;
}

/** Checks the JWTs of the Stytch project. `now` in milliseconds. */
export type VerifyToken = (jwt: string, now: number) => Promise<TokenVerdict>;

/** A public key of a JWKS, named. */
export type SigningJwk = JWK & { readonly kid: string };

/** A JWKS as it is handed from isolate to isolate. */
export interface JwksCopy {
  readonly keys: readonly SigningJwk[];
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

/** Where copies of the JWKS are kept. A copy that we did not write, or any error, is a miss. */
export interface JwksCopies {
  load(): Promise<JwksCopy | null>;
  save(copy: JwksCopy): Promise<void>;
}

/** All Rings, by the ring part of a key or of an owner. */
export type Rings = (ring: string) => Ring;

/** Work that may outlive the answer. */
export type InBackground = (work: Promise<unknown>) => void;

/** A call to somebody else, as it ended. A refusal is an answer; silence, 429, 5xx and garbage are not. */
export type Outcome<T> =
  | { readonly outcome: 'answered'; readonly value: T }
  | { readonly outcome: 'declined'; readonly status: number; readonly code: string }
  | { readonly outcome: 'unreachable'; readonly detail: string; readonly retryAfterSeconds: number | null };

/** A session as Stytch has it, and whose it is. */
export interface StytchSession
  extends Pick<SessionToken, 'owner' | 'sessionId' | 'roles' | 'sessionExpiresAt' | 'authenticatedAt'> {
  /** The address by which the user knows himself; null where Stytch has none. */
  readonly email: string | null;
}

/** Somebody of the project, by an address of his. */
export interface FoundOwner {
  readonly owner: Owner;
  readonly email: string;
}

/** What Latchkey asks of Stytch's M2M API. */
export interface Stytch {
  /**
   * The token endpoint, client_credentials; with the scopes that are asked for, or null for all that the client has. The
   * token as it came: not yet verified.
   */
  exchange(
    clientId: string,
    clientSecret: string,
    scopes?: readonly string[] | null,
  ): Promise<Outcome<string>>;
  /** Creates a client with an id and a secret of our choosing, which makes a repeat harmless. */
  createClient(client: NewClient): Promise<Outcome<{ readonly created: true }>>;
  /** Makes a client what the key is. The value tells whether there was one. */
  updateClient(client: ClientUpdate): Promise<Outcome<{ readonly existed: boolean }>>;
  /** Deletes a client. A client that is not there counts as deleted; the value tells whether it was. */
  deleteClient(clientId: string): Promise<Outcome<{ readonly existed: boolean }>>;
  /** A client as it is at Stytch; null when there is none. */
  getClient(clientId: string): Promise<Outcome<StytchClient | null>>;
  /** All clients of the project, page by page, or those of some ids; `cursor` null for the first page. */
  searchClients(search: ClientSearch): Promise<Outcome<StytchClientPage>>;
  /** Not idempotent: an unanswered call may have minted a secret that nobody knows. */
  startRotation(clientId: string): Promise<Outcome<RotationStart>>;
  /** The next secret becomes the only one. */
  finishRotation(clientId: string): Promise<Outcome<RotationEnd>>;
  /** The next secret is forgotten, and the old one stays. */
  cancelRotation(clientId: string): Promise<Outcome<RotationEnd>>;
}

export interface NewClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly trustedMetadata: Readonly<Record<string, string>>;
}

/** What a client is to be; what is optional and not given stays as it is. */
export interface ClientUpdate extends Pick<NewClient, 'clientId' | 'name' | 'description' | 'scopes'> {
  readonly status?: 'active' | 'inactive';
  /** Merged into what the client has, key by key. */
  readonly trustedMetadata?: Readonly<Record<string, string>>;
}

/** An M2M client as Stytch has it. */
export interface StytchClient {
  readonly clientId: string;
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly status: 'active' | 'inactive';
  readonly trustedMetadata: Readonly<Record<string, unknown>>;
  readonly lastFour: string;
  /** Of the secret that a running rotation adds; null when none runs. */
  readonly nextLastFour: string | null;
}

export interface ClientSearch {
  /** Where the last page ended, or null for the first. */
  readonly cursor: string | null;
  /** 1 to 250: of more, the answer is longer than what is read of one. */
  readonly limit: number;
  /** Only clients of these ids; none of them may exist. */
  readonly clientIds?: readonly string[];
}

export interface StytchClientPage {
  readonly clients: readonly StytchClient[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export type RotationStart =
  | { readonly rotation: 'started'; readonly nextClientSecret: string }
  /** A rotation runs already: whoever began it has the secret. */
  | { readonly rotation: 'running' }
  | { readonly rotation: 'no_client' };

/** How a rotation was ended: by this call, or there was none to end. */
export type RotationEnd = 'ended' | 'not_rotating' | 'no_client';

/**
 * One owner's keys and meter, as the Worker sees them: the RPC face of the Durable Object. Everything that
 * crosses is plain data. Errors thrown over RPC lose their properties, so refusals come back as values.
 */
export interface Ring {
  /** Standing and permits for one credential: what an isolate needs in order to admit by itself for a while. */
  admit(request: AdmitRequest): Promise<Admission>;
  /** A token for a credential: the kept one, or one exchange at Stytch however many ask. */
  exchange(request: ExchangeRequest): Promise<ExchangeAnswer>;
  /**
   * What an isolate did with leases that it no longer needs, any number of times; and with credentials that it forgets,
   * once.
   */
  settle(reports: readonly Report[], uses?: readonly KeyUse[]): Promise<void>;
  issue(request: IssueRequest): Promise<Result<IssuedKey>>;
  list(request: ListRequest): Promise<KeyPage>;
  get(owner: Owner, keyId: string): Promise<KeyRecord | null>;
  /** Whose a key of this Ring is, dead or alive; null for one that it does not know. Only its id is known, not its owner. */
  ownerOfKey(keyId: string): Promise<Owner | null>;
  /** Changes a living key. What is taken away is gone at once; what is added waits for Stytch. */
  change(request: ChangeRequest): Promise<Result<KeyRecord>>;
  /** Gives a key a second secret, and its first one an end. */
  rotate(request: RotateRequest): Promise<Result<IssuedKey>>;
  /** Ends the old secret of a rotation now. */
  finishRotation(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>>;
  /** Ends the new secret of a rotation: the old one stays. */
  cancelRotation(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>>;
  revoke(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>>;
  /** Revokes every living key; how many. */
  revokeAll(owner: Owner, author: Author): Promise<Result<number>>;
  /** Ends what somebody presents, if it is alive and his, or was found. Whose it is, the key says: he may not know. */
  endPresented(report: EndReport): Promise<EndOutcome>;
  /** Makes a client that was not made here one of the owner's keys: its row decides from now on. */
  adopt(owner: Owner, client: AdoptedClient, author: Author): Promise<Result<KeyRecord>>;
  /** The same for a client whose secret is shown: proven at Stytch, claimed in the Lobby, adopted. */
  importClient(request: ImportRequest): Promise<Result<ImportedKey>>;
  /** Ends one access token (RFC 7009), if it is alive and his who wants it; whether it did. `unavailable` when too many were. */
  revokeToken(revocation: TokenRevocation): Promise<Result<boolean>>;
  /** Use by hour or day, oldest first; buckets without any are left out. */
  usage(query: UsageQuery): Promise<readonly UsageBucket[]>;
  /** The same of each of several keys at once, in the order in which they are named. */
  usageOfKeys(query: KeysUsageQuery): Promise<readonly KeyUsage[]>;
  /** Tokens that Stytch gave for the owner's credentials, and requests admitted with his secrets; days without any are left out. */
  tokens(owner: Owner, query: TokenQuery): Promise<readonly TokenDay[]>;
  audit(query: AuditQuery): Promise<AuditPage>;
  auditHead(owner: Owner): Promise<AuditHead>;
  about(owner: Owner): Promise<OwnerRecord>;
  /** The owner's limits and what is left of them, with the own limit of a key if one is meant; null for a key that is none. */
  limits(owner: Owner, keyId: string | null): Promise<OwnerStanding | null>;
  /**
   * Whether everything of the owner's is refused, and why. Null lifts it. One that `mayLapse` is kept for a day only where
   * there is nothing else to remember of the owner.
   */
  suspend(
    owner: Owner,
    reason: string | null,
    author: Author,
    mayLapse?: boolean,
  ): Promise<Result<OwnerRecord>>;
  /** Puts the owner on a plan of the operator's file, or gives him a number of keys of his own. */
  setLimits(owner: Owner, limits: OwnerLimits, author: Author): Promise<Result<OwnerRecord>>;
  /** All that is kept of the owner, in pages; `after` null for the first. */
  exportPage(owner: Owner, after: string | null, author: Author): Promise<ExportPage>;
  /** Makes a Ring that was lost what the lines of an export say; refuses where there is one. */
  restore(
    owner: Owner,
    step: RestoreStep,
    lines: readonly unknown[],
    author: Author,
  ): Promise<Result<OwnerRecord>>;
  /** Ends everything and forgets what is personal. Tombstones and audit stay for `auditDays`. */
  forgetOwner(owner: Owner, author: Author): Promise<Result<OwnerRecord>>;
  /**
   * What the Ring makes of clients that a reconciliation found under its name; `dryRun` changes nothing. With the master keys
   * only where they are asked for: a Lobby of the version before knows the words alone, and a Ring of it has no others.
   */
  reconcile(
    clients: readonly ClientAtStytch[],
    dryRun: boolean,
    withMasterKeys?: boolean,
  ): Promise<readonly (Reconciled | ReconciledKey)[]>;
}

/** A credential as the Ring is asked about it: what tells it apart, and never anything that it opens. */
export type CredentialName = SecretName | TokenName | SessionName;

/** A client's access token: presented itself, or opened by the secret of a foreign pair. */
export interface TokenName {
  readonly kind: 'token';
  readonly clientId: string;
  /** Base64url SHA-256 of the token in its one canonical spelling; where a pair opened it, the pair's fingerprint. */
  readonly tokenHash: string;
  /** NumericDate, seconds. */
  readonly issuedAt: number;
  /** Whose it is. The Ring may never have heard of him. */
  readonly owner: Owner;
  /** A foreign pair was presented, and not the token that it opened. */
  readonly byPair?: true;
}

/** A session JWT. */
export interface SessionName {
  readonly kind: 'session';
  readonly owner: Owner;
  readonly tokenHash: string;
}

/** A token that is to end before its time (RFC 7009), known by the hash of its one canonical spelling. */
export interface TokenRevocation {
  readonly name: TokenName;
  /** When it ends by itself. NumericDate, seconds. */
  readonly expiresAt: number;
  /** Of whom alone it may be. */
  readonly by: Asker;
  readonly author: Author;
}

export interface AdmitRequest {
  readonly credential: CredentialName;
  /** Further credentials that are in use in the same isolate and spend from the same purse. */
  readonly others: readonly CredentialName[];
  /** Whether a kept token is wanted besides. */
  readonly wantToken: boolean;
  readonly ask: Ask;
  /** What was done with the owner's credentials in this isolate since it was last told. */
  readonly uses: readonly KeyUse[];
  /** Where the request that asks came from; null when nobody waits. */
  readonly seen: Seen | null;
}

/** What the use of an owner's sessions is counted under, in the place of a key's id. */
export const SESSION_USE = 'session';

/** Requests with one key: admitted from a lease, refused after it was known (403), over the limit (429). */
export interface KeyUse {
  readonly keyId: string;
  /** Which of the key's secrets it was; absent or null for a token or a session. */
  readonly fingerprint?: string | null;
  /** It was a foreign pair. */
  readonly byPair?: true;
  readonly admitted: number;
  readonly refused: number;
  readonly limited: number;
  /** How long ago the last one was admitted, in milliseconds; absent where nobody says. */
  readonly agoMs?: number;
}

export interface Admission {
  readonly standing: Standing;
  /** Of `others`, in their order. */
  readonly others: readonly Standing[];
  /** Null unless the standing is `live`. */
  readonly grant: Grant | null;
  /** The sealed token of this fingerprint and generation, if one is kept and was asked for. */
  readonly sealed: string | null;
}

/**
 * The Ring's word on a credential, good for `leaseMs` milliseconds from when it was asked.
 *
 * `unproven`: the Ring knows the key and cannot tell whether this secret is one of its own, as happens under
 * another pepper: neither yes nor no, until Stytch has said so.
 */
export type Standing =
  | {
      readonly status: 'live';
      readonly owner: Owner;
      /** Null where it is not for the Ring to say: for a session, and for a foreign client that it has no row of. */
      readonly scopes: readonly string[] | null;
      /** 0 where the Ring has no row. */
      readonly generation: number;
      /** When the key ends by itself; milliseconds since the epoch, or null. */
      readonly expiresAt: number | null;
      /** Whether the key has a limit of its own, and so a purse of its own. */
      readonly ownLimit: boolean;
      /** Addresses and CIDR blocks that alone may use the key; absent or null for any. */
      readonly ipAllowlist?: readonly string[] | null;
      /** A secret of two, while a rotation is open: its owner wants to know which of them are in use. */
      readonly isRotating?: true;
      readonly leaseMs: number;
    }
  | { readonly status: 'unproven'; readonly leaseMs: 0 }
  | { readonly status: EndedStatus; readonly leaseMs: number };

/** Why a credential admits nothing, now and for the lease. */
export type EndedStatus = 'unknown' | 'revoked' | 'expired' | 'suspended';

export interface ExchangeRequest {
  readonly credential: SecretName;
  /** The one place where a secret crosses: from the request to Stytch, through memory only. */
  readonly clientSecret: string;
  /** Part of the client's scopes, each once; absent or null for a token with all of them. */
  readonly scopes?: readonly string[] | null;
}

export interface ExchangeAnswer {
  readonly exchanged: Exchanged;
  /** How long Stytch was waited for, in milliseconds; 0 if it was not asked. */
  readonly stytchMs: number;
}

/** What only whoever asks for part of the scopes is told. */
export type PartRefused =
  /** The client has not all of them, by the Ring's word or by Stytch's. */
  | { readonly result: 'scope_refused' }
  /** As many parts of the scopes have living tokens as are kept of one secret. */
  | { readonly result: 'crowded'; readonly retryAfterSeconds: number };

export type Exchanged =
  | PartRefused
  | {
      readonly result: 'token';
      readonly token: string;
      readonly sealed: string;
      readonly generation: number;
      /** NumericDate, seconds. */
      readonly expiresAt: number;
      /** Whether this call made the exchange; the others joined it or found the token kept. */
      readonly made: boolean;
      /** It was ended by itself (RFC 7009): it proves the secret, and is of no use to anybody. */
      readonly isRevoked?: true;
    }
  | {
      /** Stytch is unreachable and accepted this secret not long ago: the Ring vouches for a while. */
      readonly result: 'grace';
      readonly ownerId: string;
      readonly scopes: readonly string[];
      readonly generation: number;
      /** NumericDate, seconds. */
      readonly until: number;
    }
  | { readonly result: 'ended'; readonly status: EndedStatus }
  | { readonly result: 'refused' }
  | { readonly result: 'unavailable'; readonly retryAfterSeconds: number };

/**
 * Whether an address may ask for something that costs us and that nobody stands for. A courtesy: it counts by location,
 * and lets through what it cannot count. Null is every address that is not known, together.
 */
export type Throttle = (address: string | null) => Promise<boolean>;

/** Hands an event to the operator's URL. Anything but 2xx is no answer: it is told again. */
export type DeliverEvent = (event: OutboxEvent) => Promise<Outcome<null>>;

/** One line of the log. One that is not `kept` is counted alone, where somebody counts, and not written. */
export type Log = (line: Readonly<Record<string, LogValue>>, isKept?: boolean) => void;
export type LogValue = string | number | boolean | null | undefined;

/** What no owner is known for yet: foreign clients, by client_id; devices that wait, by user code; tries, by their name. */
export type Lobbies = (name: string) => Lobby;

/** A client's secret as everybody knows it who may not know the secret. */
export interface SecretName {
  readonly kind: 'secret';
  readonly clientId: string;
  readonly fingerprint: string;
  /** The master key whose pepper made the fingerprint. */
  readonly pepper: string;
}

/** One of the 64 Lobbies, as the Worker sees it: the RPC face of the Durable Object. Plain data only. */
export interface Lobby extends DeviceLobby {
  /**
   * Whose a foreign client is, and the sealed token kept for this fingerprint, if any. Never asks Stytch.
   * `fingerprint` null: only the owner is wanted.
   */
  look(request: LobbyLookRequest): Promise<LobbyLook>;
  /** A token for a foreign pair: the kept one, or one exchange at a time per fingerprint, behind the failure budgets. */
  exchange(request: LobbyExchangeRequest): Promise<LobbyExchangeAnswer>;
  /** Whose client it is from now on: the first claim wins, and is answered to everybody after. */
  claim(request: LobbyClaimRequest): Promise<Owner>;
  /** Claims a client for an owner who shows its secret: proven by one exchange, behind the failure budgets. */
  claimByProof(request: LobbyProofRequest): Promise<LobbyProof>;
  /** From now on the client's tokens name its owner: what they said before is not held against it. */
  renew(request: LobbyClaimRequest): Promise<void>;
  /** Gives up a claim of this very owner, because what was to follow came to nothing or is over. */
  release(request: LobbyClaimRequest): Promise<void>;
  /**
   * Forgets the tokens that are kept of a client: one of them was revoked, known by its hash, and is to be handed out to
   * nobody.
   */
  forgetTokens(clientId: string, revoked: string): Promise<void>;
  /** Whether a message was dealt with in the last while. `sentAt` is when this copy of it was signed, in seconds. */
  wasSeen(messageId: string, sentAt: number): Promise<MessageSeen>;
  /** Remembers a message that was dealt with. */
  markSeen(messageId: string, sentAt: number): Promise<void>;
  /** What a Ring counted on some days, all of each day so far: told again, it is the same. */
  tellTokens(ring: string, days: readonly TokenDay[]): Promise<void>;
  /** What the Rings told here and what was exchanged here, by day, oldest first; days without any are left out. */
  tokens(query: TokenQuery): Promise<readonly TokenDay[]>;
  /** The one Lobby that reconciles: begins a run, unless one is under way. */
  startReconciliation(request: ReconciliationRequest): Promise<Result<ReconciliationReport>>;
  /** The run under way, or the last one. */
  reconciliation(): Promise<ReconciliationReport | null>;
}

/**
 * `done`: dealt with, and sent again by who signs it, because he did not hear of it. `replayed`: a copy that was taken
 * already, or an older one: nobody but an eavesdropper sends that.
 */
export type MessageSeen = 'new' | 'done' | 'replayed';

/** The one Lobby that reconciles, as whoever starts it sees it. */
export type Reconciler = Pick<Lobby, 'startReconciliation' | 'reconciliation'>;

export interface LobbyProofRequest {
  readonly credential: SecretName;
  readonly clientSecret: string;
  readonly owner: Owner;
  readonly address: string | null;
}

export type LobbyProof =
  | { readonly result: 'claimed'; readonly scopes: readonly string[] }
  /** Another owner has it, here or by what its token says. */
  | { readonly result: 'owned' }
  | { readonly result: 'refused' }
  | { readonly result: 'throttled'; readonly retryAfterSeconds: number }
  | { readonly result: 'unavailable'; readonly retryAfterSeconds: number };

export interface ReconciliationRequest {
  readonly dryRun: boolean;
  /** Who asked: an operator's client id, or null for the schedule. */
  readonly by: string | null;
  /** More orphans than this are left where they are; null for what is usual. */
  readonly maxOrphans: number | null;
}

/** What a reconciliation made of a client; `failed` where somebody did not answer, and the next run decides. */
export type Found = Reconciled | 'failed';

/** How far a reconciliation is, or what the last one did. Times in milliseconds. */
export interface ReconciliationReport {
  readonly id: string;
  readonly status: 'running' | 'done' | 'failed';
  /** Why it failed; null where it did not. */
  readonly because: string | null;
  readonly dryRun: boolean;
  readonly by: string | null;
  readonly startedAt: number;
  /** Null while it runs. */
  readonly finishedAt: number | null;
  /** Clients seen, and how many of them are what. */
  readonly clients: number;
  readonly counts: Readonly<Record<Found, number>>;
  /** How many of the orphans were not removed: in a dry run all. */
  readonly orphansLeft: number;
  /** How many living keys need which master key; `?` of whom it is not known. Absent from a Lobby of the version before. */
  readonly masterKeys?: Readonly<Record<string, number>>;
  /** The last hundred that are not as they should be. Client ids are public. */
  readonly findings: readonly { readonly clientId: string; readonly found: Found }[];
}

export interface LobbyLookRequest {
  readonly clientId: string;
  readonly fingerprint: string | null;
}

export interface LobbyLook {
  readonly owner: Owner | null;
  readonly sealed: string | null;
}

export interface LobbyExchangeRequest {
  readonly credential: SecretName;
  /** Crosses through memory only, from the request to Stytch. */
  readonly clientSecret: string;
  /** The client's address as it was told to us, in any spelling; null where nobody told. */
  readonly address: string | null;
  readonly scopes?: readonly string[] | null;
  /** A listed operator is nobody's client, and registered nowhere: only the OAuth endpoints ask for his token. */
  readonly asOperator?: true;
}

export interface LobbyClaimRequest {
  readonly clientId: string;
  readonly owner: Owner;
}

export interface LobbyExchangeAnswer {
  readonly exchanged: LobbyExchanged;
  /** How long Stytch was waited for, in milliseconds; 0 if it was not asked. */
  readonly stytchMs: number;
}

export type LobbyExchanged =
  | PartRefused
  | {
      readonly result: 'token';
      readonly token: string;
      readonly sealed: string;
      readonly owner: Owner;
      /** NumericDate, seconds. */
      readonly expiresAt: number;
      /** Whether this call made the exchange; the others joined it or found the token kept. */
      readonly made: boolean;
      /** It was ended by itself (RFC 7009): it proves the secret, and is of no use to anybody. */
      readonly isRevoked?: true;
    }
  | {
      /** Stytch is unreachable and accepted this secret not long ago: the Lobby vouches for a while. */
      readonly result: 'grace';
      readonly owner: Owner;
      readonly scopes: readonly string[];
      /** NumericDate, seconds. */
      readonly until: number;
    }
  /** Nobody imported it, and only imported clients are taken: Stytch was not asked. */
  | { readonly result: 'unregistered' }
  /** Stytch says that client or secret is not good. */
  | { readonly result: 'refused' }
  /** The token names no owner, and ownerless clients are refused. */
  | { readonly result: 'ownerless' }
  /** The token names another owner than the first claim did. */
  | { readonly result: 'owner_changed' }
  /** A failure budget is used up. */
  | { readonly result: 'throttled'; readonly retryAfterSeconds: number }
  | { readonly result: 'unavailable'; readonly retryAfterSeconds: number };
