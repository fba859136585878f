import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, inject } from 'vitest';
import { ask } from '../../../demo/http.ts';
import { OPERATOR } from '../../../tools/dev/emulator-project.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Server, serve } from '../../../tools/serve/index.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { stytchEmulator } from '../edge.ts';
import { type RecordingOrigin, recordingOrigin } from '../recording-origin.ts';

/** Looks until it is so: how fast a machine is, no test judges. */
export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 60_000 });

const ROOT = resolve(import.meta.dirname, '../../..');

/** Whom a server of one's own has around it, and what it is told. */
export interface Surroundings {
  readonly stytch: string;
  readonly origin: RecordingOrigin;
  readonly port: number;
  readonly api: string;
  readonly desk: string;
  /** An empty folder, gone at the end. */
  readonly folder: string;
  readonly state: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** The settings, as variables; no secret is among them. */
  readonly env: Readonly<Record<string, string>>;
  /** `latchkey serve`, with arguments and variables besides its usual ones. */
  readonly start: (more?: Partial<Pick<Told, 'args' | 'env'>>) => Served;
  /** Ends all servers, and forgets all that was: for the next test. */
  readonly renew: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Told {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A `latchkey serve` in a process of its own, as systemd would run it. */
export interface Served {
  readonly pid: number;
  /** What it wrote so far: the log, and what it has to say itself. */
  readonly log: () => string;
  readonly told: () => string;
  /** Resolves when it says that it serves, for the n-th time; rejects when it ends before. */
  readonly serving: (times?: number) => Promise<void>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly signal: (signal: NodeJS.Signals) => void;
}

/** Starts Stytch's emulator and an origin. */
export const surroundings = async (): Promise<Surroundings> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-served-'));
  const [emulator, origin, port] = [await serveStytch(), await recordingOrigin(), await freePort()];
  const stytch = `http://127.0.0.1:${emulator.port('stytch')}`;
  const secrets = { ...freshSecrets(), STYTCH_SECRET: inject('emulatorBindings').PROJECT_SECRET ?? '' };
  const secretsFile = join(folder, 'secrets.json');
  writeFileSync(secretsFile, JSON.stringify(secrets), { mode: 0o600 });
  const env = {
    ...{ API_HOSTS: `127.0.0.1:${port}`, DESK_HOST: `localhost:${port}`, ORIGIN_URL: origin.url },
    ...{ STYTCH_PROJECT_ID: inject('emulatorBindings').PROJECT_ID ?? '', STYTCH_API_URL: stytch },
    OPERATORS: OPERATOR.clientId,
  };
  const state = join(folder, 'state');
  const usual = ['--env', '', '--listen', `127.0.0.1:${port}`, '--state', state, '--secrets', secretsFile];
  const started: Served[] = [];
  const endServers = async (): Promise<void> => {
    for (const { signal } of started) signal('SIGKILL');
    await Promise.all(started.splice(0).map(({ ended }) => ended));
  };
  return {
    ...{ stytch, origin, port, folder, state, secrets, env },
    ...{ api: `http://127.0.0.1:${port}`, desk: `http://localhost:${port}` },
    start: ({ args = [], env: more = {} } = {}) => {
      const served = startServed({ args: [...usual, ...args], env: { ...env, ...more } });
      started.push(served);
      return served;
    },
    renew: async () => {
      await endServers();
      rmSync(state, { recursive: true, force: true, ...REPEATEDLY });
      origin.reset();
      await ask(`${stytch}/_emulator/reset`, { body: {} });
    },
    stop: async () => {
      await endServers();
      await Promise.all([emulator.stop(), origin.stop()]);
      rmSync(folder, { recursive: true, force: true, ...REPEATEDLY });
    },
  };
};

/** A workerd whose supervisor was killed has a moment left in which it may write. */
const REPEATEDLY = { maxRetries: 10, retryDelay: 100 } as const;

const serveStytch = (): Promise<Server> => serve({ services: [stytchEmulator()] });

/** The process of workerd, as it is written down for whoever looks for it. */
export const workerdOf = (state: string): number =>
  Number(readFileSync(join(state, 'run/workerd.pid'), 'utf8'));

const startServed = ({ args, env }: Told): Served => {
  const child = spawn(process.execPath, [join(ROOT, 'cli/index.ts'), 'serve', ...args], {
    ...{ cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] as const },
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  const [log, told]: [string[], string[]] = [[], []];
  child.stdout.on('data', (piece) => log.push(String(piece)));
  child.stderr.on('data', (piece) => told.push(String(piece)));
  const ended = new Promise<number | string>((done) =>
    child.once('exit', (code, signal) => done(signal ?? code ?? -1)),
  );
  const timesServed = (): number => told.join('').split('Latchkey serves').length - 1;
  const serving = (times = 1): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (timesServed() >= times) done();
      };
      child.stderr.on('data', look);
      look();
      void ended.then((how) => fail(new Error(`it ended (${how}): ${told.join('')}`)));
    });
  return {
    ...{ pid: child.pid ?? -1, log: () => log.join(''), told: () => told.join(''), serving, ended },
    signal: (signal) => void child.kill(signal),
  };
};
