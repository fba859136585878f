import type { Child } from 'hono/jsx';
import { PATHS, signInPath } from './paths.ts';
import { WORDS } from './words.ts';

const { nav: words } = WORDS;

/** A way to another page. */
export interface Way {
  readonly label: string;
  readonly href: string;
  readonly isHere: boolean;
}

/** What every page has around it. */
export interface Frame {
  readonly brand: string;
  /** Who is signed in, as he knows himself; null for nobody. */
  readonly signedInAs: string | null;
  /** Where somebody else is taken who signs in instead. */
  readonly returnTo: string;
  /** Whose keys he can look at besides his own; empty where there are only those. */
  readonly places: readonly Way[];
  /** The pages of the place that he is in. */
  readonly ways: readonly Way[];
}

/** A whole page. Nothing of it needs a script. */
export const Layout = ({
  title,
  frame: { brand, signedInAs, returnTo, places, ways },
  isWide = false,
  isHisAlone = false,
  children,
}: {
  readonly title: string;
  readonly frame: Frame;
  /** Whether the page is a list, and not a form or a few lines. */
  readonly isWide?: boolean;
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
    <body class={isWide ? 'wide' : undefined}>
      <a class="skip" href="#page">
        {WORDS.skip}
      </a>
      <header>
        <a class="brand" href={PATHS.home}>
          <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
            <circle cx="8" cy="12" r="5" />
            <path d="M13 12h9v4M18 12v3" />
          </svg>
          {brand}
        </a>
        <Ways label={words.places} ways={places} class="places" />
      </header>
      <Ways label={words.label} ways={ways} class="tabs" />
      <main id="page" tabindex={-1}>
        {children}
      </main>
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

const Ways = ({
  label,
  ways,
  class: name,
}: {
  readonly label: string;
  readonly ways: readonly Way[];
  readonly class: string;
}) =>
  ways.length === 0 ? null : (
    <nav class={name} aria-label={label}>
      <ul>
        {ways.map(({ label: text, href, isHere }) => (
          <li>
            <a href={href} aria-current={isHere ? 'page' : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
