import { latchkeyFor } from '../src/assemble.ts';
import type { Settings } from '../src/config.ts';
import { newPerson, stytchSession } from './person.ts';
import { inUse } from './secrets.ts';
import settings from './settings.ts';
import { DESK, isolate, newUser, PROJECT, rooms, send } from './world.ts';

/** The client that the emulator is born with, and that the tests' file lists. */
export const OPERATOR = settings.operators?.[0] ?? '';
export const OPERATOR_SECRET = 'copper-kettle-quiet-lantern';

/** An access token of a client, as Stytch gives it. */
export const tokenOf = async (clientId: string, clientSecret: string): Promise<string> => {
  const answer = await rooms.EMULATOR.fetch(`https://stytch.test/v1/public/${PROJECT}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    }),
  });
  if (!answer.ok) throw new Error(`token: ${answer.status} ${await answer.text()}`);
  const { access_token } = (await answer.json()) as { access_token: string };
  inUse(access_token);
  return access_token;
};

/** An operator's token. */
export const operatorToken = (): Promise<string> => tokenOf(OPERATOR, OPERATOR_SECRET);

/** A request of an operator at the Desk. */
export const asOperator = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  send(`${DESK}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await operatorToken()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** What an operator is answered, in JSON. */
export const told = async (response: Promise<Response>): Promise<Record<string, unknown>> =>
  (await response).json();

/** A person to whom the operators' pages are open, signed in at the app, and where he is one. */
export const newOperatingPerson = async (more: Partial<Settings> = {}, minutes = 60) => {
  const user = await newUser();
  const session = await stytchSession(minutes, user);
  const operators = [OPERATOR, session.userId];
  const assembled = latchkeyFor({ ...settings, operators, ...more });
  const here = isolate({}, assembled);
  const person = newPerson(here.fetch);
  person.cookies.set('stytch_session', session.token);
  return { ...person, ...session, user, here, assembled };
};

/** All that Latchkey knows of an owner: what he is, his keys, his trail. To look at it leaves no trace. */
export const everythingOf = async (ownerId: string) => {
  const at = `/v1/users/${ownerId}`;
  const [about, keys, audit] = await Promise.all(
    ['', '/keys?status=all', '/audit'].map((path) => told(asOperator('GET', at + path))),
  );
  return { about, keys: keys?.data, audit: audit?.data as readonly Record<string, unknown>[] };
};
