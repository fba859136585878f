import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOfEnded } from './cpu.ts';
import { summarize, summarizePaced } from './figures.ts';
import { judge } from './goals.ts';
import { deploy, ITEMS, startStytch } from './latchkey.ts';
import { loadAverage, machine } from './machine.ts';
import { measure, type Pace, type Sample } from './measure.ts';
import { type Origin, startOrigin } from './origin.ts';
import { expectedMinutes, PER_SECOND, turns, WARM_UP_SECONDS } from './plan.ts';
import type { Alone, Measured, Run } from './report.ts';
import type { Subject, Variant, World } from './variant.ts';
import { load } from './wrk.ts';

export interface RunOptions {
  readonly variants: readonly Variant[];
  readonly rounds: number;
  readonly seconds: number;
  readonly command: string;
  readonly tell: (line: string) => void;
}

/** A variant that stands ready. */
interface Served {
  readonly variant: Variant;
  readonly world: World;
  readonly subject: Subject;
}

/** Serves every variant, and measures each in turn, round after round: under full load, and some under a paced one. */
export const run = async (options: RunOptions): Promise<Run> => {
  const { rounds, seconds, command, tell } = options;
  const loadBefore = loadAverage();
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  await using open = new AsyncDisposableStack();
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  const origin = open.use(await startOrigin());
  const { variants, skipped } = available(options);
  tell(`${variants.length} variants, ${rounds} rounds: about ${expectedMinutes(options, variants)} minutes`);
  const served = await serveAll(variants, { seconds, tell, folder, origin }, open);
  const alone = await measureAlone(origin);
  tell(`origin alone: ${alone.rps} requests/s`);

  const full = new Map(variants.map(({ name }): [string, Sample[]] => [name, []]));
  const paced = new Map(
    variants.filter((each) => each.paced).map(({ name }): [string, Sample[]] => [name, []]),
  );
  const startedAt = performance.now();
  for (let round = 1; round <= rounds; round++) {
    for (const [samples, pace] of [
      [full, undefined],
      [paced, PER_SECOND],
    ] as const) {
      const some = served.filter(({ variant }) => samples.has(variant.name));
      for (const one of turns(some, round)) {
        const sample = await measureOne(one, pace);
        samples.get(one.variant.name)?.push(sample);
        tell(`round ${round}/${rounds} ${one.variant.name}: ${line(sample, pace)}`);
      }
    }
    const minutesOfEach = (performance.now() - startedAt) / round / 60_000;
    tell(
      `round ${round}/${rounds} is over, about ${Math.ceil(minutesOfEach * (rounds - round))} minutes to go`,
    );
  }
  return {
    date: new Date().toISOString(),
    ...{ command, rounds, seconds, per_second: PER_SECOND, machine: machine() },
    ...{ load_before: loadBefore, alone, skipped },
    goals: judge(full, paced),
    variants: variants.map(
      ({ name, says, group, base }): Measured => ({
        ...{ name, says, group, base },
        full: summarize(full, name, base),
        paced: paced.has(name) ? summarizePaced(paced, name, base) : null,
      }),
    ),
  };
};

/** Those that can be had here, and why the others cannot. */
const available = ({ variants, tell }: RunOptions) => {
  const asked = variants.map((variant) => ({ variant, missing: variant.missing?.(tell) ?? null }));
  const skipped = asked.flatMap(({ variant, missing }) =>
    missing === null ? [] : [[variant.name, missing]],
  );
  for (const [name, reason] of skipped) tell(`${name} is left out: ${reason}`);
  return {
    variants: asked.filter(({ missing }) => missing === null).map(({ variant }) => variant),
    skipped: Object.fromEntries(skipped) as Readonly<Record<string, string>>,
  };
};

interface Surroundings extends Pick<World, 'folder' | 'origin' | 'tell'> {
  readonly seconds: number;
}

const serveAll = async (
  variants: readonly Variant[],
  { seconds, tell, folder, origin }: Surroundings,
  open: AsyncDisposableStack,
): Promise<readonly Served[]> => {
  const stytch = open.use(await startStytch());
  const options = { seconds, warmUpSeconds: WARM_UP_SECONDS };
  // Each that is up waits for our end.
  process.setMaxListeners(process.getMaxListeners() + 2 * variants.length);
  const served: Served[] = [];
  for (const variant of variants) {
    const state = join(folder, variant.name);
    const latchkey = deploy(stytch, origin.url, state);
    const world: World = { origin, latchkey, state, folder, options, tell };
    served.push({ variant, world, subject: open.use(await named(variant, () => variant.open(world))) });
  }
  return served;
};

/** The same load without anything between: what client and origin can do together, and what a request costs the client. */
const measureAlone = async ({ port }: Origin): Promise<Alone> => {
  const before = cpuOfEnded();
  const { requests, micros } = await load({ port, path: ITEMS, headers: {}, seconds: WARM_UP_SECONDS });
  return {
    rps: Math.round((requests / micros) * 1_000_000),
    client_us: (cpuOfEnded() - before) / requests,
  };
};

const measureOne = ({ variant, world, subject }: Served, pace: Pace): Promise<Sample> =>
  named(variant, async () => measure(variant, await subject.round(), world, pace));

/** A failure says which variant it was. */
const named = async <T>({ name }: Variant, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
};

const line = (sample: Sample, pace: Pace): string =>
  [
    `${sample.rps.toFixed(0)} requests/s${pace === undefined ? '' : ' (paced)'}`,
    `${sample.cpu_us.toFixed(0)} µs CPU`,
    `p50 ${sample.p50_ms.toFixed(2)} ms, p99 ${sample.p99_ms.toFixed(0)} ms`,
    `client ${sample.client_cores.toFixed(2)} cores, others ${sample.foreign_cores.toFixed(2)}`,
  ].join(', ');
