import { beforeAll, describe, expect, it } from 'vitest';
import { type Keychain, openKeychain } from '../../../src/model/keychain.ts';
import type { StytchSession } from '../../../src/model/ports.ts';
import type { Result } from '../../../src/model/refusal.ts';
import { type Assets, createAssets } from '../../../src/portal/assets.ts';
import type { PortalPorts, Visit } from '../../../src/portal/ports.ts';
import { createVisitors } from '../../../src/portal/visitor.ts';

const TOKEN = 'mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q';
const NOW = 1_000_000_000;
const KNOWN: StytchSession = {
  owner: { kind: 'user', id: 'user-test-1', organizationId: null },
  sessionId: 'session-test-1',
  roles: ['editor'],
  sessionExpiresAt: NOW / 1000 + 3_600,
  authenticatedAt: NOW / 1000,
  email: 'ada@example.com',
};

let keychain: Keychain;
let assets: Assets;
beforeAll(async () => {
  assets = await createAssets({ logo: null, accent: null })();
  keychain = await openKeychain([{ id: 'a', key: new Uint8Array(32).fill(7) }]);
});

/** Visitors at a Stytch that says these things in turn, and whom it was asked for. */
const visitors = (...said: readonly (StytchSession | null)[]) => {
  const left = [...said];
  const asked: string[] = [];
  const clock = { now: NOW };
  const ports = {
    projectId: 'project-test-1',
    maxAuthAgeSeconds: 86_400,
    keychain: async () => keychain,
    randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
    now: () => clock.now,
    throttle: async () => true,
    sessionOf: async (token: string): Promise<Result<StytchSession | null>> => {
      asked.push(token);
      const value = left.shift();
      if (value === undefined) throw new Error('a call too many');
      return { ok: true, value };
    },
  } as unknown as PortalPorts;
  return { ...createVisitors(ports), asked, clock };
};

const visit = (cookie: string): Visit => ({
  requestId: 'x',
  request: new Request('https://desk.test/device', { headers: { cookie } }),
  params: {},
  cookies: [],
  assets,
  returnTo: '/device',
});

/** The first visit, by Stytch's cookie, and the cookie that comes of it. */
const first = async ({ enter }: ReturnType<typeof visitors>) => {
  const one = visit(`stytch_session=${TOKEN}`);
  const entered = await enter(one);
  return { entered, cookie: one.cookies[0]?.split(';')[0] ?? '' };
};

describe('a visitor', () => {
  it('is asked for once, and again after five minutes: what he is then, he is', async () => {
    const here = visitors(KNOWN, { ...KNOWN, roles: [] });
    const { entered, cookie } = await first(here);
    expect(entered).toMatchObject({ ok: true, value: KNOWN });
    here.clock.now += 299_999;
    expect(await here.required(visit(cookie))).toMatchObject({ ok: true, value: { roles: ['editor'] } });
    expect(here.asked).toEqual([TOKEN]);
    here.clock.now += 1;
    const renewed = visit(cookie);
    expect(await here.required(renewed)).toMatchObject({ ok: true, value: { roles: [] } });
    expect([here.asked.length, renewed.cookies.length]).toEqual([2, 1]);
  });

  it.each([
    ['another session', { ...KNOWN, sessionId: 'session-test-2' }],
    ['another user', { ...KNOWN, owner: { ...KNOWN.owner, id: 'user-test-2' } }],
    ['a session that is over', { ...KNOWN, sessionExpiresAt: NOW / 1000 + 300 }],
    ['nobody', null],
  ] as const)('for whom Stytch then has %s is nobody, and his cookie is taken away', async (_, later) => {
    const here = visitors(KNOWN, later);
    const { cookie } = await first(here);
    here.clock.now += 300_000;
    const again = visit(cookie);
    expect(await here.required(again)).toEqual({ ok: false, refusal: { reason: 'credential_missing' } });
    expect(again.cookies).toEqual([expect.stringMatching(/^__Host-latchkey=; Max-Age=0;/)]);
  });

  it('checked by a clock that was ahead is asked for again: nobody knows how long ago that was', async () => {
    const here = visitors(KNOWN, KNOWN);
    const { cookie } = await first(here);
    here.clock.now -= 1;
    await here.required(visit(cookie));
    expect(here.asked.length).toBe(2);
  });

  it.each([
    ['over', { ...KNOWN, sessionExpiresAt: NOW / 1000 }],
    ['none', null],
  ] as const)('whose session is %s begins none', async (_, known) => {
    const one = visit(`stytch_session=${TOKEN}`);
    expect(await visitors(known).enter(one)).toEqual({ ok: true, value: null });
    expect(one.cookies).toEqual([]);
  });

  it('who never said when he signed in is as good as one who did so too long ago', async () => {
    const here = visitors({ ...KNOWN, authenticatedAt: null });
    const { entered } = await first(here);
    if (!entered.ok || entered.value === null) throw new Error('nobody');
    expect(here.staleness(entered.value)).toEqual({
      reason: 'insufficient_user_authentication',
      maxAgeSeconds: 86_400,
    });
  });
});
