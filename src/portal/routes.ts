import type { Assets } from './assets.ts';
import { createDevicePages } from './device.tsx';
import { createEntrance } from './entrance.ts';
import { PATHS } from './paths.ts';
import { createPlaces } from './places.ts';
import type { PortalPorts, Serve } from './ports.ts';
import type { Press } from './press.tsx';
import { createSignInPages } from './sign-in-pages.ts';
import { createSignOutPages } from './sign-out.tsx';
import { createVisitors } from './visitor.ts';
import { createPlaceRoutes, type Route } from './visits/index.ts';
import { createOperatorRoutes } from './visits/operator-routes.ts';

/** Every page that there is, what its forms do, and what pages load: of each path, by each method. */
export const portalRoutes = (ports: PortalPorts, press: Press): readonly Route[] => {
  const visitors = createVisitors(ports);
  const device = createDevicePages(ports, visitors, press);
  const signIn = createSignInPages(ports, visitors, press);
  const signOut = createSignOutPages(ports, visitors, press);
  const parts = { ports, press, entrance: createEntrance(ports, visitors, press) };
  const asset =
    (name: keyof Assets): Serve =>
    async (visit) =>
      press.asset(visit.assets[name], visit);
  return [
    ...createPlaces(ports).flatMap((place) => createPlaceRoutes(parts, place)),
    ...createOperatorRoutes(parts),
    ['GET', PATHS.device, device.ask],
    ['POST', PATHS.device, device.open],
    ['POST', PATHS.decision, device.decide],
    ['GET', PATHS.approved, device.approved],
    ['GET', PATHS.denied, device.denied],
    ['GET', PATHS.signIn, signIn.begin],
    ['GET', PATHS.signedIn, signIn.finish],
    ['POST', PATHS.signOut, signOut.end],
    ['GET', PATHS.signedOut, signOut.ended],
    ['GET', PATHS.style, asset('style')],
    ['GET', PATHS.script, asset('script')],
    ['GET', PATHS.icon, asset('icon')],
  ];
};
