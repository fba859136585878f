import { baseUrlProblem, isLoopback } from './config/hosts.ts';
import { readLogo } from './config/logo.ts';
import { environmentOf, readSettings } from './config/read.ts';
import type { Parsed } from './config/schema.ts';
import { readSecrets, type Secrets, type SecretsResult } from './config/secrets.ts';
import type { Limit, Settings } from './config/settings.ts';
import { isRecord, override } from './config/variables.ts';
import { notTheClients, openSpellings, unusedSecrets } from './config/warnings.ts';
import type { DeviceClient } from './model/device.ts';
import { type ForeignClients, type OwnerlessClients, RESERVED_SUBJECT } from './model/foreign.ts';
import type { Environment } from './model/key.ts';
import type { Logo } from './model/logo.ts';
import type { PathParams } from './model/path.ts';
import { type Place, placeOf } from './model/place.ts';
import { compile, type Policy, type Route } from './model/policy.ts';

export type { Secrets } from './config/secrets.ts';
export type { Limit, Settings } from './config/settings.ts';

/** What the Worker is to do: the operator's file with its variables and every default. Nothing secret is in it. */
export interface Config {
  readonly brand: string;
  readonly formerBrands: readonly string[];
  /** Of the Stytch project: what `live` and `test` in a key must say. */
  readonly environment: Environment;
  readonly stytch: StytchConfig;
  readonly hosts: { readonly api: readonly string[]; readonly desk: string };
  /** Of each API host, its URL without a slash at its end. */
  readonly apiUrls: ReadonlyMap<string, string>;
  /** The Desk's URL without a slash at its end: issuer of assertions. */
  readonly deskUrl: string;
  readonly origin: OriginConfig;
  /** Null: a session of any age makes keys. */
  readonly desk: {
    readonly maxAuthAgeSeconds: number | null;
    /** Roles of members who manage the keys of their organisation. */
    readonly organizationRoles: readonly string[];
    /** Browser origins whose pages may do at the Desk what their user may. */
    readonly origins: readonly string[];
  };
  /** Where the operator is told of what happens to keys; null for nowhere. */
  readonly events: {
    readonly url: string;
    readonly expiringDays: number;
    readonly unusedDays: number;
  } | null;
  /** How other proxies ask for the decision alone; null: they do not. */
  readonly decision: { readonly addressHeader: string } | null;
  /** For how long the audit trail is kept, and the tombstones of a deleted owner. */
  readonly auditDays: number;
  /** Clients for whose tokens `latchkey:admin` is honoured. */
  readonly operators: readonly string[];
  /** Users and members, by id, to whom the operators' pages are open. */
  readonly operatorPeople: readonly string[];
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly deviceClients: ReadonlyMap<string, DeviceClient>;
  readonly portal: {
    /** Where users sign in; null for nowhere. */
    readonly loginUrl: string | null;
    /** The parameter of its query that says where to come back to. */
    readonly returnParameter: string;
    /** What the pages call whoever runs them. */
    readonly title: string;
    readonly logo: Logo | null;
    /** `#rrggbb`, as it was wished for; null for none. */
    readonly accent: string | null;
  };
  readonly limits: {
    readonly default: Limit;
    readonly plans: ReadonlyMap<string, Limit>;
    readonly keysPerUser: number;
  };
  readonly leaseSeconds: number;
  /** The greatest `leaseSeconds` of the file and its routes: `effective_by` = now + this + `ringGraceSeconds`. */
  readonly largestLeaseSeconds: number;
  /** For how long an isolate may go on by itself while a Ring is silent. */
  readonly ringGraceSeconds: number;
  readonly stytchGraceSeconds: number;
  readonly foreignClients: ForeignClients;
  readonly ownerlessClients: OwnerlessClients;
  /** Without the dash that follows: `X-Latchkey`. */
  readonly headerPrefix: string;
  /** Beginnings of header names that no client may send, in any spelling. */
  readonly stripPrefixes: readonly string[];
  readonly pathParams: PathParams;
  /** Folded as `foldName` folds them. */
  readonly forbiddenQuery: readonly string[];
  /** Complete, in the order of the file. */
  readonly routes: readonly Route[];
  readonly cors: { readonly origins: readonly string[] };
  /** Which part of the requests let in is logged, and from when on one is slow. */
  readonly log: { readonly sample: number; readonly slowMs: number };
  /** Whether a trace that a client says it is in goes on at the origin. */
  readonly traceContext: 'continue' | 'restart';
  /** How far the clock is ahead of the true one: 0 but for rehearsals, which only a test project allows. */
  readonly clockOffsetSeconds: number;
}

