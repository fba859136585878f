import type { RefusalOf } from '../../model/refusal.ts';

/** Whether the announced body is over the route's limit. A body that announces no length is counted on its way. */
export const bodyRefusal = (
  headers: Headers,
  maxBytes: number | null,
): RefusalOf<'body_too_large'> | null => {
  const length = maxBytes === null ? null : headers.get('content-length');
  if (maxBytes === null || length === null) return null;
  return /^\d{1,15}$/.test(length) && Number(length) <= maxBytes
    ? null
    : { reason: 'body_too_large', maxBytes };
};

/** A body on its way to the origin. */
export interface CountedBody {
  readonly stream: ReadableStream | null;
  /** Whether it was cut off because it was over the limit. */
  readonly isOver: () => boolean;
}

/**
 * Lets a body through as it comes and breaks it off at the limit, so that a chunked body cannot go past it. A body
 * of known length passes untouched: the length was judged before, and the runtime keeps to it.
 *
 * `breakOff` ends the request to the origin. workerd writes a neat last chunk when a stream that JavaScript made
 * fails, so the origin would take the part for the whole: it must be called before the stream fails.
 */
export const countBody = (
  body: ReadableStream | null,
  hasLength: boolean,
  maxBytes: number | null,
  breakOff: () => void,
): CountedBody => {
  if (body === null || hasLength || maxBytes === null) return { stream: body, isOver: () => false };
  let bytes = 0;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) return controller.enqueue(chunk);
      breakOff();
      controller.error(new RangeError('the body is over the limit of its route'));
    },
  });
  // A client that goes away, or whose chunks are none, must not end the body neatly either.
  body.pipeTo(writable, { preventAbort: true }).catch(breakOff);
  return { stream: readable, isOver: () => bytes > maxBytes };
};
