import type { Outcome, StytchSession } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { managing, type StytchProject } from './project.ts';
import { ownerOfSession, readSessionClaim, rolesOf } from './session-claim.ts';
import { readMemberSession, readRevokeAnswer, readUserSession } from './wire.ts';

/** Somebody waits for a page meanwhile. In milliseconds. */
const DEADLINE_MS = 3_000;

/** How Stytch says that a token stands for no session (STYTCH 4.3). */
const NO_SESSION: ReadonlySet<string> = new Set(['session_not_found', 'invalid_session_token']);

/** Sessions by their opaque token, in the form that both verticals are read into. */
export const createSessions = (project: StytchProject, wires: Wires) => {
  const manage = managing(project);
  const { vertical, baseUrl } = project;
  const isB2b = vertical === 'b2b';
  const url = `${baseUrl}${isB2b ? '/v1/b2b' : '/v1'}/sessions`;
  const read = isB2b ? readMemberSession : readUserSession;

  return {
    authenticateSession: (token: string, now: number): Promise<Outcome<StytchSession | null>> =>
      call<StytchSession | null>(
        wires,
        `${url}/authenticate`,
        // Without a duration it changes nothing but when the session was last asked for.
        manage('POST', JSON.stringify({ session_token: token }), { deadlineMs: DEADLINE_MS }),
        (body) => {
          const answer = read(body);
          if (answer === null) return null;
          const { claim, subject, organizationId, email } = answer;
          const session = readSessionClaim(claim, Math.floor(now / 1000));
          const organization = organizationId === null ? undefined : { organization_id: organizationId };
          const owner = ownerOfSession(subject, organization, vertical);
          if (session === null || owner === null) return null;
          const { sessionId, sessionExpiresAt, authenticatedAt } = session;
          return {
            ...{ owner, sessionId, sessionExpiresAt, authenticatedAt, email },
            roles: rolesOf(session.roles, vertical),
          };
        },
        (declined) => (NO_SESSION.has(declined.code) ? { outcome: 'answered', value: null } : declined),
      ),

    /** Ends a session with every token it has. A repeat finds none, which is as good: STYTCH 4.4. */
    revokeSession: (token: string): Promise<Outcome<'ended'>> =>
      call<'ended'>(
        wires,
        `${url}/revoke`,
        manage('POST', JSON.stringify({ session_token: token }), { deadlineMs: DEADLINE_MS }),
        (body) => (readRevokeAnswer(body) === null ? null : 'ended'),
        (declined) => (NO_SESSION.has(declined.code) ? { outcome: 'answered', value: 'ended' } : declined),
      ),
  };
};
