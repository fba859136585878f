import { describe, expect, it } from 'vitest';
import { deskDevices } from '../../../src/assemble/desk-devices.ts';
import type { DeskPorts } from '../../../src/desk/ports.ts';
import type { Outcome } from '../../../src/model/ports.ts';
import { keychainOf } from '../model/keys.ts';

const USER = { kind: 'user', id: 'user-test-1', organizationId: null } as const;
const MEMBER = { kind: 'member', id: 'member-test-1', organizationId: 'organization-test-1' } as const;

/** The roles of somebody, where Stytch says so much of a user; and who was asked about. */
const asked = (vertical: 'consumer' | 'b2b', outcome: Outcome<readonly string[] | null>) => {
  const about: string[] = [];
  const { rolesOf } = deskDevices({
    ...{ projectId: 'project-test-1', keychain: () => keychainOf('current'), now: () => 0, vertical },
    ...{ deviceClients: new Map(), keysPerUser: 5, grantable: () => [], lobbies: () => ({}) as never },
    ringOf: async () => ({}) as Awaited<ReturnType<DeskPorts['ringOf']>>,
    reachPorts: { sleep: async () => undefined, inBackground: () => undefined, log: () => undefined },
    stytch: {
      userRoles: async (userId) => {
        about.push(userId);
        return outcome;
      },
    },
  });
  return { about, rolesOf };
};

const silent = (retryAfterSeconds: number) => ({
  ok: false,
  refusal: { reason: 'unavailable', what: 'stytch', retryAfterSeconds },
});

describe('OA-17 › the roles of somebody, when his device comes for its key', () => {
  it('are as Stytch has them now, and those of before count for nothing', async () => {
    const { about, rolesOf } = asked('consumer', { outcome: 'answered', value: ['now'] });
    expect(await rolesOf(USER, ['before'])).toEqual({ ok: true, value: ['now'] });
    expect(about).toEqual(['user-test-1']);
  });

  it('are none for who is gone', async () => {
    const { rolesOf } = asked('consumer', { outcome: 'answered', value: null });
    expect(await rolesOf(USER, ['before'])).toEqual({ ok: true, value: null });
  });

  it.each([
    ['says nothing', { outcome: 'unreachable', detail: 'x', retryAfterSeconds: null }, 5],
    ['says when to come back', { outcome: 'unreachable', detail: 'x', retryAfterSeconds: 7 }, 7],
    ['does not know us', { outcome: 'declined', status: 401, code: 'unauthorized_credentials' }, 5],
  ] as const)('cannot be told where Stytch %s: never those of before', async (_, outcome, seconds) => {
    const { rolesOf } = asked('consumer', outcome);
    expect(await rolesOf(USER, ['before'])).toEqual(silent(seconds));
  });

  it('of a member are those that he said yes with: Stytch is not asked', async () => {
    const { about, rolesOf } = asked('b2b', { outcome: 'answered', value: null });
    expect(await rolesOf(MEMBER, ['before'])).toEqual({ ok: true, value: ['before'] });
    expect(about).toEqual([]);
  });
});
