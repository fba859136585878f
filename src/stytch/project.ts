import type { Call } from './call.ts';

/** How long Stytch is waited for where clients are managed, in milliseconds. */
const DEADLINE_MS = 5_000;

export interface StytchProject {
  readonly baseUrl: string;
  readonly projectId: string;
  readonly vertical: 'consumer' | 'b2b';
  readonly projectSecret: string;
}

/** Makes calls that only the project itself may make. A repeat of one is harmless unless it says otherwise. */
export type Manage = (method: Call['method'], body?: string, more?: Partial<Call>) => Call;

export const managing = ({ projectId, projectSecret }: StytchProject): Manage => {
  const headers = {
    authorization: `Basic ${btoa(`${projectId}:${projectSecret}`)}`,
    'content-type': 'application/json',
  };
  return (method, body, more = {}) => ({
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    deadlineMs: DEADLINE_MS,
    idempotent: true,
    ...more,
  });
};

/** Where the project's clients are. */
export const clientsUrl = ({ baseUrl }: StytchProject): string => `${baseUrl}/v1/m2m/clients`;

/** Where one client is. Its id may have been chosen elsewhere, and is no path. */
export const clientUrl = (project: StytchProject, clientId: string): string =>
  `${clientsUrl(project)}/${encodeURIComponent(clientId)}`;
