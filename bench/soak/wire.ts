import { connect, type Socket } from 'node:net';

/** An answer as it came over a connection that goes on. */
export interface Reply {
  readonly status: number;
  /** The first field of that name, given in lower case; null for none. */
  readonly field: (name: string) => string | null;
  readonly body: Buffer;
}

/** A connection that is kept alive: one request at a time, so that an answer can only be to the one before it. */
export interface Connection {
  readonly send: (bytes: string | readonly Uint8Array[], isHead: boolean) => Promise<Reply>;
  readonly close: () => void;
}

/** Longer than anything that is waited for in Latchkey. */
const PATIENCE_MS = 60_000;

const HEAD_END = Buffer.from('\r\n\r\n');

interface Waiting {
  readonly isHead: boolean;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Opens a connection at the first request, and again after it was closed. */
export const openConnection = (port: number): Connection => {
  let socket: Socket | null = null;
  let waiting: Waiting | null = null;
  let held: Buffer = Buffer.alloc(0);

  const fail = (error: Error): void => {
    const failed = waiting;
    waiting = null;
    socket?.destroy();
    socket = null;
    held = Buffer.alloc(0);
    failed?.reject(error);
  };

  const open = (): Socket => {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true });
    opened.setTimeout(PATIENCE_MS, () => {
      if (opened === socket && waiting !== null) fail(new Error(`no answer within ${PATIENCE_MS} ms`));
    });
    opened.on('data', (bytes) => {
      if (opened !== socket) return;
      if (waiting === null) return fail(new Error('bytes that nobody asked for'));
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const read = readReply(held, waiting.isHead);
      if (read === null) return;
      const { resolve } = waiting;
      if (read.end < held.length) return fail(new Error('more bytes than the answer has'));
      waiting = null;
      held = Buffer.alloc(0);
      if (read.reply.field('connection')?.toLowerCase() === 'close') {
        opened.destroy();
        socket = null;
      }
      resolve(read.reply);
    });
    opened.on('error', (error) => {
      if (opened === socket) fail(error);
    });
    opened.on('close', () => {
      if (opened === socket) fail(new Error('the connection was closed before the answer was whole'));
    });
    return opened;
  };

  return {
    send: (bytes, isHead) =>
      new Promise((resolve, reject) => {
        waiting = { isHead, resolve, reject };
        socket ??= open();
        if (typeof bytes === 'string') socket.write(bytes, 'latin1');
        else for (const piece of bytes) socket.write(piece);
      }),
    close: () => {
      const open = socket;
      socket = null;
      open?.destroy();
      waiting?.reject(new Error('closed by us'));
      waiting = null;
    },
  };
};

/** The answer at the beginning of what came, and where it ends; null while it is not whole (RFC 9112 §6.3). */
const readReply = (
  bytes: Buffer,
  isHead: boolean,
): { readonly reply: Reply; readonly end: number } | null => {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd + 2);
  const lower = head.toLowerCase();
  const status = Number(head.slice(9, 12));
  const field = (name: string): string | null => {
    const at = lower.indexOf(`\r\n${name}:`);
    if (at < 0) return null;
    const start = at + name.length + 3;
    return head.slice(start, head.indexOf('\r\n', start)).trim();
  };
  const start = headEnd + HEAD_END.length;
  const reply = (body: Buffer, end: number) => ({ reply: { status, field, body }, end });
  if (isHead || status === 204 || status === 304) return reply(Buffer.alloc(0), start);
  if (field('transfer-encoding')?.toLowerCase() === 'chunked') {
    const read = readChunks(bytes, start);
    return read === null ? null : reply(read.body, read.end);
  }
  const length = Number(field('content-length') ?? 0);
  return bytes.length < start + length ? null : reply(bytes.subarray(start, start + length), start + length);
};

/** RFC 9112 §7.1. */
const readChunks = (bytes: Buffer, from: number): { readonly body: Buffer; readonly end: number } | null => {
  const pieces: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return null;
    if (size === 0)
      return {
        body: pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces),
        end: start + 2,
      };
    pieces.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
};
