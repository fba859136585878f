import type { RandomBytes } from '../model/base62.ts';
import type { Devices } from '../model/device.ts';
import type { Health } from '../model/health.ts';
import type { Keychain } from '../model/keychain.ts';
import type { Keys } from '../model/keys.ts';
import type { Owners } from '../model/owners.ts';
import type { Log, StytchSession, Throttle } from '../model/ports.ts';
import type { Result } from '../model/refusal.ts';
import type { SessionRules } from '../model/subject.ts';
import type { TokenCounts } from '../model/token-days.ts';
import type { Assets, Look } from './assets.ts';

/** The world, as the portal needs it. */
export interface PortalPorts extends SessionRules {
  readonly deskUrl: string;
  readonly projectId: string;
  /** What the pages call whoever runs them. */
  readonly brand: string;
  /** How they look. */
  readonly look: Look;
  /** Where users sign in, and the parameter there that says where to come back to. */
  readonly login: { readonly loginUrl: string | null; readonly returnParameter: string };
  /** Greatest time since a user signed in with which he lets in what outlives his session. Seconds. */
  readonly maxAuthAgeSeconds: number;
  /** What a scope is called, and what it is for. */
  readonly scopeTitle: (scope: string) => string;
  readonly scopeDescription: (scope: string) => string | null;
  /** The shell variable that holds a key, where pages give examples. */
  readonly keyVariable: string;
  /** How old a word of the Ring may be anywhere: when a revocation is in force everywhere. Seconds. */
  readonly largestLeaseSeconds: number;
  /** The session behind Stytch's opaque token, asked now; null for none. Only roles that mean something here are told. */
  readonly sessionOf: (stytchToken: string) => Promise<Result<StytchSession | null>>;
  /** Ends the session behind it at Stytch; one that is over already is ended. */
  readonly endSession: (stytchToken: string) => Promise<Result<'ended'>>;
  readonly devices: Devices;
  readonly keys: Keys;
  readonly owners: Owners;
  /** Users and members, by id, to whom the operators' pages are open. */
  readonly operatorPeople: ReadonlySet<string>;
  /** Every scope of the operator's file: what an operator may give to a key. */
  readonly everyScope: readonly string[];
  /** The plans that an owner can be put on. */
  readonly plans: readonly string[];
  /** How many living keys an owner may have who has no number of his own. */
  readonly keysPerUser: number;
  /** How the deployment is, for operators; each time it is tried anew. */
  readonly health: () => Promise<Health>;
  /** Tokens that Stytch gave in 30 days, and requests for which there might have been one, of everybody. */
  readonly tokens: () => Promise<Result<TokenCounts>>;
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
  /** What the parts of the path are called in the table of routes. */
  readonly params: Readonly<Record<string, string>>;
  /** What the pages load. */
  readonly assets: Assets;
  /** Cookies that the answer sets, whatever it is. */
  readonly cookies: string[];
  /** Where somebody is sent back to who has to sign in first: one of our pages. */
  returnTo: string;
}

/** What is done at a path. */
export type Serve = (visit: Visit) => Promise<Result<Response>>;
