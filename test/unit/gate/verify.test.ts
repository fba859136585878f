import { describe, expect, it } from 'vitest';
import { isCurrent, verify } from '../../../src/gate/verify.ts';
import { type Evidence, noUses } from '../../../src/model/evidence.ts';
import { ADA, clientId, LIVE, NOON, NOW, ringName } from './world.ts';

const BEARER = { auth: 'api_key', scheme: 'bearer' } as const;
const BASIC = { auth: 'client_credentials', scheme: 'basic' } as const;

const evidence = (standing: Partial<typeof LIVE> = {}, token: Partial<Evidence['token']> = {}): Evidence => ({
  name: { clientId, fingerprint: 'fp', pepper: 'current' },
  ring: ringName,
  token: { scopes: ['a', 'b', 'c'], ownerId: ADA.id, generation: 1, expiresAt: NOW + 60, ...token },
  held: { standing: { ...LIVE, scopes: ['b', 'c', 'd'], ...standing }, askedAt: NOON },
  identity: null,
  assertion: null,
  uses: noUses(),
  renewedAt: 0,
  refreshedAt: 0,
});

describe('verify', () => {
  it("gives the owner, the key and the token's scopes as far as the Ring grants them, in the token's order", () => {
    expect(verify(evidence(), BEARER, NOON)).toEqual({
      ok: true,
      value: {
        auth: 'api_key',
        userId: ADA.id,
        organizationId: null,
        clientId,
        scopes: ['b', 'c'],
        owner: ADA,
      },
    });
  });

  it.each([
    ['a member', { kind: 'member', id: 'm', organizationId: 'o' }, 'm', 'o'],
    ['an organisation', { kind: 'organization', id: 'o', organizationId: 'o' }, null, 'o'],
    ['a client', { kind: 'client', id: 'c', organizationId: null }, null, null],
  ] as const)('names of %s what the origin is told', (_, owner, userId, organizationId) => {
    const verified = verify(evidence({ owner: owner as unknown as typeof ADA }), BEARER, NOON);
    expect(verified).toMatchObject({ value: { userId, organizationId } });
  });

  it.each([
    [NOON - 1, 'expired'],
    [NOON, 'expired'],
    [NOON + 1, null],
    [null, null],
  ])('a key that ends at %s: %s', (expiresAt, because) => {
    const verified = verify(evidence({ expiresAt: expiresAt as null }), BASIC, NOON);
    expect(verified.ok ? null : verified.refusal).toEqual(
      because === null ? null : { reason: 'credential_invalid', because, scheme: 'basic' },
    );
  });

  it('keeps the conclusion for one way of presenting, and drops the assertion for another', () => {
    const kept = evidence();
    const first = verify(kept, BEARER, NOON);
    kept.assertion = new Map([['acme-api', { token: 'assertion', signedAtMs: NOON }]]);
    expect(verify(kept, BEARER, NOON)).toEqual(first);
    expect(kept.assertion).not.toBeNull();
    expect(verify(kept, BASIC, NOON)).toMatchObject({ value: { auth: 'client_credentials' } });
    expect(kept.assertion).toBeNull();
  });
});

describe('isCurrent', () => {
  it.each([
    ['a token that lives', {}, {}, true],
    ['a token in its last millisecond', { expiresAt: NOW }, {}, false],
    ['a token of an older generation', { generation: 0 }, {}, false],
    ['a token of a newer generation', { generation: 2 }, {}, false],
    ['a Ring of a newer generation', {}, { generation: 2 }, false],
  ] as const)('%s', (_, token, standing, expected) => {
    expect(isCurrent(evidence(standing as object, token), NOON)).toBe(expected);
  });
});
