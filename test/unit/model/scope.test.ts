import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReservedScope, isScopeToken, OPERATOR_SCOPE, parseScope } from '../../../src/model/scope.ts';

/** RFC 6749 §3.3: %x21 / %x23-5B / %x5D-7E, written out. */
const NQCHAR = [...Array(0x7f).keys()].filter((code) => code > 0x20 && code !== 0x22 && code !== 0x5c);

const token = fc
  .array(fc.constantFrom(...NQCHAR), { minLength: 1, maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes));

describe('RFC 6749 §3.3', () => {
  it('a scope-token is one or more of its characters, and of no others', () => {
    for (let code = 0; code < 0x180; code++) {
      const character = String.fromCharCode(code);
      expect([code, isScopeToken(character)]).toEqual([code, NQCHAR.includes(code)]);
      expect([code, isScopeToken(`a${character}b`)]).toEqual([code, NQCHAR.includes(code)]);
    }
    expect(isScopeToken('')).toBe(false);
  });

  it('a list of tokens is read in its order', () => {
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 20 }), (tokens) => {
        expect(parseScope(tokens.join(' '))).toEqual(tokens);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a space', ' '],
    ['a doubled space', 'items:read  items:write'],
    ['a leading space', ' items:read'],
    ['a trailing space', 'items:read '],
    ['a tab', 'items:read\titems:write'],
    ['a newline', 'items:read\nadmin'],
    ['a quote', 'items:"read"'],
    ['a backslash', 'items\\read'],
    ['a letter that is not ASCII', 'items:réad'],
    ['a NUL', 'items:read\0'],
    ['more than 4096 characters', 'a'.repeat(4097)],
    ['more than 100 tokens', Array(101).fill('a').join(' ')],
  ])('a claim with %s grants nothing at all', (_, scope) => {
    expect(parseScope(scope)).toEqual([]);
  });

  it('as much as Stytch may grant is read', () => {
    expect(parseScope(Array(100).fill('a').join(' '))).toHaveLength(100);
    expect(parseScope('a'.repeat(4096))).toHaveLength(1);
  });
});

describe('a reserved scope', () => {
  it.each([
    ['latchkey:admin', true],
    ['latchkey:', true],
    ['latchkey', false],
    ['latchkeys:admin', false],
    ['x-latchkey:admin', false],
  ])('%s: %s', (scope, reserved) => {
    expect(isReservedScope(scope)).toBe(reserved);
  });

  it('is what makes an operator of a client', () => {
    expect(OPERATOR_SCOPE).toBe('latchkey:admin');
    expect(isReservedScope(OPERATOR_SCOPE)).toBe(true);
  });
});
