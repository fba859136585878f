import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage } from '../../demo/stage.ts';
import type { World } from '../../demo/world.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { type Running, start } from '../../tools/dev/start.ts';

/** A Latchkey of a test's own, as `npm run dev` runs one: the Worker, Stytch's emulator and the demo origin. */
export interface OwnLatchkey {
  /** For the sign-ins and keys of `demo/world.ts`; what they tell is told to nobody. */
  readonly world: World;
  readonly logFile: string;
  /** Starts it anew over the same state, with all its clocks so many seconds ahead of time. */
  readonly restartAt: (clockSeconds: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts one with nothing in it, on free ports. */
export const startLatchkey = async (): Promise<OwnLatchkey> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-own-'));
  const port = await freePort();
  const begin = async (clockSeconds: number, fresh: boolean): Promise<Running> => {
    const options = { port, folder, fresh, clockSeconds, onWorkerLine: () => undefined };
    const started = await start(options, new AbortController().signal);
    if (started.ok) return started.running;
    rmSync(folder, { recursive: true, force: true });
    throw new Error(started.problem);
  };
  let running = await begin(0, true);
  const { places, logFile } = running;
  return {
    ...{ world: { places, stage: openStage(() => undefined) }, logFile },
    restartAt: async (clockSeconds) => {
      await running.stop();
      running = await begin(clockSeconds, false);
    },
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
