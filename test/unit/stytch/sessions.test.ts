import { describe, expect, it } from 'vitest';
import { createStytch } from '../../../src/stytch/client.ts';
import {
  answer,
  BASIC,
  type Deed,
  headersOf,
  PROJECT,
  SILENCES,
  scripted,
  stytch,
  stytchError,
  timeout,
} from './wires.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const TOKEN = 'mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q';
const USER = 'user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd';
const TIMES = {
  started_at: '2026-11-26T11:00:00.935673Z',
  last_accessed_at: '2026-11-26T11:59:00Z',
  expires_at: '2026-11-26T13:00:00Z',
  authentication_factors: [
    { type: 'password', last_authenticated_at: '2026-11-26T11:30:00Z' },
    { type: 'otp', last_authenticated_at: '2026-11-26T11:45:00Z' },
  ],
};
const SESSION = {
  ...{ session_id: 'session-test-1', user_id: USER, roles: ['stytch_user', 'editor'], ...TIMES },
  attributes: { ip_address: '192.0.2.1', user_agent: 'x' },
};
const ANSWER = {
  ...{ status_code: 200, request_id: 'x', session: SESSION, session_token: TOKEN, session_jwt: 'a.b.c' },
  user: {
    user_id: USER,
    emails: [{ email: 'ada@example.com', verified: true }, { email: 'two@example.com' }],
  },
};
const READ = {
  owner: { kind: 'user', id: USER, organizationId: null },
  sessionId: 'session-test-1',
  roles: ['stytch_user', 'editor'],
  sessionExpiresAt: Date.parse('2026-11-26T13:00:00Z') / 1000,
  authenticatedAt: Date.parse('2026-11-26T11:45:00Z') / 1000,
  email: 'ada@example.com',
};

const ask = async (...deeds: readonly Deed[]) => {
  const { api, sent } = stytch(...deeds);
  return { outcome: await api.authenticateSession(TOKEN, NOW), sent };
};
const readOf = async (body: unknown) => (await ask(answer(body), answer(body), answer(body))).outcome;

describe('authenticateSession', () => {
  it('sends the token as the project, and asks for no new end', async () => {
    const { outcome, sent } = await ask(answer(ANSWER));
    expect(outcome).toEqual({ outcome: 'answered', value: READ });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual([
      'https://test.stytch.test/v1/sessions/authenticate',
      'POST',
    ]);
    expect(headersOf(sent[0])).toEqual({ authorization: BASIC, 'content-type': 'application/json' });
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({ session_token: TOKEN });
  });

  it.each(['session_not_found', 'invalid_session_token'])('%s is no session', async (code) => {
    expect((await ask(stytchError(code, 404))).outcome).toEqual({ outcome: 'answered', value: null });
  });

  it.each(['unauthorized_credentials', 'bad_request', 'no_session_arguments'])(
    '%s says nothing of the session',
    async (code) => {
      expect((await ask(stytchError(code, 401))).outcome).toMatchObject({ outcome: 'declined', code });
    },
  );

  it.each(SILENCES)('%s is no answer: asked again, three times in all', async (_, deed) => {
    const { outcome, sent } = await ask(deed(), deed(), deed());
    expect([outcome.outcome, sent.length]).toEqual(['unreachable', 3]);
  });

  it('a second try is believed', async () => {
    expect((await ask(timeout(), answer(ANSWER))).outcome).toEqual({ outcome: 'answered', value: READ });
  });

  it.each([
    ['no session', { session: undefined }],
    ['no id', { session: { ...SESSION, session_id: undefined } }],
    ['an empty id', { session: { ...SESSION, session_id: '' } }],
    ['an end that is no time', { session: { ...SESSION, expires_at: 'soon' } }],
    ['a user who is a member', { session: { ...SESSION, user_id: USER.replace('user', 'member') } }],
    ['a user who is none', { session: { ...SESSION, user_id: 'x' } }],
    ['roles in one text', { session: { ...SESSION, roles: 'editor' } }],
  ])('an answer with %s is none', async (_, more) => {
    expect((await readOf({ ...ANSWER, ...more })).outcome).toBe('unreachable');
  });

  it.each([
    ['no user', { user: undefined }],
    ['no addresses', { user: { emails: [] } }],
    ['an address that is none', { user: { emails: [{ email: 7 }] } }],
    ['an address that is too long', { user: { emails: [{ email: 'x'.repeat(300) }] } }],
  ])('%s costs the address alone', async (_, more) => {
    const outcome = await readOf({ ...ANSWER, ...more });
    expect(outcome).toEqual({ outcome: 'answered', value: { ...READ, email: null } });
  });

  it('who has no roles named has the one that everybody has', async () => {
    const { roles: _, ...session } = SESSION;
    expect(await readOf({ ...ANSWER, session })).toMatchObject({ value: { roles: ['stytch_user'] } });
  });

  it.each([
    ['a factor of the future is of now', [{ last_authenticated_at: '2027-01-01T00:00:00Z' }], NOW / 1000],
    ['without factors, the start counts', [], Math.floor(Date.parse(TIMES.started_at) / 1000)],
  ])('%s', async (_, authentication_factors, authenticatedAt) => {
    const session = { ...SESSION, authentication_factors };
    expect(await readOf({ ...ANSWER, session })).toMatchObject({ value: { authenticatedAt } });
  });

  describe('of a member', () => {
    const MEMBER = 'member-test-e3795c81-f849-4167-bfda-e4a6e9c280fd';
    const ORGANIZATION = 'organization-test-e3795c81-f849-4167-bfda-e4a6e9c280fd';
    const member_session = {
      ...{ member_session_id: 'member-session-test-1', member_id: MEMBER, organization_id: ORGANIZATION },
      ...TIMES,
    };
    const member = { member_id: MEMBER, email_address: 'ada@example.com', name: 'Ada' };
    const b2b = async (body: unknown) => {
      const script = scripted(answer(body), answer(body), answer(body));
      const api = createStytch({ ...PROJECT, vertical: 'b2b' }, script.wires);
      return { outcome: await api.authenticateSession(TOKEN, NOW), sent: script.sent };
    };

    it('is asked for and read where members are', async () => {
      const { outcome, sent } = await b2b({ member_session, member, session_token: TOKEN });
      expect(sent[0]?.url).toBe('https://test.stytch.test/v1/b2b/sessions/authenticate');
      expect(outcome).toEqual({
        outcome: 'answered',
        value: {
          ...READ,
          owner: { kind: 'member', id: MEMBER, organizationId: ORGANIZATION },
          sessionId: 'member-session-test-1',
          roles: ['stytch_member'],
        },
      });
    });

    it('of no organisation is none', async () => {
      const { organization_id: _, ...rest } = member_session;
      expect((await b2b({ member_session: rest, member })).outcome.outcome).toBe('unreachable');
    });
  });
});

