import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Cut, type Fields, field, type Head, type Reader, readerOf } from '../../tools/wire/reader.ts';

/** One request, byte for byte. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: Fields;
  /** The header lines as they came, latin1, without their line ends. */
  readonly lines: readonly string[];
  /** Decoded if it was chunked. */
  readonly body: Buffer;
}

/** What to answer; an empty one means status 200 and the request's method, target and lines as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Fields;
  readonly body?: string | Uint8Array;
  /** Sent one by one, `chunkDelayMs` apart, with chunked encoding. */
  readonly chunks?: readonly string[];
  readonly chunkDelayMs?: number;
  /** A body of that many zero bytes, with its length. */
  readonly bodyBytes?: number;
  readonly delayMs?: number;
  /** These bytes instead of a response, then the connection is closed. */
  readonly raw?: string;
  /** `reset`: RST instead of a response. `hang`: nothing at all. `break`: RST instead of the end of the body. */
  readonly fail?: 'reset' | 'hang' | 'break';
}

/** An origin on a socket of its own. */
export interface RecordingOrigin extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Every request since the last `reset`, oldest first, also those not yet answered. */
  readonly records: () => readonly Seen[];
  /** Forgets the records and every scripted answer. */
  readonly reset: () => void;
  /** Scripts the next answers, in order, whatever the target. */
  readonly next: (...replies: readonly Reply[]) => void;
  /** Scripts the answer of one exact target, or of all the others by `*`, until `reset`. */
  readonly always: (target: string, reply: Reply) => void;
  readonly stop: () => Promise<void>;
}

/** Starts an origin that writes down the exact bytes it gets and answers as scripted. */
export const recordingOrigin = async (): Promise<RecordingOrigin> => {
  const records: Seen[] = [];
  const once: Reply[] = [];
  const standing = new Map<string, Reply>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // A client that goes away is no failure of the origin.
    socket.once('close', () => sockets.delete(socket));
    void converse(socket, (seen) => {
      records.push(seen);
      return once.shift() ?? standing.get(seen.target) ?? standing.get('*') ?? {};
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    records: () => [...records],
    reset: () => {
      records.length = once.length = 0;
      standing.clear();
    },
    next: (...replies) => void once.push(...replies),
    always: (target, reply) => void standing.set(target, reply),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

/** Answers the requests of one connection until either side ends it. */
const converse = async (socket: Socket, choose: (seen: Seen) => Reply): Promise<void> => {
  const reader = readerOf(socket);
  try {
    for (let head = await reader.head(); head !== undefined; head = await reader.head()) {
      const seen = await read(reader, head);
      if (!(await answer(socket, seen, choose(seen)))) return;
    }
    socket.end();
  } catch (error) {
    if (!(error instanceof Cut) && !(error instanceof Error && 'code' in error)) throw error;
    socket.destroy();
  }
};

const read = async (reader: Reader, { start, lines, headers }: Head): Promise<Seen> => {
  const [method = '', target = ''] = start.split(' ');
  const chunked = field(headers, 'transfer-encoding') !== undefined;
  const body = chunked
    ? await reader.chunked()
    : await reader.exactly(Number(field(headers, 'content-length') ?? 0));
  return { method, target, headers, lines, body };
};

/** Resolves to whether the connection may go on. */
const answer = async (socket: Socket, seen: Seen, reply: Reply): Promise<boolean> => {
  if (reply.delayMs !== undefined) await wait(reply.delayMs);
  if (reply.fail === 'hang') return false;
  if (reply.fail === 'reset') return reset(socket);
  if (reply.raw !== undefined) {
    socket.end(reply.raw, 'latin1');
    return false;
  }
  await write(socket, headOf(reply, seen));
  if (seen.method !== 'HEAD') await writeBody(socket, seen, reply);
  return reply.fail === 'break' ? reset(socket) : true;
};

const reset = (socket: Socket): false => {
  socket.resetAndDestroy();
  return false;
};

const headOf = (reply: Reply, seen: Seen): string => {
  const status = reply.status ?? 200;
  const fields = [...(reply.headers ?? [])];
  if (reply.chunks !== undefined) fields.push(['Transfer-Encoding', 'chunked']);
  else if (status !== 204 && status !== 304) fields.push(['Content-Length', String(lengthOf(reply, seen))]);
  return `HTTP/1.1 ${status} Scripted\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

/** A body that shall break off promises one byte more than it has. */
const lengthOf = (reply: Reply, seen: Seen): number =>
  (reply.bodyBytes ?? bytesOf(reply, seen).length) + (reply.fail === 'break' ? 1 : 0);

const bytesOf = (reply: Reply, { method, target, lines }: Seen): Buffer =>
  Buffer.from(reply.body ?? (reply.status === undefined ? JSON.stringify({ method, target, lines }) : ''));

const writeBody = async (socket: Socket, seen: Seen, reply: Reply): Promise<void> => {
  if (reply.chunks !== undefined) {
    for (const chunk of reply.chunks) {
      const bytes = Buffer.from(chunk);
      await write(
        socket,
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
      );
      if (reply.chunkDelayMs !== undefined) await wait(reply.chunkDelayMs);
    }
    if (reply.fail !== 'break') await write(socket, '0\r\n\r\n');
  } else if (reply.bodyBytes !== undefined) {
    const zeros = Buffer.alloc(65_536);
    for (let left = reply.bodyBytes; left > 0; left -= zeros.length)
      await write(socket, zeros.subarray(0, left));
  } else if (reply.status !== 204 && reply.status !== 304) await write(socket, bytesOf(reply, seen));
};

/** Writes and waits until the bytes were handed on, so that 100 MB do not pile up here. */
const write = (socket: Socket, bytes: string | Buffer): Promise<void> =>
  new Promise((done, failed) => {
    socket.write(bytes, (error) => (error ? failed(error) : done()));
  });
