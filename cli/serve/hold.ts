import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { err, ok, type Result } from '../../src/model/refusal.ts';

/** A folder of state that is ours until we end, however we do. */
export interface Held {
  /** KV and the Durable Objects. */
  readonly objects: string;
  /** What a start writes and the next one writes anew. */
  readonly run: string;
  /** Where workerd hears the supervisor. */
  readonly socket: string;
  /** Where the pid of workerd is written, for whoever finds it without a supervisor. */
  readonly pidFile: string;
  /** When the daily work was last begun. */
  readonly daily: string;
  readonly release: () => void;
}

/** A path of a Unix socket has so many bytes (sys/un.h), and workerd cuts it without a word. */
const MAX_SOCKET_PATH = 103;

/**
 * Takes a folder, and nobody else can: two workerds over one SQLite file would spoil it. The lock is the kernel's, on an open
 * file, so that none outlives its holder, and none is left by a container whose process had our number.
 */
export const hold = async (state: string): Promise<Result<Held, string>> => {
  const run = join(state, 'run');
  const socket = join(run, 'attendant.sock');
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH)
    return err(`--state: ${state} is too long a path: a socket in it cannot be named`);
  try {
    mkdirSync(run, { recursive: true, mode: 0o700 });
    chmodSync(run, 0o700);
  } catch (error) {
    return err(`--state: ${state} cannot be written (${codeOf(error)})`);
  }
  const lock = locked(join(state, 'lock'));
  if (!lock.ok) return err(`--state: ${state} ${lock.refusal}`);
  const pidFile = join(run, 'workerd.pid');
  if (!(await isLeft(socket))) {
    lock.value.close();
    return err(
      `--state: ${state} is in use by a workerd that outlived its supervisor: process ${readPid(pidFile)}. End it.`,
    );
  }
  const paths = {
    objects: join(state, 'objects'),
    daily: join(state, 'reconciled-at'),
    run,
    socket,
    pidFile,
  };
  return ok({ ...paths, release: () => lock.value.close() });
};

const SQLITE_BUSY = 5;

const locked = (path: string): Result<DatabaseSync, string> => {
  try {
    const lock = new DatabaseSync(path);
    lock.exec('BEGIN EXCLUSIVE');
    return ok(lock);
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error;
    return err(
      error.errcode === SQLITE_BUSY
        ? 'is in use by another latchkey serve: one folder is for one server'
        : `cannot be locked: ${error.message}`,
    );
  }
};

const PATIENCE_MS = 5_000;
const PAUSE_MS = 50;

/** Waits until nobody listens at a socket any more: a workerd whose supervisor was killed is killed as well, in a moment. */
const isLeft = async (socket: string): Promise<boolean> => {
  for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
    if (!(await answers(socket))) return true;
    await wait(PAUSE_MS);
  }
  return false;
};

const answers = (path: string): Promise<boolean> =>
  new Promise((done) => {
    const client = connect({ path });
    client.once('connect', () => {
      client.destroy();
      done(true);
    });
    // Nobody made it, or whoever did is gone.
    client.once('error', () => done(false));
  });

const readPid = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    return `unknown (${codeOf(error)})`;
  }
};

const codeOf = (error: unknown): string => {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
};