describe('revokeSession', () => {
  const DONE = { status_code: 200, request_id: 'x' };
  const ended = { outcome: 'answered', value: 'ended' };

  it.each([
    ['consumer', 'https://test.stytch.test/v1/sessions/revoke'],
    ['b2b', 'https://test.stytch.test/v1/b2b/sessions/revoke'],
  ] as const)('of a %s project sends the token alone, as the project', async (vertical, url) => {
    const script = scripted(answer(DONE));
    const api = createStytch({ ...PROJECT, vertical }, script.wires);
    expect(await api.revokeSession(TOKEN)).toEqual(ended);
    expect([script.sent[0]?.url, script.sent[0]?.init.method]).toEqual([url, 'POST']);
    expect(headersOf(script.sent[0]).authorization).toBe(BASIC);
    expect(JSON.parse(String(script.sent[0]?.init.body))).toEqual({ session_token: TOKEN });
  });

  it.each(['session_not_found', 'invalid_session_token'])(
    'of one that is over already is done: %s',
    async (code) => {
      expect(await stytch(stytchError(code, 404)).api.revokeSession(TOKEN)).toEqual(ended);
    },
  );

  it('whose answer is lost is asked again, and done', async () => {
    const { api, sent } = stytch(timeout(), stytchError('session_not_found', 404));
    expect([await api.revokeSession(TOKEN), sent.length]).toEqual([ended, 2]);
  });

  it.each([
    ['a 500', () => answer(DONE, 500)],
    ['HTML', () => answer('<html>')],
    ['nothing', () => answer({})],
    ['an envelope that says something else', () => answer({ ...DONE, status_code: 404 })],
    ['a redirect', () => answer('', 302, { location: 'https://elsewhere.test' })],
  ])('answered with %s ended nothing that we know of', async (_, deed) => {
    const { api } = stytch(deed(), deed(), deed());
    expect((await api.revokeSession(TOKEN)).outcome).toBe('unreachable');
  });

  it('is declined for any other reason', async () => {
    const { api } = stytch(stytchError('unauthorized_credentials', 401));
    expect(await api.revokeSession(TOKEN)).toMatchObject({ outcome: 'declined', status: 401 });
  });
});
