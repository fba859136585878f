import fc from 'fast-check';
import { vi } from 'vitest';
import counterExamples from './counter-examples.json' with { type: 'json' };

/**
 * How the properties of SECURITY.md section 3 are run, everywhere. `npm run fuzz` sets these; in workerd, vitest.config.ts
 * hands them on.
 */
const { FUZZ_RUNS, FUZZ_SEED, FUZZ_MS } = process.env;

/** Whether somebody asked for more than the ordinary tests do. */
const isFuzzing = FUZZ_RUNS !== undefined;

/** How many inputs each property is tried on. */
export const RUNS = Number(FUZZ_RUNS ?? 1_000);

/** For other properties than the ten: as many runs as they usually have, unless somebody asks for a number. */
export const runs = (usual: number): number => (isFuzzing ? RUNS : usual);

// In a file of properties a timeout guards against a test that hangs, and judges nothing.
vi.setConfig({ testTimeout: isFuzzing ? 7 * 24 * 3_600_000 : 1_800_000 });

/** For how long a counter-example is made smaller, in milliseconds. */
const SHRINK_MS = 30_000;

/** How often `npm run fuzz` is told how far a property is, in milliseconds. */
const PROGRESS_MS = 2_000;

/** Inputs that once broke a property, by its name; each is a list of what the property is given. */
type Kept = Readonly<Record<string, readonly (readonly unknown[])[]>>;

const KEPT: Kept = counterExamples;

/** The runs that a property gets: what broke it once, and then what is new. */
export const parametersOf = <T>(name: string, kept: Kept = KEPT): fc.Parameters<T> => {
  const examples = (kept[name] ?? []) as unknown as T[];
  return {
    numRuns: RUNS + examples.length,
    examples,
    ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
    ...(FUZZ_MS === undefined ? {} : { interruptAfterTimeLimit: Number(FUZZ_MS) }),
  };
};

/** What a failure says to `npm run fuzz`, besides its message. */
export interface Broken {
  readonly name: string;
  readonly seed: number;
  readonly path: string | null;
  readonly runs: number;
  /** Null if JSON cannot hold it. */
  readonly counterExample: readonly unknown[] | null;
}

/** Says something of a test while it runs, as the context of a test of vitest's does. */
type Annotate = (message: string, type: string) => unknown;

/** What each of the ten is told by. */
export const PROGRESS = 'fuzz';

/** Fails unless a property holds of what broke it once and of many more inputs. */
export const holds = async <T>(
  name: string,
  property: fc.IRawProperty<T>,
  annotate: Annotate = () => undefined,
  kept: Kept = KEPT,
): Promise<void> => {
  const told = isFuzzing ? annotate : () => undefined;
  const details = await fc.check(watched(property, told), parametersOf<T>(name, kept));
  await told(String(details.numRuns), PROGRESS);
  if (!details.failed) return;
  const { seed, counterexamplePath: path, numRuns, counterexample, errorInstance } = details;
  const broken: Broken = { name, seed, path, runs: numRuns, counterExample: asJson(counterexample) };
  const said = await fc.asyncDefaultReportMessage(details as fc.RunDetails<T>);
  const paste = `To keep it: test/counter-examples.json, "${name}": [${JSON.stringify(broken.counterExample)}]`;
  throw Object.assign(new Error(`${said}\n\n${paste}`, { cause: errorInstance }), { broken });
};

/** The same property, which tells how often it was run, and lets itself be made smaller for so long only. */
const watched = <T>(property: fc.IRawProperty<T>, annotate: Annotate): fc.IRawProperty<T> => {
  let runs = 0;
  let toldAt = performance.now();
  let failedAt: number | null = null;
  const run = async (value: T) => {
    if (failedAt !== null && performance.now() - failedAt > SHRINK_MS) return null;
    runs += 1;
    if (performance.now() - toldAt > PROGRESS_MS) {
      toldAt = performance.now();
      await annotate(String(runs), PROGRESS);
    }
    const failure = await property.run(value);
    if (failure !== null && 'error' in failure) failedAt ??= performance.now();
    return failure;
  };
  return {
    isAsync: () => true,
    generate: (random, runId) => property.generate(random, runId),
    shrink: (value) => property.shrink(value),
    runBeforeEach: async () => property.runBeforeEach(),
    runAfterEach: async () => property.runAfterEach(),
    run,
  };
};

/** The inputs, if they are the same after they were written down. */
const asJson = (inputs: unknown): readonly unknown[] | null => {
  const text = JSON.stringify(inputs);
  return Array.isArray(inputs) && fc.stringify(JSON.parse(text)) === fc.stringify(inputs) ? inputs : null;
};
