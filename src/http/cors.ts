import { empty } from './answer.ts';

/** A CORS-preflight request (Fetch): which page asks, and what is to follow. */
export interface Preflight {
  readonly origin: string;
  readonly method: string;
  /** Names of headers, as they came. */
  readonly headers: string | null;
}

/** What a preflight is allowed. */
export interface Permission {
  /** Exact, or `*` for everybody; null for nobody: a stranger's browser is told nothing, which keeps its scripts out. */
  readonly origin: string | null;
  readonly methods: readonly string[];
  readonly headers: readonly string[];
}

/** Lets scripts of some origins read an answer, a refusal too. */
export type Expose = (request: Headers, answer: Headers) => void;

/** Fetch, "CORS-preflight request": OPTIONS with `Origin` and the method that is to follow; null for every other. */
export const preflightOf = (method: string, headers: Headers): Preflight | null => {
  if (method !== 'OPTIONS') return null;
  const origin = headers.get('origin');
  const asked = headers.get('access-control-request-method');
  if (origin === null || asked === null) return null;
  return { origin, method: asked, headers: headers.get('access-control-request-headers') };
};

/** The answer to a preflight. Credentials are never allowed: no cookie counts anywhere that pages may call. */
export const preflightAnswer = (requestId: string, { origin, methods, headers }: Permission): Response =>
  empty(requestId, {
    vary: VARY,
    ...(origin === null
      ? {}
      : {
          'access-control-allow-origin': origin,
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': headers.join(', '),
          'access-control-max-age': String(MAX_AGE_SECONDS),
        }),
  });

/** For exact origins, as browsers write them. Costs one look-up without `Origin`. */
export const exposing = (origins: ReadonlySet<string>, exposed: readonly string[]): Expose => {
  const names = exposed.join(', ');
  return (request, answer) => {
    const origin = request.get('origin');
    if (origin === null || !origins.has(origin) || answer.has('access-control-allow-origin')) return;
    answer.set('Access-Control-Allow-Origin', origin);
    answer.set('Access-Control-Expose-Headers', names);
    varyByOrigin(answer);
  };
};

/** Says of an answer that another page may get another one. */
export const varyByOrigin = (answer: Headers): void => {
  if (!VARIES.test(answer.get('vary') ?? '')) answer.append('Vary', 'Origin');
};

const VARIES = /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i;

const VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/** Chromium forgets after two hours whatever it is told. */
const MAX_AGE_SECONDS = 7200;
