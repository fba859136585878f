import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../../../cli/doctor/judge-deployment.ts';
import { judgeRoutes } from '../../../../cli/doctor/judge-routes.ts';

const HOSTS = { api: ['api.acme.com', 'api2.acme.com:8443'], desk: 'keys.acme.com' };
const DOMAINS = ['api.acme.com', 'api2.acme.com', 'keys.acme.com'].map((pattern) => ({
  pattern,
  custom_domain: true,
}));
const ZONE = { pattern: 'api.acme.com/*', zone_name: 'acme.com' };

const wrongOf = (routes: Deployment['routes'], wantsZone = false) =>
  judgeRoutes({ routes }, HOSTS, wantsZone)
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ id, verdict, details }) => [id, verdict, ...details]);

test('custom domains for exactly the hosts are right, whatever the ports', () => {
  expect(wrongOf(DOMAINS)).toEqual([]);
});

describe('SECURITY 0.11 › a zone route', () => {
  test('covers a host as a custom domain does, and is worth a look', () => {
    const failsOpen = [['WRANGLER-10', 'WARN', 'api.acme.com/* is a route of a zone']];
    expect(wrongOf([ZONE, ...DOMAINS.slice(1)])).toEqual(failsOpen);
    expect(wrongOf([ZONE, ...DOMAINS.slice(1)], true)).toEqual([
      ...[['WRANGLER-09', 'FAIL', expect.stringMatching(/^api2\.acme\.com: the zone's own/)]],
      ...failsOpen,
    ]);
  });
});

describe('PATH-07 › routes', () => {
  test.each<[what: string, routes: Deployment['routes'], ...problems: readonly string[]]>([
    [
      'that are not there',
      undefined,
      ...['api', 'api2', 'keys'].map((name) => `${name}.acme.com: no route leads it to the Worker`),
    ],
    ['without the Desk', DOMAINS.slice(0, 2), 'keys.acme.com: no route leads it to the Worker'],
    [
      'for one host too many',
      [...DOMAINS, { pattern: 'www.acme.com', custom_domain: true }],
      'www.acme.com: is for what is none of the hosts',
    ],
    [
      'of a domain that is switched off',
      [...DOMAINS.slice(0, 2), { pattern: 'keys.acme.com', custom_domain: true, enabled: false }],
      'keys.acme.com: no route leads it to the Worker',
    ],
    [
      'for a part of a host',
      [{ pattern: 'api.acme.com/v1/*', custom_domain: false }, ...DOMAINS],
      'api.acme.com/v1/*: what it does not match goes past the Worker',
    ],
    ['for all names beneath', ['*.acme.com/*', ...DOMAINS], '*.acme.com/*: is for what is none of the hosts'],
    [
      'for the root alone',
      ['https://api.acme.com', ...DOMAINS.slice(1)],
      'api.acme.com: no route leads it to the Worker',
      'https://api.acme.com: what it does not match goes past the Worker',
    ],
  ])('%s are found out', (_, routes, ...problems) => {
    expect(wrongOf(routes).find(([id]) => id === 'WRANGLER-09')).toEqual([
      'WRANGLER-09',
      'FAIL',
      ...problems,
    ]);
  });
});

test('hosts of this machine need no route', () => {
  const hosts = { api: ['127.0.0.1:8787'], desk: 'localhost:8787' };
  expect(judgeRoutes({}, hosts, false).map(({ verdict }) => verdict)).toEqual(['skipped', 'skipped']);
});
