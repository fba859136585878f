import { done, EXIT, failed, type Outcome } from './outcome.ts';
import { type Login, readLogin } from './store.ts';

/** The login that a command is to use. An API that the user names must be the one that the key is for: it goes nowhere else. */
export const loginFor = (file: string, api: string | null): Outcome<Login> => {
  const login = readLogin(file);
  if (!login.ok) return login;
  if (login.value === null) return failed('You are not logged in. Do it with: login', EXIT.loggedOut);
  if (api !== null && api !== login.value.api)
    return failed(`You are logged in to ${login.value.api}, not to ${api}.`, EXIT.loggedOut);
  return done(login.value);
};

/** What to say where a key is refused. */
export const NOT_GOOD =
  'The key is not good any more: it has ended or was revoked. Log out, and log in again.';
