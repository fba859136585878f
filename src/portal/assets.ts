import { toBase64url, utf8 } from '../model/bytes.ts';
import type { Logo } from '../model/logo.ts';
import { brandStyle } from './brand-style.ts';
import { PATHS } from './paths.ts';
import { PORTAL_SCRIPT } from './script.ts';

/** What pages load: it is everybody's, and stands in its address by its own hash. */
export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  /** The path with the version, as pages name it. */
  readonly href: string;
  readonly version: string;
  /** Subresource Integrity §3.1: what the browser must find, or it takes nothing. */
  readonly integrity: string;
}

/** All that pages load. */
export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
  /** For the browser's own tab: the operator's logo, or ours. Browsers ask for one, whether a page names it or not. */
  readonly icon: Asset;
}

/** What the operator makes the pages look like. */
export interface Look {
  readonly logo: Logo | null;
  /** `#rrggbb`; null for our own. */
  readonly accent: string | null;
}

/** Makes them when they are first asked for, once per isolate: hashes cannot be had while a Worker starts. */
export const createAssets = ({ logo, accent }: Look): (() => Promise<Assets>) => {
  const { type, bytes } = logo ?? OWN_ICON;
  let made: Assets | null = null;
  return async () => {
    // Two who ask at once make the same twice.
    made ??= {
      style: await assetOf(PATHS.style, 'text/css; charset=utf-8', utf8(brandStyle(accent))),
      script: await assetOf(PATHS.script, 'text/javascript; charset=utf-8', utf8(PORTAL_SCRIPT)),
      icon: await assetOf(PATHS.icon, type, bytes, { 'content-security-policy': ICON_POLICY }),
    };
    return made;
  };
};

/**
 * An SVG is a document: who opens it by itself must find nothing in it that runs, asks or leads anywhere. Its own style is
 * let be, which no other answer has. In an `<img>`, browsers hold it to less still (SVG Integration, secure animated mode).
 */
const ICON_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/** The key of the pages' head, in both themes. */
const OWN_ICON: Pick<Logo, 'type' | 'bytes'> = {
  type: 'image/svg+xml',
  bytes: utf8(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#7189b8" stroke-width="2.5">' +
      '<circle cx="8" cy="12" r="5"/><path d="M13 12h9v4M18 12v3"/></svg>',
  ),
};

const assetOf = async (
  path: string,
  contentType: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asset> => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-384', body));
  const version = toBase64url(hash.subarray(0, 12));
  return {
    ...{ body, version, href: `${path}?v=${version}` },
    headers: { 'content-type': contentType, ...headers },
    integrity: `sha384-${btoa(String.fromCharCode(...hash))}`,
  };
};
