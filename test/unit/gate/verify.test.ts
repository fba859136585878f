import { describe, expect, it } from 'vitest';
import { isCurrent, verify } from '../../../src/gate/verify.ts';
import { type Evidence, heldStanding, newEvidence } from '../../../src/model/evidence.ts';
import { ADA, asBasic, asBearer, asJwt, clientId, LIVE, NOON, NOW, ringName, SESSION } from './world.ts';

const [BEARER, BASIC, JWT] = [asBearer(), asBasic(), asJwt()];

const evidence = (standing: Partial<typeof LIVE> = {}, token: Partial<Evidence['token']> = {}): Evidence =>
  newEvidence({
    name: { kind: 'secret', clientId, fingerprint: 'fp', pepper: 'current' },
    ...{ ring: ringName, owner: ADA, session: null },
    token: { scopes: ['a', 'b', 'c'], ownerId: ADA.id, generation: 1, expiresAt: NOW + 60, ...token },
    held: heldStanding({ ...LIVE, scopes: ['b', 'c', 'd'], ...standing }, NOON),
  });

/** Of a token that was presented itself, before the Ring was asked. */
const unasked = (session: Evidence['session'] = null): Evidence =>
  newEvidence({
    name:
      session === null
        ? { kind: 'token', clientId, tokenHash: 'h', issuedAt: NOW, owner: ADA }
        : { kind: 'session', owner: ADA, tokenHash: 'h' },
    ...{ ring: ringName, owner: ADA, session, held: null },
    token: { scopes: ['a', 'b'], ownerId: ADA.id, generation: null, expiresAt: NOW + 60 },
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

describe('a token that was presented itself', () => {
  it.each([
    ['an access token', null, { auth: 'access_token', clientId }],
    ['a session', SESSION, { auth: 'session', clientId: null }],
  ] as const)('%s: speaks with its own scopes until the Ring has said something', (_, session, expected) => {
    expect(verify(unasked(session), JWT, NOON)).toMatchObject({
      ok: true,
      value: { ...expected, userId: ADA.id, scopes: ['a', 'b'] },
    });
  });

  it('is narrowed by the row that its Ring has, and by nothing where the Ring does not say', () => {
    const token = unasked();
    token.held = heldStanding({ ...LIVE, scopes: ['b'] }, NOON);
    expect(verify(token, JWT, NOON)).toMatchObject({ value: { scopes: ['b'] } });
    const session = unasked(SESSION);
    session.held = heldStanding({ ...LIVE, scopes: null, generation: 0 }, NOON);
    expect(verify(session, JWT, NOON)).toMatchObject({ value: { scopes: ['a', 'b'] } });
  });

  it('is of every generation, and as current before the Ring was asked', () => {
    const token = unasked();
    expect(isCurrent(token, NOON)).toBe(true);
    token.held = heldStanding({ ...LIVE, generation: 7 }, NOON);
    expect([isCurrent(token, NOON), isCurrent(token, NOON + 60_000)]).toEqual([true, false]);
  });
});
