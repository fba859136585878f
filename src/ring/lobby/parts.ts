import type { Attempt } from '../../model/budget.ts';
import type { ForeignClients, OwnerlessClients } from '../../model/foreign.ts';
import type { KeyRealm } from '../../model/key.ts';
import type { Rings } from '../../model/ports.ts';
import type { RingPorts } from '../parts.ts';
import type { Join } from '../requests/joins.ts';
import type { LobbyTables } from './tables.ts';

/** What the operator's file says that concerns a Lobby. */
export interface LobbyRules {
  readonly projectId: string;
  /** Whose keys are ours: a client of those is none of the Lobby's. */
  readonly realm: KeyRealm;
  readonly foreignClients: ForeignClients;
  readonly ownerlessClients: OwnerlessClients;
  /** Clients that manage everybody's keys, and are nobody's themselves. */
  readonly operators: ReadonlySet<string>;
  readonly stytchGraceSeconds: number;
  /** The key of trusted_metadata that says whose a client is. */
  readonly ownerClaim: string;
}

/** The world, as a Lobby needs it. */
export interface LobbyPorts
  extends Pick<
    RingPorts,
    'stytch' | 'verifyToken' | 'canVerify' | 'keychain' | 'randomBytes' | 'newId' | 'now' | 'lobbies' | 'log'
  > {
  readonly rules: LobbyRules;
  readonly rings: Rings;
}

/** One Lobby at work: its ports, its tables, and what it holds in memory only. */
export interface LobbyParts extends LobbyPorts {
  readonly name: string;
  readonly tables: LobbyTables;
  readonly storage: DurableObjectStorage;
  readonly join: Join;
  /** Stytch gave a token: it is written down. */
  readonly spent: () => void;
  /** Tokens for part of a client's scopes that are being asked for: fingerprint and scope. */
  readonly parting: Set<string>;
  /** The last tokens that were revoked, by their hashes: Stytch may give the same one again within its second. */
  readonly revokedTokens: Set<string>;
  /** Attempts whose outcome is not known yet. They end with the object that made them. */
  readonly pending: Set<Attempt>;
  /** Until when Stytch's token endpoint asked not to be called, milliseconds since the epoch. */
  quietUntil: number;
  /** Sees to it that what has to be forgotten is. Call it in the same step as the write that it belongs to. */
  readonly wake: () => Promise<void>;
}
