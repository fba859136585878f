import { describe, expect, it } from 'vitest';
import type { ForeignClients } from '../../../../src/model/foreign.ts';
import type { CredentialName } from '../../../../src/model/ports.ts';
import type { RingParts } from '../../../../src/ring/parts.ts';
import { standingOf } from '../../../../src/ring/requests/standing.ts';

const NOW = Date.UTC(2026, 10, 1, 12);
const SECONDS = NOW / 1000;
const LEASE_MS = 5_000;
const REALM = { brands: ['acme'], environment: 'test' } as const;
const ADA = { kind: 'user', id: 'user-test-ada', organizationId: null } as const;
const OURS = `acme_test_0${'1'.repeat(16)}0${'2'.repeat(10)}`;
const FOREIGN = 'm2m-client-test-1';

const ROW = {
  ...{ status: 'active', scopes: ['a'], generation: 3, expiresAt: null as number | null },
  ...{ limit: null as object | null, tokensFrom: null as number | null, ipAllowlist: null },
};

interface Given {
  readonly rows?: Readonly<Record<string, object>>;
  readonly foreignClients?: ForeignClients;
  readonly suspended?: boolean;
  readonly revoked?: readonly string[];
  readonly secrets?: readonly object[];
  /** Of a rotation that is under way, or over and not yet told to Stytch. */
  readonly rotation?: string;
  /** When the old secret of an open one ends. */
  readonly finishesAt?: number;
  /** Whether the Ring has anything written down. */
  readonly isNew?: boolean;
}

const standing = (name: CredentialName, given: Given = {}) => {
  const { rows = {}, foreignClients = 'imported', suspended = false, revoked = [], secrets = [] } = given;
  const tables = {
    ring: () => (given.isNew ? null : { owner: ADA, plan: null, isSuspended: suspended }),
    key: (id: string) => (rows[id] === undefined ? null : { keyId: id, ...ROW, ...rows[id] }),
    isRevokedToken: (hash: string) => revoked.includes(hash),
    secrets: () => secrets,
    rotation: () =>
      given.rotation === undefined
        ? null
        : { status: given.rotation, finishesAt: given.finishesAt ?? NOW + 1 },
  };
  const rules = { leaseSeconds: LEASE_MS / 1000, realm: REALM, foreignClients };
  return standingOf({ tables, rules } as unknown as RingParts, name, NOW);
};

const token = (clientId: string, more: object = {}): CredentialName => ({
  ...{ kind: 'token', clientId, tokenHash: 'hash', issuedAt: SECONDS, owner: ADA },
  ...more,
});
const SESSION: CredentialName = { kind: 'session', owner: ADA, tokenHash: 'hash' };
const SECRET: CredentialName = { kind: 'secret', clientId: OURS, fingerprint: 'fp', pepper: 'p1' };

const LIVE = {
  ...{ status: 'live', owner: ADA, scopes: ['a'], generation: 3 },
  ...{ expiresAt: null, ownLimit: false, leaseMs: LEASE_MS, ipAllowlist: null },
};
const NO_ROW = { ...LIVE, scopes: null, generation: 0 };

describe('a session', () => {
  it('is good for an owner of whom nothing is written down, and the Ring says nothing of its scopes', () => {
    expect(standing(SESSION, { isNew: true })).toEqual(NO_ROW);
    expect(standing(SESSION)).toEqual(NO_ROW);
  });

  it('of a suspended owner is suspended', () => {
    expect(standing(SESSION, { suspended: true })).toEqual({ status: 'suspended', leaseMs: LEASE_MS });
  });

  it('is not touched by the revocation of tokens', () => {
    expect(standing(SESSION, { revoked: ['hash'] })).toEqual(NO_ROW);
  });
});

describe('an access token of a client of ours', () => {
  it('is good while its row is, with the scopes of the row', () => {
    expect(standing(token(OURS), { rows: { [OURS]: {} } })).toEqual(LIVE);
  });

  it('spends the purse of a key that has a limit of its own', () => {
    expect(standing(token(OURS), { rows: { [OURS]: { limit: {} } } })).toEqual({ ...LIVE, ownLimit: true });
  });

  it.each(['off', 'imported', 'any'] as const)(
    'without a row it is unknown, never adopted: %s',
    (foreignClients) => {
      expect(standing(token(OURS), { foreignClients })).toEqual({ status: 'unknown', leaseMs: LEASE_MS });
      expect(standing(token(OURS), { foreignClients, isNew: true }).status).toBe('unknown');
    },
  );

  it.each([
    ['is being made', { status: 'creating' }, 'unknown'],
    ['was revoked', { status: 'revoked' }, 'revoked'],
    ['has expired', { status: 'expired' }, 'expired'],
    ['ends now', { expiresAt: NOW }, 'expired'],
  ])('whose key %s', (_, row, status) => {
    expect(standing(token(OURS), { rows: { [OURS]: row } }).status).toBe(status);
  });

  it('of a suspended owner, and one that was revoked', () => {
    const rows = { [OURS]: {} };
    expect(standing(token(OURS), { rows, suspended: true }).status).toBe('suspended');
    expect(standing(token(OURS), { rows, revoked: ['hash'] }).status).toBe('revoked');
  });

  it.each([
    [SECONDS - 4, 'revoked'],
    [SECONDS - 5, 'revoked'],
    [SECONDS - 6, 'live'],
    [SECONDS + 100, 'revoked'],
    [null, 'live'],
  ])('made now, where tokens count from %s: %s', (tokensFrom, status) => {
    expect(standing(token(OURS), { rows: { [OURS]: { tokensFrom } } }).status).toBe(status);
  });

  it('taken on grace is older than every rotation', () => {
    const rows = { [OURS]: { tokensFrom: 1 } };
    expect(standing(token(OURS, { issuedAt: 0 }), { rows }).status).toBe('revoked');
  });
});

