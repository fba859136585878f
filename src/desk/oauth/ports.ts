import type { RandomBytes } from '../../model/base62.ts';
import type { Credential, JwtCredential, Resolvable } from '../../model/credential.ts';
import type { DeviceClient, Devices } from '../../model/device.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Owner } from '../../model/identity.ts';
import type { Result } from '../../model/refusal.ts';
import type { IssuedToken, M2MToken } from '../../model/token.ts';
import type { Trace } from '../../model/trace.ts';
import type { Caller } from '../caller.ts';
import type { DeskLobby } from '../durable.ts';

/** What the OAuth endpoints ask of the world besides. */
export interface OAuthPorts {
  /** Whom tokens and keys are for, as assertions say it: the origin's id. */
  readonly audience: string;
  /** The scopes that users can give to their own keys. */
  readonly selfServiceScopes: readonly string[];
  /** What a token that came by itself is taken for. */
  readonly tokenOf: (text: string) => Credential;
  /** What a client_id and a client_secret are taken for. */
  readonly pairOf: (clientId: string, clientSecret: string) => Credential;
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
  /** The access token of an operator's client that a JWT is; null for every other. */
  readonly findOperatorToken: (jwt: string) => Promise<Result<M2MToken | null>>;
}

/** What the device flow asks of it (RFC 8628). */
export interface DevicePorts {
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
}
