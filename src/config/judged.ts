import type { Environment } from '../model/key.ts';
import type { Parsed } from './schema.ts';

/** What of the file can be judged: sections whose own shape is wrong are left out, and told of already. */
export interface Judged extends Partial<Omit<Parsed, 'routes'>> {
  /** Null where a route's own shape is wrong. */
  readonly routes: readonly (Parsed['routes'][number] | null)[];
  /** Names of all scopes offered, well described or not. */
  readonly scopeNames: ReadonlySet<string>;
  /** Null when the project's id does not say it. */
  readonly environment: Environment | null;
}
