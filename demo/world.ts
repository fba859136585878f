import { randomBytes } from 'node:crypto';
import { emulatorProject } from '../tools/dev/emulator-project.ts';
import type { Places } from '../tools/dev/places.ts';
import { type Answer, ask, bearer, member, textOf } from './http.ts';
import type { Stage } from './stage.ts';

/** What every step needs. */
export interface World {
  readonly places: Places;
  readonly stage: Stage;
}

/** Somebody who is signed in at Stytch. */
export interface User {
  readonly id: string;
  readonly email: string;
  /** A session JWT, good for five minutes. */
  readonly session: string;
  /** The session's opaque token: what a browser has in its cookie `stytch_session`. */
  readonly sessionToken: string;
}

/** A key and the half of it that may be shown. */
export interface Key {
  readonly id: string;
  readonly key: string;
}

/** Somebody who can sign in. */
export interface Account {
  readonly email: string;
  readonly password: string;
}

/** A new user each time, so that runs do not use up each other's limits; then the sign-in that an app would do. */
export const signIn = async (world: World): Promise<User> => signInAs(world, await signUp(world));

export const signUp = async ({ places }: World): Promise<Account> => {
  const email = `demo-${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  const body = { email, password };
  demand(await ask(`${places.stytch}/v1/passwords`, { headers: await ofProject(), body }), 200);
  return { email, password };
};

export const signInAs = async (
  { places }: World,
  { email, password }: Account,
  minutes = 60,
): Promise<User> => {
  const body = { email, password, session_duration_minutes: minutes };
  const headers = await ofProject();
  const signedIn = await ask(`${places.stytch}/v1/passwords/authenticate`, { headers, body });
  demand(signedIn, 200);
  const said = (name: string): string => textOf(signedIn.json, name);
  return { email, id: said('user_id'), session: said('session_jwt'), sessionToken: said('session_token') };
};

/** Stytch's API is the project's own. */
const ofProject = async () => {
  const { projectId, projectSecret } = await emulatorProject();
  return { Authorization: `Basic ${Buffer.from(`${projectId}:${projectSecret}`).toString('base64')}` };
};

/** Issues a key that can read items. */
export const issueKey = async (
  { places }: World,
  { session }: User,
): Promise<Key & { readonly answer: Answer }> => {
  const body = { name: 'Demo', scopes: ['items:read'] };
  const answer = await ask(`${places.desk}/v1/keys`, { headers: bearer(session), body });
  demand(answer, 201);
  return { id: textOf(answer.json, 'key_id'), key: textOf(answer.json, 'key'), answer };
};

/** Revokes a key; when that is in force everywhere, the answer's `effective_by` says. */
export const revokeKey = async ({ places }: World, { session }: User, { id }: Key): Promise<Answer> => {
  const answer = await ask(`${places.desk}/v1/keys/${id}`, { method: 'DELETE', headers: bearer(session) });
  demand(answer, 200);
  return answer;
};

/** Throws, with what came instead, where an answer is not the one that the demo goes on from. */
export const demand = ({ status, text, json }: Answer, wanted: number): void => {
  if (status === wanted) return;
  const said = member(json, 'detail') ?? member(json, 'error_message') ?? text.slice(0, 300);
  throw new Error(`the answer is ${status}, not ${wanted}: ${said}`);
};
