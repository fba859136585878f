import { canonicalPath } from '../model/path.ts';
import { type RouteSettings, tableProblems } from '../model/policy.ts';
import { isReserved, RESERVED_PATH } from '../model/resource.ts';
import { browserOriginProblems } from './hosts.ts';
import type { Judged } from './judged.ts';
import { placeProblems } from './places.ts';
import type { Problem } from './problem.ts';

/** What is wrong between routes, and between a route and the rest of the file. */
export const routeProblems = (file: Judged): readonly Problem[] => [
  ...tableOf(file),
  ...file.routes.flatMap((route, i) =>
    route === null
      ? []
      : EACH.flatMap((check) => check(route, file)).map(({ path, message }) => ({
          path: ['routes', i, ...path],
          message,
        })),
  ),
];

const tableOf = ({ routes }: Judged): readonly Problem[] => {
  const whole = routes.flatMap((route, index) => (route === null ? [] : [{ route, index }]));
  return tableProblems(whole.map(({ route }) => route)).flatMap(({ index, problem }) => {
    const at = whole[index];
    return at === undefined ? [] : [{ path: ['routes', at.index, 'path'], message: problem }];
  });
};

type Check = (route: RouteSettings, file: Judged) => readonly Problem[];

/** A route that could never match would leave its paths to a wider one. */
const reachable: Check = ({ path }, { pathParams = 'deny' }) => {
  if (pathParams === 'deny' && path.includes(';') && canonicalPath(path, 'allow').problem === undefined) {
    return [{ path: ['path'], message: 'has a semicolon, which pathParams "deny" refuses' }];
  }
  return isReserved(path) ? [{ path: ['path'], message: `"${RESERVED_PATH}" is reserved` }] : [];
};

const scopesOffered: Check = ({ scopes = [] }, { scopeNames }) =>
  scopes.flatMap((scope, i) =>
    scopeNames.has(scope) ? [] : [{ path: ['scopes', i], message: `"${scope}" is not in scopes` }],
  );

/** A request that costs more than a whole window holds can never be admitted (LEASES.md 8.9). */
const affordable: Check = ({ cost = 1 }, { limits }) => {
  if (limits === undefined) return [];
  const smallest = Math.min(
    limits.default.requests,
    ...Object.values(limits.plans).map(({ requests }) => requests),
  );
  return cost <= smallest
    ? []
    : [{ path: ['cost'], message: `is more than the smallest limit, ${smallest}` }];
};

/** Whoever writes a scope on an open route believes it protected. */
const openMeansOpen: Check = (route) => {
  if (route.auth !== 'none') return [];
  const idle = (['scopes', 'credentials'] as const).filter((key) => (route[key] ?? []).length > 0);
  return idle.map((key) => ({
    path: [key],
    message: 'means nothing on a route with auth "none", which everybody may use',
  }));
};

/**
 * Keys, pairs and access tokens come without a user, and nobody is anonymous with a sign-in: a route that takes them
 * besides would be closed to them, or open, and its reader would have to guess which.
 */
const sessionsAlone: Check = ({ maxAuthAgeSeconds, credentials, auth = 'required' }) => {
  if (maxAuthAgeSeconds === undefined) return [];
  const alone = credentials?.every((kind) => kind === 'session') ?? false;
  return [
    ...(alone ? [] : ['needs credentials: ["session"]: no other kind says when somebody signed in']),
    ...(auth === 'required' ? [] : [`cannot go with auth "${auth}", which lets in who never signed in`]),
  ].map((message) => ({ path: ['maxAuthAgeSeconds'], message }));
};

/** RFC 6455 §4.1: the handshake is a GET. */
const handshake: Check = ({ websocket, methods }, { environment }) => {
  if (websocket === undefined) return [];
  const get = methods === undefined || methods.includes('GET');
  const problems = browserOriginProblems(websocket.origins, environment, ['websocket', 'origins']);
  return get ? problems : [{ path: ['websocket'], message: 'needs the method GET' }, ...problems];
};

/** RFC 8470 §4: what is replayed must be safe to do twice (RFC 9110 §9.2.1); a WebSocket's messages are not known. */
const replayable: Check = ({ earlyData = false, methods, websocket }) => {
  if (!earlyData) return [];
  const safe = methods?.every((method) => method === 'GET' || method === 'HEAD') ?? false;
  return [
    ...(safe ? [] : ['needs methods, and none but GET and HEAD: early data can be replayed']),
    ...(websocket === undefined ? [] : ['cannot go with websocket: early data can be replayed']),
  ].map((message) => ({ path: ['earlyData'], message }));
};

const placed: Check = ({ origin }, file) =>
  origin === undefined
    ? []
    : placeProblems(origin, file).map(({ path, message }) => ({ path: ['origin', ...path], message }));

const EACH: readonly Check[] = [
  reachable,
  scopesOffered,
  affordable,
  openMeansOpen,
  sessionsAlone,
  handshake,
  replayable,
  placed,
];
