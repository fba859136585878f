import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { outagesReporter } from './test/outages/reporter.ts';
import { bundle } from './tools/serve/bundle.ts';
import { freshSecrets } from './tools/serve/secrets.ts';

/** A timeout guards against a test that hangs; how fast a machine is, it does not judge. Milliseconds. */
const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // Most of a file's time is waiting for workerd to start: two at a time even where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', outagesReporter],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...PATIENCE } },
      {
        plugins: [cloudflareTest(() => workerd())],
        test: {
          name: 'workerd',
          ...PATIENCE,
          setupFiles: ['test/secrets.ts', 'test/contract.ts'],
          include: ['journeys', 'hostile', 'desk', 'conformance', 'outages'].map(
            (room) => `test/${room}/**/*.test.ts`,
          ),
        },
      },
      {
        test: {
          name: 'outside',
          include: ['test/outside/**/*.test.{ts,tsx}', 'test/emulator/**/*.test.ts'],
          globalSetup: ['test/outside/setup.ts'],
          ...PATIENCE,
        },
      },
    ],
  },
});

/** The rooms around the Worker under test: Stytch, the origin, and the internet that leads to these rooms alone. */
const workerd = async () => {
  const emulator = await emulatorVariables();
  return {
    verbose: false, // Otherwise workerd traces every error that a test provokes.
    wrangler: { configPath: './test/wrangler.toml' },
    miniflare: {
      bindings: {
        ...freshSecrets(),
        STYTCH_PROJECT_ID: emulator.PROJECT_ID ?? '',
        STYTCH_API_URL: 'https://stytch.test',
        STYTCH_SECRET: emulator.PROJECT_SECRET ?? '',
        STYTCH_WEBHOOK_SECRET: emulator.WEBHOOK_SECRET ?? '',
        // How properties are run (test/property.ts).
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('FUZZ_'))),
        // Another course of events in test/outages: npm run outages -- --seed 7
        ...(process.env.OUTAGES_SEED === undefined ? {} : { OUTAGES_SEED: process.env.OUTAGES_SEED }),
      },
      outboundService: 'internet',
      workers: [
        {
          ...auxiliary('stytch-emulator', 'emulator/worker.ts'),
          bindings: emulator,
          durableObjects: { STYTCH_PROJECT: { className: 'StytchProject', useSQLite: true } },
          outboundService: 'internet',
        },
        { ...auxiliary('recording-origin', 'test/origin.ts'), outboundService: 'internet' },
        { ...auxiliary('receiver', 'test/origin.ts'), outboundService: 'internet' },
        { ...auxiliary('github', 'test/origin.ts'), outboundService: 'internet' },
        {
          ...auxiliary('internet', 'test/internet.ts'),
          serviceBindings: {
            ...{ EMULATOR: 'stytch-emulator', ORIGIN: 'recording-origin' },
            ...{ RECEIVER: 'receiver', GITHUB: 'github' },
          },
        },
      ],
    },
  };
};

/** Read only when the project runs: it takes the whole of wrangler. */
const emulatorVariables = async () => {
  const { variablesOf } = await import('./tools/serve/variables.ts');
  return variablesOf('emulator/wrangler.toml');
};

const auxiliary = (name: string, entry: string) => ({
  name,
  modules: true as const,
  script: bundle(entry).script,
  compatibilityDate: '2026-10-01',
});
