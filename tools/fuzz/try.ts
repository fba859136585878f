import { resolve } from 'node:path';
import { type Reporter, startVitest, type TestCase } from 'vitest/node';
import type { Broken } from '../../test/property.ts';
import { ROOT } from '../check/project.ts';
import { namePattern, type Place } from './find.ts';

/** What test/property.ts calls its annotations. */
const PROGRESS: typeof import('../../test/property.ts').PROGRESS = 'fuzz';

/** What one test of a property came to. */
export interface Tried {
  readonly property: number;
  readonly test: string;
  readonly runs: number;
  readonly seconds: number;
  /** Null where it held. */
  readonly problem: string | null;
  /** The input that broke it; null where it held, or something else went wrong. */
  readonly broken: Broken | null;
}

/** Tries one property in every place that has it, and says how far it is. */
export const tryProperty = async (
  property: number,
  places: readonly Place[],
  say: (line: string) => void,
): Promise<readonly Tried[]> => {
  const tried: Tried[] = [];
  const strays: string[] = [];
  const runs = new Map<string, number>();
  const reporter: Reporter = {
    onTestCaseAnnotate: (test, { type, message }) => {
      if (type !== PROGRESS) return;
      runs.set(test.id, Number(message));
      say(`property ${property}: ${message} runs, ${seconds(test.diagnostic()?.duration)}${test.name}`);
    },
    onTestCaseResult: (test) => {
      const one = triedBy(property, test, runs.get(test.id) ?? 0);
      // What is tried on no random input is for the ordinary tests.
      if (test.result().state !== 'skipped' && (one.runs > 0 || one.problem !== null)) tried.push(one);
    },
    onTestRunEnd: (modules, errors) => {
      for (const { message } of [...errors, ...modules.flatMap((module) => module.errors())])
        strays.push(message);
    },
  };
  const vitest = await startVitest(
    places.map(({ file }) => resolve(ROOT, file)),
    {
      ...{ root: ROOT, run: true, watch: false, reporters: [reporter] },
      project: [...new Set(places.map(({ project }) => project))],
      testNamePattern: namePattern(property).source,
    },
  );
  await vitest.close();
  const nothing = tried.length === 0 ? ['no test was run'] : [];
  const others = [...strays, ...nothing].map(
    (problem): Tried => ({
      ...{ property, test: 'the tests could not be run', runs: 0, seconds: 0, problem, broken: null },
    }),
  );
  return [...tried, ...others];
};

const triedBy = (property: number, test: TestCase, runs: number): Tried => {
  const result = test.result();
  const [error] = result.errors ?? [];
  const broken = (error as { readonly broken?: Broken } | undefined)?.broken ?? null;
  return {
    ...{ property, test: test.fullName, runs: broken?.runs ?? runs, broken },
    seconds: (test.diagnostic()?.duration ?? 0) / 1000,
    problem: result.state === 'failed' ? (error?.message ?? 'failed') : null,
  };
};

const seconds = (ms: number | undefined): string => (ms ? `${Math.round(ms / 1000)} s, ` : '');
