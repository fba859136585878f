import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Cut, type Fields, type Head, readerOf } from '../../tools/wire/reader.ts';
import { type RawResponse, readResponse } from '../../tools/wire/response.ts';

/** A request on its way; all texts are latin1. */
export interface Passing {
  readonly method: string;
  readonly target: string;
  readonly lines: readonly string[];
  readonly body: string;
}

/** An answer on its way back. */
export interface Answered {
  readonly status: number;
  readonly headers: Fields;
  readonly body: string;
}

/** What goes wrong between a client and Latchkey: one thing. */
export interface Fault {
  /** Changes what goes on to Latchkey, which listens on the port `behind`. */
  readonly request?: (passing: Passing, behind: number) => Passing;
  /** Answers in place of Latchkey; null lets it answer. */
  readonly instead?: (passing: Passing) => Answered | null;
  readonly response?: (answered: Answered, passing: Passing) => Answered;
}

export interface BreakingProxy {
  readonly port: number;
  readonly break: (fault: Fault) => void;
  readonly stop: () => Promise<void>;
}

/** Stands before Latchkey and hands on bytes as they are, under its own port; besides what it is told to break. */
export const startBreakingProxy = async (behind: number): Promise<BreakingProxy> => {
  let fault: Fault = {};
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // A client that goes away is no failure.
    socket.once('close', () => sockets.delete(socket));
    void serve(socket).catch(() => socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;

  const serve = async (socket: Socket): Promise<void> => {
    const reader = readerOf(socket);
    const head = await reader.head();
    if (head === undefined) return;
    const length = Number(head.headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? 0);
    const came = passing(head, (await reader.exactly(length)).toString('latin1'));
    const sent = fault.request?.(came, behind) ?? came;
    const answered = fault.instead?.(sent) ?? (await ask(behind, here(sent, port, behind), sent.method));
    const back = there(answered, port, behind);
    socket.end(written(fault.response?.(back, came) ?? back), 'latin1');
  };

  return {
    port,
    break: (next) => {
      fault = next;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
};

const passing = ({ start, lines }: Head, body: string): Passing => {
  const [method = '', ...rest] = start.split(' ');
  return { method, target: rest.slice(0, -1).join(' '), lines, body };
};

const renamed = (text: string, from: number, to: number): string => text.replaceAll(`:${from}`, `:${to}`);

const here = ({ method, target, lines, body }: Passing, port: number, behind: number): string =>
  `${method} ${renamed(target, port, behind)} HTTP/1.1\r\n${lines.map((line) => `${renamed(line, port, behind)}\r\n`).join('')}\r\n${body}`;

const there = ({ status, headers, body }: Answered, port: number, behind: number): Answered => ({
  status,
  headers: headers.map(([name, value]) => [name, renamed(value, behind, port)]),
  body: renamed(body, behind, port),
});

const ask = async (port: number, bytes: string, method: string): Promise<Answered> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {}); // Reported by the reader.
  try {
    socket.write(bytes, 'latin1');
    const response: RawResponse | undefined = await readResponse(readerOf(socket), method === 'HEAD');
    if (response === undefined) throw new Cut('no response');
    return { status: response.status, headers: response.headers, body: response.body.toString('latin1') };
  } finally {
    socket.destroy();
  }
};

const FRAMING = /^(?:content-length|transfer-encoding|connection)$/i;

const written = ({ status, headers, body }: Answered): string => {
  const kept = headers.filter(([name]) => !FRAMING.test(name));
  const all = [...kept, ['Content-Length', body.length], ['Connection', 'close']];
  return `HTTP/1.1 ${status} Handed on\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
};
