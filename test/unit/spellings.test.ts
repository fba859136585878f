import { describe, expect, it } from 'vitest';
import { secretsIn, spellings } from '../spellings.ts';

const SECRET = 'acme_test_0NYTOGcsc5Dr4Y3d62IPv2K7LT5L';
const OTHERS = Array.from({ length: 50 }, (_, i) => `another secret, number ${i}`);

describe.each([
  ['a few', []],
  ['many', OTHERS],
] as const)('of %s secrets', (_, others) => {
  it.each(spellings(SECRET).map((spelled) => [spelled]))(
    'the one spelled %s is found, and no other',
    (spelled) => {
      const text = `${'-'.repeat(100)}acme_test_0NYT${spelled}${'-'.repeat(100)}`;
      expect(secretsIn(text, [...others, SECRET])).toEqual([SECRET]);
      expect(secretsIn(text.replace(spelled, ''), [...others, SECRET])).toEqual([]);
    },
  );

  it('a short one is found as well', () => {
    expect(secretsIn('a hunter2 b', [...others, 'hunter2'])).toEqual(['hunter2']);
  });
});
