import type { PortalPorts } from '../src/portal/ports.ts';
import type { Press } from '../src/portal/press.tsx';
import { portalRoutes } from '../src/portal/routes.ts';

/** The table of the portal, without anything behind it: of a page that is in none of the tests, they tell. */
export const PORTAL_ROUTES = portalRoutes({ login: {} } as PortalPorts, {} as Press).map(
  ([method, path]) => ({ method, path }),
);
