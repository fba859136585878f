import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Conversation, conversation } from '../socket.ts';
import { APACHE } from './apache.ts';
import { NGINX } from './nginx.ts';
import { NODE } from './node.ts';
import { type Origin, type Programs, type Reading, readingOf } from './origin.ts';
import { PHP } from './php.ts';
import { startPrograms } from './programs.ts';
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
      ? await startAll(origin.name, origin.runs.programs, folder)
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

/** The same with ports that are free now, and a folder of its own. */
export const startAll = async (name: string, programs: Programs, folder: string): Promise<Started> => {
  const ports = [await freePort(), await freePort()] as const;
  const [port, behind] = ports;
  const { end } = await startPrograms(name, programs(join(folder, `${port}`), port, behind), ports);
  return { port, end };
};
