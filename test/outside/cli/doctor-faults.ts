import { expect } from 'vitest';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import type { Fault } from '../breaking-proxy.ts';
import type { Health, Patient } from './doctor-patient.ts';

/** Changes one thing: here and now, or in what is laid down for the doctor to find. */
export type Plant = (patient: Patient) => Partial<Health> | Promise<Partial<Health>>;

/** In wrangler.toml. */
export const inDeployment =
  (from: RegExp | string, to: string) =>
  ({ well }: Patient): Partial<Health> => {
    const deployment = well.deployment.replace(from, to);
    expect(deployment).not.toBe(well.deployment);
    return { deployment };
  };

const inSettings =
  (change: string): Plant =>
  ({ well }) => ({
    settings: `${well.settings.replace('export { default }', 'import settings')}export default { ...settings, ${change} };\n`,
  });

/** In the file of secrets. */
export const withSecrets =
  (more: Readonly<Record<string, string>>) =>
  ({ well }: Patient): Partial<Health> => ({
    secrets: { ...(well.secrets as Readonly<Record<string, string>>), ...more },
  });

const atStytch =
  (path: string, body: object, method?: string): Plant =>
  async ({ emulator }) => {
    expect((await emulator(path, body, method)).status).toBe(200);
    return {};
  };

/** Between clients and the Worker. */
export const onTheWay =
  (fault: Fault): Plant =>
  ({ proxy }) => {
    proxy.break(fault);
    return {};
  };

