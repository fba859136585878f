import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** workerd closes a connection that was idle for 5 s: whoever sent something at that moment would get no answer. */
const IDLE_MS = 2_000;

const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: IDLE_MS });

export interface Call {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  /** `Host` among them, which `fetch` would not send. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A form as it is; anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request to this machine, with exactly these headers. */
export const call = ({ port, path, method = 'GET', headers = {}, body }: Call): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const isForm = body instanceof URLSearchParams;
    const text = body === undefined ? undefined : isForm ? String(body) : JSON.stringify(body);
    const media = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    const type = text === undefined ? {} : { 'content-type': media };
    const sent = request(
      { agent, host: '127.0.0.1', port, path, method, headers: { ...type, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });

/** How often a 503 is taken for "later", and how long that is. For preparations only: what is measured may not fail. */
const TRIES = 10;
const PAUSE_MS = 500;

/** The JSON of an answer that has the status that was expected; a server that is busy is asked again. */
export const callJson = async <T>(wish: Call, status: number): Promise<T> => {
  let answer = await call(wish);
  for (let tries = 1; answer.status === 503 && tries < TRIES; tries++) {
    await wait(PAUSE_MS);
    answer = await call(wish);
  }
  if (answer.status !== status) {
    throw new Error(`${wish.method ?? 'GET'} ${wish.path} answered ${answer.status}: ${answer.text}`);
  }
  return JSON.parse(answer.text) as T;
};
