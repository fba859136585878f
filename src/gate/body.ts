import type { RefusalOf } from '../model/refusal.ts';

/** Whether the announced body is over the route's limit. A body that announces no length is counted on its way. */
export const bodyRefusal = (
  headers: Headers,
  maxBytes: number | null,
): RefusalOf<'body_too_large'> | null => {
  const length = headers.get('content-length');
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
 */
export const countBody = (
  body: ReadableStream | null,
  hasLength: boolean,
  maxBytes: number | null,
): CountedBody => {
  if (body === null || hasLength || maxBytes === null) return { stream: body, isOver: () => false };
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(new RangeError('the body is over the limit of its route'));
      else controller.enqueue(chunk);
    },
  });
  return { stream: body.pipeThrough(counter), isOver: () => bytes > maxBytes };
};
