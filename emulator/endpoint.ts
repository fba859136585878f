import type { TokenFault } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';
import type { Result } from './result.ts';
import type { Switches } from './switches.ts';

/** One call, parsed as far as every endpoint needs it. */
export type Call = {
  readonly project: Project;
  readonly switches: Switches;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The JSON body, `{}` when there is none. */
  readonly body: JsonObject;
  /** The body as it came, for endpoints that do not take JSON alone. */
  readonly text: string;
  /** `http://host:port` that the caller used. */
  readonly origin: string;
  readonly tokenFault: TokenFault | null;
};

/** One operation of Stytch's API. Faults and counters know it by its name. */
export type Endpoint = {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Who may call: the project's secret, the workspace's key, or anybody. */
  readonly access: 'project' | 'workspace' | 'public';
  /** OAuth endpoints take forms and have an envelope of their own. */
  readonly oauth?: boolean;
  readonly handle: (call: Call) => Result | Promise<Result>;
};
