import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Server } from '../../tools/serve/index.ts';
import { type Call, call, callJson } from '../http.ts';
import { apiHeaders, type Deployment, deploy, type IssuedKey, startStytch } from '../latchkey.ts';
import { loadAverage } from '../machine.ts';
import { startOrigin } from '../origin.ts';

const HELP = `What an owner's keys and their past cost: listing and admission with 10, 100 and 1,000 keys, each used in every hour
of 90 days. All owners are in one workerd, asked in turns.

  npm run bench:growth
  npm run bench:growth -- [--rounds 200]

Prints medians in milliseconds and the size of the Ring's database. Fails when listing a page, or an admission that asks
the Ring, takes more than twice as long for the largest owner as for the smallest.
`;

const SIZES = [10, 100, 1_000] as const;
const DAYS = 90;
/** What the machine's noise may make of one and the same. */
const FLAT = 2;

interface Grown {
  readonly size: number;
  readonly bytes: number;
  readonly key: IssuedKey;
  readonly session: string;
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '200' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const state = mkdtempSync(join(tmpdir(), 'latchkey-growth-'));
  try {
    await using stytch = await startStytch();
    using origin = await startOrigin();
    const latchkey = deploy(stytch, origin.url, state, 'bench/growth/worker.ts');
    await using server = await latchkey.start();
    const grown: Grown[] = [];
    for (const size of SIZES) grown.push(await grow(latchkey, server, size));
    return report(grown, await measure(server, grown, Number(values.rounds)));
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
};

const grow = async (latchkey: Deployment, server: Server, size: number): Promise<Grown> => {
  const session = await latchkey.signIn();
  const port = server.port('latchkey');
  const headers = deskHeaders(session);
  const body = { name: 'bench', scopes: ['items:read'] };
  const key = await callJson<IssuedKey>({ port, path: '/v1/keys', method: 'POST', headers, body }, 201);
  const owner = JSON.parse(atob(session.split('.')[1] ?? '')).sub as string;
  const past = { owner, keys: size, days: DAYS };
  const { bytes } = await callJson<{ bytes: number }>(
    { port, path: '/grow', method: 'POST', headers: { Host: 'grow' }, body: past },
    200,
  );
  return { size, bytes, key, session };
};

const deskHeaders = (session: string) => ({ Host: 'desk.bench', Authorization: `Bearer ${session}` });

/** What is asked of each owner. */
const ASKED: Readonly<Record<string, (grown: Grown) => Omit<Call, 'port'>>> = {
  'list a page of 100': ({ session }) => ({ path: '/v1/keys', headers: deskHeaders(session) }),
  'show a key': ({ session, key }) => ({ path: `/v1/keys/${key.key_id}`, headers: deskHeaders(session) }),
  'admission, Ring asked': ({ key }) => ({ path: '/strict/1', headers: apiHeaders(key.key) }),
  'admission, warm': ({ key }) => ({ path: '/v1/items/1', headers: apiHeaders(key.key) }),
  'usage of a key, 90 days': ({ session, key }) => ({
    path: `/v1/keys/${key.key_id}/usage?by=day&from=${daysAgo(89)}`,
    headers: deskHeaders(session),
  }),
  'usage of all, 90 days': ({ session }) => ({
    path: `/v1/usage?by=day&from=${daysAgo(89)}`,
    headers: deskHeaders(session),
  }),
};

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

/** Of each thing, the median for each owner in milliseconds. Owners take turns, so that noise falls on all alike. */
const measure = async (server: Server, grown: readonly Grown[], rounds: number) => {
  const port = server.port('latchkey');
  const results: [string, readonly number[]][] = [];
  for (const [name, asked] of Object.entries(ASKED)) {
    const times = grown.map((): number[] => []);
    for (let round = -5; round < (name.startsWith('usage') ? rounds / 20 : rounds); round++) {
      for (const [i, each] of grown.entries()) {
        const startedAt = performance.now();
        const answer = await call({ port, ...asked(each) });
        if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
        if (round >= 0) times[i]?.push(performance.now() - startedAt);
      }
    }
    results.push([name, times.map(median)]);
  }
  return results;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const report = (
  grown: readonly Grown[],
  results: readonly (readonly [string, readonly number[]])[],
): number => {
  console.log(`| ms, median | ${grown.map(({ size }) => `${size} keys`).join(' | ')} |`);
  console.log(`|---|${grown.map(() => '---').join('|')}|`);
  for (const [name, medians] of results)
    console.log(`| ${name} | ${medians.map((each) => each.toFixed(2)).join(' | ')} |`);
  console.log(
    `| database | ${grown.map(({ bytes }) => `${(bytes / 2 ** 20).toFixed(1)} MiB`).join(' | ')} |`,
  );
  console.log(`load average ${loadAverage().toFixed(2)}`);
  const steep = results
    .filter(([name]) => name.startsWith('admission') || name.startsWith('show'))
    .filter(([, medians]) => (medians.at(-1) ?? 0) > FLAT * (medians[0] ?? 0));
  for (const [name] of steep) console.log(`not flat: ${name}`);
  return steep.length === 0 ? 0 : 1;
};

process.exitCode = await main();
