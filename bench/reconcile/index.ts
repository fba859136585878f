import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Server } from '../../tools/serve/index.ts';
import { callJson } from '../http.ts';
import { deploy, startStytch } from '../latchkey.ts';
import { machine } from '../machine.ts';
import settings from '../workers/settings.ts';

const HELP = `npm run bench:reconcile -- [--owners N]

Makes a key for each of N owners (1000 by default), starts the Worker again, so that no Ring is awake, and has all of
them reconciled. Prints what a slice of 250 clients takes here, and what 100,000 clients would.`;

/** As in src/ring/lobby/reconcile.ts. */
const PAGE = 250;
const PACE_SECONDS = 1;

const CLIENTS = 100_000;

interface Report {
  readonly status: string;
  readonly clients: number;
  readonly counts: Readonly<Record<string, number>>;
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { owners: { type: 'string', default: '1000' }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(HELP);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  await using open = new AsyncDisposableStack();
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  const stytch = open.use(await startStytch());
  const latchkey = deploy(stytch, 'http://127.0.0.1:1', folder);
  await using first = await latchkey.start();
  await latchkey.issue(first, Number(values.owners), 1);
  await first.stop();

  const server = open.use(await latchkey.start());
  const token = await operatorToken(stytch);
  const startedAt = performance.now();
  await ask(server, token, 202, { dry_run: false });
  const report = await untilDone(server, token);
  const seconds = (performance.now() - startedAt) / 1000;
  const slices = Math.ceil(report.clients / PAGE);
  const slice = (seconds - (slices - 1) * PACE_SECONDS) / slices;
  const whole = (CLIENTS / PAGE) * (slice + PACE_SECONDS);
  console.log(
    JSON.stringify({
      ...{ machine: machine(), clients: report.clients, same: report.counts.same, slices },
      ...{ seconds: round(seconds), slice_seconds: round(slice) },
      hours_for_100_000: round(whole / 3600),
    }),
  );
};

const round = (value: number): number => Math.round(value * 100) / 100;

const untilDone = async (server: Server, token: string): Promise<Report> => {
  for (;;) {
    const report = await ask(server, token, 200);
    if (report.status === 'failed') throw new Error(JSON.stringify(report));
    if (report.status === 'done') return report;
    await wait(50);
  }
};

const ask = (server: Server, token: string, status: number, body?: unknown): Promise<Report> =>
  callJson<Report>(
    {
      ...{
        port: server.port('latchkey'),
        path: '/v1/reconciliation',
        method: body === undefined ? 'GET' : 'POST',
      },
      headers: { Host: settings.hosts.desk, Authorization: `Bearer ${token}` },
      body,
    },
    status,
  );

/** A token of the operator that the settings list. */
const operatorToken = async (stytch: Server): Promise<string> => {
  const body = { kind: 'm2m', claims: { sub: settings.operators?.[0], scope: 'latchkey:admin' } };
  const wish = { port: stytch.port('stytch'), path: '/_emulator/tokens', method: 'POST', body };
  return (await callJson<{ readonly token: string }>(wish, 200)).token;
};

await main();
