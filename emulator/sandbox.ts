import { nowMs } from './clock.ts';
import type { Call } from './endpoint.ts';
import type { Json } from './json.ts';
import { type Result, succeed } from './result.ts';
import { sessionJwt, sessionObject } from './session-jwt.ts';
import { blankUser, userObject } from './users.ts';

const SESSION_TOKEN = 'WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY';
const USER_ID = 'user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd';
const SESSION_ID = 'session-test-eb94233f-8800-4ebd-8645-51dc15f9d028';
const EMAIL = 'sandbox@stytch.com';
const EMAIL_ID = 'email-test-81bf77ab-86eb-4b92-adae-d2b4a2b0f6d1';

/** Whether this is the public sandbox token, which only a test project knows. */
export const isSandboxToken = ({ project }: Call, token: Json | undefined): boolean =>
  project.environment === 'test' && token === SESSION_TOKEN;

/** The session of the public sandbox values; it is stored nowhere and never ends. */
export const sandboxSession = async (call: Call): Promise<Result> => {
  const ms = nowMs(call.project);
  const user = { ...blankUser(call.project, USER_ID), email: EMAIL, emailId: EMAIL_ID, emailVerified: true };
  const factor = {
    ...{ type: 'magic_link', delivery_method: 'email', last_authenticated_at: new Date(ms).toISOString() },
    email_factor: { email_id: EMAIL_ID, email_address: EMAIL },
  };
  const session = {
    ...{ sessionId: SESSION_ID, sessionToken: SESSION_TOKEN, subject: USER_ID, organizationId: null },
    ...{ factors: [factor], customClaims: {}, startedMs: ms, accessedMs: ms, expiresMs: ms + 3_600_000 },
  };
  return succeed({
    session: sessionObject(session, user.roles),
    session_token: SESSION_TOKEN,
    session_jwt: await sessionJwt(call, session, user.roles, null),
    user: userObject(call.project, user),
  });
};
