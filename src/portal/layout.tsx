import type { Child } from 'hono/jsx';
import type { Logo } from '../model/logo.ts';
import type { Asset, Assets } from './assets.ts';
import { PATHS } from './paths.ts';
import { SignOutButton } from './sign-out-button.tsx';
import { LANG, WORDS } from './words.ts';

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
  /** The operator's; null for our own. */
  readonly logo: Pick<Logo, 'width' | 'height'> | null;
  readonly assets: Assets;
  /** The time by our clock, which the script goes by. */
  readonly now: number;
  /** Who is signed in, as he knows himself; null for nobody. */
  readonly signedInAs: string | null;
  /** What the forms of his session carry; null for nobody's. */
  readonly csrf: string | null;
  /** Where somebody is taken who signs in. */
  readonly returnTo: string;
  /** Whose keys he can look at besides his own; empty where there are only those. */
  readonly places: readonly Way[];
  /** Somebody else whose keys these are, to an operator; null for his own, and his organisation's. */
  readonly whose: { readonly id: string; readonly href: string } | null;
  /** The pages of the place that he is in. */
  readonly ways: readonly Way[];
}

/** Around a page of somebody who is signed in. */
export interface SignedInFrame extends Frame {
  readonly csrf: string;
}

/** A whole page. Nothing of it needs a script. */
export const Layout = ({
  title,
  frame: { brand, logo, assets, now, signedInAs, csrf, places, whose, ways },
  width = 'narrow',
  isHisAlone = false,
  children,
}: {
  readonly title: string;
  readonly frame: Frame;
  /** A few lines; a form on a page of lists; a list. */
  readonly width?: 'narrow' | 'form' | 'wide';
  /** Whether the page is of this sign-in alone: another one could do nothing with it. */
  readonly isHisAlone?: boolean;
  readonly children?: Child;
}) => (
  <html lang={LANG} data-now={now}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>{WORDS.title(title, brand)}</title>
      <link rel="stylesheet" href={assets.style.href} integrity={assets.style.integrity} />
      <link rel="icon" href={assets.icon.href} />
      <script defer src={assets.script.href} integrity={assets.script.integrity} />
    </head>
    <body class={width}>
      <a class="skip" href="#page">
        {WORDS.skip}
      </a>
      <header>
        <a class="brand" href={PATHS.home}>
          <Mark logo={logo} icon={assets.icon} />
          {brand}
        </a>
        <Ways label={words.places} ways={places} class="places" />
        <div class="who">
          {signedInAs === null ? null : (
            <span>
              <span class="said">{WORDS.signedInAs} </span>
              <bdi>{signedInAs}</bdi>
            </span>
          )}
          {csrf === null || isHisAlone ? null : <SignOutButton csrf={csrf} />}
        </div>
      </header>
      {whose === null ? null : (
        <section class="whose" aria-label={words.places}>
          {words.whose}{' '}
          <a href={whose.href}>
            <code>{whose.id}</code>
          </a>
        </section>
      )}
      <Ways label={words.label} ways={ways} class="tabs" />
      <main id="page" tabindex={-1}>
        {children}
      </main>
      <footer>{isHisAlone ? <p>{WORDS.notYouHere}</p> : null}</footer>
      {/* What the script says to those who hear the page. */}
      <p class="said" role="status" data-said />
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

/** `height` in pixels of what the style calls 1.75rem. */
const LOGO_HEIGHT = 28;

/** The operator's logo, or ours. The brand beside it says what it is. With its size, so that nothing moves when it comes. */
const Mark = ({ logo, icon }: Pick<Frame, 'logo'> & { readonly icon: Asset }) =>
  logo === null ? (
    <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
      <circle cx="8" cy="12" r="5" />
      <path d="M13 12h9v4M18 12v3" />
    </svg>
  ) : (
    <img
      src={icon.href}
      alt=""
      width={Math.round((LOGO_HEIGHT * logo.width) / logo.height)}
      height={LOGO_HEIGHT}
    />
  );
