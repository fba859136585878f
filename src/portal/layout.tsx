import type { Child } from 'hono/jsx';
import { PATHS, signInPath } from './paths.ts';
import { WORDS } from './words.ts';

/** What every page has around it. */
export interface Frame {
  readonly brand: string;
  /** Who is signed in, as he knows himself; null for nobody. */
  readonly signedInAs: string | null;
  /** Where somebody else is taken who signs in instead. */
  readonly returnTo: string;
}

/** A whole page. Nothing of it needs a script. */
export const Layout = ({
  title,
  frame: { brand, signedInAs, returnTo },
  isHisAlone = false,
  children,
}: {
  readonly title: string;
  readonly frame: Frame;
  /** Whether the page is of this sign-in alone: another one could do nothing with it. */
  readonly isHisAlone?: boolean;
  readonly children?: Child;
}) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>{WORDS.title(title, brand)}</title>
      <link rel="stylesheet" href={PATHS.style} />
    </head>
    <body>
      <a class="skip" href="#page">
        {WORDS.skip}
      </a>
      <header>
        <p class="brand">
          <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
            <circle cx="8" cy="12" r="5" />
            <path d="M13 12h9v4M18 12v3" />
          </svg>
          {brand}
        </p>
      </header>
      <main id="page">{children}</main>
      <footer>
        {signedInAs === null ? null : (
          <p>
            {WORDS.signedInAs} <bdi>{signedInAs}</bdi>.{' '}
            {isHisAlone ? WORDS.notYouHere : <a href={signInPath(returnTo, false)}>{WORDS.notYou}</a>}
          </p>
        )}
      </footer>
    </body>
  </html>
);
