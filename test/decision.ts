import { latchkeyFor } from '../src/assemble.ts';
import type { Settings } from '../src/config/settings.ts';
import { inUse } from './secrets.ts';
import settings from './settings.ts';
import { DESK, type Isolate, isolate } from './world.ts';

/** What the proxies of these tests prove themselves with. */
export const DECISION_SECRET = 'decision-secret-of-these-tests-alone-0123456789';

const SOCKET = { websocket: { origins: ['https://app.test'] } };

/** The operator's file of the tests, with a decision, a browser's origin, and a route for WebSockets. */
export const DECISIVE = {
  ...settings,
  decision: {},
  cors: { origins: ['https://app.test'] },
  routes: [...settings.routes, { path: '/v1/socket/**', scopes: ['items:read'], ...SOCKET }],
};

type Headers = Readonly<Record<string, string>>;

/** An isolate in which proxies may ask. */
export const decisive = (
  variables: Readonly<Record<string, unknown>> = {},
  more: Partial<Settings> = {},
): Isolate => {
  inUse(DECISION_SECRET);
  return isolate({ DECISION_SECRET, ...variables }, latchkeyFor({ ...DECISIVE, ...more }));
};

/** What a proxy is asked by its client. */
export interface AskedOf {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** The client's own headers. */
  readonly headers?: Headers;
}

/** How proxies put it: as they are configured in examples/proxies, and Envoy as its documentation says. */
export const PROXIES: Readonly<Record<string, (asked: AskedOf, address?: string) => [string, RequestInit]>> =
  {
    nginx: ({ method = 'GET', path = '/v1/items/1', host = 'api.test', headers }, address = '192.0.2.7') => [
      `${DESK}/decision`,
      {
        headers: {
          ...headers,
          ...own(address),
          ...{ 'x-original-method': method, 'x-original-uri': path, 'x-original-host': host },
          'x-original-proto': 'https',
        },
      },
    ],
    'Traefik or Caddy': (asked, address = '192.0.2.7') => [
      `${DESK}/decision`,
      {
        headers: {
          ...asked.headers,
          ...own(address),
          ...{ 'x-forwarded-method': asked.method ?? 'GET', 'x-forwarded-uri': asked.path ?? '/v1/items/1' },
          ...{ 'x-forwarded-host': asked.host ?? 'api.test', 'x-forwarded-proto': 'https' },
        },
      },
    ],
    Envoy: (asked, address = '192.0.2.7') => [
      `${DESK}/decision${asked.path ?? '/v1/items/1'}`,
      {
        method: asked.method ?? 'GET',
        headers: {
          ...asked.headers,
          ...own(address),
          ...{ 'x-forwarded-method': asked.method ?? 'GET', 'x-forwarded-uri': asked.path ?? '/v1/items/1' },
          ...{ 'x-forwarded-host': asked.host ?? 'api.test', 'x-forwarded-proto': 'https' },
        },
      },
    ],
  };

const own = (address: string): Headers => ({
  ...{ 'x-latchkey-decision-secret': DECISION_SECRET, 'x-original-address': address },
  // Where the proxy itself is.
  'cf-connecting-ip': '203.0.113.200',
});
