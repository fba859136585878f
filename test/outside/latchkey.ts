import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage } from '../../demo/stage.ts';
import type { World } from '../../demo/world.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { start } from '../../tools/dev/start.ts';

/** A Latchkey of a test's own, as `npm run dev` runs one: the Worker, Stytch's emulator and the demo origin. */
export interface OwnLatchkey {
  /** For the sign-ins and keys of `demo/world.ts`; what they tell is told to nobody. */
  readonly world: World;
  readonly logFile: string;
  readonly stop: () => Promise<void>;
}

/** Starts one with nothing in it, on free ports; `variables` are the Worker's, besides those of `npm run dev`. */
export const startLatchkey = async (
  variables: Readonly<Record<string, string>> = {},
): Promise<OwnLatchkey> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-own-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const options = { port: await freePort(), folder, fresh: true, variables, onWorkerLine: () => undefined };
  const started = await start(options, new AbortController().signal);
  if (!started.ok) {
    remove();
    throw new Error(started.problem);
  }
  const { places, logFile, stop } = started.running;
  return {
    ...{ world: { places, stage: openStage(() => undefined) }, logFile },
    stop: async () => {
      await stop();
      remove();
    },
  };
};
