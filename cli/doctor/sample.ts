import type { CanonicalPath } from '../../src/model/path.ts';
import { ONE, REST, segmentsOf } from '../../src/model/pattern.ts';
import type { Policy, Route } from '../../src/model/policy.ts';

/** A path of a route that can be asked for by GET; null where there is none that some other route does not take. */
const sampleOf = (route: Route, policy: Policy): string | null => {
  const path = `/${segmentsOf(route.name)
    .map((segment) => (segment === ONE || segment === REST ? '1' : segment))
    .join('/')}`;
  const match = policy.match(path as CanonicalPath, 'GET');
  return match.route === route ? path : null;
};

/** The first path that such a route has. */
export const samplePath = (policy: Policy, isWanted: (route: Route) => boolean): string | null => {
  for (const route of policy.routes) {
    const path = isWanted(route) ? sampleOf(route, policy) : null;
    if (path !== null) return path;
  }
  return null;
};
