import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize, comesFromElsewhere } from '../../../src/gate/authorize.ts';
import { addressRanges } from '../../../src/model/address.ts';
import { identityOf } from '../../../src/model/identity.ts';
import { ADA, NOON, NOW } from './world.ts';

const KEYS = { credentials: ['api_key'], maxAuthAgeSeconds: null } as const;

const of = (scopes: readonly string[]) => identityOf('api_key', ADA, 'id', scopes);
const allowed = (has: readonly string[], needs: readonly string[]): boolean =>
  authorize(of(has), null, { ...KEYS, scopes: needs }, 'bearer', NOON, false).ok;

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
    expect(authorize(of(['a']), null, { ...KEYS, scopes: ['a', 'b'] }, 'basic', NOON, false)).toEqual({
      ok: false,
      refusal: { reason: 'insufficient_scope', scopes: ['a', 'b'], scheme: 'basic' },
    });
  });

  it('the kind of credential comes before the scopes', () => {
    const demand = { credentials: ['session'], scopes: ['a'], maxAuthAgeSeconds: 60 } as const;
    expect(authorize(of([]), null, demand, 'bearer', NOON, false)).toEqual({
      ok: false,
      refusal: { reason: 'credential_kind_not_allowed', allowed: ['session'] },
    });
  });
});

describe('where a request comes from', () => {
  const list = addressRanges(['192.0.2.0/24']);
  const from = (address?: string): Request =>
    new Request(
      'https://api.acme.test/',
      address === undefined ? {} : { headers: { 'cf-connecting-ip': address } },
    );

  it('matters only where the key has a list', () => {
    expect(comesFromElsewhere(null, from('203.0.113.7'))).toBe(false);
    expect(comesFromElsewhere(null, null)).toBe(false);
  });

  it.each([
    ['an address on the list', from('192.0.2.9'), false],
    ['another address', from('203.0.113.7'), true],
    ['no address', from(), true],
    ['nowhere: nobody knows the request', null, true],
  ])('with a list, %s is elsewhere: %s', (_, request, isElsewhere) => {
    expect(comesFromElsewhere(list, request)).toBe(isElsewhere);
  });

  it('an empty list lets nobody in', () => {
    expect(comesFromElsewhere([], from('192.0.2.9'))).toBe(true);
  });

  it('comes before all else: a stolen key learns nothing of what it may do', () => {
    const demand = { credentials: ['session'], scopes: ['b'], maxAuthAgeSeconds: 60 } as const;
    expect(authorize(of([]), null, demand, 'bearer', NOON, true)).toEqual({
      ok: false,
      refusal: { reason: 'address_not_allowed' },
    });
  });
});

describe('RFC 9470 §3 › the age of a sign-in', () => {
  const user = identityOf('session', ADA, null, ['a']);
  const demand = { credentials: ['session'], scopes: ['a'], maxAuthAgeSeconds: 60 } as const;
  const asked = (authenticatedAt: number | null, more: object = {}, now = NOON) =>
    authorize(user, { authenticatedAt }, { ...demand, ...more }, 'bearer', now, false);
  const TOO_OLD = {
    ok: false,
    refusal: { reason: 'insufficient_user_authentication', maxAgeSeconds: 60 },
  };

  it.each([
    ['just now', NOW, true],
    ['a second less ago than is allowed', NOW - 59, true],
    ['as long ago as is allowed', NOW - 60, true],
    ['a second longer ago', NOW - 61, false],
    ['a year ago', NOW - 31_536_000, false],
    ['nobody knows when', null, false],
  ])('%s', (_, authenticatedAt, isGood) => {
    expect(asked(authenticatedAt)).toEqual(isGood ? { ok: true, value: null } : TOO_OLD);
  });

  it('is over to the millisecond', () => {
    expect(asked(NOW - 60, {}, NOON)).toMatchObject({ ok: true });
    expect(asked(NOW - 60, {}, NOON + 1)).toEqual(TOO_OLD);
  });

  it('is nobody’s business where none is asked for', () => {
    const any = { maxAuthAgeSeconds: null };
    for (const at of [null, 0, NOW]) expect(asked(at, any)).toMatchObject({ ok: true });
  });

  it('comes before the scopes: 401 before 403', () => {
    expect(asked(NOW - 61, { scopes: ['b'] })).toEqual(TOO_OLD);
    expect(asked(NOW, { scopes: ['b'] })).toMatchObject({ refusal: { reason: 'insufficient_scope' } });
  });

  it('is not what a caller without a session has, should a route take him', () => {
    const both = { ...demand, credentials: ['api_key'] } as const;
    expect(authorize(of(['a']), null, both, 'bearer', NOON, false)).toEqual(TOO_OLD);
  });
});
