import { type Fields, field, type Reader } from './reader.ts';

/** One response as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Fields;
  readonly body: Buffer;
  readonly text: string;
  /** The first field of that name, given in lower case. */
  readonly header: (name: string) => string | undefined;
}

/** The next response, interim ones passed over; undefined when the peer closed instead. `toHead`: its request was HEAD. */
export const readResponse = async (reader: Reader, toHead: boolean): Promise<RawResponse | undefined> => {
  const head = await reader.head();
  if (head === undefined) return undefined;
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head.start)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not a status line: ${JSON.stringify(head.start)}`);
  if (status < 200 && status !== 101) return readResponse(reader, toHead);
  const bodiless = toHead || status === 101 || status === 204 || status === 304;
  const body = bodiless ? Buffer.alloc(0) : await bodyOf(reader, head.headers);
  const header = (name: string): string | undefined => field(head.headers, name);
  return { status, headers: head.headers, body, text: body.toString(), header };
};

/** RFC 9112 §6.3. */
const bodyOf = (reader: Reader, headers: Fields): Promise<Buffer> => {
  if (field(headers, 'transfer-encoding')?.toLowerCase() === 'chunked') return reader.chunked();
  const length = field(headers, 'content-length');
  return length === undefined ? reader.rest() : reader.exactly(Number(length));
};
