import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Server } from '../../tools/serve/index.ts';
import { cpuOf } from '../cpu.ts';
import { callJson } from '../http.ts';
import type { Deployment, IssuedKey } from '../latchkey.ts';
import { askOf, door } from './doors.ts';
import { clientIdOf } from './fill.ts';
import type { Amounts } from './options.ts';
import { type Timing, timing } from './timing.ts';

/** How many isolates take turns in asking, each for one lease after the other. */
const ISOLATES = 200;

/** What is aimed at, and the rates at which it is tried besides, up to the first that cannot be followed. */
const RATE = 1_000;
const RATES = [250, 500, 1_500, 2_000, 3_000, 4_000] as const;

/** So much of a rate must be answered in time for the next one to be tried. */
const FOLLOWED = 0.95;

/** How many asks are made from within, to know what one costs without any way to the Ring. */
const FROM_WITHIN = 20_000;

/** What became of asks that were sent at a steady rate. */
export interface Load {
  readonly rate: number;
  readonly seconds: number;
  readonly asked: number;
  /** A second, until the last was answered. */
  readonly answeredPerSecond: number;
  /** Answered without a lease. */
  readonly refused: number;
  /** From when an ask was due, so that one that was sent late is late. */
  readonly latency: Timing;
  /** CPU of workerd for each ask: client, Worker and Ring are on one thread here. */
  readonly cpuMicros: number;
}

export interface Leases {
  readonly load: Load;
  /** The same load, and the Ring does nothing. */
  readonly way: Load;
  /** CPU of an ask, made from within. */
  readonly askMicros: number;
  readonly loads: readonly Load[];
}

/** One owner's Ring, asked by many isolates. */
export const measureLeases = async (
  latchkey: Deployment,
  { seconds, stepSeconds }: Amounts,
  tell: (line: string) => void,
): Promise<Leases> => {
  await using server = await latchkey.start();
  const user = `user-test-${randomUUID()}`;
  const headers = { Host: 'desk.bench', Authorization: `Bearer ${await latchkey.signIn(user)}` };
  const { key_id } = await callJson<IssuedKey>(
    {
      ...{ port: server.port('latchkey'), path: '/v1/keys', method: 'POST', headers },
      body: { name: 'bench', scopes: ['items:read'] },
    },
    201,
  );
  const prefix = key_id.slice(0, -11);
  await door(server, user, 'fill', { prefix, from: 0, to: 20, living: 20, scopes: ['items:read'] });
  const clientId = clientIdOf({ prefix }, 0);
  const target = { server, user, clientId };
  await send(target, 'ask', RATE, 2);
  tell(`${RATE} leases a second for ${seconds} s`);
  const load = await send(target, 'ask', RATE, seconds);
  tell('the same to a Ring that does nothing');
  const way = await send(target, 'hear', RATE, stepSeconds);
  tell(`${FROM_WITHIN} asks from within`);
  const before = cpuOf(server.pid);
  const request = askOf(clientId, 'within', 'lease', 'lease');
  await door(server, user, 'asks', { request, times: FROM_WITHIN });
  const askMicros = (cpuOf(server.pid) - before) / FROM_WITHIN;
  const loads: Load[] = [];
  for (const rate of RATES) {
    tell(`${rate} leases a second`);
    const load = await send(target, 'ask', rate, stepSeconds);
    loads.push(load);
    if (load.answeredPerSecond < FOLLOWED * rate) break;
  }
  return { load, way, askMicros, loads: [...loads, load].toSorted((one, other) => one.rate - other.rate) };
};

interface Target {
  readonly server: Server;
  readonly user: string;
  readonly clientId: string;
}

/** Sends at a steady rate, whether or not answers come, and waits for all of them. */
const send = async (
  { server, user, clientId }: Target,
  what: 'ask' | 'hear',
  rate: number,
  seconds: number,
): Promise<Load> => {
  const run = randomUUID();
  const latencies: number[] = [];
  const answers: Promise<void>[] = [];
  let refused = 0;
  const ask = async (i: number, dueAt: number): Promise<void> => {
    const request = askOf(clientId, `isolate ${i % ISOLATES}`, `${run} ${i}`, `${run} ${i - ISOLATES}`);
    const { status, units } = await door(server, user, what, request);
    if (status !== 'live' || units === 0) refused++;
    latencies.push(performance.now() - dueAt);
  };
  const asked = rate * seconds;
  const cpu = cpuOf(server.pid);
  const startedAt = performance.now();
  for (let i = 0; i < asked; i++) {
    const dueAt = startedAt + (i * 1_000) / rate;
    while (performance.now() < dueAt) await wait(1);
    answers.push(ask(i, dueAt));
  }
  await Promise.all(answers);
  const took = (performance.now() - startedAt) / 1_000;
  const cpuMicros = (cpuOf(server.pid) - cpu) / asked;
  return {
    ...{ rate, seconds, asked, refused, latency: timing(latencies), cpuMicros },
    answeredPerSecond: Math.round(asked / took),
  };
};

/** As Markdown. */
export const leasesText = ({ load, way, askMicros, loads }: Leases): string =>
  [
    '| leases a second | answered | p50 ms | p99 ms | most ms | refused | CPU µs |',
    '|---|---|---|---|---|---|---|',
    ...loads.map(
      ({ rate, answeredPerSecond, latency, refused, cpuMicros }) =>
        `| ${rate} | ${answeredPerSecond} | ${latency.median.toFixed(2)} | ${latency.p99.toFixed(1)} | ${latency.max.toFixed(0)} | ${refused} | ${cpuMicros.toFixed(0)} |`,
    ),
    `${load.rate} a second were asked for ${load.seconds} s. Of its ${load.cpuMicros.toFixed(0)} µs, ${way.cpuMicros.toFixed(0)} µs`,
    `are the way to a Ring that does nothing. An ask from within: ${askMicros.toFixed(1)} µs.`,
  ].join('\n');
