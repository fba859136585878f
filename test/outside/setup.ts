import type { TestProject } from 'vitest/node';
import { bundle } from '../../tools/serve/bundle.ts';
import { variablesOf } from '../../tools/serve/variables.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Workers as one ES module each, for `serve`: `inject('bundles').worker`. */
    readonly bundles: {
      readonly worker: string;
      /** The Worker with the settings of the tests. */
      readonly underTest: string;
      readonly emulator: string;
    };
    /** The `bindings` with which to serve the emulator: those of its wrangler.toml. */
    readonly emulatorBindings: Readonly<Record<string, string>>;
  }
}

/** Bundles the production Worker and the emulator once for every test of `outside`. */
export default (project: TestProject): void => {
  project.provide('bundles', {
    worker: script('src/worker.ts'),
    underTest: script('test/worker.ts'),
    emulator: script('emulator/worker.ts'),
  });
  project.provide('emulatorBindings', variablesOf('emulator/wrangler.toml'));
};

/** A Worker that cannot be built fails the tests that serve it, with the reason, and no others. */
const script = (entry: string): string => {
  try {
    return bundle(entry).script;
  } catch (error) {
    return `throw new Error(${JSON.stringify(`${entry} cannot be bundled: ${error}`)})`;
  }
};
