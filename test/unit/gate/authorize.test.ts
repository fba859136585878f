import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/gate/authorize.ts';
import { identityOf } from '../../../src/model/identity.ts';
import { ADA } from './world.ts';

const of = (scopes: readonly string[]) => identityOf('api_key', ADA, 'id', scopes);
const allowed = (has: readonly string[], needs: readonly string[]): boolean =>
  authorize(of(has), { credentials: ['api_key'], scopes: needs }, 'bearer').ok;

describe('authorize', () => {
  it.each([
    [[], [], true],
    [['a'], [], true],
    [['a', 'b'], ['b', 'a'], true],
    [['a'], ['a', 'b'], false],
    [[], ['a'], false],
    [['write:users'], ['write:users:admin'], false],
    [['write:users:self'], ['write:users'], false],
    [['read:*'], ['read:users'], false],
    [['*'], ['a'], false],
    [['A'], ['a'], false],
    [['a b'], ['a'], false],
    [['constructor:x'], ['constructor:y'], false],
    [[], ['__proto__'], false],
    [['a', 'a'], ['a'], true],
  ])('scopes %j for %j: %s', (has, needs, expected) => {
    expect(allowed(has, needs)).toBe(expected);
  });

  it('is the inclusion of sets, over whole names', () => {
    const scopes = fc.array(fc.constantFrom('a', 'a:b', 'a:b:c', 'b', 'toString', ''), { maxLength: 4 });
    fc.assert(
      fc.property(scopes, scopes, (has, needs) => {
        expect(allowed(has, needs)).toBe([...new Set(needs)].every((scope) => new Set(has).has(scope)));
      }),
    );
  });

  it('taking a scope away never opens anything', () => {
    const scopes = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
    fc.assert(
      fc.property(scopes, scopes, fc.nat(3), (has, needs, index) => {
        if (!allowed(has, needs)) expect(allowed(has.toSpliced(index, 1), needs)).toBe(false);
      }),
    );
  });

  it('names what is needed, and how the credential was presented', () => {
    expect(authorize(of(['a']), { credentials: ['api_key'], scopes: ['a', 'b'] }, 'basic')).toEqual({
      ok: false,
      refusal: { reason: 'insufficient_scope', scopes: ['a', 'b'], scheme: 'basic' },
    });
  });

  it('the kind of credential comes before the scopes', () => {
    expect(authorize(of([]), { credentials: ['session'], scopes: ['a'] }, 'bearer')).toEqual({
      ok: false,
      refusal: { reason: 'credential_kind_not_allowed', allowed: ['session'] },
    });
  });
});
