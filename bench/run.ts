import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Summary, summarize } from './figures.ts';
import { deploy, ITEMS, startStytch } from './latchkey.ts';
import { loadAverage, machine } from './machine.ts';
import { measure, type Sample } from './measure.ts';
import { startOrigin } from './origin.ts';
import type { Run } from './report.ts';
import type { Subject, Variant, World } from './variant.ts';
import { load } from './wrk.ts';

const WARM_UP_SECONDS = 2;

export interface RunOptions {
  readonly variants: readonly Variant[];
  readonly rounds: number;
  readonly seconds: number;
  readonly command: string;
  readonly tell: (line: string) => void;
}

/** Serves every variant, and measures each in turn, round after round. `pass`, if it is there, is the floor. */
export const run = async ({ variants, rounds, seconds, command, tell }: RunOptions): Promise<Run> => {
  const loadBefore = loadAverage();
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  await using open = new AsyncDisposableStack();
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  const origin = open.use(await startOrigin());
  const stytch = open.use(await startStytch());
  const options = { seconds, warmUpSeconds: WARM_UP_SECONDS };
  const served: { readonly variant: Variant; readonly world: World; readonly subject: Subject }[] = [];
  for (const variant of variants) {
    const latchkey = deploy(stytch, origin.url, join(folder, variant.name));
    const world: World = { origin, latchkey, folder, options, tell };
    served.push({ variant, world, subject: open.use(await variant.open(world)) });
  }

  const direct = await load({ port: origin.port, path: ITEMS, headers: {}, seconds: WARM_UP_SECONDS });
  const originRps = (direct.requests / direct.micros) * 1_000_000;
  tell(`origin alone: ${originRps.toFixed(0)} requests/s`);

  const samples = new Map<string, Sample[]>(variants.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    // Each round begins with another one, so that none always follows the same neighbour.
    const first = (round - 1) % served.length;
    for (const { variant, world, subject } of [...served.slice(first), ...served.slice(0, first)]) {
      const sample = await named(variant, async () => measure(variant, await subject.round(), world));
      samples.get(variant.name)?.push(sample);
      tell(`round ${round}/${rounds} ${variant.name}: ${line(sample)}`);
    }
  }
  return {
    date: new Date().toISOString(),
    ...{ command, rounds, seconds },
    machine: machine(),
    load_before: loadBefore,
    origin_rps: Math.round(originRps),
    variants: summaries(samples),
  };
};

const summaries = (samples: ReadonlyMap<string, readonly Sample[]>): Readonly<Record<string, Summary>> =>
  Object.fromEntries(
    [...samples].map(([name, mine]) => [name, summarize(mine, samples.get('pass'), samples.get('contract'))]),
  );

/** A failure says which variant it was. */
const named = async <T>({ name }: Variant, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
};

const line = ({ rps, cpu_us, p50_ms, p99_ms, foreign_cores }: Sample): string =>
  `${rps.toFixed(0)} requests/s, ${cpu_us.toFixed(0)} µs CPU, p50 ${p50_ms.toFixed(2)} ms, p99 ${p99_ms.toFixed(0)} ms; others took ${foreign_cores.toFixed(2)} cores`;