/** What is planted, the check that must find it, what it must say, and how it is planted. */
export const FAULTS: readonly (readonly [what: string, id: string, says: RegExp, plant: Plant])[] = [
  [
    'settings that cannot be loaded',
    'CONFIG-01',
    /^latchkey\.config\.ts: cannot be loaded/,
    () => ({ settings: 'throw new Error("unfinished");\n' }),
  ],
  ['a brand that is none', 'CONFIG-02', /^brand: /, inSettings("brand: 'A'")],
  [
    'a route that lets strangers spell their way in',
    'CONFIG-03',
    /lets strangers in/,
    inSettings("routes: [...settings.routes, { path: '/**', auth: 'none' }]"),
  ],
  [
    'a clock that is moved',
    'CONFIG-05',
    /^CLOCK_OFFSET_SECONDS/,
    inDeployment('[vars]\n', '[vars]\nCLOCK_OFFSET_SECONDS = "60"\n'),
  ],
  ['a wrangler.toml that is none', 'WRANGLER-01', /^wrangler\.toml: /, inDeployment('[vars]', '[vars')],
  [
    'no Lobby',
    'WRANGLER-02',
    /^LOBBY: the class is KeyRing, not Lobby$/,
    inDeployment('class_name = "Lobby"', 'class_name = "KeyRing"'),
  ],
  ['no cron', 'WRANGLER-05', /cron/, inDeployment(/^crons = .*$/m, 'crons = []')],
  ['workers.dev', 'WRANGLER-07', /^workers_dev/, inDeployment('workers_dev = false', '')],
  [
    'Workers Cache',
    'WRANGLER-08',
    /^cache is enabled/,
    inDeployment('[vars]', '[cache]\nenabled = true\n\n[vars]'),
  ],
  [
    'a secret among the variables',
    'WRANGLER-12',
    /^EVENTS_SECRET is a variable$/,
    inDeployment('[vars]\n', `[vars]\nEVENTS_SECRET = "whsec_${'A'.repeat(32)}"\n`),
  ],
  [
    'an environment with the name of another',
    'WRANGLER-15',
    /^name latchkey-dev is in/,
    ({ well }) => ({ deployment: `${well.deployment}\n[env.copy]\nname = "latchkey-dev"\n` }),
  ],
  ['secrets that are no JSON', 'SECRET-01', /is no JSON object of texts$/, () => ({ secrets: 'nothing' })],
  ['secrets that all can read', 'SECRET-02', /may read/, () => ({ mode: 0o644 })],
  [
    'a master key that is too short',
    'SECRET-03',
    /^LATCHKEY_MASTER_KEYS\[0\]\.key/,
    withSecrets({ LATCHKEY_MASTER_KEYS: '[{"id":"a","key":"abcd"}]' }),
  ],
  [
    "a developer's master key",
    'SECRET-04',
    /^LATCHKEY_MASTER_KEYS: /,
    (patient) => {
      const { LATCHKEY_MASTER_KEYS } = freshSecrets();
      const more = { '.latchkey/secrets.env': `LATCHKEY_MASTER_KEYS='${LATCHKEY_MASTER_KEYS}'\n` };
      return { ...withSecrets({ LATCHKEY_MASTER_KEYS })(patient), more };
    },
  ],
  [
    "another environment's assertion key",
    'SECRET-05',
    /^ASSERTION_JWKS: .*secrets\.staging\.json/,
    ({ well }) => {
      const { ASSERTION_JWKS = '' } = well.secrets as Readonly<Record<string, string>>;
      return { more: { '.latchkey/secrets.staging.json': JSON.stringify({ ASSERTION_JWKS }) } };
    },
  ],
  [
    'a secret that Cloudflare has not',
    'SECRET-06',
    /^ASSERTION_JWKS is missing$/,
    ({ well }) => ({ held: well.held.filter((name) => name !== 'ASSERTION_JWKS') }),
  ],
  [
    'no secret for webhooks',
    'SECRET-07',
    /STYTCH_WEBHOOK_SECRET/,
    ({ well }) => ({ held: well.held.filter((name) => name !== 'STYTCH_WEBHOOK_SECRET') }),
  ],
  [
    'a Stytch that is not there',
    'STYTCH-01',
    /^no answer/,
    inDeployment(/^STYTCH_API_URL = .*$/m, 'STYTCH_API_URL = "http://127.0.0.1:9"'),
  ],
  [
    'a JWKS that is not served',
    'STYTCH-02',
    /status 500/,
    atStytch('faults', { endpoint: 'jwks', kind: 'status', status: 500 }),
  ],
  [
    'a secret of another project',
    'STYTCH-03',
    /^401 unauthorized_credentials$/,
    withSecrets({ STYTCH_SECRET: 'secret-test-of-another-project' }),
  ],
  [
    'no room for another client',
    'STYTCH-04',
    /too_many_m2m_clients/,
    atStytch('switches', { maximumClients: 1 }, 'PUT'),
  ],
  [
    'a token endpoint that answers nonsense',
    'STYTCH-04',
    /^no answer: unreadable/,
    atStytch('faults', { endpoint: 'token', kind: 'html', status: 200 }),
  ],
  [
    'a token of another issuer',
    'STYTCH-05',
    /^refused: ERR_JWT_CLAIM/,
    atStytch('faults', { endpoint: 'token', kind: 'wrongIssuer' }),
  ],
  [
    'a token that another key signed',
    'STYTCH-05',
    /^refused: ERR_JWS_SIGNATURE/,
    atStytch('faults', { endpoint: 'token', kind: 'foreignKey' }),
  ],
  [
    'a key that is missing in the JWKS',
    'STYTCH-02',
    /signs tokens now$/,
    atStytch('faults', { endpoint: 'token', kind: 'foreignKey', header: { kid: 'jwk-test-new' } }),
  ],
  [
    'no claims template',
    'STYTCH-06',
    /^the claim user_id is missing$/,
    atStytch('template', { template_content: '{}' }, 'PUT'),
  ],
  [
    'a template that copies something else',
    'STYTCH-06',
    /^the claim user_id is not what/,
    atStytch('template', { template_content: '{ "user_id": {{ client.trusted_metadata.made_by }} }' }, 'PUT'),
  ],
  [
    'a template that makes the owner no text',
    'STYTCH-06',
    /^the claim user_id is not what/,
    atStytch(
      'template',
      { template_content: '{ "user_id": [{{ client.trusted_metadata.user_id }}] }' },
      'PUT',
    ),
  ],
  [
    'a template that lets the caller choose whose key it is',
    'STYTCH-07',
    /^the claim user_id is what the request said$/,
    atStytch('template', { template_content: '{ "user_id": {{ request.user_id }} }' }, 'PUT'),
  ],
  [
    'an audience besides the project',
    'STYTCH-08',
    /^it is for project-test-\S+, acme$/,
    atStytch(
      'template',
      { template_content: '{ "user_id": {{ client.trusted_metadata.user_id }} }', custom_audience: 'acme' },
      'PUT',
    ),
  ],
  [
    'a client that cannot be deleted',
    'STYTCH-09',
    /^acme_test_\w{28}: no answer/,
    atStytch('faults', { endpoint: 'm2m.delete', kind: 'status', status: 500 }),
  ],
  [
    "a clock at Stytch's that is wrong",
    'STYTCH-10',
    /^Stytch's clock is \d+ s ahead of this machine's$/,
    atStytch('clock', { advanceSeconds: 90 }),
  ],
  [
    'a Worker without master keys',
    'EDGE-01',
    /503 misconfigured: LATCHKEY_MASTER_KEYS: is missing$/,
    () => ({ worker: { LATCHKEY_MASTER_KEYS: '' } }),
  ],
  [
    'a Desk that is not reached',
    'EDGE-02',
    /^http:\/\/localhost:\d+: 502/,
    onTheWay({
      instead: ({ lines }) =>
        lines.some((line) => /^host: localhost/i.test(line)) ? { status: 502, headers: [], body: '' } : null,
    }),
  ],
  [
    'a Worker with another Desk',
    'EDGE-03',
    /has the Desk at http:\/\/localhost:1$/,
    () => ({ worker: { DESK_HOST: 'localhost:1' } }),
  ],
  [
    'a Worker with another assertion key',
    'EDGE-04',
    /^another key is published as test-1$/,
    () => ({ worker: { ASSERTION_JWKS: freshSecrets().ASSERTION_JWKS } }),
  ],
  [
    'a zone that goes past the Worker',
    'EDGE-06',
    /came 200|: 200/,
    onTheWay({
      instead: ({ target }) =>
        target.startsWith('/v1/items') ? { status: 200, headers: [], body: 'served' } : null,
    }),
  ],
];
