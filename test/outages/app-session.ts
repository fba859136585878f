import { inUse } from '../secrets.ts';
import { atStytch, newUser, subjectOf } from '../world.ts';

/** A session at the app, which renews its JWT. */
export interface AppSession {
  readonly userId: string;
  readonly jwt: () => string;
  readonly renewedAt: () => number;
  readonly renew: () => Promise<void>;
}

/** Longer than any outage here, in minutes. */
const SESSION_MINUTES = 7 * 24 * 60;

export const signInAtApp = async (): Promise<AppSession> => {
  const user = await newUser();
  const answer = await atStytch('POST', '/v1/passwords/authenticate', {
    ...user,
    session_duration_minutes: SESSION_MINUTES,
  });
  let session = (await answer.json()) as { session_jwt: string; session_token: string };
  let renewedAt = Date.now();
  for (const secret of [session.session_jwt, session.session_token]) inUse(secret);
  return {
    userId: subjectOf(session.session_jwt),
    jwt: () => session.session_jwt,
    renewedAt: () => renewedAt,
    renew: async () => {
      const { session_token } = session;
      const renewed = await atStytch('POST', '/v1/sessions/authenticate', { session_token });
      session = (await renewed.json()) as typeof session;
      renewedAt = Date.now();
      inUse(session.session_jwt);
    },
  };
};
