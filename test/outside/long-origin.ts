import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type WebSocket, WebSocketServer } from 'ws';

/** An origin that answers slowly, at length, in pieces or not at all, and knows what it still has open. */
export interface LongOrigin {
  readonly port: number;
  /** Requests that are neither answered nor broken off, and WebSockets. */
  readonly open: () => number;
  /** The heads that came, oldest first: `GET /path`, and the lines. */
  readonly heads: () => readonly Head[];
  /** Bodies that came in part only. */
  readonly broken: () => number;
  /** How WebSockets ended: code and reason as the origin saw them. */
  readonly ends: () => readonly string[];
  /** Sends one event on every event stream that is open, and one message on every WebSocket. */
  readonly emit: (text: string) => void;
  /** Ends every event stream, neatly. */
  readonly endStreams: () => void;
  /** Forgets what came, and breaks off what is still open. */
  readonly reset: () => void;
  readonly stop: () => Promise<void>;
}

export interface Head {
  readonly line: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The one thing with a validator: eleven bytes. */
const ITEM = 'hello world';
const ETAG = '"1"';
/** Compressed, and longer than anything that passes without being looked after. */
export const ARCHIVE = gzipSync(randomBytes(2_000_000));

export const longOrigin = async (): Promise<LongOrigin> => {
  const heads: Head[] = [];
  const ends: string[] = [];
  const under = new Set<object>();
  const streams = new Set<ServerResponse>();
  const sockets = new Set<WebSocket>();
  let broken = 0;

  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    heads.push({ line: `${method} ${url}`, headers });
    under.add(response);
    request.on('error', () => {
      broken++;
    });
    response.on('close', () => {
      under.delete(response);
      streams.delete(response);
    });
    response.on('error', () => undefined);
    const [, name = '', size = '0'] =
      /\/(upload|download|chunks|events|hang|item|archive|empty|break)(?:\/(\w+))?$/.exec(url) ?? [];
    const handler = HANDLERS[name];
    if (name === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.add(response);
    } else if (handler !== undefined) void handler(request, response, size);
    else response.end(JSON.stringify({ method, url, headers }));
  });

  const offered = new WebSocketServer({
    noServer: true,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  server.on('upgrade', (request, socket: Duplex, head) => {
    heads.push({ line: `GET ${request.url}`, headers: request.headers });
    if (request.url?.endsWith('/refused')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nX-Why: full\r\nContent-Length: 4\r\n\r\nfull');
      return;
    }
    offered.handleUpgrade(request, socket, head, (near) => {
      under.add(near);
      sockets.add(near);
      near.on('message', (data, isBinary) => {
        const text = String(data);
        if (text === 'close please') near.close(4001, 'as you wish');
        else if (text === 'die please') socket.destroy();
        else near.send(data, { binary: isBinary });
      });
      near.on('close', (code, reason) => {
        ends.push(`${code} ${reason}`);
        under.delete(near);
        sockets.delete(near);
      });
      near.on('error', () => undefined);
    });
  });

  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    open: () => under.size,
    heads: () => [...heads],
    broken: () => broken,
    ends: () => [...ends],
    emit: (text) => {
      for (const response of streams) response.write(`data: ${text}\n\n`);
      for (const socket of sockets) socket.send(text);
    },
    endStreams: () => {
      for (const response of streams) response.end();
    },
    reset: () => {
      for (const response of streams) response.destroy();
      for (const socket of sockets) socket.terminate();
      heads.length = ends.length = broken = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      for (const socket of sockets) socket.terminate();
      await new Promise((closed) => server.close(closed));
    },
  };
};

type Handler = (request: IncomingMessage, response: ServerResponse, size: string) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  upload: async (request, response) => {
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of request) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    } catch {
      return; // Broken off: counted where it was noticed.
    }
    response.end(JSON.stringify({ bytes, sha256: hash.digest('hex') }));
  },
  download: (_, response, size) => {
    response.writeHead(200, { 'content-length': size });
    return flood(response, Number(size));
  },
  chunks: (_, response, size) => flood(response, Number(size)),
  hang: () => undefined,
  archive: ({ headers }, response) => {
    const fields = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const part = ARCHIVE.subarray(Number(from ?? 0));
    const range = `bytes ${from}-${ARCHIVE.length - 1}/${ARCHIVE.length}`;
    if (from !== undefined) response.writeHead(206, { ...fields, 'content-range': range });
    else response.writeHead(200, fields);
    return response.end(part);
  },
  empty: (_, response) => response.writeHead(204).end(),
  break: (_, response, how) => {
    response.writeHead(200, how === 'chunks' ? {} : { 'content-length': '10000000' });
    response.write('partial', () => response.socket?.resetAndDestroy());
  },
  item: ({ method, headers }, response) => {
    const fields = { etag: ETAG, 'accept-ranges': 'bytes' };
    if (headers['if-none-match'] === ETAG) return response.writeHead(304, fields).end();
    if (headers['if-match'] !== undefined && headers['if-match'] !== ETAG)
      return response.writeHead(412, fields).end();
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const part = from === undefined ? ITEM : ITEM.slice(Number(from), Number(to) + 1);
    const range = from === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${ITEM.length}` };
    response.writeHead(from === undefined ? 200 : 206, {
      ...fields,
      ...range,
      'content-length': part.length,
    });
    return response.end(method === 'HEAD' ? undefined : part);
  },
};

/** So many bytes, no faster than they are taken. */
const flood = async (response: ServerResponse, bytes: number): Promise<void> => {
  const block = Buffer.alloc(65_536, 'latchkey');
  for (let left = bytes; left > 0 && !response.destroyed; left -= block.length) {
    if (response.write(block.subarray(0, left))) continue;
    await new Promise<void>((go) => {
      const next = (): void => {
        for (const event of ['drain', 'close']) response.off(event, next);
        go();
      };
      for (const event of ['drain', 'close']) response.on(event, next);
    });
  }
  response.end();
};
