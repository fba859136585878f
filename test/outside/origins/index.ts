import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Conversation, conversation } from '../socket.ts';
import { APACHE } from './apache.ts';
import { NGINX } from './nginx.ts';
import { NODE } from './node.ts';
import { type Origin, type Programs, type Reading, readingOf } from './origin.ts';
import { PHP } from './php.ts';
import { WSGI } from './wsgi.ts';

export type { Reading } from './origin.ts';

/** A web server as people run it, between a socket and handlers that tell what they were given. */
export interface RealOrigin extends Origin {
  /** Sends these bytes and tells how they were read; null when they were refused. */
  readonly read: (bytes: string) => Promise<Reading | null>;
}

export interface RealOrigins {
  readonly all: readonly RealOrigin[];
  readonly stop: () => Promise<void>;
}

/** Starts them all, each on a port of its own, with nothing but their defaults and a folder that goes with them. */
export const startRealOrigins = async (): Promise<RealOrigins> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-origins-'));
  chmodSync(folder, 0o755); // Apache's children are nobody.
  const started = await Promise.allSettled(
    [...NGINX, ...APACHE, ...PHP, ...WSGI, ...NODE].map((origin) => start(origin, folder)),
  );
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(running.map(({ end }) => end()));
    rmSync(folder, { recursive: true, force: true });
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed === undefined) return { all: running, stop };
  await stop();
  throw failed.reason;
};

interface Running extends RealOrigin {
  readonly end: () => Promise<void>;
}

const start = async (origin: Origin, folder: string): Promise<Running> => {
  const { port, end } =
    'programs' in origin.runs
      ? await startPrograms(origin.name, origin.runs.programs, folder)
      : await listen(createServer({ maxHeaderSize: 131_072 }, origin.runs.listener));
  const { say, hangUp } = conversation(port);
  return {
    ...origin,
    read: (bytes) => ask(say, bytes, origin.path),
    end: async () => {
      hangUp();
      await end();
    },
  };
};

const ask = async (
  say: Conversation['say'],
  bytes: string,
  path: Origin['path'],
): Promise<Reading | null> => {
  const response = await say(bytes);
  return response?.status === 200 ? readingOf(response.body.toString('latin1'), path) : null;
};

/** Programs that run, and how to end them. */
export interface Started {
  readonly port: number;
  readonly end: () => Promise<void>;
}

const listen = async (server: ReturnType<typeof createServer>): Promise<Started> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    end: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

/** Starts programs one by one, each when the one before it listens. */
export const startPrograms = async (name: string, programs: Programs, folder: string): Promise<Started> => {
  const [port, behind] = [await freePort(), await freePort()];
  const children: ChildProcess[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(children.map(ended));
  };
  try {
    for (const [i, [program, ...args]] of programs(join(folder, `${port}`), port, behind).entries()) {
      // In a group of its own: when Apache ends, it ends its whole group.
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
      children.push(child);
      await listening(name, i === 0 ? port : behind, child);
    }
    return { port, end };
  } catch (error) {
    await end();
    throw error;
  }
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exit;
};

const START_MS = 20_000;

const listening = async (name: string, port: number, child: ChildProcess): Promise<void> => {
  let complaint = '';
  child.stderr?.on('data', (piece: Buffer) => {
    complaint = `${complaint}${piece}`.slice(-2_000);
  });
  for (const endsAt = performance.now() + START_MS; performance.now() < endsAt; await wait(20)) {
    if (child.exitCode !== null) break;
    if (await answers(port)) return;
  }
  throw new Error(`${name} does not start: ${complaint}`);
};

const answers = (port: number): Promise<boolean> =>
  new Promise((told) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      told(true);
    });
    socket.on('error', () => told(false));
  });
