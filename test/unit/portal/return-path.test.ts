import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { returnPath } from '../../../src/portal/return-path.ts';

const DESK = 'https://desk.test';
const PAGES = ['/device', '/keys'];
const isPage = (path: string) => PAGES.includes(path);

describe('returnPath', () => {
  it('is a page of ours with its query, in the spelling of browsers', () => {
    expect(returnPath('/device?user_code=BCDF-GHJK', DESK, isPage)).toBe('/device?user_code=BCDF-GHJK');
    expect(returnPath('/x/%2e%2e/keys#y', DESK, isPage)).toBe('/keys');
    expect(returnPath(null, DESK, isPage)).toBe(null);
  });

  it.each([
    '//evil.test/device',
    '/\\evil.test/device',
    '/\t/evil.test/device',
    '/\n/device',
    'https://evil.test/device',
    'device',
    '',
  ])('is nothing of %j, though its path is a page of ours', (asked) => {
    expect(returnPath(asked, DESK, isPage)).toBe(null);
  });

  it('whatever is asked for, it leads to a page of ours at this host', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '//',
      '.',
      '..',
      '%2f',
      '@',
      ':',
      'device',
      'keys',
      'evil.test',
      '?',
      '#',
      '\t',
      'https:',
      ' ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 8 }).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(text, (asked) => {
        const path = returnPath(asked, DESK, isPage);
        if (path === null) return;
        const url = new URL(path, `${DESK}/signed-in`);
        expect([url.origin, PAGES.includes(url.pathname), path.startsWith('/')]).toEqual([DESK, true, true]);
        expect(path).toMatch(/^\/[\x21-\x7E]*$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
