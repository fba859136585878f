import type { AuthKind } from './identity.ts';
import type { CanonicalPath } from './path.ts';
import { intersectionOf, ONE, patternProblem, REST, segmentsOf, shapeOf } from './pattern.ts';
import { type Place, type PlaceSettings, placeOf } from './place.ts';

/** The methods that exist for the Gate; every other is 405 (RFC 9110 §15.5.6). In the order of `Allow`. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];

/** Every kind of credential that a route may ask for. */
export const CREDENTIAL_KINDS = [
  'api_key',
  'client_credentials',
  'access_token',
  'session',
] as const satisfies AuthKind[];
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/**
 * `required`: a good credential. `optional`: none is anonymous, a bad one is 401. `none`: credentials are
 * removed unread.
 */
export type RouteAuth = 'required' | 'optional' | 'none';

/** A route as the operator writes it. What is absent or undefined gets its default. */
export interface RouteSettings {
  /** Segments: a literal, `*` (one, not empty) or, at the end, `**` (none or more). */
  readonly path: string;
  /** Default: all of `METHODS`. GET covers HEAD; OPTIONS must be listed. */
  readonly methods?: readonly Method[] | undefined;
  /** Default: `required`. */
  readonly auth?: RouteAuth | undefined;
  /** The kinds of credential accepted. Default: all. */
  readonly credentials?: readonly CredentialKind[] | undefined;
  /** Scopes that the credential must have, every one of them. Default: none. */
  readonly scopes?: readonly string[] | undefined;
  /** Units of the owner's limit that one request takes. Default: 1. */
  readonly cost?: number | undefined;
  /** Greatest length of a request body in bytes. Default: no limit of ours. */
  readonly maxBodyBytes?: number | undefined;
  /** Greatest age of a lease that is accepted; 0 asks the Ring for every request. Default: the file's `leaseSeconds`. */
  readonly leaseSeconds?: number | undefined;
  /**
   * Greatest time since a session's user last signed in (RFC 9470). Needs `credentials: ['session']`: no other kind
   * says when anybody did. Default: any.
   */
  readonly maxAuthAgeSeconds?: number | undefined;
  /** What an assertion is bound to. Default: `identity`. */
  readonly assertion?: 'identity' | 'request' | undefined;
  /** To the head of the origin's response. Default: the origin's `timeoutSeconds`. */
  readonly timeoutSeconds?: number | undefined;
  /**
   * Whether a request may be answered though it came as TLS early data, which can be replayed (RFC 8470). GET and
   * HEAD only. Default: false.
   */
  readonly earlyData?: boolean | undefined;
  /** Lets WebSockets through, from these origins. Default: upgrades are refused. */
  readonly websocket?: { readonly origins: readonly string[] } | undefined;
  /** Where its requests go, and the audience of their assertion if that is another. Default: the file's `origin`. */
  readonly origin?: (PlaceSettings & { readonly id?: string | undefined }) | undefined;
}

/** A route with every default filled in. */
export interface Route {
  /** Its pattern: what logs call it. */
  readonly name: string;
  readonly methods: readonly Method[];
  readonly auth: RouteAuth;
  readonly credentials: readonly CredentialKind[];
  readonly scopes: readonly string[];
  readonly cost: number;
  /** Null: no limit of ours. */
  readonly maxBodyBytes: number | null;
  readonly leaseSeconds: number;
  /** Null: a session of any age. */
  readonly maxAuthAgeSeconds: number | null;
  readonly assertion: 'identity' | 'request';
  readonly timeoutSeconds: number;
  readonly earlyData: boolean;
  /** Null: upgrades are refused. */
  readonly websocket: { readonly origins: readonly string[] } | null;
  /** Null: the file's. */
  readonly origin: RouteOrigin | null;
}

/** Where the requests of one route go. */
export interface RouteOrigin {
  readonly place: Place;
  /** Audience of the assertion; null is that of the file's origin. */
  readonly id: string | null;
}

/** What a route that does not say so gets from the rest of the file. */
export interface RouteDefaults {
  readonly leaseSeconds: number;
  readonly timeoutSeconds: number;
}

/** The route that a request falls under, or why there is none. */
export type Match =
  | { readonly route: Route; readonly refusal?: never }
  | { readonly refusal: 'no-route'; readonly route?: never }
  | { readonly refusal: 'method'; readonly allow: readonly Method[]; readonly route?: never };

/** The operator's table of routes, ready to be asked. */
export interface Policy {
  /** In the order of the file. */
  readonly routes: readonly Route[];
  /**
   * The most specific pattern that covers the path decides alone: a method that it does not have is refused,
   * never looked for under a wider pattern, which may be a more open one. No pattern means no access.
   */
  readonly match: (path: CanonicalPath, method: string) => Match;
}

/** Something wrong with a table: the index of the route that shows it, and a sentence that names both. */
export interface TableProblem {
  readonly index: number;
  readonly problem: string;
}

/** Literal segments lead on by name, `*` by `any`; what ends here is `exact`, and `**` is `rest`. */
interface Node {
  readonly literals: Map<string, Node>;
  any: Node | null;
  exact: Leaf | null;
  rest: Leaf | null;
}

/** One pattern's answers, made once: a match allocates nothing. */
interface Leaf {
  readonly byMethod: Map<string, Match>;
  refusal: Match;
}

const NO_ROUTE: Match = { refusal: 'no-route' };

/** Builds the table. Throws on one that `tableProblems` finds fault with: the configuration asks that first. */
export const compile = (settings: readonly RouteSettings[], defaults: RouteDefaults): Policy => {
  const [problem] = tableProblems(settings);
  if (problem !== undefined) throw new Error(`routes[${problem.index}]: ${problem.problem}`);
  const routes = settings.map((route) => completed(route, defaults));
  const root = emptyNode();
  for (const route of routes) plant(root, route);
  return {
    routes,
    match: (path, method) => {
      const leaf = find(root, path, 1);
      return leaf === null ? NO_ROUTE : (leaf.byMethod.get(method) ?? leaf.refusal);
    },
  };
};

