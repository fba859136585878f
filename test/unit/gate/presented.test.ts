import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extract } from '../../../src/gate/extract.ts';
import { textOf } from '../../../src/gate/presented.ts';
import type { Credential, Resolvable } from '../../../src/model/credential.ts';
import { holds } from '../../property.ts';
import { REALM } from './world.ts';

/** Who it is that is remembered, apart from the text that it is remembered by. */
const identity = (credential: Resolvable): string => {
  switch (credential.kind) {
    case 'key':
      return JSON.stringify(['key', credential.key.reveal()]);
    case 'jwt':
      return JSON.stringify(['jwt', credential.jwt.reveal()]);
    case 'pair':
      return JSON.stringify(['pair', credential.clientId, credential.clientSecret.reveal()]);
  }
};

const isResolvable = (credential: Credential): credential is Resolvable =>
  credential.kind === 'key' || credential.kind === 'jwt' || credential.kind === 'pair';

/** What the Gate makes of a request's headers, if it is to be found out about. */
const presented = (headers: Record<string, string>): Resolvable | null => {
  const extracted = extract(new Headers(headers), REALM);
  return extracted.ok && isResolvable(extracted.value) ? extracted.value : null;
};

const OWN_ID = `acme_test_${'0'.repeat(28)}`;

/** Few parts, often the same, so that boundaries fall in many places of one text. */
const part = fc
  .array(fc.constantFrom('a', 'b', '.', '_', ' ', ':', OWN_ID, 'acme_test_', '0'.repeat(61)), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
const headers = fc.oneof(
  part.map((text) => ({ authorization: `Bearer ${text}` })),
  part.map((text) => ({ 'x-api-key': text })),
  fc.tuple(part, part).map(([id, secret]) => basic(id, secret)),
);

describe('SECURITY 3, property 5 › cache key injective › what an isolate remembers a credential by', () => {
  it('is shared by two only if they are one and the same', async ({ annotate }) => {
    let compared = 0;
    const property = fc.property(fc.array(headers, { minLength: 2, maxLength: 30 }), (all) => {
      const found = all.map(presented).filter((credential) => credential !== null);
      const byText = new Map<string, string>();
      for (const credential of found) {
        const text = textOf(credential);
        expect(byText.get(text) ?? identity(credential)).toBe(identity(credential));
        byText.set(text, identity(credential));
        compared += 1;
      }
    });
    await holds('5 memory', property, annotate);
    // A generator that makes no credentials would show nothing.
    expect(compared).toBeGreaterThan(1_000);
  });

  it.each([
    ['the boundary of id and secret', basic('ab', 'c'), basic('a', 'bc')],
    ['a space in the secret', basic('a', 'b c'), basic('a b', 'c')],
    ['a pair and a key', basic(OWN_ID, 'a'), { 'x-api-key': `${OWN_ID}_b` }],
    ['a pair and a JWT', basic('a', 'b.c.d'), { authorization: 'Bearer a.b.c' }],
    ...[20, 64, 128, 512].map(
      (length) =>
        [
          `${length} characters that are the same`,
          { authorization: `Bearer ${'a'.repeat(length)}.b.c` },
          { authorization: `Bearer ${'a'.repeat(length)}.b.d` },
        ] as const,
    ),
  ] as readonly (readonly [string, Record<string, string>, Record<string, string>])[])(
    'differs by %s',
    (_, one, other) => {
      const [first, second] = [presented(one), presented(other)];
      const texts = [first, second].map((each) => (each === null ? null : textOf(each)));
      expect(texts[0]).not.toBe(texts[1]);
    },
  );

  it('is the same for a key however it is presented: it is one credential', () => {
    const key = `${OWN_ID}_${'0'.repeat(61)}`;
    const ways = [
      { authorization: `Bearer ${key}` },
      { 'x-api-key': key },
      basic(OWN_ID, key.slice(OWN_ID.length + 1)),
    ];
    expect(new Set(ways.map(presented).map((each) => each && textOf(each)))).toEqual(new Set([key]));
  });
});
