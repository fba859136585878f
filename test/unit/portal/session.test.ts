import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeBox } from '../../../src/model/box.ts';
import { type Keychain, openKeychain } from '../../../src/model/keychain.ts';
import { closeSession, newSession, openSession } from '../../../src/portal/session.ts';
import { beginSignIn, loginUrlWith, signInOf } from '../../../src/portal/sign-in.ts';

const KNOWN = {
  owner: { kind: 'member', id: 'member-test-1', organizationId: 'organization-test-1' },
  sessionId: 'session-test-1',
  roles: ['editor'],
  sessionExpiresAt: 2_000,
  authenticatedAt: null,
  email: 'ada@example.com',
} as const;

let keychain: Keychain;
let older: Keychain;
beforeAll(async () => {
  const [a, b] = [randomBytes(32), randomBytes(32)];
  older = await openKeychain([{ id: 'old', key: a }]);
  keychain = await openKeychain([
    { id: 'new', key: b },
    { id: 'old', key: a },
  ]);
});

const ports = (chain = keychain, projectId = 'project-test-1', now = 1_000) => ({
  keychain: async () => chain,
  projectId,
  randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
  now: () => now,
});

describe('a session in its cookie', () => {
  const session = newSession(KNOWN, 'stytch-token', 1_000, ports().randomBytes);

  it('comes out as it went in, and what is seen of it says nothing', async () => {
    const cookie = await closeSession(session, ports());
    expect(await openSession(cookie, ports())).toEqual(session);
    expect(cookie).toMatch(/^b1\.new\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
    expect(await closeSession(session, ports())).not.toBe(cookie);
  });

  it('outlives a change of master keys, until the old one is retired', async () => {
    const cookie = await closeSession(session, ports(older));
    expect(await openSession(cookie, ports())).toEqual(session);
    expect(await openSession(await closeSession(session, ports()), ports(older))).toBe(null);
  });

  it('of another project, or another use, is none', async () => {
    const cookie = await closeSession(session, ports());
    expect(await openSession(cookie, ports(keychain, 'project-test-2'))).toBe(null);
    const context = { project: 'project-test-1', use: 'portal-sign-in/1' };
    const other = await closeBox(JSON.stringify(session), keychain, context, ports().randomBytes);
    expect(await openSession(other, ports())).toBe(null);
  });

  it('in another form is none', async () => {
    const context = { project: 'project-test-1', use: 'portal-session/1' };
    const { csrf: _, ...without } = session;
    for (const odd of [without, { ...session, csrf: '' }, { ...session, roles: 'x' }, []]) {
      const cookie = await closeBox(JSON.stringify(odd), keychain, context, ports().randomBytes);
      expect(await openSession(cookie, ports())).toBe(null);
    }
  });

  it('has a token for its forms that is its own: 144 random bits', () => {
    const tokens = Array.from({ length: 100 }, () => newSession(KNOWN, 't', 1, ports().randomBytes).csrf);
    expect(new Set(tokens).size).toBe(100);
    for (const each of tokens) expect(each).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });
});

describe('a sign-in under way', () => {
  it('is taken up by its own cookie and state, until its time is over', async () => {
    const { state, cookie } = await beginSignIn('/device', true, ports());
    const expected = { state, returnTo: '/device', isAgain: true, expiresAt: 901_000 };
    expect(await signInOf(cookie, state, ports())).toEqual(expected);
    expect(await signInOf(cookie, state, ports(keychain, 'project-test-1', 900_999))).toEqual(expected);
    expect(await signInOf(cookie, state, ports(keychain, 'project-test-1', 901_000))).toBe(null);
    const other = await beginSignIn('/device', true, ports());
    for (const [some, one] of [
      [cookie, other.state],
      [other.cookie, state],
      [cookie, ''],
      [cookie, null],
      [null, state],
      ['', state],
    ] as const)
      expect(await signInOf(some, one, ports())).toBe(null);
  });
});

describe('loginUrlWith', () => {
  const login = { loginUrl: 'https://app.test/login?a=b&return_to=%2Fold', returnParameter: 'return_to' };

  it('keeps what the address has, and says once where to come back to', () => {
    const url = new URL(loginUrlWith(login, 'https://desk.test/signed-in?state=a&b', null));
    expect([...url.searchParams]).toEqual([
      ['a', 'b'],
      ['return_to', 'https://desk.test/signed-in?state=a&b'],
    ]);
  });

  it('says how recent the sign-in must be', () => {
    expect(new URL(loginUrlWith(login, 'x', 60)).searchParams.get('max_age')).toBe('60');
  });
});
