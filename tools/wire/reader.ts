import type { Socket } from 'node:net';

/** Header fields in the order and spelling of the wire. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** The start line and the fields of one HTTP/1.1 message; `lines` are the fields' bytes as they came (latin1). */
export interface Head {
  readonly start: string;
  readonly lines: readonly string[];
  readonly headers: Fields;
}

/** Reads HTTP/1.1 from a socket, piece by piece, without tidying anything up. */
export interface Reader {
  /** The next head, or undefined when the peer has closed instead. */
  readonly head: () => Promise<Head | undefined>;
  readonly exactly: (bytes: number) => Promise<Buffer>;
  /** A chunked body, decoded; trailers are dropped. */
  readonly chunked: () => Promise<Buffer>;
  /** Everything until the peer closes. */
  readonly rest: () => Promise<Buffer>;
}

/** The peer closed in the middle of a message. */
export class Cut extends Error {}

/** A reader over the socket; nothing else may read from it. */
export const readerOf = (socket: Socket): Reader => {
  const pieces: AsyncIterator<Buffer> = socket.iterator({ destroyOnReturn: false });
  let held: Buffer = Buffer.alloc(0);

  const more = async (): Promise<boolean> => {
    const { value, done } = await pieces.next();
    if (!done) held = held.length === 0 ? value : Buffer.concat([held, value]);
    return !done;
  };

  const take = (bytes: number): Buffer => {
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };

  const line = async (): Promise<string | undefined> => {
    for (;;) {
      const end = held.indexOf('\n');
      if (end >= 0)
        return take(end + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '');
      if (!(await more())) return undefined;
    }
  };

  const lineOrCut = async (): Promise<string> => {
    const text = await line();
    if (text === undefined) throw new Cut('closed within a message');
    return text;
  };

  const exactly = async (bytes: number): Promise<Buffer> => {
    const taken: Buffer[] = [];
    for (let left = bytes; left > 0; ) {
      if (held.length === 0 && !(await more())) throw new Cut(`closed ${left} bytes early`);
      const piece = take(left);
      taken.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(taken);
  };

  const linesUntilEmpty = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    for (let text = await lineOrCut(); text !== ''; text = await lineOrCut()) lines.push(text);
    return lines;
  };

  return {
    head: async () => {
      const start = await line();
      if (start === undefined) return undefined;
      const lines = await linesUntilEmpty();
      return { start, lines, headers: lines.map(fieldOf) };
    },
    exactly,
    chunked: async () => {
      const chunks: Buffer[] = [];
      for (;;) {
        const size = Number.parseInt(await lineOrCut(), 16);
        if (Number.isNaN(size)) throw new Cut('not a chunk');
        if (size === 0) break;
        chunks.push(await exactly(size));
        await lineOrCut();
      }
      await linesUntilEmpty();
      return Buffer.concat(chunks);
    },
    rest: async () => {
      const taken: Buffer[] = [];
      do taken.push(take(held.length));
      while (await more());
      return Buffer.concat(taken);
    },
  };
};

/** The value of a field, compared without case; of several, the first. */
export const field = (headers: Fields, name: string): string | undefined =>
  headers.find(([other]) => other.toLowerCase() === name)?.[1];

const fieldOf = (line: string): readonly [string, string] => {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()];
};
