import type { RandomBytes } from '../model/base62.ts';
import type { Devices } from '../model/device.ts';
import type { Keychain } from '../model/keychain.ts';
import type { Log, StytchSession, Throttle } from '../model/ports.ts';
import type { Result } from '../model/refusal.ts';

/** The world, as the portal needs it. */
export interface PortalPorts {
  readonly deskUrl: string;
  readonly projectId: string;
  /** What the pages call whoever runs them. */
  readonly brand: string;
  /** Where users sign in, and the parameter there that says where to come back to. */
  readonly login: { readonly loginUrl: string | null; readonly returnParameter: string };
  /** Greatest time since a user signed in with which he lets in what outlives his session. Seconds. */
  readonly maxAuthAgeSeconds: number;
  /** What a scope is called. */
  readonly scopeTitle: (scope: string) => string;
  /** The session behind Stytch's opaque token, asked now; null for none. Only roles that mean something here are told. */
  readonly sessionOf: (stytchToken: string) => Promise<Result<StytchSession | null>>;
  readonly devices: Devices;
  /** Asked for whoever is not signed in. */
  readonly throttle: Throttle;
  readonly keychain: () => Promise<Keychain>;
  readonly randomBytes: RandomBytes;
  readonly requestId: (headers: Headers) => string;
  readonly now: () => number;
  readonly log: Log;
}

/** One visit of a page. */
export interface Visit {
  readonly requestId: string;
  readonly request: Request;
  /** Cookies that the answer sets, whatever it is. */
  readonly cookies: string[];
  /** Where somebody is sent back to who has to sign in first: one of our pages. */
  returnTo: string;
}

/** What is done at a path. */
export type Serve = (visit: Visit) => Promise<Result<Response>>;
