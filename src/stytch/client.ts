import type { Outcome, SigningJwk, Stytch, StytchSession } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { createClients } from './clients.ts';
import { createFinding, type Finding } from './find.ts';
import { openJwks } from './jwks-call.ts';
import type { StytchProject } from './project.ts';
import { createRotation } from './rotation.ts';
import { createSessions } from './sessions.ts';
import { createUsers, type Users } from './users.ts';
import { readTokenAnswer } from './wire.ts';

export type { StytchProject } from './project.ts';

/** How long Stytch is waited for, in milliseconds. */
const TOKEN_DEADLINE_MS = 3_000;

/** Stytch, as far as Latchkey speaks to it. Every answer is parsed before it leaves this folder. */
export interface StytchApi extends Stytch, Users, Finding {
  /** The public keys that sign the project's JWTs. */
  jwks(): Promise<Outcome<readonly SigningJwk[]>>;
  /** The session that an opaque session token stands for; null when there is none, or none any more. `now` in milliseconds. */
  authenticateSession(token: string, now: number): Promise<Outcome<StytchSession | null>>;
  /** Ends the session that an opaque session token stands for. One that is over already is ended. */
  revokeSession(token: string): Promise<Outcome<'ended'>>;
}

export const createStytch = (project: StytchProject, wires: Wires): StytchApi => ({
  ...createClients(project, wires),
  ...createRotation(project, wires),
  ...createSessions(project, wires),
  ...createUsers(project, wires),
  ...createFinding(project, wires),

  exchange: async (clientId, clientSecret, scopes = null) => {
    const form = new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'client_credentials',
      ...(scopes === null ? {} : { scope: scopes.join(' ') }),
    });
    const answer = await call(
      wires,
      `${project.baseUrl}/v1/public/${project.projectId}/oauth2/token`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        deadlineMs: TOKEN_DEADLINE_MS,
        // Each answer is a token that Stytch bills: an unanswered call may have made one.
        idempotent: false,
      },
      readTokenAnswer,
    );
    return answer.outcome === 'answered' ? { outcome: 'answered', value: answer.value.access_token } : answer;
  },

  jwks: openJwks(project, wires),
});
