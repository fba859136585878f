import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeBox, openBox } from '../../../src/model/box.ts';
import { fromBase64url, toBase64url } from '../../../src/model/bytes.ts';
import { keychainOf } from './keys.ts';

const CONTEXT = { project: 'project-test-1', use: 'device about' };
const TEXT = '{"address":"203.0.113.7"}';
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const keychain = await keychainOf('current', 'previous');
const box = await closeBox(TEXT, keychain, CONTEXT, random);

describe('a box', () => {
  it('opens on what it was closed on, whatever that was', async () => {
    expect(await openBox(box, keychain, CONTEXT)).toBe(TEXT);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), async (text, use) => {
        const closed = await closeBox(text, keychain, { ...CONTEXT, use }, random);
        expect(await openBox(closed, keychain, { ...CONTEXT, use })).toBe(text);
      }),
    );
  });

  it('tells its version and its master key, and nothing of the text; closed twice it is another', async () => {
    expect(box).toMatch(/^b1\.current\.[\w-]{16}\.[\w-]+$/);
    expect(await closeBox(TEXT, keychain, CONTEXT, random)).not.toBe(box);
  });

  it('of a master key before opens while that is listed, and no longer', async () => {
    const before = await closeBox(TEXT, await keychainOf('previous'), CONTEXT, random);
    expect(await openBox(before, keychain, CONTEXT)).toBe(TEXT);
    expect(await openBox(before, await keychainOf('current'), CONTEXT)).toBeNull();
  });

  it.each([
    ['another use', { ...CONTEXT, use: 'device approver' }],
    ['no use', { ...CONTEXT, use: '' }],
    ['another project', { ...CONTEXT, project: 'project-live-1' }],
    ['use and project joined elsewhere', { project: 'project-test-1d', use: 'evice about' }],
  ])('does not open for %s', async (_, context) => {
    expect(await openBox(box, keychain, context)).toBeNull();
  });

  it('does not open under the name of another master key', async () => {
    expect(await openBox(box.replace('.current.', '.previous.'), keychain, CONTEXT)).toBeNull();
    expect(await openBox(box.replace('.current.', '.nobody.'), keychain, CONTEXT)).toBeNull();
  });

  it('does not open with any byte of it changed', async () => {
    const [version, id, iv = '', closed = ''] = box.split('.');
    for (const [at, part] of [
      [2, iv],
      [3, closed],
    ] as const) {
      const bytes = fromBase64url(part) ?? new Uint8Array(0);
      for (let i = 0; i < bytes.length; i++) {
        const changed = toBase64url(bytes.map((byte, j) => (j === i ? byte ^ 1 : byte)));
        const parts = [version, id, iv, closed].with(at, changed);
        expect(await openBox(parts.join('.'), keychain, CONTEXT)).toBeNull();
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['another version', box.replace('b1.', 'b2.')],
    ['a part too few', box.slice(0, box.lastIndexOf('.'))],
    ['a part too many', `${box}.AA`],
    ['an IV of another length', box.replace(/\.[\w-]{16}\./, '.AAAA.')],
    ['an IV that is none', box.replace(/\.[\w-]{16}\./, '.!.')],
    ['no text', box.replace(/\.[\w-]+$/, '.')],
    ['another spelling of the same bytes', `${box}=`],
    ['a sealed token', box.replace('b1.', 's1.')],
  ])('%s is none', async (_, text) => {
    expect(await openBox(text, keychain, CONTEXT)).toBeNull();
  });
});
