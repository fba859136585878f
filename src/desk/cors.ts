import { type Expose, exposing, preflightAnswer, preflightOf, varyByOrigin } from '../http/cors.ts';
import type { Operation } from './operation.ts';

/** What pages of the app may do at the Desk: what a session may, and nothing that has another door. */
export interface DeskCors {
  /** The answer to a preflight for one of the operations of its path; null for what is none, and for every other operation. */
  readonly preflight: (
    request: Request,
    operations: readonly Operation[],
    requestId: string,
  ) => Response | null;
  /** Lets those pages read an answer of these operations, a refusal too. */
  readonly expose: (operations: readonly Operation[], ...ends: Parameters<Expose>) => void;
}

/** Null without origins: OPTIONS is then a method like any other, and no answer differs by who reads it. */
export const createDeskCors = (origins: ReadonlySet<string>): DeskCors | null => {
  if (origins.size === 0) return null;
  const expose = exposing(origins, EXPOSED_HEADERS);
  return {
    preflight: ({ method, headers }, operations, requestId) => {
      const preflight = preflightOf(method, headers);
      if (preflight === null) return null;
      const asked = preflight.method === 'HEAD' ? 'GET' : preflight.method;
      const open = operations.filter(isOfSessions);
      const next = open.find((each) => each.method === asked);
      if (next === undefined) return null;
      return preflightAnswer(requestId, {
        origin: origins.has(preflight.origin) ? preflight.origin : null,
        methods: open.map((each) => each.method),
        headers: headersOf(next),
      });
    },
    expose: (operations, request, answer) => {
      if (!operations.some(isOfSessions)) return;
      // Whoever asks, and without an origin too: a cache must not give one page the answer of another.
      varyByOrigin(answer);
      expose(request, answer);
    },
  };
};

/** Its door says so: there is no other list. */
const isOfSessions = ({ door }: Operation): boolean =>
  door.security === 'session' || door.security === 'credential';

/** What an operation reads of a page's request, and so all that the page may send. */
const headersOf = ({ body, headers }: Operation): readonly string[] => [
  'authorization',
  ...(body === null ? [] : ['content-type']),
  ...Object.keys(headers).map((name) => name.toLowerCase()),
];

const EXPOSED_HEADERS = ['ETag', 'Location', 'Retry-After', 'X-Request-Id'];
