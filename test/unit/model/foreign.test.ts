import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isForeignClientId, ownerOfClaim, ownershipOf, ownOwner } from '../../../src/model/foreign.ts';
import type { Owner } from '../../../src/model/identity.ts';

const REALM = { brands: ['acme', 'oldacme'], environment: 'test' } as const;
const ORGANIZATION = 'organization-test-0a900000-0000-4000-8000-000000000003';

describe('the id of a foreign client', () => {
  it.each([
    'm2m-client-test-11111111-1111-4111-8111-111111111111',
    'auth0|5f7c8ec7c33c6c004bbafe82',
    'client:with:colons',
    'acme',
    'acme_prod_1',
    'x'.repeat(128),
  ])('can be %s', (clientId) => {
    expect(isForeignClientId(clientId, REALM)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['too long', 'x'.repeat(129)],
    ['with a space', 'a b'],
    ['with a line end', 'a\n'],
    ['not ASCII', 'clïent'],
    ['a user', 'user-test-11111111-1111-4111-8111-111111111111'],
    ['a member', 'member-test-1'],
    ['an organisation', 'organization-x'],
    ['a connected app', 'connected-app-test-1'],
    ['of our grammar', `acme_test_${'0'.repeat(28)}`],
    ['of our grammar, of the other environment', `acme_live_${'0'.repeat(28)}`],
    ['of our grammar, of a former brand', `oldacme_test_${'0'.repeat(28)}`],
    ['one that begins as ours and is none', 'acme_test_x'],
  ])('is never one that is %s', (_, clientId) => {
    expect(isForeignClientId(clientId, REALM)).toBe(false);
  });
});

describe('the owner that a claim names', () => {
  it.each<[string, string | null, Owner]>([
    ['user-test-1', null, { kind: 'user', id: 'user-test-1', organizationId: null }],
    ['user-test-1', ORGANIZATION, { kind: 'user', id: 'user-test-1', organizationId: null }],
    ['customer 7', null, { kind: 'user', id: 'customer 7', organizationId: null }],
    ['client', null, { kind: 'user', id: 'client', organizationId: null }],
    ['m2m-client-test-1', null, { kind: 'user', id: 'm2m-client-test-1', organizationId: null }],
    ['member-test-1', null, { kind: 'member', id: 'member-test-1', organizationId: null }],
    ['member-test-1', ORGANIZATION, { kind: 'member', id: 'member-test-1', organizationId: ORGANIZATION }],
    [ORGANIZATION, null, { kind: 'organization', id: ORGANIZATION, organizationId: ORGANIZATION }],
  ])('%s (%s)', (ownerId, organizationId, owner) => {
    expect(ownerOfClaim(ownerId, organizationId)).toEqual(owner);
  });

  it('is never of the kind that a client without owner is', () => {
    fc.assert(fc.property(fc.string(), (id) => ownerOfClaim(id, null).kind !== 'client'));
  });
});

describe('whose client it is', () => {
  const ada = ownerOfClaim('user-test-ada', null);
  const eve = ownerOfClaim('user-test-eve', null);
  const lin = (organizationId: string | null) => ownerOfClaim('member-test-lin', organizationId);
  const own = ownOwner('m2m-client-test-1');

  it.each<[string, Owner, Owner | null, object]>([
    ['the first that a token names', ada, null, { ownership: 'owned', owner: ada }],
    ['the same again', ada, ada, { ownership: 'owned', owner: ada }],
    ['another than the first', eve, ada, { ownership: 'owner_changed' }],
    ['nobody, where it was somebody', own, ada, { ownership: 'owner_changed' }],
    ['somebody, where it was its own', ada, own, { ownership: 'owner_changed' }],
    ['its own', own, null, { ownership: 'owned', owner: own }],
    [
      'a member whose organisation is learned',
      lin(ORGANIZATION),
      lin(null),
      { ownership: 'owned', owner: lin(ORGANIZATION) },
    ],
    [
      'a member whose organisation is known',
      lin(null),
      lin(ORGANIZATION),
      { ownership: 'owned', owner: lin(ORGANIZATION) },
    ],
    [
      'a member of another organisation',
      lin('organization-test-x'),
      lin(ORGANIZATION),
      { ownership: 'owner_changed' },
    ],
  ])('%s', (_, named, held, ownership) => {
    expect(ownershipOf(named, held, 'own')).toEqual(ownership);
  });

  it('is nobody without an owner claim, where ownerless clients are refused', () => {
    for (const held of [null, ada, own]) {
      expect(ownershipOf(own, held, 'refused')).toEqual({ ownership: 'ownerless' });
    }
    expect(ownershipOf(ada, null, 'refused')).toEqual({ ownership: 'owned', owner: ada });
  });
});
