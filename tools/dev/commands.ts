import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '../../src/config.ts';
import type { Command } from './child.ts';
import { GRACE, LIN, OPERATOR } from './emulator-project.ts';
import type { Places } from './places.ts';

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** What the three commands have to know. */
export interface Setting {
  readonly places: Places;
  /** Where state is kept; absolute. */
  readonly folder: string;
  readonly secretFiles: readonly string[];
  /** The emulator's own, in place of the one that the operator's file names. */
  readonly projectId: string;
  readonly settings: Settings;
  /** How far all of them are ahead of time. */
  readonly clockSeconds: number;
  /** Variables of the Worker besides its usual ones. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The Worker, as `latchkey.config.ts` has it, but at home: hosts, origin, Stytch and the operator are all on this machine. */
export const workerCommand = (setting: Setting): Command => {
  const { places, folder, secretFiles, projectId, clockSeconds, settings } = setting;
  const isB2b = settings.stytch.vertical === 'b2b';
  const variables = {
    API_HOSTS: places.apiHost,
    DESK_HOST: places.deskHost,
    ORIGIN_URL: places.origin,
    STYTCH_API_URL: places.stytch,
    STYTCH_PROJECT_ID: projectId,
    LOGIN_URL: isB2b ? `${places.login}?organization=${LIN.organization}` : places.login,
    // A project has users or members: whoever is not of its kind keeps the Worker from starting.
    OPERATORS: [OPERATOR.clientId, isB2b ? LIN.memberId : GRACE.userId].join(),
    CLOCK_OFFSET_SECONDS: String(clockSeconds),
    ...setting.variables,
  };
  return wrangler('worker', 'wrangler.toml', places.port, folder, [
    ...secretFiles.flatMap((file) => ['--env-file', file]),
    ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
  ]);
};

/** Stytch, as far as development needs it; its webhooks go to the Worker. */
export const stytchCommand = ({ places, folder }: Setting): Command =>
  wrangler('stytch', 'emulator/wrangler.toml', places.stytchPort, folder, [
    ...['--var', `WEBHOOK_URL:${places.desk}/webhooks/stytch`],
  ]);

/** An API behind the edge. */
export const originCommand = ({ places, settings, clockSeconds }: Setting): Command => ({
  name: 'origin',
  args: [
    join(ROOT, 'demo/origin.ts'),
    ...['--port', String(places.originPort), '--jwks', `${places.desk}/.well-known/jwks.json`],
    ...['--issuer', places.desk, '--audience', settings.origin.id, `--clock=${clockSeconds}`],
    ...(settings.headerPrefix === undefined ? [] : ['--prefix', settings.headerPrefix]),
  ],
  env: {},
});

const wrangler = (
  name: string,
  config: string,
  port: number,
  folder: string,
  more: readonly string[],
): Command => ({
  name,
  args: [
    ...[WRANGLER, 'dev', '--config', join(ROOT, config), '--ip', '127.0.0.1', '--port', String(port)],
    // Any free one: the usual port would be taken by the other of the two.
    ...['--inspector-port', '0', '--show-interactive-dev-session=false'],
    ...['--persist-to', join(folder, 'state', name), ...more],
  ],
  env: {
    // Offline and without waiting for anybody: no metrics, no look-up of this machine's place, no news.
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    // The secrets' files count, and nothing of this shell's environment.
    CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true',
    CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
    CLOUDFLARE_ENV: undefined,
    // Otherwise in the user's home, shared with every other project.
    WRANGLER_REGISTRY_PATH: join(folder, 'wrangler/registry'),
    WRANGLER_LOG_PATH: join(folder, 'wrangler/logs'),
  },
});

/** Wrangler itself; its command is a Node process more that starts this one. */
const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
);
