import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A mutant is dead with the first test that fails: the short files first, the long ones with properties last. vitest wants a class. */
class SmallestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => sizeOf(one) - sizeOf(other));
  }
}

const sizeOf = ({ moduleId }: TestSpecification): number => statSync(moduleId).size;

/**
 * The unit tests that mirror the mutated modules, without those that take seconds. Others come by these modules too, but a
 * guarantee that only they notice has no test where it belongs.
 */
export default defineConfig({
  test: {
    // A worker for each file would cost more than most tests.
    isolate: false,
    sequence: { sequencer: SmallestFirst },
    include: [
      'test/unit/model/*.test.ts',
      'test/unit/gate/{authorize,extract,target}.test.ts',
      'test/unit/gate/forward/headers.test.ts',
      'test/unit/stytch/{sessions,token}.test.ts',
      'test/unit/store/vault.test.ts',
    ],
    exclude: ['test/unit/model/{audit-chain,audit-wire,device-code,mutants}.test.ts'],
    // Stryker watches over tests that hang. One that is slow because the machine is busy must not look like one that fails.
    testTimeout: 600_000,
    setupFiles: ['tools/mutate/fast-check.ts'],
    // The properties of test/property.ts: the same inputs for every mutant and in every run.
    env: { FUZZ_RUNS: '200', FUZZ_SEED: '1' },
  },
});
