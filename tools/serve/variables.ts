import { resolve } from 'node:path';
import { unstable_readConfig } from 'wrangler';

/** The text variables of a wrangler.toml, given by its path from the project's root. */
export const variablesOf = (path: string): Readonly<Record<string, string>> => {
  const { vars } = unstable_readConfig(
    { config: resolve(import.meta.dirname, '../..', path) },
    { hideWarnings: true },
  );
  const entries = Object.entries(vars);
  const other = entries.find(([, value]) => typeof value !== 'string');
  if (other !== undefined) throw new Error(`${path}: the variable ${other[0]} is not text`);
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
};
