import { isCount } from './json.ts';
import type { Project } from './project.ts';
import { readSetting, writeSetting } from './settings.ts';

/** A switch with named positions; the first is the default. */
const choice = <const T extends string | number>(fallback: T, ...others: readonly T[]) => ({
  fallback,
  values: [fallback, ...others] as readonly (string | number)[],
});

/** A switch that is a number, 0 or more. */
const number = (fallback: number) => ({ fallback, values: null });

/** What no public source says about Stytch: each is a switch, so that both answers can be tested. */
export const SWITCHES = {
  // The token endpoint.
  tokenErrorStatus: choice(401, 400),
  tokenChallenge: choice('none', 'basic'),
  inactiveClientError: choice('invalid_client', 'unauthorized_client', 'invalid_grant'),
  missingClientError: choice('invalid_client', 'invalid_request'),
  missingGrantTypeError: choice('invalid_request', 'unsupported_grant_type'),
  unknownProjectError: choice('invalid_client', 'invalid_request'),
  ungrantedScope: choice('error', 'dropped'),
  credentialConflict: choice('body', 'basic', 'refused'),
  tokenFailureEnvelope: choice('stytch', 'oauth'),
  domainTokenEndpoint: choice('absent', 'present'),
  introspection: choice('absent', 'present'),
  // The token.
  issuer: choice('project', 'base_url'),
  jti: choice('absent', 'present'),
  emptyScopeClaim: choice('empty_string', 'absent'),
  customAudience: choice('appended', 'replaced'),
  clientTemplateVariables: choice('metadata', 'all'),
  reservedTemplateClaims: choice('refused', 'ignored'),
  unsetTemplate: choice('not_found', 'empty'),
  // M2M clients.
  createStatus: choice(200, 201),
  m2mErrorStatus: choice(400, 409, 422),
  emptyScopes: choice('accepted', 'refused'),
  missingScopes: choice('refused', 'accepted'),
  unsetName: choice('empty_string', 'null'),
  unsetMetadata: choice('empty_object', 'null'),
  clientIdRule: choice('any', 'url_safe'),
  deletedClientId: choice('reusable', 'taken'),
  secondDelete: choice('not_found', 'ok'),
  deleteWhileRotating: choice('allowed', 'refused'),
  secretEntropyBits: number(30),
  maximumSecretLength: number(0),
  maximumScopes: number(100),
  maximumClients: number(0),
  // Search.
  searchOrder: choice('newest_first', 'oldest_first'),
  searchOperandMatch: choice('any', 'all'),
  searchZeroLimit: choice('default', 'empty'),
  searchOverLimit: choice('error', 'clamped'),
  maximumPage: number(0),
  searchTotals: choice('counted', 'disabled'),
  // Sessions and passwords.
  sessionJwtErrorStatus: choice(400, 401, 404),
  sessionRolesClaim: choice('present', 'absent'),
  lockoutFailures: number(10),
  lockoutSeconds: number(3600),
} as const;

/** The position of every switch. */
export type Switches = { readonly [Name in keyof typeof SWITCHES]: (typeof SWITCHES)[Name]['fallback'] };

const DEFAULTS = Object.fromEntries(
  Object.entries(SWITCHES).map(([name, { fallback }]) => [name, fallback]),
) as Switches;

/** Reads all switches. */
export const readSwitches = (project: Project): Switches => ({
  ...DEFAULTS,
  ...readSetting<Partial<Switches>>(project, 'switches', {}),
});

/** Sets some switches, all or none of them; the answer says what was wrong, or is null. */
export const setSwitches = (project: Project, wanted: Readonly<Record<string, unknown>>): string | null => {
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(SWITCHES, name)) return `there is no switch ${name}`;
    const { values } = SWITCHES[name as keyof typeof SWITCHES];
    if (values === null ? !isCount(value) : !values.some((allowed) => allowed === value)) {
      return `${name} must be ${values === null ? 'a number, 0 or more' : `one of ${values.join(', ')}`}`;
    }
  }
  const stored = readSetting<Partial<Switches>>(project, 'switches', {});
  writeSetting(project, 'switches', { ...stored, ...wanted } as Partial<Switches>);
  return null;
};

/** Puts every switch back to its default. */
export const resetSwitches = (project: Project): void => writeSetting(project, 'switches', {});
