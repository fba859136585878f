import { isReturnable } from './return-path.ts';

/** Where the pages are that are everybody's; those of a place, `pathsAt` tells. */
export const PATHS = {
  style: '/portal.css',
  home: '/',
  script: '/portal.js',
  icon: '/portal-logo',
  /** Leads to the app's sign-in. */
  signIn: '/sign-in',
  /** Where the app sends back to. */
  signedIn: '/signed-in',
  signOut: '/sign-out',
  signedOut: '/signed-out',
  device: '/device',
  decision: '/device/decision',
  approved: '/device/approved',
  denied: '/device/denied',
  organization: '/organization',
  operators: '/operators',
  health: '/operators/health',
} as const;

/** The pages of somebody's keys, under where his place begins: '' for one's own. */
export const pathsAt = (base: string) => {
  const key = (keyId: string) => `${base}/keys/${encodeURIComponent(keyId)}`;
  return {
    home: base === '' ? '/' : base,
    keys: `${base}/keys`,
    create: `${base}/keys/new`,
    usage: `${base}/usage`,
    audit: `${base}/audit`,
    key,
    change: (keyId: string) => `${key(keyId)}/change`,
    rotate: (keyId: string) => `${key(keyId)}/rotate`,
    finish: (keyId: string) => `${key(keyId)}/rotate/finish`,
    cancel: (keyId: string) => `${key(keyId)}/rotate/cancel`,
    revoke: (keyId: string) => `${key(keyId)}/revoke`,
  };
};

export type PlacePaths = ReturnType<typeof pathsAt>;

/** What an operator does with an owner as such; under `home`, his keys are where they are at every place. */
export const ownerPathsAt = (ownerId: string) => {
  const home = `${PATHS.operators}/users/${encodeURIComponent(ownerId)}`;
  return {
    home,
    suspend: `${home}/suspend`,
    lift: `${home}/lift`,
    limits: `${home}/limits`,
    revokeAll: `${home}/revoke-all`,
  };
};

/** With a query, whose empty values are left out. */
export const withQuery = (path: string, query: Readonly<Record<string, string | null>>): string => {
  const said = Object.entries(query).filter((each): each is [string, string] => Boolean(each[1]));
  return said.length === 0 ? path : `${path}?${new URLSearchParams(said)}`;
};

/** The pages that a sign-in can lead to: what is read, never what is done. */
export const isDestination = (pathname: string): boolean => DESTINATION.test(pathname);

const DESTINATION =
  /^(?:\/device|\/operators(?:\/health|\/users\/[\w-]+\/(?:suspend|lift|limits|revoke-all))?|(?:\/organization|\/operators\/users\/[\w-]+)?(?:\/|\/usage|\/audit|\/keys\/[^/]+(?:\/(?:change|rotate|revoke))?)?)$/;

/** The device page with a code in it. */
export const devicePath = (shownCode: string | null): string =>
  withQuery(PATHS.device, { user_code: shownCode });

/** The page after a sign-out; with the end of the session, in seconds, where nobody knows whether it is over. */
export const signedOutPath = (openUntil: number | null): string =>
  withQuery(PATHS.signedOut, { until: openUntil === null ? null : String(openUntil) });

/** The way to a page over the sign-in. */
export const signInPath = (returnTo: string, isAgain: boolean): string =>
  withQuery(PATHS.signIn, { return_to: wayBack(returnTo), again: isAgain ? '1' : null });

/** What a sign-in can lead back to of a page: without its query where that is too long, which is whole or not at all. */
export const wayBack = (path: string): string =>
  [path, path.split('?')[0] ?? ''].find(isReturnable) ?? PATHS.home;
