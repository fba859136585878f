import type { Refusal } from '../../model/refusal.ts';
import { type Leave, type WatchPorts, watch } from './watch.ts';

/**
 * A body of at most so many bytes, by its `Content-Length`, passes unwatched and costs nothing more. It is on its way
 * within a lease on any line of 2 Mbit/s, and about as much waits in the buffers between us and a slow reader, where
 * nothing could call it back.
 */
export const SHORT_BYTES = 1_048_576;

/** A body that may outlive a lease. */
export interface LongBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** By `Content-Length`; null for one that ends when it ends, such as an event stream. */
  readonly length: number | null;
}

/** The body of an answer if it may outlive a lease, else null. */
export const longBody = ({ body, headers }: Response): LongBody | null => {
  if (body === null) return null;
  const announced = headers.get('content-length');
  const length = announced !== null && /^\d{1,15}$/.test(announced) ? Number(announced) : null;
  return length !== null && length <= SHORT_BYTES ? null : { stream: body, length };
};

/**
 * Lets a body through for as long as whoever asked for it may have it, then breaks it off: the client's connection is
 * cut within the body, never ended neatly, and the origin's is closed. The runtime pipes; no chunk is seen here.
 *
 * `gone` says that the client went away: a pipe whose origin is silent would not notice, and be looked after for ever.
 */
export const linger = (
  { stream, length }: LongBody,
  leave: Leave,
  gone: AbortSignal,
  ports: WatchPorts,
  closed: (because: Refusal) => void,
): ReadableStream<Uint8Array> => {
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  const cut = new AbortController();
  let isOpen = false;
  const breakOff = (reason: Error): void => {
    if (isOpen) cut.abort(reason);
    else for (const end of [writable.abort(reason), stream.cancel(reason)]) end.catch(() => undefined);
  };
  const leaveOff = (): void => {
    stop();
    breakOff(new Error('the client went away'));
  };
  const stop = watch(leave, ports, {
    open: () => {
      isOpen = true;
      // Whoever of the two goes away has it fail, and the other is told by the pipe itself.
      const ended = stream.pipeTo(writable, { signal: cut.signal }).catch(() => undefined);
      void ended.then(() => {
        stop();
        gone.removeEventListener('abort', leaveOff);
      });
    },
    close: (because) => {
      closed(because);
      breakOff(new Error('the credential no longer holds'));
    },
  });
  gone.addEventListener('abort', leaveOff);
  return readable;
};
