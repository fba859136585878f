import { request as send } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** One request on a connection of its own; `authorization` as it goes on the wire. */
export const ask = (
  port: number,
  [method, host, path]: readonly [method: string, host: string, path: string],
  authorization?: string,
  body?: string,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      host,
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const outgoing = send({ port, method, path, headers, host: '127.0.0.1', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const isProblem = response.headers['content-type'] === 'application/problem+json';
        resolve({
          status: response.statusCode ?? 0,
          code: isProblem ? (JSON.parse(text) as { code: string }).code : null,
          retryAfter: response.headers['retry-after'] ?? null,
          body: text,
        });
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
