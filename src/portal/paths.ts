/** Where the pages are. */
export const PATHS = {
  style: '/portal.css',
  /** Leads to the app's sign-in. */
  signIn: '/sign-in',
  /** Where the app sends back to. */
  signedIn: '/signed-in',
  device: '/device',
  decision: '/device/decision',
  approved: '/device/approved',
  denied: '/device/denied',
} as const;

/** The pages that a sign-in can lead to. */
export const DESTINATIONS: readonly string[] = [PATHS.device];

/** The device page with a code in it. */
export const devicePath = (shownCode: string | null): string =>
  shownCode === null ? PATHS.device : `${PATHS.device}?${new URLSearchParams({ user_code: shownCode })}`;

/** The way to a page over the sign-in. */
export const signInPath = (returnTo: string, isAgain: boolean): string =>
  `${PATHS.signIn}?${new URLSearchParams({ return_to: returnTo, ...(isAgain ? { again: '1' } : {}) })}`;
