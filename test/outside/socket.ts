import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Cut, type Reader, readerOf } from '../../tools/wire/reader.ts';
import { type RawResponse, readResponse } from '../../tools/wire/response.ts';

export type { RawResponse } from '../../tools/wire/response.ts';

/** What became of one connection. */
export interface Exchange {
  readonly responses: readonly RawResponse[];
  /** `answered`: as many responses as asked for. `cut`: closed within a response. */
  readonly ending: 'answered' | 'closed' | 'cut' | 'reset' | 'timeout';
}

export interface ExchangeOptions {
  /** How many responses to wait for: 1 by default, Infinity to read until the server closes or the time is up. */
  readonly responses?: number;
  readonly timeoutMs?: number;
  /** Sends FIN after the last byte. */
  readonly halfClose?: boolean;
  /** Waits that long between the pieces, each its own packet. */
  readonly pauseMs?: number;
}

/** Bytes as they are; a string is latin1, so that '\xff' is one byte. */
type Bytes = string | Uint8Array;

/** Sends the bytes over a new connection and returns the one response; throws when there is none. */
export const raw = async (
  port: number,
  bytes: Bytes,
  options: ExchangeOptions = {},
): Promise<RawResponse> => {
  const { responses, ending } = await exchange(port, [bytes], { ...options, responses: 1 });
  const [response] = responses;
  if (response === undefined) throw new Error(`no response: ${ending}`);
  return response;
};

/** Sends whole requests at once over one connection and returns their responses; throws unless all were answered. */
export const pipelined = async (
  port: number,
  requests: readonly Bytes[],
  options: ExchangeOptions = {},
): Promise<readonly RawResponse[]> => {
  const { responses, ending } = await exchange(port, requests, { responses: requests.length, ...options });
  if (ending !== 'answered')
    throw new Error(`${responses.length} responses of ${requests.length}, then ${ending}`);
  return responses;
};

/**
 * Sends the pieces over a new connection and tells all that came back, whatever the end. The n-th response is taken
 * for one to HEAD, hence without a body, when the n-th piece begins so. Interim responses are passed over.
 */
export const exchange = async (
  port: number,
  pieces: readonly Bytes[],
  { responses: wanted = 1, timeoutMs = 10_000, halfClose = false, pauseMs = 0 }: ExchangeOptions = {},
): Promise<Exchange> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {}); // Reported by the reader.
  const timeout = new Error('timeout');
  const timer = setTimeout(() => socket.destroy(timeout), timeoutMs);
  const responses: RawResponse[] = [];
  try {
    void send(socket, pieces, halfClose, pauseMs);
    const reader = readerOf(socket);
    while (responses.length < wanted) {
      const response = await readResponse(reader, isHead(pieces[responses.length]));
      if (response === undefined) return { responses, ending: 'closed' };
      responses.push(response);
    }
    return { responses, ending: 'answered' };
  } catch (error) {
    return { responses, ending: endingOf(error, timeout) };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
};

/** A connection that is kept while the server keeps it, for one request after the other. */
export interface Conversation {
  /** Sends a whole request and reads the response; null when the server closed, or did not answer in time. */
  readonly say: (bytes: Bytes) => Promise<RawResponse | null>;
  readonly hangUp: () => void;
}

/** Begins with the first request, and anew after a refusal: what follows one may be read as anything. */
export const conversation = (port: number, timeoutMs = 5_000): Conversation => {
  let kept: { readonly socket: Socket; readonly reader: Reader } | null = null;
  const hangUp = (): void => {
    kept?.socket.destroy();
    kept = null;
  };
  const call = (): NonNullable<typeof kept> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {}); // Reported by the reader.
    return { socket, reader: readerOf(socket) };
  };
  const say = async (bytes: Bytes): Promise<RawResponse | null> => {
    if (kept?.socket.readyState !== 'open') hangUp();
    const isUsed = kept !== null;
    kept ??= call();
    const { socket, reader } = kept;
    const timeout = new Error('timeout');
    const timer = setTimeout(() => socket.destroy(timeout), timeoutMs);
    try {
      socket.write(bytesOf(bytes));
      const response = await readResponse(reader, isHead(bytes));
      if (response === undefined || response.status >= 400 || !isKept(response)) hangUp();
      // A server may close a connection just when it is used again (RFC 9112 §9.5).
      return response ?? (isUsed ? say(bytes) : null);
    } catch (error) {
      const ending = endingOf(error, timeout);
      hangUp();
      return isUsed && ending === 'reset' ? say(bytes) : null;
    } finally {
      clearTimeout(timer);
    }
  };
  return { say, hangUp };
};

/** RFC 9112 §9.3: a body that ends with the connection has no length. */
const isKept = ({ header, status }: RawResponse): boolean =>
  header('connection')?.toLowerCase() !== 'close' &&
  (status === 204 ||
    status === 304 ||
    (header('content-length') ?? header('transfer-encoding')) !== undefined);

const send = async (
  socket: Socket,
  pieces: readonly Bytes[],
  halfClose: boolean,
  pauseMs: number,
): Promise<void> => {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && pauseMs > 0) await wait(pauseMs);
    if (socket.destroyed) return;
    socket.write(bytesOf(piece));
  }
  if (halfClose) socket.end();
};

const isHead = (piece: Bytes = ''): boolean =>
  Buffer.from(bytesOf(piece).subarray(0, 5)).toString() === 'HEAD ';

const bytesOf = (piece: Bytes): Uint8Array =>
  typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;

const endingOf = (error: unknown, timeout: Error): Exchange['ending'] => {
  if (error === timeout) return 'timeout';
  if (error instanceof Cut) return 'cut';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  throw error;
};
