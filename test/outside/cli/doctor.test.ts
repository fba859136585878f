import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { CHECKS } from '../../../cli/doctor/checks/index.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { ask } from '../../../demo/http.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import type { Fault } from '../breaking-proxy.ts';
import { type Health, type Patient, startPatient } from './doctor-patient.ts';
import { callLatchkey } from './recorder.ts';

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());

const emulator = (path: string, body: object, method = 'POST') =>
  ask(`${patient.stytch}/_emulator/${path}`, { method, body });

afterEach(async () => {
  patient.proxy.break({});
  await emulator('reset', {});
});

/** All but what the probe looks at closely: it takes seconds, and none of these faults is of its. */
const AT_FIRST_SIGHT = ['CONFIG', 'WRANGLER', 'SECRET', 'STYTCH', 'EDGE'].flatMap((group) => [
  '--only',
  group,
]);

const wrongOf = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ verdict }) => verdict === 'FAIL' || verdict === 'WARN');

/** Nothing long of a secret is written, however it is quoted. */
const expectUntold = (secrets: Health['secrets'], written: string): void => {
  const text = typeof secrets === 'string' ? secrets : Object.values(secrets).join('\n');
  for (const [material] of text.matchAll(/[\w-]{20,}/g)) expect(written).not.toContain(material);
};