const completed = (route: RouteSettings, defaults: RouteDefaults): Route => ({
  name: route.path,
  methods: coveredMethods(route),
  auth: route.auth ?? 'required',
  credentials: route.credentials ?? CREDENTIAL_KINDS,
  scopes: route.scopes ?? [],
  cost: route.cost ?? 1,
  maxBodyBytes: route.maxBodyBytes ?? null,
  leaseSeconds: route.leaseSeconds ?? defaults.leaseSeconds,
  maxAuthAgeSeconds: route.maxAuthAgeSeconds ?? null,
  assertion: route.assertion ?? 'identity',
  timeoutSeconds: route.timeoutSeconds ?? defaults.timeoutSeconds,
  earlyData: route.earlyData ?? false,
  websocket: route.websocket ?? null,
  origin: route.origin === undefined ? null : originOf(route.path, route.origin),
});

const originOf = (path: string, settings: NonNullable<RouteSettings['origin']>): RouteOrigin => {
  const place = placeOf(settings);
  if (place === null) throw new Error(`"${path}" does not have exactly one origin`);
  return { place, id: settings.id ?? null };
};

/** RFC 9110 §9.3.2: HEAD is GET without the content, so it must not fall under another rule than GET. */
const coveredMethods = ({ methods }: RouteSettings): readonly Method[] =>
  methods === undefined
    ? METHODS
    : METHODS.filter((method) => methods.includes(method) || (method === 'HEAD' && methods.includes('GET')));

const emptyNode = (): Node => ({ literals: new Map(), any: null, exact: null, rest: null });

const plant = (root: Node, route: Route): void => {
  let node = root;
  for (const segment of segmentsOf(route.name)) {
    if (segment === REST) {
      node.rest = grown(node.rest, route);
      return;
    }
    node = child(node, segment);
  }
  node.exact = grown(node.exact, route);
};

const child = (node: Node, segment: string): Node => {
  if (segment === ONE) {
    node.any ??= emptyNode();
    return node.any;
  }
  const known = node.literals.get(segment) ?? emptyNode();
  node.literals.set(segment, known);
  return known;
};

const grown = (leaf: Leaf | null, route: Route): Leaf => {
  const byMethod = leaf?.byMethod ?? new Map<string, Match>();
  for (const method of route.methods) byMethod.set(method, { route });
  return {
    byMethod,
    refusal: { refusal: 'method', allow: METHODS.filter((method) => byMethod.has(method)) },
  };
};

/**
 * The leaf of the most specific pattern, from the segment that begins at `from`: literal before `*` before
 * `**`, from the left. A node is visited at most once, so the work is bounded by the table and the path.
 */
const find = (node: Node, path: string, from: number): Leaf | null => {
  if (from > path.length) return node.exact ?? node.rest;
  const slash = path.indexOf('/', from);
  const end = slash === -1 ? path.length : slash;
  const literal = node.literals.get(path.slice(from, end));
  const named = literal === undefined ? null : find(literal, path, end + 1);
  if (named !== null) return named;
  const any = node.any === null || end === from ? null : find(node.any, path, end + 1);
  return any ?? node.rest;
};

/**
 * What is wrong with a table: a pattern that is none, two routes of one pattern that share a method, or two
 * patterns that cross, each narrower in another segment, unless a third is exactly what they share.
 */
export const tableProblems = (routes: readonly RouteSettings[]): readonly TableProblem[] => [
  ...malformed(routes),
  ...sharedMethods(routes),
  ...crossings(routes),
];

const malformed = (routes: readonly RouteSettings[]): TableProblem[] =>
  routes.flatMap(({ path }, index) => {
    const problem = patternProblem(path);
    return problem === null ? [] : [{ index, problem }];
  });

const sharedMethods = (routes: readonly RouteSettings[]): TableProblem[] =>
  pairs(routes).flatMap(([first, second, index]) => {
    if (first.path !== second.path) return [];
    const others = coveredMethods(second);
    const shared = coveredMethods(first).filter((method) => others.includes(method));
    if (shared.length === 0) return [];
    return [
      {
        index,
        problem: `"${first.path}" and "${second.path}" are one pattern and both take ${shared.join(', ')}`,
      },
    ];
  });

/**
 * Of two patterns the one is the narrower if what they share is that one, with or without a `**`: then it stands in the
 * table. That `/a/**` covers `/a` too makes it neither narrower nor wider.
 */
const crossings = (routes: readonly RouteSettings[]): TableProblem[] => {
  const indexes = new Map(routes.map(({ path }, index) => [path, index]));
  const wild = [...indexes]
    .filter(([path]) => path.includes(ONE) && patternProblem(path) === null)
    .map(([path, index]) => ({ path, index, shape: shapeOf(path) }));
  return pairs(wild).flatMap(([first, second]) => {
    const common = intersectionOf(first.shape, second.shape);
    if (common === null || indexes.has(common) || indexes.has(`${common}/${REST}`)) return [];
    const both = `"${first.path}" and "${second.path}" both cover "${common}"`;
    const advice = `add a route for "${common}" or change one`;
    return [{ index: second.index, problem: `${both} and neither is the narrower: ${advice}` }];
  });
};

/** Every two of a list, the earlier first, with the index of the later. */
const pairs = <T>(list: readonly T[]): (readonly [T, T, number])[] =>
  list.flatMap((second, index) => list.slice(0, index).map((first) => [first, second, index] as const));
