import type { ForeignClients, OwnerlessClients } from '../model/foreign.ts';
import type { PlaceSettings } from '../model/place.ts';
import type { RouteSettings } from '../model/policy.ts';

/**
 * The operator's file, as it is written: `latchkey.config.ts`. Every setting is explained in
 * docs/configuration.md. What is absent gets its default; what is unknown is a problem.
 */
export interface Settings {
  /** First word of every key: `acme_live_…`. `[a-z][a-z0-9]{1,11}`. */
  readonly brand: string;
  /** Brands of before, whose keys stay good. Default: none. */
  readonly formerBrands?: readonly string[] | undefined;
  readonly stytch: StytchSettings;
  readonly hosts: HostSettings;
  readonly origin: OriginSettings;
  /** Of key management. Default: none. */
  readonly desk?: DeskSettings | undefined;
  /** Where the operator is told of what happens to keys. Default: nowhere. */
  readonly events?: EventSettings | undefined;
  /** Lets other proxies ask for the Gate's decision alone (docs/decision-endpoint.md). Default: nobody is answered. */
  readonly decision?: DecisionSettings | undefined;
  /** For how long the audit trail is kept, and the tombstones of a deleted owner, 30..3650. Default: 400. */
  readonly auditDays?: number | undefined;
  /**
   * Clients made at Stytch, not of our grammar, for which `latchkey:admin` is honoured, and people, `user-live-…` or
   * `member-live-…`, to whom the operators' pages are open. Default: none. Variable: `OPERATORS`.
   */
  readonly operators?: readonly string[] | undefined;
  /** Every scope there is, by name (RFC 6749 §3.3). Default: none. */
  readonly scopes?: Readonly<Record<string, ScopeSettings>> | undefined;
  /** Which scopes a user's Stytch role can give to a key. Default: none. */
  readonly roles?: Readonly<Record<string, readonly string[]>> | undefined;
  /** CLIs that users let in by the device flow (RFC 8628): public clients, by client_id. Default: none. */
  readonly deviceClients?: Readonly<Record<string, DeviceClientSettings>> | undefined;
  /** The pages for people. */
  readonly portal?: PortalSettings | undefined;
  readonly limits: LimitSettings;
  /** For how long an isolate may admit without asking the Ring, 1..60. Default: 5. */
  readonly leaseSeconds?: number | undefined;
  /** For how long an isolate may repeat its own past while an owner's Ring is silent, 0..300. Default: 0. */
  readonly ringGraceSeconds?: number | undefined;
  /** For how long Stytch may be unreachable after a token's end, 0..86400. Default: 3600. */
  readonly stytchGraceSeconds?: number | undefined;
  /**
   * Which M2M clients that Latchkey did not make are taken: `off`, none; `imported`, those that were given an owner here;
   * `any`, every client of the project. Default: `imported`.
   */
  readonly foreignClients?: ForeignClients | undefined;
  /** Whether a foreign client whose token names no owner is `refused` or its `own` owner. Default: `refused`. */
  readonly ownerlessClients?: OwnerlessClients | undefined;
  /** Of the headers that the origin reads. Default: `X-Latchkey`. */
  readonly headerPrefix?: string | undefined;
  /** Beginnings of header names that no client may send, in any spelling. Default: none but the usual ones. */
  readonly stripPrefixes?: readonly string[] | undefined;
  /** Whether `;` may stand in a path. Default: `deny`. */
  readonly pathParams?: 'deny' | 'allow' | undefined;
  /** Query parameters that are refused because they carry credentials. Default: `access_token`, `api_key`, `apikey`. */
  readonly forbiddenQuery?: readonly string[] | undefined;
  /** What is served. A path that no route covers is 404. */
  readonly routes: readonly RouteSettings[];
  /** Browser origins that may read answers. Default: none. */
  readonly cors?: { readonly origins: readonly string[] } | undefined;
  /** Which requests are written to the log. Default: all. */
  readonly log?: LogSettings | undefined;
  /**
   * Whether a trace that a client says it is in (W3C Trace Context) goes on at the origin: `continue`, or `restart` for one
   * of our own each time. Default: `continue`.
   */
  readonly traceContext?: 'continue' | 'restart' | undefined;
}

