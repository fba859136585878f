import { defineConfig } from 'vitest/config';

/** The unit tests that lie beside the mutated modules, without those that take seconds and notice no mutant that others miss. */
export default defineConfig({
  test: {
    include: ['model', 'gate', 'stytch', 'store'].map((room) => `test/unit/${room}/**/*.test.ts`),
    exclude: [
      'test/unit/gate/monotone.test.ts',
      'test/unit/model/{audit-chain,audit-wire,device-code,mutants}.test.ts',
      'test/unit/store/memory.test.ts',
    ],
    setupFiles: ['tools/mutate/fast-check.ts'],
  },
});
