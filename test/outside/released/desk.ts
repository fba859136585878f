import { type IncomingHttpHeaders, request } from 'node:http';

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has.
  readonly json: any;
}

/** One request to an edge, under a host of the tests' settings. */
export interface Asked {
  readonly host?: 'api.test' | 'desk.test';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or, of text, as a form. */
  readonly body?: unknown;
}

export type Ask = (method: string, path: string, asked?: Asked) => Promise<Answer>;

/** Asks whatever listens on a port. */
export const askAt =
  (port: number): Ask =>
  (method, path, { host = 'desk.test', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const isForm = typeof body === 'string';
      const text = body === undefined ? '' : isForm ? body : JSON.stringify(body);
      const sent = {
        ...{ host, ...headers },
        ...(body === undefined
          ? {}
          : {
              'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
              'content-length': Buffer.byteLength(text),
            }),
      };
      const outgoing = request({ port, method, path, headers: sent, host: '127.0.0.1' }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const said = Buffer.concat(parts).toString('utf8');
          const isJson = /^application\/(\w+\+)?json/.test(response.headers['content-type'] ?? '');
          resolve({
            ...{ status: response.statusCode ?? 0, headers: response.headers, text: said },
            json: isJson && said !== '' ? JSON.parse(said) : null,
          });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(text);
    });

/** As who has a key, a token or a session. */
export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

/** As an OAuth client with its id and secret. */
export const pair = (clientId: string, clientSecret: string) => ({
  authorization: `Basic ${btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)}`,
});

/** The half of a key that is the secret of a client. */
export const secretOf = ({ key, keyId }: { readonly key: string; readonly keyId: string }): string =>
  key.slice(keyId.length + 1);
