import { fromBase64, fromUtf8, utf8 } from '../model/bytes.ts';
import type { Logo } from '../model/logo.ts';

/** It is a part of the Worker, and of every first visit. */
const MAX_BYTES = 16_384;

const DATA = /^data:(image\/(?:svg\+xml|png|webp));base64,([A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads a logo; a text for what is wrong with it. Nothing here keeps the pages safe from a picture: that is done by showing it
 * in an `<img>` alone and under a policy of its own (`src/portal/assets.ts`), where nothing in it runs or is asked for. What
 * would therefore be missing from it is refused, so that nobody wonders at a logo with holes.
 */
export const readLogo = (text: string): Logo | string => {
  if (text.startsWith('<svg')) return readSvg(utf8(text));
  const [, type, base64 = ''] = DATA.exec(text) ?? [];
  const bytes = fromBase64(base64);
  if (type === undefined || bytes === null)
    return 'must be SVG that begins with <svg, or data:image/svg+xml, image/png or image/webp in base64';
  if (type === 'image/svg+xml') return readSvg(bytes);
  return type === 'image/png'
    ? sized('image/png', bytes, pngSize(bytes))
    : sized('image/webp', bytes, webpSize(bytes));
};

type Size = readonly [width: number, height: number];

const sized = (type: Logo['type'], bytes: Logo['bytes'], size: Size | null): Logo | string => {
  if (bytes.length > MAX_BYTES) return `must have at most ${MAX_BYTES} bytes`;
  if (size === null) return `is no ${type}, or does not say how large it is`;
  const [width, height] = size;
  return width > 0 && height > 0 ? { type, bytes, width, height } : 'must have a width and a height';
};

const readSvg = (bytes: Logo['bytes']): Logo | string => {
  const text = textOf(bytes);
  const root = /^<svg\s[^<>]*>/.exec(text)?.[0];
  if (root === undefined || !text.trimEnd().endsWith('</svg>'))
    return 'must be one <svg …> element, without anything before it';
  if (!/\sxmlns\s*=\s*["']http:\/\/www\.w3\.org\/2000\/svg["']/.test(root))
    return 'must say xmlns="http://www.w3.org/2000/svg": browsers draw no other file';
  const found = MISSING.find(([pattern]) => pattern.test(text));
  return found === undefined ? sized('image/svg+xml', bytes, svgSize(root)) : `must have no ${found[1]}`;
};

/** What browsers do not run or load in a picture (SVG Integration, secure animated mode). */
const MISSING: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/<(?:[\w.-]+:)?script[\s/>]/i, 'script: it would not run'],
  [/\son[a-z]+\s*=/i, 'event handler: it would not run'],
  [/<(?:[\w.-]+:)?foreignObject[\s/>]/i, 'foreignObject: pictures are drawn, not laid out'],
  [/<!(?!--)|<\?/, 'document type or instruction: entities and style sheets would not be read'],
  [/[\s:]href\s*=\s*["'](?!#|data:image\/)/i, 'reference to another file: it would not be loaded'],
  [/@import|url\(\s*["']?(?!#|["']|data:image\/)/i, 'reference to another file: it would not be loaded'],
];

const textOf = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes);
  } catch {
    return '';
  }
};

const NUMBER = String.raw`\d+(?:\.\d+)?`;

/** The box that is drawn, or else the size that is asked for. */
const svgSize = (root: string): Size | null => {
  const box = new RegExp(`\\sviewBox\\s*=\\s*["'][^"']*?(${NUMBER})[\\s,]+(${NUMBER})\\s*["']`).exec(root);
  const [width, height] =
    box === null
      ? ['width', 'height'].map((name) =>
          new RegExp(`\\s${name}\\s*=\\s*["'](${NUMBER})(?:px)?["']`).exec(root)?.at(1),
        )
      : box.slice(1);
  return width === undefined || height === undefined ? null : [Number(width), Number(height)];
};

/** PNG (Third Edition) §5.2, §11.2.1: the signature, and IHDR first. */
const pngSize = (bytes: Uint8Array): Size | null => {
  const view = viewOf(bytes);
  const isPng = bytes.length >= 24 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
  return isPng ? [view.getUint32(16), view.getUint32(20)] : null;
};

/** RFC 9649 §2.5 to §2.7: lossy, lossless, extended. */
const webpSize = (bytes: Uint8Array): Size | null => {
  const view = viewOf(bytes);
  if (bytes.length < 30 || asText(bytes, 0) !== 'RIFF' || asText(bytes, 8) !== 'WEBP') return null;
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (asText(bytes, 12)) {
    case 'VP8 ':
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    }
    case 'VP8X':
      return [uint24(24) + 1, uint24(27) + 1];
    default:
      return null;
  }
};

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const asText = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
