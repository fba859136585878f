import type { Place } from '../../model/place.ts';
import type { Route } from '../../model/policy.ts';
import type { Signer } from './assertion.ts';
import type { HeaderRules } from './headers.ts';

/** How a request leaves: the runtime's `fetch`, or that of a service binding. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Somewhere that requests are forwarded to. */
export interface Origin {
  /** What its assertions are for. */
  readonly audience: string;
  /** Scheme and authority of a request there, for one that came to `host` by `protocol`. */
  readonly base: (protocol: string, host: string) => string;
  readonly fetch: Fetch;
  readonly signer: Signer;
  readonly headers: HeaderRules;
}

/** Every origin of the operator's file. */
export interface Origins {
  readonly main: Origin;
  readonly of: (route: Route) => Origin;
}

export interface OriginsOptions {
  readonly main: { readonly place: Place; readonly id: string; readonly keepCookies: boolean };
  readonly routes: readonly Route[];
  /** A signer of assertions for one audience. */
  readonly signer: (audience: string) => Signer;
  readonly headers: (keepCookies: boolean) => HeaderRules;
  readonly fetch: Fetch;
  /** The `fetch` of a service binding; throws where it is not bound, which is looked at before. */
  readonly binding: (name: string) => Fetch;
}

/** Makes every origin ready, once at start. Origins of one audience share their signer. */
export const createOrigins = (options: OriginsOptions): Origins => {
  const signers = new Map<string, Signer>();
  const signerFor = (audience: string): Signer => {
    const signer = signers.get(audience) ?? options.signer(audience);
    signers.set(audience, signer);
    return signer;
  };
  const origin = (place: Place, audience: string, headers: HeaderRules): Origin => ({
    ...{ audience, headers, signer: signerFor(audience), base: baseOf(place) },
    fetch: place.kind === 'binding' ? options.binding(place.binding) : options.fetch,
  });
  const main = origin(options.main.place, options.main.id, options.headers(options.main.keepCookies));
  // Cookies are kept for the origin that the file says it of, and for no other.
  const withoutCookies = options.headers(false);
  const own = new Map(
    options.routes.flatMap((route) =>
      route.origin === null
        ? []
        : [[route, origin(route.origin.place, route.origin.id ?? main.audience, withoutCookies)] as const],
    ),
  );
  return {
    main,
    of: (route) => {
      const found = route.origin === null ? main : own.get(route);
      if (found === undefined) throw new Error(`the origin of "${route.name}" is not known`);
      return found;
    },
  };
};

/** Where the requests of a route go. */
export const originOf = ({ main, of }: Origins, route: Route): Origin =>
  route.origin === null ? main : of(route);

/** The service bindings that the file names, in order, each with the path of the setting that names it first. */
export const bindingsNamed = (
  main: Place,
  routes: readonly Route[],
): readonly { readonly name: string; readonly setting: string }[] => {
  const named = new Map<string, string>();
  if (main.kind === 'binding') named.set(main.binding, 'origin.binding');
  for (const [i, { origin }] of routes.entries()) {
    if (origin?.place.kind === 'binding' && !named.has(origin.place.binding))
      named.set(origin.place.binding, `routes[${i}].origin.binding`);
  }
  return [...named].map(([name, setting]) => ({ name, setting }));
};

/** A service binding is asked under the API's own name, by https; the zone by the request's own URL. */
const baseOf = (place: Place): Origin['base'] => {
  switch (place.kind) {
    case 'url':
      return () => place.url;
    case 'binding':
      return (_protocol, host) => `https://${host}`;
    case 'zone':
      return (protocol, host) => `${protocol}://${host}`;
  }
};
