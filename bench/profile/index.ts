import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../tools/command.ts';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { cpuOf } from '../cpu.ts';
import { apiHeaders, deploy, ITEMS, latchkeyService, PUBLIC, startStytch } from '../latchkey.ts';
import { startOrigin } from '../origin.ts';
import { ensureWrk, load } from '../wrk.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { profileText, stacksOf } from './stacks.ts';

const ENTRY = 'bench/workers/latchkey.ts';
const WARM_UP_SECONDS = 4;

/** Not a divisor of anything that happens at round times. */
const SAMPLES_PER_SECOND = 1_999;

const main = async ({ credential, seconds }: Options): Promise<number> => {
  const tell = (line: string): void => console.error(line);
  ensureWrk(tell);
  if (spawnSync('perf', ['--version'], { stdio: 'ignore' }).error !== undefined) {
    tell('perf is not installed. On Debian: apt-get install -y linux-perf');
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-profile-'));
  await using open = new AsyncDisposableStack();
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  const origin = open.use(await startOrigin());
  const stytch = open.use(await startStytch());
  const latchkey = deploy(stytch, origin.url, join(folder, 'state'), ENTRY);
  // As in production, but for the names by which functions are told apart.
  const { script } = bundle(ENTRY, { minify: false, keepNames: false });
  const services = [{ ...latchkeyService(stytch, origin.url, ENTRY), script }];
  const server = open.use(await serve({ services, v8Flags: ['--perf-basic-prof'] }));
  const [key] = await latchkey.issue(server, 1, 1);
  if (key === undefined) throw new Error('no key was issued');
  const presented = { key: key.key, token: await latchkey.exchange(key), none: undefined }[credential];
  const target = {
    port: server.port('latchkey'),
    path: credential === 'none' ? PUBLIC : ITEMS,
    headers: apiHeaders(presented),
  };
  tell(`${WARM_UP_SECONDS} s of warm-up, ${seconds} s of profile`);
  await load({ ...target, seconds: WARM_UP_SECONDS });
  const data = join(folder, 'perf.data');
  const what = ['record', '-e', 'cpu-clock', '-F', String(SAMPLES_PER_SECOND), '-g', '-o', data];
  const perf = spawn('perf', [...what, '-p', String(server.pid), '--', 'sleep', String(seconds)], {
    stdio: 'ignore',
  });
  const ended = once(perf, 'exit');
  const before = cpuOf(server.pid);
  const { requests, errors } = await load({ ...target, seconds });
  const micros = (cpuOf(server.pid) - before) / requests;
  const [code] = await ended;
  if (code !== 0) throw new Error('perf could not record: it wants root, or perf_event_paranoid 1');
  if (errors.status > 0) throw new Error(`${errors.status} requests were refused`);
  const text = execFileSync('perf', ['script', '-F', 'ip,sym,symoff,dso', '-i', data], {
    encoding: 'utf8',
    maxBuffer: 4 * 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stacks = stacksOf(text);
  console.log(
    `${requests} requests, ${stacks.length} samples, ${micros.toFixed(0)} µs of CPU each, perf's included\n`,
  );
  console.log(profileText(stacks, micros));
  return 0;
};

process.exitCode = await command(readOptions(process.argv.slice(2)), HELP, main);