describe('an access token of a key whose rotation is over', () => {
  it.each([
    ['finishing', 'revoked'],
    ['cancelling', 'revoked'],
    ['undoing', 'live'],
    ['starting', 'live'],
    ['open', 'live'],
  ])(
    'is, while the rotation is %s, %s: until Stytch is told, the dead secret opens new ones',
    (rotation, status) => {
      const rows = { [OURS]: { tokensFrom: SECONDS - 100 } };
      expect(standing(token(OURS), { rows, rotation }).status).toBe(status);
    },
  );
});

describe('an access token of a client that was not made here', () => {
  it.each([
    ['off', undefined, 'unknown'],
    ['off', {}, 'unknown'],
    ['imported', undefined, 'unknown'],
    ['imported', {}, 'live'],
    ['any', undefined, 'live'],
    ['any', {}, 'live'],
    ['any', { status: 'revoked' }, 'revoked'],
    ['imported', { status: 'revoked' }, 'revoked'],
    ['any', { status: 'expired' }, 'expired'],
  ] as const)('%s, with a row of %j: %s', (foreignClients, row, status) => {
    const rows = row === undefined ? {} : { [FOREIGN]: row };
    expect(standing(token(FOREIGN), { foreignClients, rows }).status).toBe(status);
  });

  it('without a row it speaks for itself; with one, the row narrows it', () => {
    expect(standing(token(FOREIGN), { foreignClients: 'any', isNew: true })).toEqual(NO_ROW);
    expect(standing(token(FOREIGN), { foreignClients: 'any', rows: { [FOREIGN]: {} } })).toEqual(LIVE);
  });

  it('without a row it can be revoked all the same, and its owner suspended', () => {
    const any = { foreignClients: 'any' } as const;
    expect(standing(token(FOREIGN), { ...any, revoked: ['hash'] }).status).toBe('revoked');
    expect(standing(token(FOREIGN), { ...any, suspended: true }).status).toBe('suspended');
  });

  it.each(['acme_test_x', 'acme_live_x', 'user-test-1', 'connected-app-test-1', 'a b', ''])(
    '%j is the id of none',
    (clientId) => {
      expect(standing(token(clientId), { foreignClients: 'any' }).status).toBe('unknown');
    },
  );
});

describe('a secret', () => {
  const rows = { [OURS]: {} };

  it.each([
    ['its own', [{ fingerprint: 'fp', pepper: 'p1' }], 'live'],
    ["another's", [{ fingerprint: 'other', pepper: 'p1' }], 'unknown'],
    ['known under another pepper only', [{ fingerprint: 'fp', pepper: 'p0' }], 'unproven'],
    ['of which there is none', [], 'unproven'],
  ])('%s', (_, secrets, status) => {
    expect(standing(SECRET, { rows, secrets }).status).toBe(status);
  });

  describe('of two, while a rotation is open,', () => {
    const [OLD, NEXT] = [
      { fingerprint: 'fp', pepper: 'p1', slot: null },
      { fingerprint: 'fp', pepper: 'p1', slot: 'next' },
    ];
    const other = (slot: 'next' | null, pepper = 'p1') => ({ fingerprint: `other ${pepper}`, pepper, slot });
    const open = { rows, rotation: 'open' };

    it('is good, and known to be one of two', () => {
      for (const secrets of [
        [OLD, other('next')],
        [NEXT, other(null)],
      ])
        expect(standing(SECRET, { ...open, secrets })).toEqual({
          ...LIVE,
          ipAllowlist: null,
          isRotating: true,
        });
    });

    it.each([
      ['both are known under its pepper', [other(null), other('next')], 'unknown'],
      ['the old one alone is known under its pepper', [other(null), other('next', 'p0')], 'unproven'],
      ['the next one alone is known under its pepper', [other(null, 'p0'), other('next')], 'unproven'],
      ['neither is', [other(null, 'p0'), other('next', 'p0')], 'unproven'],
    ])('and none of them: where %s', (_, secrets, status) => {
      expect(standing(SECRET, { ...open, secrets }).status).toBe(status);
    });

    it.each([
      ['the old one', OLD, 'revoked'],
      ['the next one', NEXT, 'live'],
    ])('ends by its deadline to the second, alarm or not: %s', (_, secret, status) => {
      const secrets = [secret, other(secret.slot === null ? 'next' : null)];
      expect(standing(SECRET, { ...open, secrets, finishesAt: NOW + 1 }).status).toBe('live');
      expect(standing(SECRET, { ...open, secrets, finishesAt: NOW }).status).toBe(status);
    });

    it('opens tokens that are all refused from the deadline on', () => {
      expect(standing(token(OURS), { ...open, finishesAt: NOW + 1 }).status).toBe('live');
      expect(standing(token(OURS), { ...open, finishesAt: NOW }).status).toBe('revoked');
    });
  });

  it('of nobody is unknown', () => {
    expect(standing(SECRET, { isNew: true }).status).toBe('unknown');
    expect(standing(SECRET).status).toBe('unknown');
  });
});