export interface LogSettings {
  /** The part of the requests let in that is written, 0..1; what is refused, fails or is slow always is. Default: 1. */
  readonly sample?: number | undefined;
  /** From this long on a request is slow, in milliseconds, 1..300000. Default: 1000. */
  readonly slowMs?: number | undefined;
}

export interface StytchSettings {
  /** `project-test-…` or `project-live-…`: decides the environment of every key. Variable: `STYTCH_PROJECT_ID`. */
  readonly projectId: string;
  readonly vertical: 'consumer' | 'b2b';
  /** The project's custom domain, if it has one. */
  readonly domain?: string | undefined;
  /** The token's claim that names the owner. Default: `user_id`. */
  readonly ownerClaim?: string | undefined;
}

export interface HostSettings {
  /** Hosts, with port where it is not the scheme's, whose requests go to the origin. Variable: `API_HOSTS`. */
  readonly api: readonly string[];
  /** The host of portal, key management and OAuth. Variable: `DESK_HOST`. */
  readonly desk: string;
}

/** Exactly one of `url`, `binding` and `zone`. The variable `ORIGIN_URL` takes the place of any of them. */
export interface OriginSettings extends PlaceSettings {
  /** Audience of the assertion. */
  readonly id: string;
  /** To the head of a response, 1..300. Default: 30. */
  readonly timeoutSeconds?: number | undefined;
  /** Whether the origin is sent the client's cookies. Default: false. */
  readonly keepCookies?: boolean | undefined;
}

export interface DeskSettings {
  /** Greatest time since a session's user last signed in with which a key is made (RFC 9470). Default: any. */
  readonly maxAuthAgeSeconds?: number | undefined;
  /** Roles of members who manage the keys that belong to their organisation (B2B). Default: none. */
  readonly organizationRoles?: readonly string[] | undefined;
  /** Browser origins whose pages may do at the Desk what their user may. Variable: `DESK_ORIGINS`. Default: none. */
  readonly origins?: readonly string[] | undefined;
}

export interface EventSettings {
  /** `https://…`: told of what happens to keys, in the form of Standard Webhooks. */
  readonly url: string;
  /** How long before its end a key is told of, 1..90. Default: 7. */
  readonly expiringDays?: number | undefined;
  /** After how long without use a key is told of, 1..3650. Default: 90. */
  readonly unusedDays?: number | undefined;
}

export interface DecisionSettings {
  /** The header in which the proxy says where its client is: one address. Default: `X-Original-Address`. */
  readonly addressHeader?: string | undefined;
}

export interface DeviceClientSettings {
  /** What users are told that it is. */
  readonly title: string;
  /** The scopes that it may ask for. Default: all that users can give to their keys. */
  readonly scopes?: readonly string[] | undefined;
  /** How long a key lasts that is made for it, 1..3650. Default: without end. */
  readonly keyDays?: number | undefined;
}

export interface PortalSettings {
  /** Where users sign in: your app. They come back to the address in its query. Variable: `LOGIN_URL`. Default: nowhere. */
  readonly loginUrl?: string | undefined;
  /** The query parameter that says where to come back to. Default: `return_to`. */
  readonly returnParameter?: string | undefined;
  /** What the pages call you, 1..40 characters. Default: the brand, with a capital. */
  readonly title?: string | undefined;
  /** Your picture, for the head of every page: SVG, or a `data:` URL of SVG, PNG or WebP; at most 16 KB. Default: a key. */
  readonly logo?: string | undefined;
  /** `#rrggbb`, of links and buttons; made darker or lighter where it could not be read. Default: a blue. */
  readonly accent?: string | undefined;
}

export interface ScopeSettings {
  readonly title: string;
  readonly description?: string | undefined;
  /** Whether users can give it to their own keys. Default: true. */
  readonly selfService?: boolean | undefined;
}

/** So many units in every interval of so many seconds, and at most so many in a UTC month. */
export interface Limit {
  readonly requests: number;
  readonly perSeconds: number;
  /** Default: no quota. */
  readonly perMonth?: number | undefined;
}

export interface LimitSettings {
  readonly default: Limit;
  /** Other limits, by name, which an operator can give to an owner. Default: none. */
  readonly plans?: Readonly<Record<string, Limit>> | undefined;
  /** Live keys per owner, 1..1000. Default: 20. */
  readonly keysPerUser?: number | undefined;
}