/** Clients that are at Stytch. */
const clientIds = async (): Promise<readonly string[]> => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const { json } = await ask(`${patient.stytch}/v1/m2m/clients/search`, {
    headers: { Authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}` },
    body: {},
  });
  return (json as { m2m_clients: readonly { client_id: string }[] }).m2m_clients.map(
    ({ client_id }) => client_id,
  );
};

test('a deployment that is right has nothing that is wrong, and is as it was', async () => {
  const before = await clientIds();
  const { code, findings, written } = await patient.examine();
  expect(wrongOf(findings)).toEqual([]);
  expect(code).toBe(0);
  const skipped = findings.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id);
  // What needs an account, another machine, TLS or a key.
  expect(skipped).toEqual([
    ...['WRANGLER-03', 'WRANGLER-09', 'WRANGLER-10', 'EDGE-05'],
    ...['headers.identity', 'headers.hop-by-hop', 'hosts.tls', 'caches.answers', 'tls.only', 'tls.strict'],
  ]);
  expect(patient.calls).toEqual([['secret', 'list', '--format', 'json', '--env', '']]);
  expect(await clientIds()).toEqual(before);
  expectUntold(patient.well.secrets, written);
});

/** What is planted, the check that must find it, what it must say, and how it is planted. */
type Planted = readonly [
  what: string,
  id: string,
  says: RegExp,
  plant: () => Partial<Health> | Promise<Partial<Health>>,
];

const inDeployment = (from: RegExp | string, to: string): Partial<Health> => {
  const deployment = patient.well.deployment.replace(from, to);
  expect(deployment).not.toBe(patient.well.deployment);
  return { deployment };
};
const inSettings = (change: string): Partial<Health> => ({
  settings: `${patient.well.settings.replace('export { default }', 'import settings')}export default { ...settings, ${change} };\n`,
});
const withSecrets = (more: Readonly<Record<string, string>>): Partial<Health> => ({
  secrets: { ...(patient.well.secrets as Readonly<Record<string, string>>), ...more },
});
const atStytch =
  (path: string, body: object, method?: string): (() => Promise<Partial<Health>>) =>
  async () => {
    expect((await emulator(path, body, method)).status).toBe(200);
    return {};
  };
const onTheWay =
  (fault: Fault): (() => Partial<Health>) =>
  () => {
    patient.proxy.break(fault);
    return {};
  };

const FAULTS: readonly Planted[] = [
  [
    'settings that cannot be loaded',
    'CONFIG-01',
    /^latchkey\.config\.ts: cannot be loaded/,
    () => ({ settings: 'throw new Error("unfinished");\n' }),
  ],
  ['a brand that is none', 'CONFIG-02', /^brand: /, () => inSettings("brand: 'A'")],
  [
    'a route that lets strangers spell their way in',
    'CONFIG-03',
    /lets strangers in/,
    () => inSettings("routes: [...settings.routes, { path: '/**', auth: 'none' }]"),
  ],
  [
    'a clock that is moved',
    'CONFIG-05',
    /^CLOCK_OFFSET_SECONDS/,
    () => inDeployment('[vars]\n', '[vars]\nCLOCK_OFFSET_SECONDS = "60"\n'),
  ],
  ['a wrangler.toml that is none', 'WRANGLER-01', /^wrangler\.toml: /, () => inDeployment('[vars]', '[vars')],
  [
    'no Lobby',
    'WRANGLER-02',
    /^LOBBY: the class is KeyRing, not Lobby$/,
    () => inDeployment('class_name = "Lobby"', 'class_name = "KeyRing"'),
  ],
  ['no cron', 'WRANGLER-05', /cron/, () => inDeployment(/^crons = .*$/m, 'crons = []')],
  ['workers.dev', 'WRANGLER-07', /^workers_dev/, () => inDeployment('workers_dev = false', '')],
  [
    'Workers Cache',
    'WRANGLER-08',
    /^cache is enabled/,
    () => inDeployment('[vars]', '[cache]\nenabled = true\n\n[vars]'),
  ],
  [
    'a secret among the variables',
    'WRANGLER-12',
    /^EVENTS_SECRET is a variable$/,
    () => inDeployment('[vars]\n', `[vars]\nEVENTS_SECRET = "whsec_${'A'.repeat(32)}"\n`),
  ],
  [
    'an environment with the name of another',
    'WRANGLER-15',
    /^name latchkey-dev is in/,
    () => ({ deployment: `${patient.well.deployment}\n[env.copy]\nname = "latchkey-dev"\n` }),
  ],
  ['secrets that are no JSON', 'SECRET-01', /is no JSON object of texts$/, () => ({ secrets: 'nothing' })],
  ['secrets that all can read', 'SECRET-02', /may read/, () => ({ mode: 0o644 })],
  [
    'a master key that is too short',
    'SECRET-03',
    /^LATCHKEY_MASTER_KEYS\[0\]\.key/,
    () => withSecrets({ LATCHKEY_MASTER_KEYS: '[{"id":"a","key":"abcd"}]' }),
  ],
  [
    "a developer's master key",
    'SECRET-04',
    /^LATCHKEY_MASTER_KEYS: /,
    () => {
      const { LATCHKEY_MASTER_KEYS } = freshSecrets();
      const more = { '.latchkey/secrets.env': `LATCHKEY_MASTER_KEYS='${LATCHKEY_MASTER_KEYS}'\n` };
      return { ...withSecrets({ LATCHKEY_MASTER_KEYS }), more };
    },
  ],
  [
    "another environment's assertion key",
    'SECRET-05',
    /^ASSERTION_JWKS: .*secrets\.staging\.json/,
    () => {
      const { ASSERTION_JWKS = '' } = patient.well.secrets as Readonly<Record<string, string>>;
      return { more: { '.latchkey/secrets.staging.json': JSON.stringify({ ASSERTION_JWKS }) } };
    },
  ],
  [
    'a secret that Cloudflare has not',
    'SECRET-06',
    /^ASSERTION_JWKS is missing$/,
    () => ({ held: patient.well.held.filter((name) => name !== 'ASSERTION_JWKS') }),
  ],
  [
    'no secret for webhooks',
    'SECRET-07',
    /STYTCH_WEBHOOK_SECRET/,
    () => ({ held: patient.well.held.filter((name) => name !== 'STYTCH_WEBHOOK_SECRET') }),
  ],
  [
    'a Stytch that is not there',
    'STYTCH-01',
    /^no answer/,
    () => inDeployment(/^STYTCH_API_URL = .*$/m, 'STYTCH_API_URL = "http://127.0.0.1:9"'),
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
    () => withSecrets({ STYTCH_SECRET: 'secret-test-of-another-project' }),
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

describe('what is wrong is found, alone, with what to do', () => {
  test.each(FAULTS)('%s: %s', async (_, id, says, plant) => {
    const change = await plant();
    const { code, findings, written } = await patient.examine({ args: AT_FIRST_SIGHT, ...change });
    const wrong = wrongOf(findings);
    expect(wrong.map((finding) => finding.id)).toEqual([id]);
    const [finding] = wrong;
    expect(finding?.details.join('\n')).toMatch(says);
    expect(finding?.advice).toMatch(/\S/);
    expect(code).toBe(finding?.verdict === 'FAIL' ? 1 : 0);
    expectUntold({ ...patient.well, ...change }.secrets, written);
  });

  test('a fault hides nothing but what depends on it, and that says so', async () => {
    const { findings } = await patient.examine({
      args: AT_FIRST_SIGHT,
      ...withSecrets({ STYTCH_SECRET: 'secret-test-of-another-project' }),
    });
    const skipped = findings.filter(({ details }) => details.includes('STYTCH-03 first'));
    expect(skipped.map(({ id }) => id)).toEqual(
      ['04', '05', '06', '07', '08', '09'].map((number) => `STYTCH-${number}`),
    );
    expect(findings.find(({ id }) => id === 'STYTCH-02')?.verdict).toBe('ok');
  });
});

describe('what the probe sees closely is found', () => {
  test.each<[what: string, id: string, plant: () => Partial<Health>]>([
    ['an origin that lets in whoever comes', 'origin.closed', () => ({ isOriginOpen: true })],
    [
      'a cache before the Gate',
      'caches.refusals',
      onTheWay({
        response: (answered, { target }) =>
          target.endsWith('.css')
            ? { ...answered, headers: [...answered.headers, ['CF-Cache-Status', 'HIT']] }
            : answered,
      }),
    ],
    [
      'a Worker that is not ready',
      'desk.ready',
      onTheWay({
        instead: ({ target }) => (target === '/readyz' ? { status: 503, headers: [], body: '' } : null),
      }),
    ],
    [
      'a path that is gone when it is looked at again',
      'PROBE-01',
      () => {
        let times = 0;
        const instead: Fault['instead'] = ({ target }) => {
          times += target === '/v1/items/1' ? 1 : 0;
          return target === '/v1/items/1' && times > 1 ? { status: 404, headers: [], body: '' } : null;
        };
        return onTheWay({ instead })();
      },
    ],
  ])('%s: %s', async (_, id, plant) => {
    const { code, findings } = await patient.examine(plant());
    expect(wrongOf(findings)).toEqual([
      expect.objectContaining({ id, verdict: 'FAIL', advice: expect.stringMatching(/\S/) }),
    ]);
    expect(code).toBe(1);
  });
});

test('where Latchkey is not the one who answers, nothing is looked at closely', async () => {
  onTheWay({ instead: () => ({ status: 200, headers: [], body: 'served' }) })();
  const { code, findings } = await patient.examine();
  expect(wrongOf(findings).map(({ id }) => id)).toEqual(['EDGE-01']);
  expect(findings.at(-1)).toMatchObject({ id: 'PROBE-01', verdict: 'skipped', details: ['EDGE-01 first'] });
  expect(code).toBe(1);
});

test('every check is seen to fail, here or in test/unit/cli/doctor', () => {
  const byUnit = [
    ...['CONFIG-04', 'CONFIG-06', 'WRANGLER-03', 'WRANGLER-04', 'WRANGLER-06', 'WRANGLER-09', 'WRANGLER-10'],
    ...['WRANGLER-11', 'WRANGLER-13', 'WRANGLER-14', 'EDGE-05'],
  ];
  expect(new Set([...FAULTS.map(([, id]) => id), ...byUnit, 'PROBE-01'])).toEqual(
    new Set(Object.keys(CHECKS)),
  );
});

describe('the command', () => {
  const call = (...args: readonly string[]) =>
    callLatchkey(['doctor', ...args], { folder: patient.folder, wrangler: patient.wrangler });

  test('says a line for each finding, and beneath a bad one what is wrong and what to do', async () => {
    patient.lay(inDeployment('workers_dev = false', ''));
    const { code, said, told } = await call('--env', '', '--only', 'WRANGLER');
    expect([code, told]).toEqual([1, '']);
    expect(said).toMatch(/^The files\n\nok {7}WRANGLER-01 +wrangler reads/);
    expect(said).toContain(
      [
        'FAIL     WRANGLER-07                  there is no other door than the hosts: no workers.dev, no previews',
        '           workers_dev is not false',
        '           → workers_dev = false and preview_urls = false, in each environment',
      ].join('\n'),
    );
    expect(said).toMatch(/\n\n11 ok, 0 to look at, 1 wrong, 3 skipped\.$/);
  });

  test('with --offline asks nobody', async () => {
    patient.lay();
    const { code, said } = await call('--env', '', '--offline', '--json');
    const findings: readonly Finding[] = JSON.parse(said).findings;
    const asked = findings.filter(({ id }) => /^(?:STYTCH|EDGE|PROBE|SECRET-06)/.test(id));
    expect(code).toBe(0);
    expect(asked).toHaveLength(18);
    expect(asked.filter(({ details }) => !details.includes('--offline'))).toEqual([]);
    const { json } = await ask(`${patient.stytch}/_emulator/counters`);
    expect(json).toMatchObject({ calls: expect.toSatisfy((calls) => Object.keys(calls).length === 0) });
  });

  test('without --env looks at production, and says where there is none', async () => {
    patient.lay();
    const { code, said } = await call('--json', '--only', 'WRANGLER-01');
    expect(code).toBe(1);
    expect(JSON.parse(said).findings).toEqual([
      expect.objectContaining({
        verdict: 'FAIL',
        details: ['wrangler.toml: has no [env.production]: there is none'],
      }),
    ]);
  });

  test.each<[args: readonly string[], why: string]>([
    [['production'], 'doctor takes no "production".'],
    [['--url', 'api.acme.com'], '--url is https://'],
    [['--nothing'], "Unknown option '--nothing'"],
    [['--key-file', '/nowhere/at/all'], 'cannot be read (ENOENT)'],
    [['--env', '', '--only', 'NOTHING'], 'There is no check NOTHING.'],
  ])('called with %j, ends with 2 and says why', async (args, why) => {
    patient.lay();
    const { code, said, told } = await call(...args);
    expect([code, said]).toEqual([2, '']);
    expect(told).toContain(why);
  });

  test("takes Stytch's secret from the environment where the file has none, and without both says so", async () => {
    patient.lay(withSecrets({ STYTCH_SECRET: '' }));
    const secretOf = async (env: Readonly<Record<string, string>>) => {
      const args = ['doctor', '--env', '', '--json', '--only', 'STYTCH-03'];
      const { said } = await callLatchkey(args, { folder: patient.folder, env });
      return JSON.parse(said).findings[0];
    };
    const secret = inject('emulatorBindings').PROJECT_SECRET ?? '';
    expect(await secretOf({ STYTCH_SECRET: secret })).toMatchObject({ verdict: 'ok' });
    expect(await secretOf({})).toMatchObject({
      ...{ verdict: 'skipped', details: [expect.stringMatching(/^there is no STYTCH_SECRET/)] },
    });
  });

  test('sends no key without TLS to another machine', async () => {
    writeFileSync(join(patient.folder, 'key'), 'a-key\n');
    const { code, told } = await call(
      '--url',
      'http://api.acme.invalid',
      '--key-file',
      join(patient.folder, 'key'),
    );
    expect([code, told]).toEqual([
      2,
      expect.stringContaining('A key goes over TLS, or to this machine, alone.'),
    ]);
  });

  test('with a key sees what only its bearer sees, and shows it nowhere', async () => {
    patient.lay();
    const key = await patient.newKey();
    writeFileSync(join(patient.folder, 'key'), `${key}\n`);
    const only = ['--only', 'headers', '--only', 'caches.answers'];
    const { code, said, told } = await call(
      '--env',
      '',
      '--json',
      ...only,
      '--key-file',
      join(patient.folder, 'key'),
    );
    const findings: readonly Finding[] = JSON.parse(said).findings;
    expect(code).toBe(0);
    expect(findings.find(({ id }) => id === 'caches.answers')?.verdict).toBe('ok');
    expect(`${said}${told}`).not.toContain(key.slice(-20));
  });
});

/** The command as an operator starts it, in his folder. */
const startDoctor = (...args: readonly string[]) => {
  const cli = resolve(import.meta.dirname, '../../../cli/index.ts');
  return spawn(process.execPath, [cli, 'doctor', '--env', '', ...args], {
    cwd: patient.folder,
    env: { ...process.env, NODE_OPTIONS: undefined, LATCHKEY_KEY: undefined, STYTCH_SECRET: undefined },
  });
};

test.each(['SIGINT', 'SIGTERM'] as const)('who ends it by %s leaves no client at Stytch', async (signal) => {
  const before = await clientIds();
  patient.lay();
  await emulator('faults', { endpoint: 'token', kind: 'hang' });
  const child = startDoctor('--only', 'STYTCH');
  const ended = once(child, 'close');
  const isOnItsWay = async (): Promise<boolean> => {
    const { json } = await ask(`${patient.stytch}/_emulator/counters`);
    return (json as { calls: Readonly<Record<string, number>> }).calls.token === 1;
  };
  while (!(await isOnItsWay())) await new Promise((soon) => setTimeout(soon, 20));
  expect(await clientIds()).toHaveLength(before.length + 1);
  child.kill(signal);
  expect(await ended).toEqual([null, signal]);
  expect(await clientIds()).toEqual(before);
});

/** A Stytch that makes clients slowly, and whether whoever asked waits or not. */
const startSlowStytch = async (heard: string[], arrived: () => void) => {
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const say = (status: number, body: object): void =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (method === 'POST' && url === '/v1/m2m/clients') {
      arrived();
      setTimeout(() => {
        heard.push('made');
        say(500, {});
      }, 300);
      return;
    }
    if (method === 'DELETE') heard.push('deleted');
    say(method === 'DELETE' ? 200 : 404, { client_id: 'any', error_type: 'm2m_client_not_found' });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, port: (server.address() as AddressInfo).port };
};

test('who ends it while the client is being made waits for that, and then deletes it', async () => {
  const heard: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const { server, port } = await startSlowStytch(heard, arrived.resolve);
  patient.lay(inDeployment(/^STYTCH_API_URL = .*$/m, `STYTCH_API_URL = "http://127.0.0.1:${port}"`));
  const child = startDoctor('--only', 'STYTCH');
  const ended = once(child, 'close');
  await arrived.promise;
  child.kill('SIGINT');
  expect(await ended).toEqual([null, 'SIGINT']);
  server.close();
  expect(heard[0]).toBe('made');
  expect(heard.slice(heard.lastIndexOf('made'))).toEqual(['made', 'deleted']);
});
