import type { Context } from 'hono';
import { type Credential, kindOf } from '../model/credential.ts';
import type { Identity, Owner } from '../model/identity.ts';
import type { Keychain } from '../model/keychain.ts';
import type { CredentialKind } from '../model/policy.ts';
import type {
  IssuedKey,
  IssueRequest,
  KeyPage,
  KeyRecord,
  ListRequest,
  Log,
  Throttle,
} from '../model/ports.ts';
import { err, type Result } from '../model/refusal.ts';
import { strangerRefusal } from '../model/stranger.ts';
import type { SessionToken } from '../model/token.ts';
import type { Trace } from '../model/trace.ts';

/** Somebody at the Desk. */
export interface Caller {
  readonly identity: Identity;
  readonly session: SessionToken | null;
}

/** An owner's Ring, with its silence turned into a refusal. */
export interface DeskRing {
  /** The ring in the owner's key ids. Public. */
  readonly name: string;
  issue(request: IssueRequest): Promise<Result<IssuedKey>>;
  list(request: ListRequest): Promise<Result<KeyPage>>;
  get(owner: Owner, keyId: string): Promise<Result<KeyRecord | null>>;
  revoke(owner: Owner, keyId: string): Promise<Result<KeyRecord>>;
}

/** Whether what Latchkey depends on can be had now. */
export interface Readiness {
  readonly signing_keys: boolean;
  readonly assertion_keys: boolean;
  readonly kv: boolean;
}

/** What an endpoint asks of whoever calls it. */
export interface Asked {
  readonly kinds: readonly CredentialKind[];
  /** Greatest time since the user of a session signed in; null for any. Seconds. */
  readonly maxAuthAgeSeconds: number | null;
}

/** The world, as the Desk needs it. */
export interface DeskPorts {
  readonly deskUrl: string;
  /** How old a word of the Ring may be anywhere, grace included: when a revocation is in force everywhere. Seconds. */
  readonly largestLeaseSeconds: number;
  readonly extract: (headers: Headers) => Result<Credential>;
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
  /** The scopes that a session's roles let it give to a key of its own. */
  readonly grantable: (roles: readonly string[]) => readonly string[];
  readonly ringOf: (owner: Owner) => Promise<DeskRing>;
  /** Whether a key id can be one of this owner's at all. */
  readonly isOwn: (owner: Owner, keyId: string) => Promise<boolean>;
  /** Signs cursors. */
  readonly keychain: () => Promise<Keychain>;
  readonly assertionJwks: { readonly keys: readonly unknown[] };
  readonly readiness: () => Promise<Readiness>;
  /** Asked for whoever calls what is open to everybody. */
  readonly throttle: Throttle;
  readonly requestId: (headers: Headers) => string;
  readonly now: () => number;
  readonly log: Log;
}

/** One call at the Desk. */
export interface Call {
  readonly requestId: string;
  readonly trace: Trace;
}

/** What answers a call. A refusal is told by whoever serves it. */
export type Endpoint = (context: Context, call: Call) => Promise<Result<Response>>;

/** Who calls, if his credential is what is asked for. */
export const callerOf = async (
  ports: Pick<DeskPorts, 'extract' | 'identify'>,
  context: Context,
  { trace }: Call,
  asked: Asked,
): Promise<Result<Caller>> => {
  const credential = ports.extract(context.req.raw.headers);
  if (!credential.ok) return credential;
  trace.credential = kindOf(credential.value);
  return ports.identify(credential.value, asked, trace, context.req.raw);
};

/** An endpoint that is open to everybody, and costs something: so many calls of an address, and no more. */
export const forStrangers =
  ({ throttle }: Pick<DeskPorts, 'throttle'>, endpoint: Endpoint): Endpoint =>
  async (context, call) => {
    const refusal = await strangerRefusal(throttle, context.req.raw.headers);
    return refusal === null ? endpoint(context, call) : err(refusal);
  };
