import { type Background, makeBackground } from './background.ts';
import { isSecret } from './svix.ts';

/** What `wrangler.toml` gives the emulator. */
export type Bindings = {
  readonly STYTCH_PROJECT: DurableObjectNamespace;
  readonly PROJECT_ID: string;
  readonly PROJECT_SECRET: string;
  readonly PROJECT_NAME: string;
  readonly PROJECT_SLUG: string;
  readonly ENVIRONMENT_SLUG: string;
  readonly WORKSPACE_KEY_ID: string;
  readonly WORKSPACE_KEY_SECRET: string;
  readonly RETURN_ORIGINS: string;
  readonly WEBHOOK_URL?: string;
  readonly WEBHOOK_SECRET?: string;
};

/** The emulated Stytch project: what it is called, what opens it, and where it is kept. */
export type Project = {
  readonly id: string;
  readonly environment: 'test' | 'live';
  readonly name: string;
  readonly secret: string;
  /** What the Management API calls it and its environment. */
  readonly slugs: { readonly project: string; readonly environment: string };
  /** `id:secret` of the Management API. */
  readonly workspaceKey: string;
  readonly returnOrigins: readonly string[];
  /** Where events go; empty for nowhere. */
  readonly webhookUrl: string;
  /** `whsec_…` */
  readonly webhookSecret: string;
  readonly background: Background;
  readonly sql: SqlStorage;
};

/** Reads the project from the bindings. */
export const openProject = (env: Bindings, state: DurableObjectState): Project => ({
  id: env.PROJECT_ID,
  environment: env.PROJECT_ID.startsWith('project-live-') ? 'live' : 'test',
  name: env.PROJECT_NAME,
  secret: env.PROJECT_SECRET,
  slugs: { project: env.PROJECT_SLUG, environment: env.ENVIRONMENT_SLUG },
  workspaceKey: `${env.WORKSPACE_KEY_ID}:${env.WORKSPACE_KEY_SECRET}`,
  returnOrigins: env.RETURN_ORIGINS.split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== ''),
  ...webhookOf(env),
  background: makeBackground((work) => state.waitUntil(work)),
  sql: state.storage.sql,
});

/** Whoever wants events and cannot have them learns it at once. */
const webhookOf = ({ WEBHOOK_URL = '', WEBHOOK_SECRET = '' }: Bindings) => {
  if (WEBHOOK_URL !== '' && !isSecret(WEBHOOK_SECRET))
    throw new Error('WEBHOOK_SECRET must be whsec_ and base64');
  return { webhookUrl: WEBHOOK_URL, webhookSecret: WEBHOOK_SECRET };
};
