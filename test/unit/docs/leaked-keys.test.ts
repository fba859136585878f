import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { mintClientId, mintSecret, parseKey, spellKey } from '../../../src/model/key.ts';
import { type Keychain, openKeychain } from '../../../src/model/keychain.ts';

const page = readFileSync('docs/leaked-keys.md', 'utf8');
const LIVE = { brands: ['acme', 'lk'], environment: 'live' } as const;
const EXAMPLE = /^acme_live_\S{80,}$/m.exec(page)?.[0] ?? '';

/** The checker as the page has it, run as it stands there. */
let keysIn: (text: string) => readonly string[];
let keychain: Keychain;

beforeAll(async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  ({ keysIn } = await import(`data:text/javascript,${encodeURIComponent(code)}`));
  keychain = await openKeychain([{ id: 'a', key: new Uint8Array(32).fill(1) }]);
});

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

const key = (secret = mintSecret(randomBytes), brand = 'acme'): Promise<string> => {
  const ring = parseKey(EXAMPLE, LIVE)?.ring ?? '';
  return spellKey(mintClientId(brand, 'live', ring, randomBytes), secret, keychain.current);
};

describe('the checker of docs/leaked-keys.md', () => {
  it('finds the example of the page, which is a key by its form alone', () => {
    expect(keysIn(EXAMPLE)).toEqual([EXAMPLE]);
    expect(parseKey(EXAMPLE, LIVE)).not.toBeNull();
  });

  it('finds every key that we make, own secrets and Stytch’s, in whatever stands around it', async () => {
    const secrets = [undefined, 'x'.repeat(30), 'Stytch-minted_secret.with~marks=='.repeat(3)];
    for (const secret of secrets) {
      for (const brand of LIVE.brands) {
        const made = await key(secret, brand);
        for (const text of [made, `KEY="${made}"\n`, `https://x.test/?k=${made}&a=b`, `-${made},${made}.`])
          expect(new Set(keysIn(text))).toEqual(new Set([made]));
      }
    }
  });

  it('says yes to what the grammar takes, and to little else that was altered', async () => {
    const made = await key();
    await fc.assert(
      fc.property(fc.nat(made.length - 1), fc.constantFrom(...'abcXYZ019_'), (at, char) => {
        const altered = made.slice(0, at) + char + made.slice(at + 1);
        expect(keysIn(altered).includes(altered)).toBe(altered === made);
        expect(parseKey(altered, LIVE) !== null).toBe(altered === made);
      }),
    );
  });

  it.each([
    ['without its checksum', (made: string) => made.slice(0, -6)],
    ['that is part of a longer word', (made: string) => `${made}x`],
    ['that begins in the middle of a word', (made: string) => `X${made}`],
    ['by its id alone', (made: string) => made.slice(0, 38)],
  ])('does not find a key %s', async (_, alter) => {
    expect(keysIn(alter(await key()))).toEqual([]);
  });
});

it('the form on the page is the one of the checker', () => {
  const [, form = ''] = /```\n(\(\?<!.*)\n```/.exec(page) ?? [];
  const [, used = ''] = /const FORM =\s*\/(.*)\/g;/.exec(page) ?? [];
  expect(form.replace('(live|test)', '(?:live|test)')).toBe(used);
});
