import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CursorBinding, readCursor, writeCursor } from '../../../src/desk/cursor.ts';
import { framed } from '../../../src/model/bytes.ts';
import { keychainOf } from '../model/keys.ts';

const [newer, older, stranger] = await Promise.all(
  ['new', 'old', 'x'].map(async (id) => (await keychainOf(id)).current.cursorKey),
);
if (newer === undefined || older === undefined || stranger === undefined) throw new Error('three keys');

const HERE: CursorBinding = { ring: '0123456789ABCDEFG', list: 'keys:active' };
const POSITION = `1793534401000.acme_test_${'A'.repeat(28)}`;

/** Any text that UTF-8 can say. */
const text = fc.string({ unit: 'grapheme' });

describe('a cursor', () => {
  it('leads back to where the page ended', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, async (ring, list, position) => {
        const cursor = await writeCursor(newer, { ring, list }, position);
        expect(await readCursor([newer], { ring, list }, cursor)).toBe(position);
      }),
    );
  });

  it('goes into a query as it is, and is short', async () => {
    const cursor = await writeCursor(newer, HERE, POSITION);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
  });

  it('is the first 128 bits of an HMAC-SHA-256 over ring, list and position, and the position', async () => {
    const key = await crypto.subtle.importKey(
      'raw',
      new Uint8Array(32),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const mac = createHmac('sha256', new Uint8Array(32))
      .update(framed(HERE.ring, HERE.list, POSITION))
      .digest();
    const bytes = Buffer.concat([mac.subarray(0, 16), Buffer.from(POSITION)]);
    expect(await writeCursor(key, HERE, POSITION)).toBe(bytes.toString('base64url'));
  });

  it('of a former master key is read as long as that is kept, whichever comes first', async () => {
    const cursor = await writeCursor(older, HERE, POSITION);
    expect(await readCursor([newer, older], HERE, cursor)).toBe(POSITION);
    expect(await readCursor([older, newer], HERE, cursor)).toBe(POSITION);
    expect(await readCursor([newer], HERE, cursor)).toBeNull();
    expect(await readCursor([], HERE, cursor)).toBeNull();
  });

  it.each([
    ['of another owner', { ...HERE, ring: 'GFEDCBA9876543210' }],
    ['of another list', { ...HERE, list: 'audit' }],
    ['of another filter', { ...HERE, list: 'keys:all' }],
    ['whose parts were moved', { ring: `${HERE.ring}k`, list: HERE.list.slice(1) }],
  ])('leads nowhere in the list %s', async (_, elsewhere) => {
    const cursor = await writeCursor(newer, HERE, POSITION);
    expect(await readCursor([newer], elsewhere, cursor)).toBeNull();
    expect(await readCursor([newer], HERE, await writeCursor(newer, elsewhere, POSITION))).toBeNull();
  });

  it('of a key that is none of ours is none', async () => {
    expect(await readCursor([newer, older], HERE, await writeCursor(stranger, HERE, POSITION))).toBeNull();
  });

  it('is none with any bit of it changed, or a part of it lost or added', async () => {
    const cursor = Buffer.from(await writeCursor(newer, HERE, POSITION), 'base64url');
    for (let bit = 0; bit < cursor.length * 8; bit++) {
      const changed = Buffer.from(cursor);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await readCursor([newer], HERE, changed.toString('base64url')), `bit ${bit}`).toBeNull();
    }
    for (let length = 0; length < cursor.length; length++) {
      expect(await readCursor([newer], HERE, cursor.subarray(0, length).toString('base64url'))).toBeNull();
      expect(await readCursor([newer], HERE, cursor.subarray(length + 1).toString('base64url'))).toBeNull();
    }
    expect(await readCursor([newer], HERE, Buffer.concat([cursor, cursor]).toString('base64url'))).toBeNull();
  });

  it('has one spelling', async () => {
    const cursor = await writeCursor(newer, HERE, 'x');
    for (const other of [`${cursor}=`, `${cursor} `, ` ${cursor}`, `${cursor}\n`, `${cursor}A`])
      expect(await readCursor([newer], HERE, other)).toBeNull();
    const [last = ''] = cursor.slice(-1);
    const next = String.fromCharCode(last.charCodeAt(0) + 1);
    expect(await readCursor([newer], HERE, `${cursor.slice(0, -1)}${next}`)).toBeNull();
  });

  it('is none when its position is not UTF-8, though the bytes were signed', async () => {
    const bytes = Uint8Array.from([0xff, 0xfe]);
    const { ring, list } = HERE;
    const message = new Uint8Array([...framed(ring, list), 0, 0, 0, 2, ...bytes]);
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', newer, message), 0, 16);
    const forged = Buffer.from([...mac, ...bytes]).toString('base64url');
    expect(await readCursor([newer], HERE, forged)).toBeNull();
  });

  it('is nothing of what anybody may send', async () => {
    const anyUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code));
    const bytes = fc.uint8Array({ maxLength: 100 }).map((each) => Buffer.from(each).toString('base64url'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: anyUnit }), bytes), async (sent) => {
        expect(await readCursor([newer, older], HERE, sent)).toBeNull();
      }),
    );
  });
});
