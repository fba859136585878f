import { inject } from 'vitest';
import { ask, bearer, member, textOf } from '../../../demo/http.ts';
import { OPERATOR } from '../../../tools/dev/emulator-project.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { type ServiceOptions, serve } from '../../../tools/serve/index.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { stytchEmulator } from '../edge.ts';

/** A Latchkey as production bundles it, in plain workerd, with Stytch's emulator and the operator that this one is born with. */
export interface Stage {
  readonly desk: string;
  readonly api: string;
  readonly stytch: string;
  /** What a command of an operator's needs: `latchkey keys list … ...asOperator`. */
  readonly asOperator: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the Worker has for itself. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Nobody listens there: what is let in is 502. */
const NO_ORIGIN = 'http://127.0.0.1:9';

export const startStage = async (): Promise<Stage> => {
  const stytch = await serve({ services: [stytchEmulator()] });
  const port = await freePort();
  const secrets = freshSecrets();
  const worker = await serve({ services: [latchkeyAt(port, stytch.port('stytch'), secrets)] });
  const url = `http://127.0.0.1:${stytch.port('stytch')}`;
  const tokenUrl = `${url}/v1/public/${inject('emulatorBindings').PROJECT_ID}/oauth2/token`;
  const desk = `http://localhost:${port}`;
  return {
    ...{ desk, api: `http://127.0.0.1:${port}`, stytch: url },
    asOperator: ['--desk', desk, '--client-id', OPERATOR.clientId, '--token-url', tokenUrl],
    env: { LATCHKEY_OPERATOR_SECRET: OPERATOR.clientSecret },
    secrets,
    stop: async () => {
      await Promise.all([worker.stop(), stytch.stop()]);
    },
  };
};

/** The Worker with the operator's file, at home on a port, between an emulator and an origin. */
export const latchkeyAt = (
  port: number,
  stytchPort: number,
  secrets: Readonly<Record<string, string>>,
  originUrl: string = NO_ORIGIN,
): ServiceOptions => ({
  name: 'latchkey',
  script: inject('bundles').worker,
  kv: ['VAULT'],
  durableObjects: [
    { binding: 'KEY_RING', className: 'KeyRing' },
    { binding: 'LOBBY', className: 'Lobby' },
  ],
  rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
  bindings: {
    ...secrets,
    STYTCH_PROJECT_ID: inject('emulatorBindings').PROJECT_ID ?? '',
    STYTCH_SECRET: inject('emulatorBindings').PROJECT_SECRET ?? '',
    STYTCH_API_URL: `http://127.0.0.1:${stytchPort}`,
    API_HOSTS: `127.0.0.1:${port}`,
    DESK_HOST: `localhost:${port}`,
    ORIGIN_URL: originUrl,
    OPERATORS: OPERATOR.clientId,
  },
  socket: port,
});

/** A new user of Stytch's emulator: his id, and a session for the Desk. */
export const newUser = async (stytch: string) => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
  await ask(`${stytch}/_emulator/seed`, { body: { users: [user] } });
  const { json } = await ask(`${stytch}/v1/passwords/authenticate`, {
    headers: { Authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}` },
    body: { ...user, session_duration_minutes: 60 },
  });
  return { id: textOf(json, 'user_id'), session: textOf(json, 'session_jwt') };
};

/** The status with which a key is let in, or not. */
export const statusWith = async ({ api }: Stage, key: string): Promise<number> =>
  (await ask(`${api}/v1/items/1`, { headers: bearer(key) })).status;

/** A member of what a command said in JSON. */
export const memberOf = (said: string, ...path: readonly string[]): unknown =>
  member(JSON.parse(said) as unknown, ...path);