export interface StytchConfig {
  readonly projectId: string;
  readonly vertical: 'consumer' | 'b2b';
  /** The project's custom domain, or null. */
  readonly domain: string | null;
  readonly ownerClaim: string;
  /** Where Stytch's API is, without a slash at its end: Stytch's own for the environment unless `STYTCH_API_URL` says otherwise. */
  readonly apiUrl: string;
}

export interface OriginConfig {
  readonly place: Place;
  /** Audience of the assertion. */
  readonly id: string;
  readonly timeoutSeconds: number;
  readonly keepCookies: boolean;
}

export interface Scope {
  readonly title: string;
  readonly description: string | null;
  readonly selfService: boolean;
}

/** What of the operator's file is no secret, or everything that is wrong with it. */
export type OpenConfigResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly policy: Policy;
      /** What is allowed and probably not meant. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Everything the Worker starts from, or everything that keeps it from starting. */
export type ConfigResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly policy: Policy;
      readonly secrets: Secrets;
      /** What is allowed and probably not meant. For the log. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Types the operator's file. It is checked by `readConfig`, when the Worker starts. */
export const defineConfig = (settings: Settings): Settings => settings;

/**
 * Checks the operator's file, the variables that override it and the secrets, all at once: every problem that
 * can be told is told, each by the name of its setting and never with a value of a secret.
 */
export const readConfig = (raw: unknown, vars: Readonly<Record<string, unknown>>): ConfigResult => {
  const open = readOpenConfig(raw, vars);
  const secret = readSecretConfig(raw, vars);
  if (!open.ok || !secret.ok)
    return { ok: false, problems: [open, secret].flatMap((part) => (part.ok ? [] : part.problems)) };
  const warnings = [...open.warnings, ...unusedSecrets(open.config, secret.secrets)];
  return { ...open, secrets: secret.secrets, warnings };
};

/** The same without the secrets: for who cannot know them, such as a command on the operator's machine. */
export const readOpenConfig = (raw: unknown, vars: Readonly<Record<string, unknown>>): OpenConfigResult => {
  const file = override(isRecord(raw) ? raw : {}, vars);
  const environment = environmentOf(file.settings);
  const apiUrl = readApiUrl(vars.STYTCH_API_URL, environment);
  const clock = readClock(vars.CLOCK_OFFSET_SECONDS, environment);
  const { parsed, problems } = isRecord(raw) ? readSettings(file.settings, environment) : NO_FILE;
  const all = [
    ...problems.map(({ path, message }) => `${file.nameOf(path)}: ${message}`),
    ...file.problems,
    ...apiUrl.problems,
    ...clock.problems,
  ];
  if (all.length > 0 || parsed === null || environment === null) return { ok: false, problems: all };
  const policy = compile(parsed.routes, {
    leaseSeconds: parsed.leaseSeconds,
    timeoutSeconds: parsed.origin.timeoutSeconds,
  });
  const config = complete(parsed, policy, environment, apiUrl.url, clock.offsetSeconds);
  return { ok: true, config, policy, warnings: [...openSpellings(policy.routes), ...notTheClients(config)] };
};

/** The secrets alone, as the file's other settings need them. */
export const readSecretConfig = (raw: unknown, vars: Readonly<Record<string, unknown>>): SecretsResult => {
  const { settings } = override(isRecord(raw) ? raw : {}, vars);
  const secrets = readSecrets(vars, environmentOf(settings));
  const missing = [...unsignedEvents(settings, vars), ...unprovenProxies(settings, vars)];
  return missing.length === 0
    ? secrets
    : { ok: false, problems: [...(secrets.ok ? [] : secrets.problems), ...missing] };
};

/** Nobody could tell events that we did not sign from anybody's. */
const unsignedEvents = (
  { events }: Readonly<Record<string, unknown>>,
  { EVENTS_SECRET: secret }: Readonly<Record<string, unknown>>,
): readonly string[] =>
  events !== undefined && (secret === undefined || secret === '')
    ? ['EVENTS_SECRET: is missing: events are signed']
    : [];

/** Whoever can ask for a decision is told of an identity, with an assertion that the origin believes. */
const unprovenProxies = (
  { decision }: Readonly<Record<string, unknown>>,
  { DECISION_SECRET: secret }: Readonly<Record<string, unknown>>,
): readonly string[] =>
  decision !== undefined && (secret === undefined || secret === '')
    ? ['DECISION_SECRET: is missing: a proxy proves by it that it is yours']
    : [];

