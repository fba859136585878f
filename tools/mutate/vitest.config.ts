import { defineConfig } from 'vitest/config';

/**
 * The unit tests that mirror the mutated modules, without those that take seconds. Others come by these modules too, but a
 * guarantee that only they notice has no test where it belongs.
 */
export default defineConfig({
  test: {
    isolate: false,
    include: [
      'test/unit/model/*.test.ts',
      'test/unit/gate/{authorize,extract,target}.test.ts',
      'test/unit/gate/{admit/*,forward/headers}.test.ts',
      'test/unit/stytch/{sessions,token}.test.ts',
      'test/unit/store/vault.test.ts',
    ],
    exclude: ['test/unit/model/{audit-chain,audit-wire,device-code,mutants}.test.ts'],
    setupFiles: ['tools/mutate/fast-check.ts'],
    // The properties of test/property.ts: the same inputs for every mutant and in every run.
    env: { FUZZ_RUNS: '200', FUZZ_SEED: '1' },
  },
});
