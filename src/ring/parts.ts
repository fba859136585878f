import type { AuditKey } from '../model/audit-chain.ts';
import type { RandomBytes } from '../model/base62.ts';
import type { ForeignClients } from '../model/foreign.ts';
import type { Environment, KeyRealm } from '../model/key.ts';
import type { Keychain } from '../model/keychain.ts';
import type { Limit } from '../model/lease-wire.ts';
import type { Idempotency } from '../model/life.ts';
import type { Meter } from '../model/meter.ts';
import type { DeliverEvent, Lobbies, Log, Stytch, Vault, VerifyToken } from '../model/ports.ts';
import type { Join } from './requests/joins.ts';
import type { Tables } from './tables/index.ts';

/** An owner's limit over all of his keys, and the quota of a UTC month if there is one. */
export interface Plan extends Limit {
  readonly perMonth?: number | undefined;
}

/** What the operator's file says that concerns a Ring. */
export interface RingRules {
  readonly projectId: string;
  readonly environment: Environment;
  readonly brand: string;
  /** Which client ids are of our grammar. */
  readonly realm: KeyRealm;
  readonly foreignClients: ForeignClients;
  /** Clients that manage everybody's keys: none of them becomes one. */
  readonly operators: ReadonlySet<string>;
  /** Of owners without a plan of their own. */
  readonly plan: Plan;
  readonly plans: ReadonlyMap<string, Plan>;
  readonly keysPerUser: number;
  readonly leaseSeconds: number;
  readonly stytchGraceSeconds: number;
  /** The key of trusted_metadata that carries the owner into the token's claims. */
  readonly ownerClaim: string;
  /** How long the audit trail is kept, and the tombstones of a deleted owner; milliseconds. */
  readonly auditMs: number;
  /** After so long without a word of Stytch on a living key, it is asked; milliseconds. */
  readonly confirmMs: number;
  /** What the operator is told of, and how long before: null where there is nobody to tell. Milliseconds. */
  readonly events: { readonly expiringMs: number; readonly unusedMs: number } | null;
}

/** The world, as a Ring needs it. */
export interface RingPorts {
  readonly rules: RingRules;
  readonly stytch: Stytch;
  readonly verifyToken: VerifyToken;
  /** Whether keys to verify a token with are at hand: without them, a new one would be bought for nothing. */
  readonly canVerify: () => Promise<boolean>;
  readonly vault: Vault;
  readonly keychain: () => Promise<Keychain>;
  readonly randomBytes: RandomBytes;
  readonly newId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly deliver: DeliverEvent;
  readonly lobbies: Lobbies;
  readonly log: Log;
}

/** One Ring at work: its ports, its tables, and what it holds in memory only. */
export interface RingParts extends RingPorts {
  /** The ring part of its keys: which Ring this is. */
  readonly ring: string;
  readonly tables: Tables;
  /** The key that chains the audit trail. Throws before the keychain was opened. */
  readonly auditKey: () => AuditKey;
  readonly storage: DurableObjectStorage;
  readonly meter: () => Meter;
  /** Client ids whose creation is under way in this very object. */
  readonly creating: Set<string>;
  /** Client ids whose import is under way in this very object, each of which holds a slot, with what makes it repeatable. */
  readonly importing: Map<string, Idempotency | null>;
  /** Until when Stytch's token endpoint asked not to be called (RFC 9110 §10.2.3), milliseconds since the epoch. */
  quietUntil: number;
  /** Client ids that are being changed at Stytch: one change of a key at a time. */
  readonly changing: Set<string>;
  /** When lost leases and old use were last looked for, by this very object; milliseconds since the epoch. */
  sweptAt: number;
  readonly join: Join;
  /** Stytch gave a token: it is written down, and a Lobby told of it now and then. */
  readonly spent: () => void;
  /** Tokens for part of a key's scopes that are being asked for: fingerprint and scope. */
  readonly parting: Set<string>;
  /** Sets the one alarm for the earliest thing due. Call it in the same step as the write that it belongs to. */
  readonly wake: () => Promise<void>;
  /** Removes every trace of the Ring, here and in memory. */
  readonly drop: () => Promise<void>;
}
