import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { ROOT } from '../check/project.ts';
import type { Report } from './mutants.ts';

/** Where all that Stryker writes goes; git ignores it. */
const FOLDER = 'dist/mutate';

type Options = NonNullable<ConstructorParameters<typeof Stryker>[0]>;

/** Mutates these files and writes the reports of it. Throws when the tests fail without any mutant. */
export const mutate = async (files: readonly string[], concurrency: number): Promise<void> => {
  process.chdir(ROOT);
  await new Stryker({
    ...{ mutate: [...files], concurrency, coverageAnalysis: 'perTest' },
    ...{ testRunner: 'vitest', plugins: ['@stryker-mutator/vitest-runner'] },
    vitest: { configFile: 'tools/mutate/vitest.config.ts' },
    ...{
      reporters: ['progress-append-only', 'html', 'json'],
      logLevel: 'error' as NonNullable<Options['logLevel']>,
    },
    ...{ tempDirName: `${FOLDER}/sandbox`, ignorePatterns: ['dist', '.wrangler', '.latchkey'] },
    htmlReporter: { fileName: `${FOLDER}/mutation.html` },
    jsonReporter: { fileName: `${FOLDER}/mutation.json` },
    // Stryker would rewrite the paths of one, with the compiler's JavaScript API, which TypeScript 7 does not have.
    tsconfigFile: 'none',
    // A test that is slow because the machine is busy must not look like one that never ends.
    ...{ timeoutMS: 10_000, timeoutFactor: 2 },
    warnings: false,
  }).runMutationTest();
};

/** The report of the last run. Throws where there was none. */
export const lastReport = (): Report =>
  JSON.parse(readFileSync(resolve(ROOT, FOLDER, 'mutation.json'), 'utf8')) as Report;
