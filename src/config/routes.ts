import { canonicalPath } from '../model/path.ts';
import { type RouteSettings, tableProblems } from '../model/policy.ts';
import { browserOriginProblem } from './hosts.ts';
import type { Judged } from './judged.ts';
import { placeProblems } from './places.ts';
import type { Problem } from './problem.ts';

/** RFC 9728 §3: where clients learn how to get in. Answered by the Gate itself on every API host. */
export const RESERVED_PATH = '/.well-known/oauth-protected-resource';

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
  return path === RESERVED_PATH || path.startsWith(`${RESERVED_PATH}/`)
    ? [{ path: ['path'], message: `"${RESERVED_PATH}" is reserved` }]
    : [];
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

/** RFC 6455 §4.1: the handshake is a GET. */
const handshake: Check = ({ websocket, methods }, { environment }) => {
  if (websocket === undefined) return [];
  const get = methods === undefined || methods.includes('GET');
  const problems = websocket.origins.flatMap((origin, i) => {
    const message = browserOriginProblem(origin, environment);
    return message === null ? [] : [{ path: ['websocket', 'origins', i], message }];
  });
  return get ? problems : [{ path: ['websocket'], message: 'needs the method GET' }, ...problems];
};

const placed: Check = ({ origin }, file) =>
  origin === undefined
    ? []
    : placeProblems(origin, file).map(({ path, message }) => ({ path: ['origin', ...path], message }));

const EACH: readonly Check[] = [reachable, scopesOffered, affordable, openMeansOpen, handshake, placed];
