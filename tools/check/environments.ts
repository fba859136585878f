/** What of a wrangler.toml one environment has to itself: wrangler lets it inherit none of these. */
export interface Environment {
  readonly name?: string | undefined;
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly routes?: readonly (string | { readonly pattern: string })[] | undefined;
  readonly [section: string]: unknown;
}

/** The environments of a file by name; '' is what stands before the first of them. */
export type Environments = Readonly<Record<string, Environment>>;

/** Of these, no two environments may have the same: what one writes, the other would read, or count. */
const OF_ITS_OWN: Readonly<Record<string, string>> = {
  kv_namespaces: 'id',
  ratelimits: 'namespace_id',
  analytics_engine_datasets: 'dataset',
};

/** The id of a KV namespace that is still to be made. */
export const NOT_YET = '0'.repeat(32);

/**
 * What one environment lacks that another has, and what two share, one line each. A binding that is forgotten is seen
 * otherwise only where the Worker is deployed: it serves nothing there.
 */
export const environmentProblems = (environments: Environments): readonly string[] => [
  ...forgotten(environments),
  ...sharedBetween(environments),
];

/** How a line begins that is about one of them. */
export const label = (name: string): string => (name === '' ? '' : `[env.${name}] `);

/** Bindings and variables by which all are compared: `kv_namespaces VAULT`, `vars API_HOSTS`. */
const partsOf = (environment: Environment): ReadonlySet<string> =>
  new Set([
    ...Object.keys(environment.vars ?? {}).map((name) => `vars ${name}`),
    ...Object.entries(environment).flatMap(([section, value]) =>
      bindingsOf(value).map((binding) => `${section} ${binding}`),
    ),
  ]);

/** Names of a section's bindings, `[[section]]` or, as Durable Objects have it, `[[section.bindings]]`. */
const bindingsOf = (section: unknown): readonly string[] => {
  const list = Array.isArray(section)
    ? section
    : ((section as { bindings?: unknown } | null)?.bindings ?? []);
  return (Array.isArray(list) ? list : []).flatMap((each: unknown) => {
    const { binding, name } = (each ?? {}) as { binding?: unknown; name?: unknown };
    const word = binding ?? name;
    return typeof word === 'string' ? [word] : [];
  });
};

const forgotten = (environments: Environments): readonly string[] => {
  const parts = Object.entries(environments).map(([name, each]) => [name, partsOf(each)] as const);
  const all = new Set(parts.flatMap(([, each]) => [...each]));
  return parts.flatMap(([name, has]) =>
    [...all].filter((part) => !has.has(part)).map((part) => `${label(name)}lacks ${part}, which another has`),
  );
};

/** What two environments have in common that is to be their own, one line each. */
export const sharedBetween = (environments: Environments): readonly string[] => {
  const owners = new Map<string, string[]>();
  for (const [name, environment] of Object.entries(environments)) {
    for (const what of marksOf(environment)) owners.set(what, [...(owners.get(what) ?? []), name]);
  }
  return [...owners]
    .filter(([, names]) => names.length > 1)
    .map(
      ([what, names]) =>
        `${what} is in ${names.map((name) => `"${name}"`).join(' and ')}: each needs its own`,
    );
};

/** What must be nobody else's: the Worker's name, by which its Durable Objects are found, its hosts, its namespaces. */
const marksOf = (environment: Environment): readonly string[] => [
  `name ${environment.name}`,
  // With one brand, each would take the other's clients at Stytch for orphans (docs/operations.md, "Reconciliation").
  `vars STYTCH_PROJECT_ID ${String(environment.vars?.STYTCH_PROJECT_ID)}`,
  ...(environment.routes ?? []).map((route) => `route ${typeof route === 'string' ? route : route.pattern}`),
  ...Object.entries(OF_ITS_OWN).flatMap(([section, member]) =>
    ((environment[section] ?? []) as readonly Readonly<Record<string, unknown>>[])
      .map((each) => each[member])
      .filter((value) => value !== undefined && value !== NOT_YET)
      .map((value) => `${section} ${member} ${String(value)}`),
  ),
];
