import { describe, expect, it } from 'vitest';
import type { KeyRecord } from '../../../src/model/life.ts';
import { keyObject, time } from '../../../src/model/objects.ts';

const RECORD = {
  keyId: 'acme_test_1',
  owner: { kind: 'member', id: 'member-test-1', organizationId: 'organization-test-1' },
  createdBy: 'member-test-1',
  name: 'A key',
  description: '',
  scopes: ['items:read'],
  limit: null,
  status: 'active',
  lastFour: 'wxyz',
  createdAt: Date.UTC(2026, 10, 1, 12),
  expiresAt: null,
  endedAt: null,
  lastUsedAt: Date.UTC(2026, 10, 1, 12, 0, 0, 999),
  ipAllowlist: null,
  rotation: null,
} as unknown as KeyRecord;

describe('a key as it is shown', () => {
  it('has the members of DESIGN section 9', () => {
    expect(keyObject(RECORD)).toMatchObject({
      key_id: 'acme_test_1',
      owner: { kind: 'member', id: 'member-test-1', organization_id: 'organization-test-1' },
      created_by: 'member-test-1',
      name: 'A key',
      description: '',
      scopes: ['items:read'],
      limit: null,
      status: 'active',
      last_four: 'wxyz',
      created_at: '2026-11-01T12:00:00Z',
      expires_at: null,
      last_used_at: '2026-11-01T12:00:00Z',
      ip_allowlist: null,
      rotation: null,
      device_client: null,
    });
  });

  it('never has the key in it, nor anything that the record has besides', () => {
    const rich = { ...RECORD, key: 'planted', clientSecret: 'planted', fingerprint: 'planted' } as KeyRecord;
    expect(JSON.stringify(keyObject(rich))).not.toContain('planted');
    expect(Object.keys(keyObject(rich))).not.toContain('key');
  });
});

describe('a key with two secrets', () => {
  it('shows when the old one ends and when it was last used', () => {
    const rotation = {
      ...{ startedAt: 0, finishesAt: 86_400_000, oldSecretLastUsedAt: 3_600_999, nextLastFour: 'abcd' },
    };
    expect(keyObject({ ...RECORD, rotation, ipAllowlist: ['192.0.2.0/24'] })).toMatchObject({
      ip_allowlist: ['192.0.2.0/24'],
      rotation: {
        started_at: '1970-01-01T00:00:00Z',
        finishes_at: '1970-01-02T00:00:00Z',
        old_secret_last_used_at: '1970-01-01T01:00:00Z',
        next_last_four: 'abcd',
      },
    });
  });
});

describe('a time', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_793_534_400_999, '2026-11-01T12:00:00Z'],
    [Date.UTC(9999, 11, 31, 23, 59, 59, 999), '9999-12-31T23:59:59Z'],
    [null, null],
  ])('%s is %s', (at, expected) => {
    expect(time(at)).toBe(expected);
  });
});
