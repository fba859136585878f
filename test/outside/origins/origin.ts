import type { RequestListener } from 'node:http';
import type { Area } from './areas.ts';
import type { Program } from './programs.ts';

/** A web server with a handler for each area, and how to know from what one says which ran, and for what. */
export interface Origin {
  readonly name: string;
  /** Programs of their own, or a listener in Node, where the test runs anyway. */
  readonly runs: { readonly programs: Programs } | { readonly listener: RequestListener };
  /** Which variable is the path that a program there goes by; null where it cannot tell. */
  readonly path: (variables: Variables) => string | null;
  /** What it does not serve, whoever asks for it. */
  readonly refuses?: (method: string, path: string) => boolean;
  /** Sends files, which tell nothing of the request. */
  readonly isFiles?: true;
  /** What it makes of a path besides decoding it, without any harm; `target` is what came, with the query. */
  readonly makes?: (path: string, target: string) => string | null;
}

/** Writes what it needs beside `own` and says what to start: the first listens on `port`, a second on `behind`. */
export type Programs = (own: string, port: number, behind: number) => readonly Program[];

export type { Program } from './programs.ts';

/** What a handler says it was given, under the names of CGI (RFC 3875 §4.1) and its own `AREA`. */
export type Variables = Readonly<Record<string, string>>;

/** A request as a real origin reads it. All texts are latin1, so that a byte is a character. */
export interface Reading {
  readonly method: string | null;
  /** The handler that ran; two of them where the server guarded another than it ran. */
  readonly area: Area | string;
  /** What it goes by, decoded; null where it cannot tell. */
  readonly path: string | null;
  /** The headers under our prefix, and the request's id: once for each way in which programs there read headers. */
  readonly heard: readonly Variables[];
}

/** Whether a name could be taken for one of these, folded as the most careless program does. */
const OURS = /^(?:HTTP_)?X_(?:LATCHKEY|REQUEST_ID$)/;

/** What a handler said: NUL-ended, or lines where the server cannot write a NUL. `VIEW=` begins another way of reading headers. */
export const readingOf = (text: string, path: Origin['path']): Reading => {
  const said = text
    .split(text.includes('\0') ? '\0' : '\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  const variables: Variables = Object.fromEntries(said);
  const { REQUEST_METHOD = null, AREA = '', GUARD = AREA } = variables;
  return {
    method: REQUEST_METHOD,
    area: GUARD === AREA ? AREA : `${AREA}, guarded as ${GUARD}`,
    path: path(variables),
    heard: views(said).map(ours),
  };
};

type Said = readonly (readonly [name: string, value: string])[];

const views = (said: Said): readonly Said[] => {
  const another = said.findIndex(([name]) => name === 'VIEW');
  return another < 0 ? [said] : [said.slice(0, another), ...views(said.slice(another + 1))];
};

/** Of a name that comes twice, both values: each must be there once. */
const ours = (said: Said): Variables => {
  const heard: Record<string, string> = {};
  for (const [name, value] of said) {
    const folded = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
    if (value === '' || !OURS.test(folded)) continue;
    const plain = folded.replace(/^HTTP_/, '');
    heard[plain] = plain in heard ? `${heard[plain]} and ${value}` : value;
  }
  return heard;
};