const NO_FILE = {
  parsed: null,
  problems: [{ path: [], message: 'must export an object' }],
};

/** Where Stytch's API is; a problem where the variable that says so cannot be trusted with the project's secret. */
const readApiUrl = (value: unknown, environment: Environment | null) => {
  const usual = environment === 'live' ? 'https://api.stytch.com' : 'https://test.stytch.com';
  if (value === undefined) return { url: usual, problems: [] };
  const problem = typeof value === 'string' ? baseUrlProblem(value, environment) : 'must be a text';
  return problem === null
    ? { url: new URL(String(value)).origin, problems: [] }
    : { url: usual, problems: [`STYTCH_API_URL: ${problem}`] };
};

/** A clock that can be moved lets expired credentials in: of a live project it never is. */
const readClock = (value: unknown, environment: Environment | null) => {
  if (value === undefined || value === '') return { offsetSeconds: 0, problems: [] };
  const problem =
    environment === 'live'
      ? 'the clock of a live project cannot be moved'
      : typeof value === 'string' && /^-?\d{1,9}$/.test(value)
        ? null
        : 'must be a whole number of seconds';
  return problem === null
    ? { offsetSeconds: Number(value), problems: [] }
    : { offsetSeconds: 0, problems: [`CLOCK_OFFSET_SECONDS: ${problem}`] };
};

/** There is no TLS on this machine, and no other way in elsewhere. */
const urlOf = (host: string, environment: Environment): string =>
  `${environment === 'test' && isLoopback(host) ? 'http' : 'https'}://${host}`;

const complete = (
  file: Parsed,
  policy: Policy,
  environment: Environment,
  apiUrl: string,
  clockOffsetSeconds: number,
): Config => ({
  ...file,
  clockOffsetSeconds,
  environment,
  stytch: { ...file.stytch, domain: file.stytch.domain ?? null, apiUrl },
  apiUrls: new Map(file.hosts.api.map((host) => [host, urlOf(host, environment)])),
  deskUrl: urlOf(file.hosts.desk, environment),
  origin: originOf(file.origin),
  desk: {
    maxAuthAgeSeconds: file.desk.maxAuthAgeSeconds ?? null,
    organizationRoles: file.desk.organizationRoles,
    origins: file.desk.origins,
  },
  events: file.events ?? null,
  decision: file.decision ?? null,
  operators: file.operators.filter((id) => !RESERVED_SUBJECT.test(id)),
  operatorPeople: file.operators.filter((id) => RESERVED_SUBJECT.test(id)),
  scopes: new Map(
    Object.entries(file.scopes).map(([name, scope]) => [
      name,
      { ...scope, description: scope.description ?? null },
    ]),
  ),
  roles: new Map(Object.entries(file.roles)),
  deviceClients: new Map(
    Object.entries(file.deviceClients).map(([clientId, client]) => [clientId, deviceClientOf(client, file)]),
  ),
  portal: portalOf(file),
  limits: { ...file.limits, plans: new Map(Object.entries(file.limits.plans)) },
  largestLeaseSeconds: Math.max(file.leaseSeconds, ...policy.routes.map(({ leaseSeconds }) => leaseSeconds)),
  routes: policy.routes,
});

const deviceClientOf = (
  { title, scopes, keyDays }: Parsed['deviceClients'][string],
  { scopes: offered }: Parsed,
): DeviceClient => ({
  title,
  scopes: scopes ?? Object.keys(offered).filter((name) => offered[name]?.selfService === true),
  keyDays: keyDays ?? null,
});

const portalOf = ({ portal, brand }: Parsed): Config['portal'] => {
  const { loginUrl = null, accent = null, title = brand.charAt(0).toUpperCase() + brand.slice(1) } = portal;
  const logo = portal.logo === undefined ? null : readLogo(portal.logo);
  if (typeof logo === 'string') throw new Error('the logo was not checked');
  return { returnParameter: portal.returnParameter, loginUrl, title, logo, accent };
};

const originOf = ({ id, timeoutSeconds, keepCookies, ...settings }: Parsed['origin']): OriginConfig => {
  const place = placeOf(settings);
  if (place === null) throw new Error('the origin was not checked');
  return { place, id, timeoutSeconds, keepCookies };
};
