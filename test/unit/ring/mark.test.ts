import { describe, expect, it } from 'vitest';
import type { StytchClient } from '../../../src/model/ports.ts';
import { madeAtMark, markOf, readMarked } from '../../../src/ring/mark.ts';

const client = (trustedMetadata: Readonly<Record<string, unknown>>): StytchClient => ({
  ...{ clientId: 'c', name: 'n', description: 'd', scopes: ['s'], status: 'active', trustedMetadata },
  ...{ lastFour: 'abcd', nextLastFour: null },
});

describe('the mark of our clients', () => {
  it.each([
    [
      { kind: 'user', id: 'user-test-1', organizationId: null } as const,
      { user_id: 'user-test-1', owner_kind: 'user' },
    ],
    [
      { kind: 'member', id: 'member-test-1', organizationId: 'organization-test-1' } as const,
      { user_id: 'member-test-1', owner_kind: 'member', organization_id: 'organization-test-1' },
    ],
  ])('says whose they are, and when and by whom they were made', (owner, said) => {
    const metadata = { ...markOf(owner, 'user_id'), ...madeAtMark(1_700_000_000_999) };
    expect(metadata).toEqual({ ...said, made_by: 'latchkey', made_at: '1700000000' });
    expect(readMarked(client(metadata), 'user_id')).toEqual({
      ...{ clientId: 'c', name: 'n', description: 'd', scopes: ['s'], status: 'active' },
      ...{ marked: true, madeAt: 1_700_000_000_000, ownerId: owner.id },
    });
  });

  it('stands under the name that the operator gave to the claim', () => {
    const owner = { kind: 'user', id: 'user-test-1', organizationId: null } as const;
    expect(markOf(owner, 'sub')).toMatchObject({ sub: 'user-test-1' });
    expect(readMarked(client({ sub: 'user-test-1', user_id: 'other' }), 'sub').ownerId).toBe('user-test-1');
  });

  it.each([
    ['nothing', {}],
    ['numbers', { made_by: 1, made_at: 1, user_id: 1 }],
    ['nulls', { made_by: null, made_at: null, user_id: null }],
    ['objects', { made_by: {}, made_at: [], user_id: { id: 'u' } }],
    ['other words', { made_by: 'Latchkey', made_at: '1e3', user_id: ['u'] }],
    ['a negative time', { made_at: '-1' }],
    ['a time of thirteen digits', { made_at: '1700000000000' }],
  ])('is none where there is %s', (_, metadata) => {
    expect(readMarked(client(metadata), 'user_id')).toMatchObject({
      marked: false,
      madeAt: null,
      ownerId: null,
    });
  });
});
