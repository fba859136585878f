import type { Call } from './endpoint.ts';
import { isObject, type JsonObject } from './json.ts';
import { grantingRoles } from './policy.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';
import { isSandboxToken, sandboxSession } from './sandbox.ts';
import { readMinutes, touch } from './session-change.ts';
import { isGiven, namedSession, sessionOfJwt } from './session-find.ts';
import { sessionJwt, sessionObject } from './session-jwt.ts';
import { findSession, putSession, revokeSession, type Session, sessionsOf } from './sessions.ts';
import { findUser, type User, userObject } from './users.ts';

/** `POST /v1/sessions/authenticate`: by token, or by a JWT that may be expired. */
export const authenticateSession = async (call: Call): Promise<Result> => {
  const minutes = readMinutes(call);
  if (isRefusal(minutes)) return minutes;
  const only = !isGiven(call.body.session_jwt);
  if (only && isSandboxToken(call, call.body.session_token)) return await sandboxSession(call);
  const found = await namedSession(call);
  if (isRefusal(found)) return found;
  const user = found.organizationId === null ? findUser(call.project, found.subject) : null;
  if (user === null) return refuse('session_not_found');
  const verdict = check(call, user);
  if (isRefusal(verdict)) return verdict;
  const session = touch(call, found, minutes);
  if (isRefusal(session)) return session;
  putSession(call.project, session);
  return succeed({ ...(await sessionAnswer(call, session, user)), verdict });
};

/** What every answer with a session carries. */
export const sessionAnswer = async (call: Call, session: Session, user: User): Promise<JsonObject> => ({
  session: sessionObject(session, user.roles),
  session_token: session.sessionToken,
  session_jwt: await sessionJwt(call, session, user.roles, null),
  user: userObject(call.project, user),
});

/** `GET /v1/sessions?user_id=` */
export const listSessions = ({ project, query }: Call): Result => {
  const user = findUser(project, query.get('user_id') ?? '');
  if (user === null) return refuse('user_not_found');
  return succeed({
    sessions: sessionsOf(project, user.userId).map((session) => sessionObject(session, user.roles)),
  });
};

/** `POST /v1/sessions/revoke`: its JWTs stay good for their five minutes. */
export const revoke = async (call: Call): Promise<Result> => {
  const session = await sessionToRevoke(call, 'session_id');
  if (isRefusal(session)) return session;
  revokeSession(call.project, session.sessionId);
  return succeed({});
};

/** Finds the one session that a revocation names. */
export const sessionToRevoke = async (
  call: Call,
  idName: 'session_id' | 'member_session_id',
): Promise<Session | Refusal> => {
  const { session_token, session_jwt, [idName]: sessionId } = call.body;
  const given = [session_token, session_jwt, sessionId].filter(isGiven);
  if (given.length === 0) return refuse('no_session_revoke_arguments');
  if (given.length > 1) return refuse('too_many_session_revoke_arguments');
  if (isGiven(session_jwt)) return await sessionOfJwt(call, String(session_jwt));
  const column = isGiven(sessionId) ? 'session_id' : 'session_token';
  return findSession(call.project, column, String(given[0])) ?? refuse('session_not_found');
};

const check = ({ project, body }: Call, user: User): JsonObject | undefined | Refusal => {
  if (!isObject(body.authorization_check)) return undefined;
  const granting_roles = grantingRoles(project, user.roles, body.authorization_check);
  if (granting_roles.length === 0) return refuse('consumer_session_authorization_error');
  return { authorized: true, granting_roles };
};
