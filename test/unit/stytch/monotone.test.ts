import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../src/model/token.ts';
import { createTokenVerifier, type TokenRules } from '../../../src/stytch/token.ts';
import { holds } from '../../property.ts';
import { makeSigner, signRaw } from './signer.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const NOW = NOON / 1000;
const PROJECT = 'project-test-1';
const UUID = 'd731954d-dab3-4a2b-bdee-07f3ad1be885';
const CLAIM = 'https://stytch.com/session';
const ORGANIZATION = 'https://stytch.com/organization';

const signer = await makeSigner('k1');
const verify = (vertical: TokenRules['vertical']) =>
  createTokenVerifier(
    {
      ...{ projectId: PROJECT, issuers: [`stytch.com/${PROJECT}`], vertical, ownerClaim: 'user_id' },
      isClientId: (id) => id === 'client-1',
    },
    async (kid) => (kid === 'k1' ? signer.publicKey : 'absent'),
  );

const COMMON = {
  ...{ iss: `stytch.com/${PROJECT}`, aud: [PROJECT] },
  ...{ iat: NOW - 60, nbf: NOW - 60, exp: NOW + 240 },
};
const SESSION = {
  ...{ id: 'session-test-1', started_at: '2026-11-01T11:00:00Z', expires_at: '2026-11-01T13:00:00Z' },
  authentication_factors: [{ type: 'password', last_authenticated_at: '2026-11-01T11:30:00Z' }],
  roles: ['stytch_user', 'stytch_member', 'editor'],
};

const GOOD = {
  client: ['consumer', { ...COMMON, sub: 'client-1', scope: 'a b', user_id: 'u', organization_id: 'o' }],
  user: ['consumer', { ...COMMON, sub: `user-test-${UUID}`, [CLAIM]: SESSION }],
  member: [
    'b2b',
    {
      ...COMMON,
      ...{ sub: `member-test-${UUID}`, [CLAIM]: SESSION },
      [ORGANIZATION]: { organization_id: `organization-test-${UUID}` },
    },
  ],
} as const satisfies Record<string, readonly ['consumer' | 'b2b', object]>;

/** All that a token lets its bearer be, in an order: less of one of them never is more of another. */
const powers = (token: Token) => ({
  names: token.kind === 'm2m' ? [...token.scopes] : [...token.roles],
  owner: token.kind === 'm2m' ? token.ownerId : token.owner.id,
  kind: token.kind,
  expiresAt: token.kind === 'm2m' ? token.expiresAt : Math.min(token.expiresAt, token.sessionExpiresAt),
  authenticatedAt: token.kind === 'm2m' ? null : token.authenticatedAt,
});

const judged = async (vertical: 'consumer' | 'b2b', payload: object) => {
  const verdict = await verify(vertical)(
    await signRaw(signer, { alg: 'RS256', kid: 'k1', typ: 'JWT' }, payload),
    NOON,
  );
  return verdict.verdict === 'good' ? powers(verdict.token) : null;
};

/** A payload without some of its members, those of the session's claim among them. */
const without = (payload: Readonly<Record<string, unknown>>, gone: ReadonlySet<string>) => {
  const kept = (given: object, prefix: string): Record<string, unknown> =>
    Object.fromEntries(Object.entries(given).filter(([name]) => !gone.has(prefix + name)));
  const rest = kept(payload, '');
  return rest[CLAIM] === undefined ? rest : { ...rest, [CLAIM]: kept(rest[CLAIM] as object, 'session.') };
};

const namesOf = (payload: Readonly<Record<string, unknown>>): readonly string[] => [
  ...Object.keys(payload),
  ...Object.keys((payload[CLAIM] as object | undefined) ?? {}).map((name) => `session.${name}`),
];

describe.each(Object.entries(GOOD))(
  'SECURITY 3, property 6 › deny monotone › of a good token of a %s',
  (name, [vertical, good]) => {
    const payload = good as Readonly<Record<string, unknown>>;

    it('claims that are missing never make more', async ({ annotate }) => {
      const whole = await judged(vertical, payload);
      if (whole === null) throw new Error('it should be good');
      const some = fc.subarray([...namesOf(payload)], { minLength: 1, maxLength: 4 });
      const property = fc.asyncProperty(some, async (gone) => {
        const less = await judged(vertical, without(payload, new Set(gone)));
        if (less === null) return;
        expect(whole.names).toEqual(expect.arrayContaining(less.names));
        expect([less.kind, [whole.owner, null].includes(less.owner)]).toEqual([whole.kind, true]);
        expect(less.expiresAt).toBeLessThanOrEqual(whole.expiresAt);
        expect(less.authenticatedAt ?? 0).toBeLessThanOrEqual(whole.authenticatedAt ?? 0);
      });
      await holds(`6 claims of a ${name}`, property, annotate);
    });

    it.each(['iss', 'aud', 'sub', 'iat', 'exp', vertical === 'b2b' ? ORGANIZATION : 'sub'])(
      'without %s it is none',
      async (name) => {
        expect(await judged(vertical, without(payload, new Set([name])))).toBeNull();
      },
    );
  },
);
