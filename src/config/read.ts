import type { Environment } from '../model/key.ts';
import { crossProblems } from './checks.ts';
import type { Judged } from './judged.ts';
import { type Problem, problemsOf, whatIsMissing } from './problem.ts';
import { DEVICE_CLIENT, type Parsed, PROJECT_ID, ROUTE, SETTINGS } from './schema.ts';
import { isRecord } from './variables.ts';

type Settings = Readonly<Record<string, unknown>>;

/** The file with its defaults (null when it has problems), and everything that is wrong with it. */
export interface Read {
  readonly parsed: Parsed | null;
  readonly problems: readonly Problem[];
}

/** Checks the shape of every setting, and what is between settings wherever their own shape is right. */
export const readSettings = (settings: Settings, environment: Environment | null): Read => {
  const whole = SETTINGS.safeParse(settings, { error: whatIsMissing });
  const problems = [
    ...problemsOf(whole.error?.issues ?? []),
    ...prototypes(settings),
    ...crossProblems(judged(settings, environment)),
  ];
  return { parsed: problems.length === 0 ? (whole.data ?? null) : null, problems };
};

/** Which environment's keys the Stytch project makes; null when its id does not say. */
export const environmentOf = ({ stytch }: Settings): Environment | null => {
  const projectId = isRecord(stytch) ? stytch.projectId : null;
  const environment = typeof projectId === 'string' ? PROJECT_ID.exec(projectId)?.[1] : undefined;
  return environment === 'live' || environment === 'test' ? environment : null;
};

/** Each section by itself, so that a mistake in one does not hide those between others. */
const judged = (settings: Settings, environment: Environment | null): Judged => {
  const sections = Object.entries(SETTINGS.shape).flatMap(([name, schema]) => {
    const section = schema.safeParse(settings[name]);
    return section.success ? [[name, section.data]] : [];
  });
  const { routes, scopes, deviceClients } = settings;
  return {
    ...(Object.fromEntries(sections) as Partial<Parsed>),
    routes: Array.isArray(routes) ? routes.map((route) => ROUTE.safeParse(route).data ?? null) : [],
    deviceClients: Object.fromEntries(
      Object.entries(isRecord(deviceClients) ? deviceClients : {}).flatMap(([clientId, client]) => {
        const { data } = DEVICE_CLIENT.safeParse(client);
        return data === undefined ? [] : [[clientId, data]];
      }),
    ),
    scopeNames: new Set(isRecord(scopes) ? Object.keys(scopes) : []),
    environment,
  };
};

/** A member of this name is dropped unseen by whoever copies an object: whatever has that name is none. */
const prototypes = (settings: Settings): readonly Problem[] => {
  const { scopes, roles, deviceClients, limits } = settings;
  const tables = { scopes, roles, deviceClients, plans: isRecord(limits) ? limits.plans : null };
  return Object.entries(tables).flatMap(([name, table]) =>
    isRecord(table) && Object.hasOwn(table, '__proto__')
      ? [{ path: [name, '__proto__'], message: 'is no name to use' }]
      : [],
  );
};
