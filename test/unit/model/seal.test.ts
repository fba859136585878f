import { createCipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { framed, fromBase64url, toBase64url } from '../../../src/model/bytes.ts';
import type { Keychain } from '../../../src/model/keychain.ts';
import { seal, unseal } from '../../../src/model/seal.ts';
import { keychainOf, seededBytes } from './keys.ts';

const KEPT = {
  token: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln',
  clientId: 'acme_test_1',
  ring: 'r1',
  generation: 3,
};
const SECRET = 'the-client-secret';
const CONTEXT = { project: 'project-test-1', place: 'fingerprint' };

const keychain = await keychainOf('current', 'previous');
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const sealed = await seal(KEPT, SECRET, keychain.current, CONTEXT, seededBytes(9));

/** The same by somebody else's code, for any bytes, also those that `seal` never would. */
const sealedBytes = (plain: Uint8Array, salt: Uint8Array, iv: Uint8Array): string => {
  const { id, pepper } = keychain.current;
  const material = Buffer.concat([framed(SECRET), pepper]);
  const key = new Uint8Array(hkdfSync('sha256', material, salt, 'latchkey/v1/seal', 32));
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(framed('s1', id, CONTEXT.project, CONTEXT.place));
  const text = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return ['s1', id, toBase64url(salt), toBase64url(iv), toBase64url(text)].join('.');
};
const sealedText = (plain: string): string =>
  sealedBytes(new TextEncoder().encode(plain), seededBytes(1)(16), seededBytes(2)(12));

const open = (text: string, secret = SECRET, context = CONTEXT, keys: Keychain = keychain) =>
  unseal(text, secret, keys, context);

describe('a sealed token', () => {
  it('opens for the credential, place and project that it was sealed for', async () => {
    expect(await open(sealed)).toEqual(KEPT);
  });

  it('comes back whatever it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        fc.nat(),
        async (token, place, generation) => {
          const kept = { ...KEPT, token, generation };
          const text = await seal(kept, SECRET, keychain.current, { ...CONTEXT, place }, random);
          expect(await open(text, SECRET, { ...CONTEXT, place })).toEqual(kept);
        },
      ),
    );
  });

  it.each([
    ['another secret', () => open(sealed, 'the-client-secreT')],
    ['no secret', () => open(sealed, '')],
    ['another place', () => open(sealed, SECRET, { ...CONTEXT, place: 'elsewhere' })],
    ['another project', () => open(sealed, SECRET, { ...CONTEXT, project: 'project-live-1' })],
    [
      'place and project joined elsewhere',
      () => open(sealed, SECRET, { project: 'project-test-1f', place: 'ingerprint' }),
    ],
    [
      'a keychain without its master key',
      async () => open(sealed, SECRET, CONTEXT, await keychainOf('previous')),
    ],
    ['the name of another master key', () => open(sealed.replace('.current.', '.previous.'))],
  ])('does not open for %s', async (_, opened) => {
    expect(await opened()).toBeNull();
  });

  it('does not open when its master key has new bytes under the old name', async () => {
    const [, other] = keychain.all;
    if (other === undefined) throw new Error('no other key');
    const renamed = { ...other, id: 'current' };
    expect(await open(sealed, SECRET, CONTEXT, { current: renamed, all: [renamed] })).toBeNull();
  });

  it('opens while the older master key is on the list', async () => {
    const [, older] = keychain.all;
    if (older === undefined) throw new Error('no older key');
    expect(await open(await seal(KEPT, SECRET, older, CONTEXT, random))).toEqual(KEPT);
  });

  it('opens with none of its bytes flipped', async () => {
    const [version, id, ...encoded] = sealed.split('.');
    const parts = encoded.map((part) => fromBase64url(part) ?? new Uint8Array());
    for (const [index, part] of parts.entries()) {
      for (let at = 0; at < part.length; at++) {
        const damaged = parts.map((bytes) => Uint8Array.from(bytes));
        const victim = damaged[index];
        if (victim !== undefined) victim[at] = (victim[at] ?? 0) ^ (1 << (at % 8));
        const text = [version, id, ...damaged.map(toBase64url)].join('.');
        expect([index, at, await open(text)]).toEqual([index, at, null]);
      }
    }
  });

  it('opens with none of its characters changed, left out or added', async () => {
    for (let at = 0; at <= sealed.length; at++) {
      const [before, after] = [sealed.slice(0, at), sealed.slice(at + 1)];
      const other = sealed[at] === 'A' ? 'B' : 'A';
      for (const text of [before + other + after, before + after, before + other + sealed.slice(at)]) {
        if (text === sealed) continue;
        expect([at, text, await open(text)]).toEqual([at, text, null]);
      }
    }
  });

  it.each([
    '',
    's1',
    's1.current',
    's1.current..',
    's1.current.AA.AA.AA',
    's1.current.AA..AA',
    's1....',
    `${sealed}.AA`,
    `s0${sealed.slice(2)}`,
    `${sealed}=`,
    '{}',
    '\0',
  ])('is not %j', async (text) => {
    expect(await open(text)).toBeNull();
  });

  it('is never the same twice, nor is any part of it', async () => {
    const twice = await Promise.all([1, 2].map(() => seal(KEPT, SECRET, keychain.current, CONTEXT, random)));
    const [one, other] = twice.map((text) => text.split('.').slice(2));
    for (const [index, part] of (one ?? []).entries()) expect(part).not.toBe(other?.[index]);
  });

  it('is AES-256-GCM under HKDF-SHA-256 of the framed secret and the pepper, bound to its place', async () => {
    const { token, clientId, ring, generation } = KEPT;
    const plain = new TextEncoder().encode(JSON.stringify([token, clientId, ring, generation]));
    const source = seededBytes(9);
    expect(sealedBytes(plain, source(16), source(12))).toBe(sealed);
  });

  it.each([
    'no JSON',
    'null',
    '{"length":4}',
    '[]',
    '["token","acme_test_1","r1"]',
    '["token","acme_test_1","r1",3,4]',
    '[7,"acme_test_1","r1",3]',
    '["token",7,"r1",3]',
    '["token","acme_test_1",7,3]',
    '["token","acme_test_1","r1","3"]',
    '[7,7,"r1",3]',
    '["token",7,7,3]',
    '[7,"acme_test_1",7,3]',
  ])('holds what was kept, or nothing: not %s', async (plain) => {
    expect(await open(sealedText('["token","acme_test_1","r1",3]'))).not.toBeNull();
    expect(await open(sealedText(plain))).toBeNull();
  });

  it('holds text: bytes that are not UTF-8 are nothing', async () => {
    expect(await open(sealedBytes(Uint8Array.of(0xff), seededBytes(1)(16), seededBytes(2)(12)))).toBeNull();
  });

  it('has a salt of 128 bits and an IV of 96, and opens with no other', async () => {
    const plain = new TextEncoder().encode('["token","acme_test_1","r1",3]');
    const opened = (saltBytes: number, ivBytes: number) =>
      open(sealedBytes(plain, seededBytes(1)(saltBytes), seededBytes(2)(ivBytes)));
    expect(await opened(16, 12)).not.toBeNull();
    for (const [saltBytes, ivBytes] of [
      [15, 12],
      [17, 12],
      [16, 11],
      [16, 13],
      [16, 16],
    ] as const)
      expect(await opened(saltBytes, ivBytes)).toBeNull();
  });

  it('is sealed with keys that no code can read', async () => {
    const derive = vi.spyOn(crypto.subtle, 'deriveKey');
    await open(await seal(KEPT, SECRET, keychain.current, CONTEXT, random));
    const keys = await Promise.all(derive.mock.results.map(({ value }) => value as Promise<CryptoKey>));
    derive.mockRestore();
    expect(keys.map(({ extractable, usages }) => [extractable, usages])).toEqual([
      [false, ['encrypt']],
      [false, ['decrypt']],
    ]);
  });

  it('takes a salt of 128 bits and an IV of 96 from the source, each for itself', async () => {
    const asked: number[] = [];
    const source = seededBytes(5);
    await seal(KEPT, SECRET, keychain.current, CONTEXT, (length) => {
      asked.push(length);
      return source(length);
    });
    expect(asked).toEqual([16, 12]);
  });

  it('shows nothing of the token, the secret or the client, in any encoding of its text', () => {
    const bytes = Buffer.concat(
      sealed
        .split('.')
        .slice(2)
        .map((part) => Buffer.from(part, 'base64url')),
    );
    const sinks = [sealed, bytes.toString('latin1'), bytes.toString('hex')];
    for (const planted of [KEPT.token, ...KEPT.token.split('.'), SECRET, KEPT.clientId]) {
      for (const spelling of [
        planted,
        Buffer.from(planted).toString('hex'),
        Buffer.from(planted).toString('base64url'),
      ]) {
        for (const sink of sinks) expect(sink).not.toContain(spelling);
      }
    }
  });
});
