/** The variables that a Worker reads and that are no setting of latchkey.config.ts. */
const OTHER_VARIABLES = ['STYTCH_API_URL', 'CLOCK_OFFSET_SECONDS'] as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** Those of the process's variables that have one of the names, and something in them. */
export const chosen = (env: Variables, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));

/** Of the process's variables, those that say a setting. */
export const settingsIn = (env: Variables, overriding: readonly string[]): Readonly<Record<string, string>> =>
  chosen(env, [...overriding, ...OTHER_VARIABLES]);
