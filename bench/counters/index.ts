import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { command } from '../../tools/command.ts';
import type { Server } from '../../tools/serve/index.ts';
import { cpuOf } from '../cpu.ts';
import { callJson } from '../http.ts';
import { written } from '../json.ts';
import { deploy, inParallel, startStytch } from '../latchkey.ts';
import { machine } from '../machine.ts';
import { startOrigin } from '../origin.ts';
import {
  asTable,
  COUNTERS_HOST,
  COUNTS,
  type Count,
  type Counted,
  LOBBIES_PATH,
  type Parts,
  perTime,
} from './count.ts';
import { type Ground, PATHS, type Path } from './paths.ts';

const HELP = `Counts what each way of a request costs: operations of KV, requests to Rings and Lobbies, rows of SQLite, alarms, calls
and tokens of Stytch, CPU. The production code is served by plain workerd, with counters where Cloudflare counts.

  npm run bench:counters
  npm run bench:counters -- [--owners 20] [--keep]

  --owners   keys that are used in turn, each of an owner of its own; the figures are means over them
  --keep     writes bench/results/counters.json, which npm run cost reads

It takes two minutes, one of which is waiting. CPU is that of the whole process, KV and Durable Objects included: more than
Cloudflare bills for a Worker.
`;

interface Options {
  readonly owners: number;
  readonly keep: boolean;
  readonly help: boolean;
}

const readOptions = (): Options | string => {
  try {
    const { values } = parseArgs({
      options: {
        owners: { type: 'string', default: '20' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const owners = Number(values.owners);
    if (!Number.isInteger(owners) || owners < 1 || owners > 1_000)
      return '--owners must be a whole number from 1 to 1000.';
    return { owners, keep: values.keep, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

/** How long what goes on in the background is waited for, in milliseconds. */
const SETTLE_MS = 500;

const countAll = async (owners: number): Promise<readonly Counted[]> => {
  const state = mkdtempSync(join(tmpdir(), 'latchkey-counters-'));
  let server: Server | null = null;
  try {
    await using stytch = await startStytch();
    using origin = await startOrigin();
    const latchkey = deploy(stytch, origin.url, state, 'bench/counters/worker.ts');
    server = await latchkey.start();
    const running = (): Server => {
      if (server === null) throw new Error('nothing is served');
      return server;
    };
    const restart = async (): Promise<void> => {
      await running().stop();
      server = await latchkey.start();
    };
    const sessions = await inParallel(1, Array(owners).fill(null), () => latchkey.signIn());
    const keys = await inParallel(4, sessions, (session) => latchkey.issueFor(running(), session));
    const tokens = await inParallel(4, keys, (key) => latchkey.exchange(key));
    const ground: Ground = { latchkey, server: running, restart, keys, sessions, tokens };
    const counted: Counted[] = [];
    const asked = { path: LOBBIES_PATH, headers: { Host: COUNTERS_HOST } };
    await callJson({ port: server.port('latchkey'), ...asked }, 200);
    for (const path of PATHS) {
      console.error(path.name);
      counted.push(await countOne(path, ground, stytch));
    }
    return counted;
  } finally {
    await server?.stop();
    rmSync(state, { recursive: true, force: true });
  }
};

const countOne = async (path: Path, ground: Ground, stytch: Server): Promise<Counted> => {
  const { name, says } = path;
  const times = path.times(ground);
  await path.before?.(ground);
  await wait(SETTLE_MS);
  await take(ground, stytch);
  const { pid } = ground.server();
  const cpuBefore = cpuOf(pid);
  for (let i = 0; i < times; i++) await path.go(ground, i);
  await wait(SETTLE_MS);
  const cpu = cpuOf(pid) - cpuBefore;
  return { name, says, times, per: perTime({ ...(await take(ground, stytch)), cpu_us: cpu }, times) };
};

/** What was counted since this was last asked. */
const take = async (ground: Ground, stytch: Server): Promise<Omit<Parts, 'cpu_us'>> => {
  const latchkeyPort = ground.server().port('latchkey');
  const counted = await callJson<Record<Count, number>>(
    { port: latchkeyPort, path: '/', headers: { Host: COUNTERS_HOST } },
    200,
  );
  const port = stytch.port('stytch');
  const { calls, tokens } = await callJson<{ calls: Record<string, number>; tokens: number }>(
    { port, path: '/_emulator/counters' },
    200,
  );
  await callJson({ port, path: '/_emulator/counters', method: 'DELETE' }, 200);
  const stytchCalls = Object.values(calls).reduce((sum, each) => sum + each, 0);
  return {
    ...(Object.fromEntries(COUNTS.map((count) => [count, counted[count]])) as Record<Count, number>),
    ...{ stytch_calls: stytchCalls, tokens },
  };
};

process.exitCode = await command(readOptions(), HELP, async ({ owners, keep }) => {
  if (process.platform !== 'linux') {
    console.error('CPU is read from /proc: the counters run on Linux only.');
    return 1;
  }
  const paths = await countAll(owners);
  if (keep) {
    const folder = join(import.meta.dirname, '..', 'results');
    mkdirSync(folder, { recursive: true });
    const result = { counted_at: new Date().toISOString(), machine: machine(), paths };
    writeFileSync(join(folder, 'counters.json'), written(result));
    console.error('kept in bench/results/counters.json');
  }
  console.log(asTable(paths));
  return 0;
});
