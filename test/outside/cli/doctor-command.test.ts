import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { ask } from '../../../demo/http.ts';
import { inDeployment, withSecrets } from './doctor-faults.ts';
import { type Patient, startPatient } from './doctor-patient.ts';
import { callLatchkey } from './recorder.ts';

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());
afterEach(() => patient.cure());

describe('the command', () => {
  const call = (...args: readonly string[]) =>
    callLatchkey(['doctor', ...args], { folder: patient.folder, wrangler: patient.wrangler });

  test('says a line for each finding, and beneath a bad one what is wrong and what to do', async () => {
    patient.lay(inDeployment('workers_dev = false', '')(patient));
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
    [['production'], 'everything is said by options here.'],
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
    patient.lay(withSecrets({ STYTCH_SECRET: '' })(patient));
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
  const before = await patient.clientIds();
  patient.lay();
  await patient.emulator('faults', { endpoint: 'token', kind: 'hang' });
  const child = startDoctor('--only', 'STYTCH');
  const ended = once(child, 'close');
  const isOnItsWay = async (): Promise<boolean> => {
    const { json } = await ask(`${patient.stytch}/_emulator/counters`);
    return (json as { calls: Readonly<Record<string, number>> }).calls.token === 1;
  };
  while (!(await isOnItsWay())) await new Promise((soon) => setTimeout(soon, 20));
  expect(await patient.clientIds()).toHaveLength(before.length + 1);
  child.kill(signal);
  expect(await ended).toEqual([null, signal]);
  expect(await patient.clientIds()).toEqual(before);
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
  patient.lay(inDeployment(/^STYTCH_API_URL = .*$/m, `STYTCH_API_URL = "http://127.0.0.1:${port}"`)(patient));
  const child = startDoctor('--only', 'STYTCH');
  const ended = once(child, 'close');
  await arrived.promise;
  child.kill('SIGINT');
  expect(await ended).toEqual([null, 'SIGINT']);
  server.close();
  expect(heard[0]).toBe('made');
  expect(heard.slice(heard.lastIndexOf('made'))).toEqual(['made', 'deleted']);
});
