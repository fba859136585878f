import { describe, expect, it } from 'vitest';
import type { RingParts } from '../../../../src/ring/parts.ts';
import { exchange } from '../../../../src/ring/requests/exchange.ts';

const OWNER = { kind: 'user', id: 'user-test-1', organizationId: null };
const NOW = Date.UTC(2026, 10, 1, 12);
const SECONDS = NOW / 1000;
const REQUEST = {
  credential: { kind: 'secret', clientId: 'acme_test_1', fingerprint: 'fp', pepper: 'k1' } as const,
  clientSecret: 'secret',
};

/** A Ring with one key, whose project's signing keys cannot be had. `tokenExpiresAt` is of the last token of its secret. */
const ringWithoutKeys = (tokenExpiresAt: number | null) => {
  let exchanges = 0;
  const key = {
    keyId: 'acme_test_1',
    status: 'active',
    scopes: ['a'],
    generation: 3,
    expiresAt: null,
    limit: null,
  };
  const tables = {
    owner: () => OWNER,
    ring: () => ({ owner: OWNER, plan: null, isSuspended: false }),
    key: () => key,
    secrets: () => [{ fingerprint: 'fp', clientId: 'acme_test_1', pepper: 'k1', tokenExpiresAt }],
    token: () => null,
    rotation: () => null,
  };
  const parts = {
    ...{ tables, now: () => NOW, log: () => undefined, canVerify: async () => false, quietUntil: 0 },
    rules: { leaseSeconds: 5, stytchGraceSeconds: 3600, projectId: 'project-test-1' },
    join: <T>(_: string, work: () => Promise<T>) => ({ joined: false, value: work() }),
    stytch: {
      exchange: async () => {
        exchanges++;
        return { outcome: 'answered', value: 'token' };
      },
    },
  } as unknown as RingParts;
  return { parts, exchanges: () => exchanges };
};

describe('an exchange while no signing keys can be had', () => {
  it('buys no token that could not be verified', async () => {
    const { parts, exchanges } = ringWithoutKeys(null);
    const { exchanged } = await exchange(parts, REQUEST);
    expect([exchanged, exchanges()]).toEqual([{ result: 'unavailable', retryAfterSeconds: 1 }, 0]);
  });

  it("goes on the Ring's word for a secret that Stytch accepted not long ago", async () => {
    const { parts, exchanges } = ringWithoutKeys(SECONDS - 3_599);
    const { exchanged } = await exchange(parts, REQUEST);
    const until = SECONDS - 3_599 + 3_600;
    expect([exchanged, exchanges()]).toEqual([
      { result: 'grace', ownerId: 'user-test-1', scopes: ['a'], generation: 3, until },
      0,
    ]);
  });

  it('and not a second longer than the grace', async () => {
    const { parts } = ringWithoutKeys(SECONDS - 3_600);
    expect((await exchange(parts, REQUEST)).exchanged.result).toBe('unavailable');
  });
});
