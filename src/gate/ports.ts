import type { Evidence, Known } from '../model/evidence.ts';
import type { ForeignClients, OwnerlessClients } from '../model/foreign.ts';
import type { KeyRealm } from '../model/key.ts';
import type { Keychain } from '../model/keychain.ts';
import type { Purse } from '../model/lease.ts';
import type { InBackground, Lobbies, Log, Rings, Vault, VerifyToken } from '../model/ports.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Turn } from '../model/turn.ts';

/** What an isolate remembers: bounded, in the heap only, never stored, logged or sent. */
export interface Memory {
  /** What is known of a credential, by its text as presented. */
  recall(presented: string): Evidence | undefined;
  /** Counts anew what it holds, too, should it be remembered already. */
  remember(presented: string, evidence: Evidence): void;
  forget(presented: string): void;
  /** All that is known of one owner's credentials. */
  knownOf(ring: string): Iterable<Known>;
  /** Why a credential was refused a moment ago, while that holds. */
  refusal(presented: string, now: number): Refusal | null;
  refuse(presented: string, refusal: Refusal, until: number): void;
  /** An owner's permits in this isolate: `OWNER_PURSE`, or those of a key that has a limit of its own, by its id. */
  purse(ring: string, name: string): Purse;
  /**
   * Counts anew what a purse holds, after its Ring has answered or was silent. One that was evicted meanwhile gives back
   * what came late.
   */
  weigh(ring: string, purse: Purse): void;
}

/** The world, as a decision needs it. */
export interface DecisionPorts {
  readonly projectId: string;
  readonly realm: KeyRealm;
  readonly keychain: () => Promise<Keychain>;
  readonly vault: Vault;
  readonly rings: Rings;
  readonly lobbies: Lobbies;
  readonly foreignClients: ForeignClients;
  readonly ownerlessClients: OwnerlessClients;
  /** Whether an address may try one more foreign pair that is not known here. Null: nobody knows the address. */
  readonly throttle: (address: string | null) => Promise<boolean>;
  readonly verifyToken: VerifyToken;
  /** Has what KV has of the keys to verify with at hand, so that nobody waits for it later. */
  readonly readKeys: () => Promise<null>;
  /** The scopes that roles grant, by configuration. */
  readonly scopesOfRoles: (roles: readonly string[]) => readonly string[];
  readonly memory: Memory;
  readonly turn: Turn;
  readonly now: () => number;
  /** Ends early, without error, when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly inBackground: InBackground;
  readonly log: Log;
}
