import { request as send } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request to an isolate of ours, under any host name. `credential` goes as Bearer. */
export const request = (
  port: number,
  method: string,
  host: string,
  path: string,
  credential?: string,
  body?: string,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      host,
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const outgoing = send({ port, method, path, headers, host: '127.0.0.1' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
