import { hostname, isLoopback } from '../../src/config/hosts.ts';
import type { Config } from '../../src/config.ts';
import { type Finding, found, skipped } from './finding.ts';
import type { Deployment } from './judge-deployment.ts';

/** A route of wrangler.toml, taken apart. */
interface Route {
  readonly pattern: string;
  /** With `*.` before it where it is for every name beneath. */
  readonly host: string;
  /** Whether every path of the host is the Worker's. */
  readonly isWhole: boolean;
  readonly isCustomDomain: boolean;
  readonly isOff: boolean;
}

/** Whether the routes of a deployment lead the configured hosts, and nothing else, to the Worker (SECURITY: 0.11, PATH-07). `wantsZone`: requests go on to the zone's own origin. */
export const judgeRoutes = (
  deployment: Deployment,
  hosts: Config['hosts'],
  wantsZone: boolean,
): readonly Finding[] => {
  const all = [...hosts.api, hosts.desk];
  if (all.every(isLoopback)) {
    const why = "the hosts are this machine's";
    return [skipped('WRANGLER-09', why), skipped('WRANGLER-10', why)];
  }
  const { routes = [], route } = deployment;
  const read = [...routes, ...(route === undefined ? [] : [route])].map(readRoute);
  const names = new Set(all.map(hostname));
  const api = new Set(hosts.api.map(hostname));
  return [
    found('WRANGLER-09', [
      ...[...names].flatMap((name) =>
        read.some(({ host, isWhole, isOff }) => host === name && isWhole && !isOff)
          ? []
          : [`${name}: no route leads it to the Worker`],
      ),
      ...read.flatMap(({ pattern, host, isWhole }) => {
        if (!names.has(host)) return [`${pattern}: is for what is none of the hosts`];
        return isWhole ? [] : [`${pattern}: what it does not match goes past the Worker`];
      }),
      ...(wantsZone
        ? read.flatMap(({ pattern, host, isCustomDomain }) =>
            isCustomDomain && api.has(host)
              ? [`${pattern}: the zone's own origin is wanted, and a custom domain has none behind it`]
              : [],
          )
        : []),
    ]),
    found(
      'WRANGLER-10',
      read.flatMap(({ pattern, isCustomDomain }) =>
        isCustomDomain ? [] : [`${pattern} is a route of a zone`],
      ),
    ),
  ];
};

const readRoute = (route: NonNullable<Deployment['route']>): Route => {
  const { pattern, ...more } = typeof route === 'string' ? { pattern: route } : route;
  const bare = pattern.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const isCustomDomain = 'custom_domain' in more && more.custom_domain === true;
  return {
    pattern,
    host: (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase(),
    isWhole: isCustomDomain ? slash < 0 : slash >= 0 && bare.slice(slash) === '/*',
    isCustomDomain,
    isOff: 'enabled' in more && more.enabled === false,
  };
};
