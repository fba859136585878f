import { label, type Problem } from './problem.ts';

const asText = (text: string): unknown => text;
const asList = (text: string): unknown => text.split(',').map((each) => each.trim());

/** The setting that a variable of the Worker's environment overrides, and how the variable is read. */
const OVERRIDES = [
  { name: 'STYTCH_PROJECT_ID', section: 'stytch', key: 'projectId', read: asText },
  { name: 'API_HOSTS', section: 'hosts', key: 'api', read: asList },
  { name: 'DESK_HOST', section: 'hosts', key: 'desk', read: asText },
  {
    ...{ name: 'ORIGIN_URL', section: 'origin', key: 'url', read: asText },
    // An origin is in one place: the variable's is it, whatever kind of place the file names.
    insteadOf: ['binding', 'zone'],
  },
  { name: 'DESK_ORIGINS', section: 'desk', key: 'origins', read: asList },
  { name: 'LOGIN_URL', section: 'portal', key: 'loginUrl', read: asText },
  // The whole setting: the id of a client says its environment.
  { name: 'OPERATORS', section: 'operators', key: null, read: asList },
] as const;

/** The names of the variables that override settings. */
export const VARIABLES: readonly string[] = OVERRIDES.map(({ name }) => name);

const FILE = 'latchkey.config.ts';

/** The file with the variables in it. */
export interface Overridden {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
  /** Names a setting to the operator: by its path, or by the variable that its value came from. */
  readonly nameOf: (path: Problem['path']) => string;
}

/** Puts the variables that are set over the settings of the file. */
export const override = (
  file: Readonly<Record<string, unknown>>,
  vars: Readonly<Record<string, unknown>>,
): Overridden => {
  const set = OVERRIDES.filter(({ name }) => vars[name] !== undefined);
  const problems: string[] = [];
  let settings = file;
  for (const { name, section, key, read, ...more } of set) {
    const value = vars[name];
    const before = settings[section] ?? {};
    if (typeof value !== 'string' || value === '') problems.push(`${name}: must be a text that is not empty`);
    else if (key === null) settings = { ...settings, [section]: read(value) };
    else if (isRecord(before)) {
      const kept = without(before, 'insteadOf' in more ? more.insteadOf : []);
      settings = { ...settings, [section]: { ...kept, [key]: read(value) } };
    }
  }
  const nameOf = (path: Problem['path']): string => {
    const source = set.find(({ section, key }) => path[0] === section && (key === null || path[1] === key));
    if (source === undefined) return label(path) || FILE;
    return `${source.name}${label(path.slice(source.key === null ? 1 : 2))}`;
  };
  return { settings, problems, nameOf };
};

const without = (record: Readonly<Record<string, unknown>>, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));

/** Whether a value has members that can be named. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
