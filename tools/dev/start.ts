import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import settings from '../../latchkey.config.ts';
import { type Child, makeLeash, type OnLine, startChild } from './child.ts';
import { originCommand, type Setting, stytchCommand, workerCommand } from './commands.ts';
import { type EmulatorProject, emulatorProject } from './emulator-project.ts';
import { takeLock } from './lock.ts';
import { type Places, placesFrom } from './places.ts';
import { takenPorts } from './ports.ts';
import { waitUntilReady } from './ready.ts';
import { secretFiles } from './secrets.ts';

/** What to start. */
export interface StartOptions {
  readonly port: number;
  /** Where state, secrets and the log are kept; absolute. */
  readonly folder: string;
  /** Forget what the folder has. */
  readonly fresh: boolean;
  /** How far all of them are ahead of time; default 0. */
  readonly clockSeconds?: number;
  /** Variables of the Worker besides its usual ones; default none. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Each line of the Worker, once all is ready. */
  readonly onWorkerLine: OnLine;
}

/** Latchkey, Stytch and the origin, answering. */
export interface Running {
  readonly places: Places;
  readonly vertical: 'consumer' | 'b2b';
  readonly logFile: string;
  /** What happened, when one of them ends by itself. Never rejects. */
  readonly failed: Promise<string>;
  /** Ends all of them and waits for it. */
  readonly stop: () => Promise<void>;
}

export type Started =
  | { readonly ok: true; readonly running: Running }
  | { readonly ok: false; readonly problem: string };

/**
 * Starts the three and resolves when all answer. An aborted signal ends the start, with all that was started; it
 * does nothing afterwards.
 */
export const start = async (options: StartOptions, signal: AbortSignal): Promise<Started> => {
  const { port, folder, fresh } = options;
  const taken = await takenPorts(port);
  if (taken.length > 0) {
    return {
      ok: false,
      problem: `Somebody listens already on port ${taken.join(', ')}. Choose others with --port.`,
    };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const locked = takeLock(folder, port);
  if (!locked.ok) return locked;
  if (fresh) forget(folder);
  const group = startGroup(options, await emulatorProject(), locked.lock.release);
  const ready = waitUntilReady(group.running.places, options.clockSeconds ?? 0, signal);
  const problem = await Promise.race([ready, group.running.failed, aborted(signal)]);
  if (problem === null) {
    group.announce();
    return { ok: true, running: group.running };
  }
  await group.running.stop();
  return { ok: false, problem };
};

/** Keys and the secrets that made them go together: neither is good for anything without the other. */
const forget = (folder: string): void => {
  for (const name of ['state', 'secrets.env']) rmSync(join(folder, name), { recursive: true, force: true });
};

interface Group {
  readonly running: Running;
  /** From now on the Worker's lines are told. */
  readonly announce: () => void;
}

const startGroup = (
  { port, folder, clockSeconds = 0, variables = {}, onWorkerLine }: StartOptions,
  project: EmulatorProject,
  release: () => void,
): Group => {
  const setting: Setting = {
    ...{ places: placesFrom(port), folder, settings, projectId: project.projectId, clockSeconds },
    variables,
    secretFiles: secretFiles(folder, project),
  };
  const logFile = join(folder, 'dev.log');
  const log = createWriteStream(logFile, { mode: 0o600 });
  const leash = makeLeash();
  let telling = false;
  const tell: OnLine = (line, from) => {
    if (telling) onWorkerLine(line, from);
  };
  const children: readonly Child[] = [
    startChild(stytchCommand(setting), log, leash, () => undefined),
    startChild(workerCommand(setting), log, leash, tell),
    startChild(originCommand(setting), log, leash, () => undefined),
  ];
  const stop = async (): Promise<void> => {
    telling = false;
    await Promise.all(children.map((child) => child.stop()));
    leash.release();
    log.end();
    release();
  };
  const failed = Promise.race(children.map(({ ended }) => ended));
  return {
    running: { places: setting.places, vertical: settings.stytch.vertical, logFile, failed, stop },
    announce: () => {
      telling = true;
    },
  };
};

const aborted = (signal: AbortSignal): Promise<string> =>
  new Promise((done) => {
    const end = (): void => done('Ended before it was ready.');
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
