import { WorkerEntrypoint } from 'cloudflare:workers';

/** One request as the origin saw it; headers in the order and spelling the runtime gives them. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** What the origin shall answer; an empty one means status 200 and the request it saw, as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** Sent one by one, `chunkDelayMs` apart. */
  readonly chunks?: readonly string[];
  readonly chunkDelayMs?: number;
  /** A body of that many bytes, in chunks of 64 KiB. */
  readonly bodyBytes?: number;
  readonly delayMs?: number;
  /** `refuse`: no answer, the fetch rejects. `hang`: no answer for an hour. `break`: the body ends in an error. */
  readonly fail?: 'refuse' | 'hang' | 'break';
}

/**
 * The recording origin of the tests in workerd. It answers as scripted and remembers each request; a test reads it by
 * the binding ORIGIN. A client may script one answer itself, by the header `x-origin-reply` (a `Reply` as JSON).
 * Its memory is one isolate's, and each test file has its own.
 */
export default class RecordingOrigin extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') return echo(request);
    const seen = await record(request);
    const url = new URL(request.url);
    return answer(
      seen,
      fromHeader(request) ?? once.shift() ?? standing.get(url.pathname) ?? standing.get('*') ?? {},
    );
  }

  /** Every request since the last `reset`, oldest first. */
  records(): readonly Seen[] {
    return [...records];
  }

  /** Forgets the records and every scripted answer. */
  reset(): void {
    records.length = 0;
    once.length = 0;
    standing.clear();
  }

  /** Scripts the next answers, in order, whatever the path. */
  next(...replies: readonly Reply[]): void {
    once.push(...replies);
  }

  /** Scripts the answer of one exact path, or of all the others by `*`, until `reset`. */
  always(path: string, reply: Reply): void {
    standing.set(path, reply);
  }
}

const records: Seen[] = [];
const once: Reply[] = [];
const standing = new Map<string, Reply>();

const record = async (request: Request): Promise<Seen> => {
  const { method, url } = request;
  const seen: Seen = { method, url, headers: [...request.headers], body: await request.text() };
  records.push(seen);
  return seen;
};

const fromHeader = (request: Request): Reply | undefined => {
  const text = request.headers.get('x-origin-reply');
  return text === null ? undefined : (JSON.parse(text) as Reply);
};

const answer = async (seen: Seen, reply: Reply): Promise<Response> => {
  if (reply.delayMs !== undefined) await scheduler.wait(reply.delayMs);
  if (reply.fail === 'refuse') throw new Error('the origin refuses the connection');
  if (reply.fail === 'hang') await scheduler.wait(3_600_000);
  const headers = new Headers();
  for (const [name, value] of reply.headers ?? []) headers.append(name, value);
  const status = reply.status ?? 200;
  const bodiless = status === 204 || status === 304 || seen.method === 'HEAD';
  if (bodiless) return new Response(null, { status, headers });
  return new Response(bodyOf(seen, reply, headers), { status, headers });
};

const bodyOf = (seen: Seen, reply: Reply, headers: Headers): string | ReadableStream<Uint8Array> => {
  if (reply.chunks !== undefined || reply.bodyBytes !== undefined || reply.fail === 'break')
    return stream(reply);
  if (reply.body !== undefined) return reply.body;
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return JSON.stringify(seen);
};

const stream = (reply: Reply): ReadableStream<Uint8Array> => {
  const chunks = chunksOf(reply);
  return new ReadableStream({
    pull: async (controller) => {
      const { value, done } = chunks.next();
      if (!done) {
        controller.enqueue(value);
        if (reply.chunkDelayMs !== undefined) await scheduler.wait(reply.chunkDelayMs);
      } else if (reply.fail === 'break') controller.error(new Error('the origin breaks off'));
      else controller.close();
    },
  });
};

function* chunksOf(reply: Reply): Generator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for (const chunk of reply.chunks ?? (reply.body === undefined ? [] : [reply.body]))
    yield encoder.encode(chunk);
  for (let left = reply.bodyBytes ?? 0; left > 0; left -= 65_536)
    yield new Uint8Array(Math.min(left, 65_536));
}

/** Accepts the upgrade and says back whatever it hears. */
const echo = async (request: Request): Promise<Response> => {
  await record(request);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener('message', (event) => server.send(event.data));
  return new Response(null, { status: 101, webSocket: client });
};
