import { expect } from 'vitest';

/**
 * How a call comes to grief. Those from `truncated` on are answers of a call that was made: what was asked for is done.
 * `text` and `object` are answers of 200 that mean nothing; `null` is what a binding answers that knows nothing.
 */
export const KINDS = [
  ...['throw', 'hang', '500', 'overloaded', 'null', 'text', 'object'],
  ...['truncated', 'cut', 'lost'],
] as const;
export type Kind = (typeof KINDS)[number];

/** What is called, as far as it decides how it can fail. */
export type PortKind =
  | 'stytch'
  | 'keys'
  | 'origin'
  | 'socket'
  | 'receiver'
  | 'object'
  | 'nullable'
  | 'errand'
  | 'read'
  | 'write'
  | 'limit';

/** A binding has no status: its 500 is what it throws. What nobody reads cannot be garbage. */
export const KINDS_OF: Readonly<Record<PortKind, readonly Kind[]>> = {
  stytch: ['throw', 'hang', '500', 'text', 'object', 'truncated', 'cut', 'lost'],
  keys: ['throw', 'hang', '500', 'text', 'object', 'truncated', 'cut'],
  origin: ['throw', 'hang', '500', 'text', 'truncated'],
  // What is cut off of a WebSocket is its messages, and they are the origin's.
  socket: ['throw', 'hang', '500', 'text'],
  receiver: ['throw', 'hang', '500', 'truncated', 'lost'],
  object: ['throw', 'hang', 'overloaded', 'null', 'object', 'truncated', 'lost'],
  // That there is none is an answer like another.
  nullable: ['throw', 'hang', 'overloaded', 'object', 'truncated', 'lost'],
  // Nobody reads its answer.
  errand: ['throw', 'hang', 'overloaded', 'lost'],
  read: ['throw', 'hang', 'text', 'truncated'],
  write: ['throw', 'hang'],
  limit: ['throw', 'hang', 'null', 'object'],
};

/** Waits for as long as nobody lets it go. A timer is left, or the runtime would end what waits for nothing. */
export type Hang = () => Promise<never>;

/** How a call of a binding fails: of KV, of a Durable Object, of the rate limit. */
export const failBinding = async <T>(kind: Kind, call: () => Promise<T>, hang: Hang): Promise<T> => {
  const garbage = (value: unknown) => value as T;
  switch (kind) {
    case 'throw':
    case '500':
      throw new Error('internal error; reference = secret words');
    case 'overloaded':
      throw Object.assign(new Error('overloaded: secret words'), { overloaded: true });
    case 'hang':
      return hang();
    case 'null':
      return garbage(null);
    case 'text':
      return garbage('<html>');
    case 'object':
      return garbage({
        ...{ standing: {}, grant: null, exchanged: {}, owner: 'x', sealed: 7, success: 'x' },
        ...{ ok: 1, value: {}, records: 7, entries: {}, liveKeys: 'x', buckets: null },
      });
    case 'truncated':
      return garbage(halved(await call()));
    case 'cut':
    case 'lost':
      await call();
      throw new Error('Network connection lost.');
  }
};

/** What is left of an answer when every other member is missing. Of what has no members, nothing is. */
const halved = (value: unknown): unknown => {
  if (typeof value === 'string') return value.slice(0, value.length / 2);
  if (Array.isArray(value)) return value.map(halved);
  if (typeof value !== 'object' || value === null) return undefined;
  if ('ok' in value && 'value' in value) return { ...value, value: halved(value.value) };
  return Object.fromEntries(Object.entries(value).filter((_, i) => i % 2 === 0));
};

/** How a fetch fails. One that hangs ends when it is given up, as a real one does. */
export const failFetch = async (
  kind: Kind,
  call: () => Promise<Response>,
  hang: Hang,
  signal: AbortSignal | null,
): Promise<Response> => {
  switch (kind) {
    case 'throw':
    case 'overloaded':
      throw new TypeError('a fault: secret words');
    case 'hang':
      return Promise.race([hang(), given(signal)]);
    case '500':
      return new Response('{"status_code":500,"error_message":"a fault"}', { status: 500 });
    case 'null':
      return new Response(null, { status: 204 });
    case 'text':
      return new Response('<html>a fault</html>', { headers: { 'content-type': 'text/html' } });
    case 'object':
      return Response.json({ access_token: 7, keys: [{}], m2m_client: {}, public_keys: [{}] });
    case 'truncated':
      return half(await call(), 'breaks off');
    case 'cut':
      return half(await call(), 'ends');
    case 'lost':
      await (await call()).arrayBuffer();
      throw new TypeError('Network connection lost.');
  }
};

const given = (signal: AbortSignal | null): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));

/** The first half of a body, which then breaks off, or ends as if that were all of it. */
const half = async (response: Response, how: 'breaks off' | 'ends'): Promise<Response> => {
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(bytes.length).toBeGreaterThan(1);
  const first = bytes.slice(0, bytes.length / 2);
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  if (how === 'ends') return new Response(first, { status: response.status, headers });
  let isBegun = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (isBegun) controller.error(new Error('Network connection lost.'));
      else controller.enqueue(first);
      isBegun = true;
    },
  });
  return new Response(body, { status: response.status, headers });
};
