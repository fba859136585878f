import { ask, bearer, textOf } from '../demo/http.ts';
import { type Account, demand } from '../demo/world.ts';
import { type EmulatorProject, emulatorProject } from '../tools/dev/emulator-project.ts';
import { freePort } from '../tools/dev/ports.ts';
import { bundle } from '../tools/serve/bundle.ts';
import { serve } from '../tools/serve/index.ts';
import { freshSecrets } from '../tools/serve/secrets.ts';
import { variablesOf } from '../tools/serve/variables.ts';

/** Whom the emulator is born with: she may manage her organisation's keys. */
export const LIN: Account = { email: 'lin@example.com', password: 'quiet lantern paper boat' };
/** A colleague who may not. */
export const SAM: Account = { email: 'sam@example.com', password: 'narrow bridge early train' };

/** The organisation of both. */
const ORGANIZATION = {
  organization_slug: 'example',
  members: [{ email_address: SAM.email, password: SAM.password, name: 'Sam Example' }],
};

/** A Latchkey of a company whose users are members of organisations: `npm run dev` has one whose users are users. */
export interface OrganizationLatchkey {
  readonly desk: string;
  /** What a sign-in at the app leaves in a browser. */
  readonly sessionTokenOf: (member: Account) => Promise<string>;
  /** Makes a key of the organisation's, as Lin. */
  readonly makeKey: (body: object) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts one with workerd alone, and Stytch's emulator. */
export const startOrganization = async (): Promise<OrganizationLatchkey> => {
  const project = await emulatorProject();
  const emulator = await serve({ services: [stytchEmulator()] });
  const stytch = `http://127.0.0.1:${emulator.port('stytch')}`;
  const port = await freePort();
  const worker = await serve({ services: [latchkey(port, emulator.port('stytch'), project)] });
  const desk = `http://localhost:${port}`;
  demand(await ask(`${stytch}/_emulator/seed`, { body: { organizations: [ORGANIZATION] } }), 200);

  const signIn = async ({ email, password }: Account) => {
    const pair = Buffer.from(`${project.projectId}:${project.projectSecret}`).toString('base64');
    const signedIn = await ask(`${stytch}/v1/b2b/passwords/authenticate`, {
      headers: { Authorization: `Basic ${pair}` },
      body: {
        ...{ organization_id: ORGANIZATION.organization_slug, email_address: email, password },
        session_duration_minutes: 60,
      },
    });
    demand(signedIn, 200);
    return signedIn.json;
  };

  return {
    desk,
    sessionTokenOf: async (member) => textOf(await signIn(member), 'session_token'),
    makeKey: async (body) => {
      const headers = bearer(textOf(await signIn(LIN), 'session_jwt'));
      const made = await ask(`${desk}/v1/organization/keys`, { headers, body });
      demand(made, 201);
      return textOf(made.json, 'key_id');
    },
    stop: async () => {
      await Promise.all([worker.stop(), emulator.stop()]);
    },
  };
};

const stytchEmulator = () => ({
  name: 'stytch',
  script: bundle('emulator/worker.ts').script,
  bindings: variablesOf('emulator/wrangler.toml'),
  durableObjects: [{ binding: 'STYTCH_PROJECT', className: 'StytchProject' }],
  socket: 0,
});

const latchkey = (port: number, stytchPort: number, project: EmulatorProject) => ({
  name: 'latchkey',
  script: bundle('test/organization-worker.ts').script,
  kv: ['VAULT'],
  durableObjects: [
    { binding: 'KEY_RING', className: 'KeyRing' },
    { binding: 'LOBBY', className: 'Lobby' },
  ],
  rateLimits: [{ binding: 'STRANGERS', limit: 10_000, periodSeconds: 60 }],
  bindings: {
    ...freshSecrets(),
    DESK_HOST: `localhost:${port}`,
    API_HOSTS: `127.0.0.1:${port}`,
    // Nothing goes there.
    ORIGIN_URL: `http://127.0.0.1:${stytchPort}`,
    LOGIN_URL: `http://localhost:${stytchPort}/_emulator/login`,
    STYTCH_API_URL: `http://127.0.0.1:${stytchPort}`,
    STYTCH_PROJECT_ID: project.projectId,
    STYTCH_SECRET: project.projectSecret,
  },
  socket: port,
});
