import { describe, expect, it } from 'vitest';
import { answer, BASIC, headersOf, SILENCES, stytch, stytchError } from './wires.ts';

const user = (more: object = {}) =>
  answer({
    status_code: 200,
    request_id: 'x',
    user_id: 'user-test-1',
    roles: ['stytch_user', 'boss'],
    ...more,
  });

describe('userRoles', () => {
  it('asks for one user, as the project, and answers the roles that he has', async () => {
    const { api, sent } = stytch(user());
    expect(await api.userRoles('user-test-1')).toEqual({
      ...{ outcome: 'answered', value: ['stytch_user', 'boss'] },
    });
    expect(sent).toMatchObject([
      { url: 'https://test.stytch.test/v1/users/user-test-1', init: { method: 'GET', redirect: 'manual' } },
    ]);
    expect(headersOf(sent[0]).authorization).toBe(BASIC);
  });

  it('of a user of whom none are named are every user’s', async () => {
    for (const roles of [undefined, null])
      expect(await stytch(user({ roles })).api.userRoles('user-test-1')).toEqual({
        ...{ outcome: 'answered', value: ['stytch_user'] },
      });
    expect(await stytch(user({ roles: [] })).api.userRoles('user-test-1')).toMatchObject({ value: [] });
  });

  it('of a user who is gone are null', async () => {
    const { api } = stytch(stytchError('user_not_found', 404));
    expect(await api.userRoles('user-test-1')).toEqual({ outcome: 'answered', value: null });
  });

  it('puts an id into the path as one segment, whatever it is', async () => {
    const { api, sent } = stytch(stytchError('user_not_found', 404));
    await api.userRoles('../m2m/clients?x#y');
    expect(sent[0]?.url).toBe('https://test.stytch.test/v1/users/..%2Fm2m%2Fclients%3Fx%23y');
  });

  it.each([
    ...SILENCES,
    ['somebody else', () => user({ user_id: 'user-test-2' })],
    ['roles that are no list', () => user({ roles: 'boss' })],
    ['roles that are no texts', () => user({ roles: [{ role_id: 'boss' }] })],
    ['more roles than anybody has', () => user({ roles: Array(101).fill('boss') })],
  ] as const)('answered with %s is no word on him, and asked again', async (_, deed) => {
    const { api, sent } = stytch(deed(), deed(), deed());
    expect((await api.userRoles('user-test-1')).outcome).toBe('unreachable');
    expect(sent).toHaveLength(3);
  });

  it('is declined for any other reason: nobody is gone because our secret is wrong', async () => {
    const { api } = stytch(stytchError('unauthorized_credentials', 401));
    expect(await api.userRoles('user-test-1')).toEqual({
      ...{ outcome: 'declined', status: 401, code: 'unauthorized_credentials' },
    });
  });
});
