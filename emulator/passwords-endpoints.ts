import { nowMs, timestamp } from './clock.ts';
import type { Call } from './endpoint.ts';
import type { JsonObject } from './json.ts';
import { checkPassword, setPassword } from './passwords.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';
import { readMinutes, touch } from './session-change.ts';
import { isGiven, namedSession } from './session-find.ts';
import { newSession, putSession, type Session } from './sessions.ts';
import { sessionAnswer } from './sessions-endpoints.ts';
import { findUserByEmail, type User, userObject } from './users.ts';
import { createUser } from './users-endpoints.ts';

const MINIMUM_PASSWORD = 8;

/** `POST /v1/passwords/authenticate`: without `session_duration_minutes` there is no session. */
export const authenticatePassword = async (call: Call): Promise<Result> => {
  const { email, password } = call.body;
  if (typeof email !== 'string' || typeof password !== 'string') return refuse('bad_request');
  const minutes = readMinutes(call);
  if (isRefusal(minutes)) return minutes;
  const user = findUserByEmail(call.project, email);
  if (user === null) return refuse('email_not_found');
  const refusal = await checkPassword(call.project, call.switches, user.userId, password);
  if (refusal !== null) return refusal;
  return await answer(call, user, minutes);
};

/** `POST /v1/passwords`: a new user with a password. */
export const createPassword = async (call: Call): Promise<Result> => {
  const { email, password } = call.body;
  if (typeof email !== 'string' || typeof password !== 'string') return refuse('bad_request');
  if (password.length < MINIMUM_PASSWORD) return refuse('weak_password');
  const minutes = readMinutes(call);
  if (isRefusal(minutes)) return minutes;
  const created = createUser(call);
  const user = findUserByEmail(call.project, email);
  if (created.kind !== 'success' || user === null) return created;
  await setPassword(call.project, user.userId, password);
  const given = await answer(call, user, minutes);
  return given.kind === 'success' ? succeed({ ...given.payload, email_id: user.emailId }) : given;
};

/** The factor that a password is. */
export const passwordFactor = (call: Call): JsonObject => ({
  type: 'password',
  delivery_method: 'knowledge',
  last_authenticated_at: timestamp(nowMs(call.project)),
});

/** The session to go on with: the one that was named, if it is the subject's own, or a new one. */
export const continueSession = async (
  call: Call,
  subject: string,
  organizationId: string | null,
  minutes: number,
): Promise<Session | Refusal> => {
  const isNamed = isGiven(call.body.session_token) || isGiven(call.body.session_jwt);
  const named = isNamed ? await namedSession(call) : newSession(call.project, subject, organizationId);
  if (isRefusal(named)) return named;
  if (named.subject !== subject) return refuse('session_not_found');
  const others = named.factors.filter(({ type }) => type !== 'password');
  const session = touch(call, { ...named, factors: [...others, passwordFactor(call)] }, minutes);
  if (!isRefusal(session)) putSession(call.project, session);
  return session;
};

const answer = async (call: Call, user: User, minutes: number | undefined): Promise<Result> => {
  const base = { user_id: user.userId, user_device: null };
  if (minutes === undefined) {
    const none = { session: null, session_token: '', session_jwt: '' };
    return succeed({ ...base, ...none, user: userObject(call.project, user) });
  }
  const session = await continueSession(call, user.userId, null, minutes);
  if (isRefusal(session)) return session;
  return succeed({ ...base, ...(await sessionAnswer(call, session, user)) });
};
