import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readLogo } from '../../src/config/logo.ts';

const XMLNS = 'xmlns="http://www.w3.org/2000/svg"';
const svg = (inside = '', root = `${XMLNS} viewBox="0 0 64 32"`) => `<svg ${root}>${inside}</svg>`;
const data = (type: string, bytes: Uint8Array | string) =>
  `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;

const png = (width: number, height: number) => {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([head, size, deflateSync(Buffer.alloc(40))]);
};
const webp = (kind: string, at: number, bytes: readonly number[]) => {
  const file = Buffer.alloc(40);
  file.write('RIFF', 0);
  file.write('WEBP', 8);
  file.write(kind, 12);
  file.set(bytes, at);
  return file;
};

describe('a logo', () => {
  it.each([
    ['SVG', svg(), 'image/svg+xml', 64, 32],
    [
      'SVG whose box does not begin at 0',
      svg('', `${XMLNS} viewBox="-10,-5.5, 20.5 10"`),
      'image/svg+xml',
      20.5,
      10,
    ],
    ['SVG without a box', svg('', `width='64px' ${XMLNS} height="32"`), 'image/svg+xml', 64, 32],
    ['SVG in base64', data('image/svg+xml', svg()), 'image/svg+xml', 64, 32],
    [
      'SVG with what is in itself',
      svg(
        '<!-- ours --><style>a{fill:url(#a)}</style><use href="#a"/><image href="data:image/png;base64,AA=="/>',
      ),
      ...(['image/svg+xml', 64, 32] as const),
    ],
    ['PNG', data('image/png', png(200, 50)), 'image/png', 200, 50],
    ['lossy WebP', data('image/webp', webp('VP8 ', 26, [200, 0, 50, 0])), 'image/webp', 200, 50],
    ['lossless WebP', data('image/webp', webp('VP8L', 21, [199, 64, 12, 0])), 'image/webp', 200, 50],
    ['extended WebP', data('image/webp', webp('VP8X', 24, [199, 0, 0, 49, 0, 0])), 'image/webp', 200, 50],
  ])('may be %s', (_, text, type, width, height) => {
    expect(readLogo(text)).toMatchObject({ type, width, height });
  });

  it.each([
    ['an address', 'https://acme.com/logo.svg', 'must be SVG'],
    ['nothing', '', 'must be SVG'],
    ['a GIF', data('image/gif', 'GIF89a'), 'must be SVG'],
    ['a page', data('text/html', '<p>'), 'must be SVG'],
    ['no base64', 'data:image/png;base64,AAA', 'must be SVG'],
    ['base64 and more', `${data('image/png', png(1, 1))}"`, 'must be SVG'],
    ['no SVG', data('image/svg+xml', '<p>'), 'must be one <svg'],
    ['SVG behind something', data('image/svg+xml', `<?xml version="1.0"?>${svg()}`), 'must be one <svg'],
    ['SVG that does not end', svg().replace('</svg>', ''), 'must be one <svg'],
    [
      'bytes that are no text',
      data('image/svg+xml', new Uint8Array([60, 115, 118, 103, 255])),
      'must be one',
    ],
    ['SVG of no namespace', svg('', 'viewBox="0 0 1 1"'), 'must say xmlns'],
    ['SVG of no size', svg('', XMLNS), 'does not say how large'],
    ['SVG of a size in percent', svg('', `${XMLNS} width="100%" height="100%"`), 'does not say how large'],
    ['SVG of no height', svg('', `${XMLNS} viewBox="0 0 64 0"`), 'must have a width and a height'],
    ['a script', svg('<script>alert(1)</script>'), 'must have no script'],
    ['a script of another prefix', svg('<svg:SCRIPT href="#x"/>'), 'must have no script'],
    ['a handler', svg('', `${XMLNS} viewBox="0 0 1 1" onload="alert(1)"`), 'must have no event handler'],
    ['a page in it', svg('<foreignObject/>'), 'must have no foreignObject'],
    ['entities', svg('<!DOCTYPE x [<!ENTITY a "b">]>'), 'must have no document type'],
    ['a style sheet elsewhere', svg('<?xml-stylesheet href="x.css"?>'), 'must have no document type'],
    ['a picture elsewhere', svg('<image xlink:href="//evil.test/x.png"/>'), 'must have no reference'],
    ['a link', svg('<a href="javascript:alert(1)"/>'), 'must have no reference'],
    ['a font elsewhere', svg('<style>@font-face{src:url(//evil.test)}</style>'), 'must have no reference'],
    [
      'a font elsewhere, in quotes',
      svg('<style>@font-face{src:url("x.woff")}</style>'),
      'must have no reference',
    ],
    ['more than 16 KB', svg(' '.repeat(16_400)), 'must have at most 16384 bytes'],
    ['more than 16 KB in base64', data('image/png', Buffer.alloc(16_400)), 'must have at most 16384 bytes'],
    ['PNG that is SVG', data('image/png', svg()), 'is no image/png'],
    ['PNG cut short', data('image/png', png(1, 1).subarray(0, 20)), 'is no image/png'],
    ['PNG of no width', data('image/png', png(0, 1)), 'must have a width'],
    ['WebP that is PNG', data('image/webp', png(20, 20)), 'is no image/webp'],
    ['WebP of no kind', data('image/webp', webp('VP9 ', 26, [1])), 'is no image/webp'],
  ])('may not be %s', (_, text, problem) => {
    expect(readLogo(text)).toContain(problem);
  });
});
