import type { Outcome, SigningJwk } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { readJwks } from './jwks-wire.ts';
import type { StytchProject } from './project.ts';

/** How long Stytch is waited for, in milliseconds. */
const DEADLINE_MS = 2_000;

/** The public keys that sign the project's JWTs. */
export const openJwks = (
  { baseUrl, projectId, vertical }: Pick<StytchProject, 'baseUrl' | 'projectId' | 'vertical'>,
  wires: Wires,
): (() => Promise<Outcome<readonly SigningJwk[]>>) => {
  const path = vertical === 'b2b' ? '/v1/b2b/sessions/jwks/' : '/v1/sessions/jwks/';
  return () =>
    call(
      wires,
      `${baseUrl}${path}${projectId}`,
      { method: 'GET', headers: {}, deadlineMs: DEADLINE_MS, idempotent: false },
      readJwks,
    );
};
