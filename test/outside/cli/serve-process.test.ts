import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { processWrangler } from '../../../cli/wrangler.ts';
import { ask, member } from '../../../demo/http.ts';
import { bundle } from '../../../tools/serve/bundle.ts';
import { selfSigned } from '../self-signed.ts';
import { callLatchkey } from './recorder.ts';
import { eventually, type Surroundings, surroundings, workerdOf } from './served.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

let around: Surroundings;
beforeAll(async () => {
  around = await surroundings();
});
beforeEach(() => around.renew());
afterAll(() => around.stop());

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('serve › the process', () => {
  test('one folder and one port are for one server, and who comes second is told', async () => {
    const first = around.start();
    await first.serving();
    const sameState = around.start({ args: ['--listen', '127.0.0.1:0'] });
    expect(await sameState.ended).toBe(1);
    expect(sameState.told()).toContain('in use by another latchkey serve');
    const samePort = around.start({ args: ['--state', join(around.folder, 'other')] });
    expect(await samePort.ended).toBe(1);
    expect(samePort.told()).toContain('somebody listens there already');
    expect((await ask(`${around.desk}/healthz`)).status).toBe(200);
  });

  test('told to end, it takes nobody more and lets the requests end that have begun', async () => {
    const served = around.start();
    await served.serving();
    around.origin.always('*', { body: 'late', delayMs: 1_000 });
    const request = ask(`${around.api}/public/1`);
    await eventually(() => around.origin.records().length).toBe(1);
    served.signal('SIGTERM');
    const answer = await request;
    expect([answer.status, answer.text]).toEqual([200, 'late']);
    expect(await served.ended).toBe(0);
    await expect(ask(`${around.desk}/healthz`)).rejects.toThrow();
  });

  test('requests that do not end are broken off when the time is over', async () => {
    const served = around.start({ args: ['--drain', '1'] });
    await served.serving();
    const workerd = workerdOf(around.state);
    around.origin.always('*', { fail: 'hang' });
    const request = ask(`${around.api}/public/1`).catch(() => 'broken off');
    await eventually(() => around.origin.records().length).toBe(1);
    served.signal('SIGTERM');
    expect(await served.ended).toBe(0);
    expect(await request).toBe('broken off');
    expect(isThere(workerd)).toBe(false);
  });

  test('when the supervisor is killed, workerd goes with it', async () => {
    const served = around.start();
    await served.serving();
    const workerd = workerdOf(around.state);
    served.signal('SIGKILL');
    await served.ended;
    await eventually(() => isThere(workerd)).toBe(false);
  });

  test('a workerd that was left alone keeps a second one off its folder', async () => {
    mkdirSync(join(around.state, 'run'), { recursive: true });
    const left = createServer().listen(join(around.state, 'run/attendant.sock'));
    writeFileSync(join(around.state, 'run/workerd.pid'), '4711\n');
    const served = around.start();
    expect(await served.ended).toBe(1);
    expect(served.told()).toContain('process 4711');
    await new Promise((closed) => left.close(closed));
  });

  test('the daily work that was missed is made up for, and is not done twice', async () => {
    mkdirSync(around.state, { recursive: true });
    writeFileSync(join(around.state, 'reconciled-at'), '2026-01-01T00:00:00Z\n');
    const served = around.start();
    await served.serving();
    await eventually(() => searches()).toBe(1);
    await eventually(() => served.log()).toContain('"event":"reconciliation"');
    expect(readFileSync(join(around.state, 'reconciled-at'), 'utf8')).not.toContain('2026-01-01');
    process.kill(workerdOf(around.state), 'SIGKILL');
    await served.serving(2);
    expect(await searches()).toBe(1);
  });
});

const searches = async (): Promise<number> =>
  Number(member((await ask(`${around.stytch}/_emulator/counters`)).json, 'calls', 'm2m.search') ?? 0);

describe('serve › --check', () => {
  const check = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    callLatchkey(
      ['serve', '--check', '--env', '', '--secrets', join(around.folder, 'secrets.json'), ...args],
      {
        ...{ folder: ROOT, env: { ...around.env, ...env } },
      },
    );

  test('says that all is well, for programs too, and starts nothing', async () => {
    expect(await check()).toMatchObject({ code: 0, said: expect.stringContaining('It can be served') });
    const { code, said } = await check(['--json']);
    expect([code, JSON.parse(said)]).toMatchObject([0, { ok: true, problems: [] }]);
  });

  test.each<readonly [string, readonly string[], Readonly<Record<string, string>>, string]>([
    ['real hosts without TLS', [], { API_HOSTS: 'api.acme.com' }, 'want TLS'],
    ['a setting that is wrong', [], { ORIGIN_URL: 'http://origin.acme.com' }, 'ORIGIN_URL: must be https'],
    [
      'a secret that is wrong',
      [],
      { LATCHKEY_MASTER_KEYS: 'hush-hush' },
      'LATCHKEY_MASTER_KEYS: is not JSON',
    ],
    ['secrets that are not there', ['--secrets', '/nowhere.json'], {}, '/nowhere.json: is not there'],
    ['a certificate that is not there', ['--tls-cert', '/no.pem', '--tls-key', '/no.pem'], {}, '--tls-cert'],
    ['an authority that is none', ['--ca', 'README.md'], {}, '--ca'],
    ['an environment that is not there', ['--env', 'moon'], {}, 'moon'],
  ])('finds %s', async (_, args, env, problem) => {
    const { code, said, told } = await check(args, env);
    expect([code, said]).toEqual([1, '']);
    expect(told).toContain(problem);
    expect(told).not.toContain('hush-hush');
  });

  test('finds certificates of others', async () => {
    const other = selfSigned(around.folder, ['elsewhere.acme.com'], 'other');
    const own = selfSigned(around.folder, ['localhost', '127.0.0.1'], 'own');
    const foreign = await check(['--tls-cert', other.certificate, '--tls-key', other.key]);
    expect(foreign).toMatchObject({
      code: 1,
      told: expect.stringContaining('is not for 127.0.0.1, localhost'),
    });
    const mixed = await check(['--tls-cert', own.certificate, '--tls-key', other.key]);
    expect(mixed).toMatchObject({ code: 1, told: expect.stringContaining('is not the key of') });
    expect(await check(['--tls-cert', own.certificate, '--tls-key', own.key])).toMatchObject({ code: 0 });
  });

  test('warns of secrets that everybody can read', async () => {
    const secrets = join(around.folder, 'open.json');
    writeFileSync(secrets, JSON.stringify(around.secrets), { mode: 0o644 });
    const open = await check(['--secrets', secrets]);
    expect(open).toMatchObject({ code: 0, told: expect.stringContaining('chmod 600') });
    expect((await check()).told).toBe('');
  });

  test('what makes no sense ends with 2', async () => {
    expect(await check(['--listen', 'everywhere'])).toMatchObject({ code: 2 });
  });
});

test('serve › what runs is what wrangler deploy uploads, byte for byte, but for the name of the source map', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-dry-run-'));
  try {
    const wrangler = processWrangler(ROOT, process.env);
    const ran = await wrangler(['deploy', '--dry-run', '--env', 'production', '--outdir', folder]);
    expect(ran.code, ran.stderr).toBe(0);
    const uploaded = readFileSync(join(folder, 'worker.js'), 'utf8');
    const comment = '\n//# sourceMappingURL=worker.js.map\n';
    expect(uploaded.endsWith(comment)).toBe(true);
    const ours = bundle(join(ROOT, 'src/worker.ts'), { minify: true, keepNames: false }).script;
    expect(ours.trimEnd() === uploaded.slice(0, -comment.length).trimEnd()).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
