import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { Cut, readerOf } from '../../tools/wire/reader.ts';
import { type RawResponse, readResponse } from '../../tools/wire/response.ts';
import { isHere } from '../here.ts';

/** One request, as it goes over the wire: `fetch` would tidy it up. */
export interface Question {
  /** Default GET. */
  readonly method?: string;
  /** As it stands on the request line. */
  readonly target: string;
  /** Header lines besides Host and Connection. */
  readonly lines?: readonly string[];
  readonly body?: string;
  /** In place of the door's own. */
  readonly host?: string;
  /** The name that TLS is asked for, in place of the door's own. */
  readonly serverName?: string;
  /** With the key, in Authorization. Only where the door is an API's and the host is its own. */
  readonly withKey?: true;
}

/** What came of one: an answer, or none. */
export interface Answer {
  /** For people, without a secret. */
  readonly sent: string;
  readonly came: string;
  /** Null where no answer came. */
  readonly status: number | null;
  readonly text: string;
  /** The body as JSON; null if it is none. */
  readonly json: Readonly<Record<string, unknown>> | null;
  /** The code of a problem document of Latchkey's; null for any other answer. */
  readonly code: string | null;
  /** All values of a header, joined; null where it is not there. */
  readonly header: (name: string) => string | null;
  readonly all: (name: string) => readonly string[];
}

export type Ask = (door: URL, question: Question) => Promise<Answer>;

const TIMEOUT_MS = 15_000;

/** Between two requests to a host that is not on this machine. */
const PAUSE_MS = 350;

/** Asks one question after the other, each over a connection of its own; follows no redirect. */
export const createAsk = (key: string | null, apis: readonly URL[]): Ask => {
  let readyAt = 0;
  return async (door, question) => {
    if (!isHere(door)) {
      await wait(Math.max(0, readyAt - performance.now()));
      readyAt = performance.now() + PAUSE_MS;
    }
    const mayHaveKey = apis.some(({ origin }) => origin === door.origin) && question.host === undefined;
    const secret = question.withKey && mayHaveKey ? key : null;
    if (question.withKey && secret === null) throw new Error('a key goes to an API host alone');
    const response = await exchange(door, question, bytesOf(door, question, secret));
    return answerOf(told(door, question), response, secret);
  };
};

const bytesOf = (
  door: URL,
  { method = 'GET', target, lines = [], body = '', host }: Question,
  key: string | null,
) => {
  const all = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host ?? door.host}`,
    ...(key === null ? [] : [`Authorization: Bearer ${key}`]),
    ...(lines.some((line) => /^(?:user-agent):/i.test(line)) ? [] : ['User-Agent: latchkey-probe']),
    ...lines,
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
    ...(lines.some((line) => /^connection:/i.test(line)) ? [] : ['Connection: close']),
  ];
  return `${all.join('\r\n')}\r\n\r\n${body}`;
};

type Exchanged = RawResponse | { readonly failure: string };

const exchange = async (door: URL, { method, serverName }: Question, bytes: string): Promise<Exchanged> => {
  const socket = open(door, serverName);
  const timeout = new Error('timeout');
  const timer = setTimeout(() => socket.destroy(timeout), TIMEOUT_MS);
  socket.on('error', () => {}); // Reported by the reader.
  try {
    socket.write(bytes, 'latin1');
    const response = await readResponse(readerOf(socket), method === 'HEAD');
    return response ?? { failure: 'the connection was closed' };
  } catch (error) {
    if (error === timeout) return { failure: `no answer in ${TIMEOUT_MS / 1000} s` };
    if (error instanceof Cut) return { failure: 'the connection was closed within the answer' };
    if (error instanceof Error && 'code' in error)
      return { failure: `the connection failed (${error.code})` };
    if (error instanceof Error && error.message.startsWith('not a status line'))
      return { failure: 'the answer is not HTTP/1.1' };
    throw error;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
};

const open = ({ protocol, hostname, port }: URL, serverName?: string): Socket => {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:') return connectPlain({ host, port: Number(port || 80), noDelay: true });
  // RFC 6066 §3: no address is a name.
  const servername = serverName ?? (isIP(host) === 0 ? host : '');
  return connectTls({ host, port: Number(port || 443), servername, ALPNProtocols: ['http/1.1'] });
};

const answerOf = (sent: string, response: Exchanged, key: string | null): Answer => {
  if ('failure' in response)
    return {
      sent,
      came: response.failure,
      status: null,
      text: '',
      json: null,
      code: null,
      header: () => null,
      all: () => [],
    };
  const all = (name: string) =>
    response.headers.flatMap(([other, value]) => (other.toLowerCase() === name.toLowerCase() ? [value] : []));
  const header = (name: string) => (all(name).length === 0 ? null : all(name).join(', '));
  const text = key === null ? response.text : response.text.replaceAll(key, '(the key)');
  const json = jsonOf(text);
  const isProblem = header('content-type')?.startsWith('application/problem+json') === true;
  const code = isProblem && typeof json?.code === 'string' ? json.code : null;
  const came = `${response.status}${code === null ? '' : ` ${code}`}`;
  return { sent, came, status: response.status, text, json, code, header, all };
};

const jsonOf = (text: string): Answer['json'] => {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Answer['json']) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const LONG = 60;

const told = (
  door: URL,
  { method = 'GET', target, lines = [], host, withKey, serverName }: Question,
): string => {
  const besides = [
    ...(host === undefined ? [] : [`Host: ${host}`]),
    ...(serverName === undefined ? [] : [`TLS for ${serverName}`]),
    ...(withKey ? ['with the key'] : []),
    ...lines,
  ].map(short);
  const where = `${method} ${short(target)} at ${door.origin}`;
  return besides.length === 0 ? where : `${where}, ${besides.join(', ')}`;
};

/** Printable, on one line. */
const short = (text: string): string => {
  const plain = text.replace(
    /[^\x20-\x7E]/g,
    (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return plain.length > LONG ? `${plain.slice(0, LONG)}… (${plain.length} signs)` : plain;
};
