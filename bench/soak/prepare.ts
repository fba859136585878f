import { callJson } from '../http.ts';
import { inParallel } from '../latchkey.ts';
import type { Random } from '../simulate/random.ts';
import { atDesk } from './desk.ts';
import { issue } from './keys.ts';
import { openMeter } from './meter.ts';
import type { Owner, Session } from './people.ts';
import { OPERATOR, SMALL, TINY } from './settings.ts';
import type { Soak } from './soak.ts';
import type { Stage } from './stage.ts';
import { openTimeline } from './timeline.ts';

const PASSWORD = 'correct horse battery staple';
/** How long a session of Stytch's lasts, in minutes; its JWTs last five. */
const SESSION_MINUTES = 480;
const JWT_MS = 300_000;
/** How many are prepared side by side. */
const PARALLEL = 8;

/** One of so many owners has a limit that he runs into; and one of so many keys one of its own. */
const SMALL_EVERY = 25;
const TINY_OWNER = 1;
const OWN_LIMIT_EVERY = 100;

interface SessionShown {
  readonly session_jwt: string;
  readonly session_token: string;
}

/** Stytch's API, as the app of these users asks it. */
const atStytch = <T>(
  { stytchPort, projectId, projectSecret }: Stage,
  path: string,
  body: unknown,
): Promise<T> => {
  const headers = { Authorization: `Basic ${btoa(`${projectId}:${projectSecret}`)}` };
  return callJson<T>({ port: stytchPort, path, method: 'POST', headers, body }, 200);
};

/** Makes users at Stytch and signs them in. */
export const signUp = async (stage: Stage, count: number): Promise<readonly Owner[]> => {
  const users = Array.from({ length: count }, (_, i) => ({
    email: `user-${i}@example.com`,
    password: PASSWORD,
  }));
  const seed = { port: stage.stytchPort, path: '/_emulator/seed', method: 'POST', body: { users } };
  const { userIds } = await callJson<{ readonly userIds: readonly string[] }>(seed, 200);
  return inParallel(PARALLEL, users, async ({ email }, i) => {
    const body = { email, password: PASSWORD, session_duration_minutes: SESSION_MINUTES };
    const shown = await atStytch<SessionShown>(stage, '/v1/passwords/authenticate', body);
    const userId = userIds[i] ?? '';
    const limit = i === TINY_OWNER ? TINY : i % SMALL_EVERY === 0 ? SMALL : null;
    return {
      ...{ number: i, userId, sessionToken: shown.session_token, session: sessionOf(shown) },
      meter: limit === null ? null : openMeter(`owner ${userId}`, limit.requests, limit.perSeconds),
      ...{ suspended: openTimeline(false), keys: [], isBusy: false, auditRows: 0 },
    };
  });
};

const sessionOf = ({ session_jwt: jwt }: SessionShown): Session => ({ jwt, expiresAt: Date.now() + JWT_MS });

/** A new JWT for a session that goes on. */
export const renewSession = async (stage: Stage, { sessionToken }: Owner): Promise<Session> =>
  sessionOf(
    await atStytch<SessionShown>(stage, '/v1/sessions/authenticate', { session_token: sessionToken }),
  );

/** An access token of the operator that the emulator is born with. */
export const operatorToken = async ({ stytchPort, projectId }: Stage): Promise<string> => {
  const secret = 'copper-kettle-quiet-lantern';
  const body = { grant_type: 'client_credentials', client_id: OPERATOR, client_secret: secret };
  const path = `/v1/public/${projectId}/oauth2/token`;
  const shown = await callJson<{ readonly access_token: string }>(
    { port: stytchPort, path, method: 'POST', body },
    200,
  );
  return shown.access_token;
};

/** Gives some their small limit, and everybody his keys. */
export const giveKeys = async (soak: Soak, random: Random, count: number): Promise<void> => {
  await inParallel(PARALLEL, soak.owners, async (owner) => {
    if (owner.meter === null) return;
    await atDesk(soak, random, {
      ...{ what: 'set limits', method: 'PUT', path: `/v1/users/${owner.userId}/limits` },
      ...{
        as: `Bearer ${soak.operator}`,
        body: { plan: owner.meter.requests === TINY.requests ? 'tiny' : 'small', keys_limit: null },
      },
      ...{ statuses: [200], about: owner.userId },
    });
    owner.auditRows++;
  });
  const turns = Array.from({ length: count }, (_, i) => soak.owners[i % soak.owners.length]);
  await inParallel(PARALLEL, turns, async (owner, i) => {
    const hasLimit = i % OWN_LIMIT_EVERY === OWN_LIMIT_EVERY - 1;
    if (owner !== undefined) await issue(soak, random, owner, { seconds: null, hasLimit });
  });
};
