import { listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import {
  hashOfDeviceCode,
  lobbyOfUserCode,
  mintUserCode,
  namesOfUserCode,
} from '../../src/model/device-code.ts';
import type { DeviceLobby } from '../../src/model/device-lobby.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { openLobbies } from '../../src/ring/lobby-name.ts';
import { randomBytes } from '../../src/runtime.ts';
import {
  approve,
  approverOf,
  asking,
  begin,
  codesOf,
  decide,
  devices,
  given,
  held,
  noted,
  poll,
  refused,
} from '../devices.ts';
import { listed, made, OLD } from '../master-keys.ts';
import { ask, CANNOT_TELL, oauthRefusal } from '../oauth.ts';
import { dumpOfAll, logged } from '../secrets.ts';
import settings from '../settings.ts';
import {
  desk,
  isolate,
  later,
  masterKeys,
  now,
  PROJECT,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  stytchClients,
  subjectOf,
} from '../world.ts';

afterEach(now);

const UNKNOWN = { ok: false, refusal: { reason: 'user_code_unknown' } };
const tooMany = { ok: false, refusal: { reason: 'too_many_codes', retryAfterSeconds: expect.any(Number) } };

/** A code that nobody was given; of 25 billion it would have to be just one of a few. */
const guess = (): string => mintUserCode(randomBytes);

let addresses = 0;
/** An address that no other test knows. */
const address = (): string => `2001:db8:${(++addresses).toString(16)}::7`;

/** The names that a code is kept under. */
const namesOf = async (code: string): Promise<readonly string[]> =>
  namesOfUserCode(code, PROJECT, await openKeychain(masterKeys()));

describe('OA-13 › user codes that are guessed', () => {
  it('are five of a user, then none is looked at, the right one neither, until the ten minutes are over', async () => {
    await later(0);
    const { user_code } = await begin();
    const by = approverOf(await signIn());
    for (let i = 0; i < 5; i++) expect(await devices().open(guess(), by)).toEqual(UNKNOWN);
    const locked = await devices().open(user_code, by);
    expect(locked).toEqual(tooMany);
    const wait =
      locked.ok || locked.refusal.reason !== 'too_many_codes' ? 0 : locked.refusal.retryAfterSeconds;
    expect(wait).toBeGreaterThan(590);
    expect(wait).toBeLessThanOrEqual(600);
    // Nobody else is locked out by it, and nobody has claimed the code.
    held(await devices().open(user_code, approverOf(await signIn())));
    await later(wait - 1);
    expect(await devices().open(guess(), by)).toEqual(tooMany);
    await later(1);
    expect(await devices().open(guess(), by)).toEqual(UNKNOWN);
  });

  it('are ten from an address, whoever types them, in any spelling of it; another address goes on', async () => {
    const net = address();
    const spelled = [net, net.toUpperCase(), net.replace('::7', ':0:0:0:0:9'), net.replace('::7', '::')];
    for (let i = 0; i < 10; i++)
      expect(await devices().open(guess(), approverOf(await signIn(), spelled[i % 4]))).toEqual(UNKNOWN);
    const { user_code } = await begin();
    const by = approverOf(await signIn(), net);
    // One of his own at a time: none of these counts for him, because none was looked at.
    for (let i = 0; i < 7; i++) expect(await devices().open(user_code, by)).toEqual(tooMany);
    held(await devices().open(user_code, { ...by, address: address() }));
  });

  it('at once are no more than one after the other', async () => {
    const by = approverOf(await signIn(), address());
    const all = await Promise.all(Array.from({ length: 20 }, () => devices().open(guess(), by)));
    const reasons = all.map((each) => (each.ok ? 'open' : each.refusal.reason));
    expect(reasons.filter((reason) => reason === 'user_code_unknown')).toHaveLength(5);
    expect(reasons.filter((reason) => reason === 'too_many_codes')).toHaveLength(15);
  });

  it('that are right do not count, and what can be no code is none', async () => {
    const by = approverOf(await signIn(), address());
    for (let i = 0; i < 12; i++) held(await devices().open((await begin()).user_code, by));
    for (const typed of [
      '',
      'WDJB',
      'WDJB-MJH1',
      'AEIO-UAEI',
      'x'.repeat(10_000),
      'WDJBMJHTX',
      '💻💻💻💻💻💻💻💻',
    ])
      expect(await devices().open(typed, by)).toEqual(UNKNOWN);
    for (let i = 0; i < 5; i++) expect(await devices().open(guess(), by)).toEqual(UNKNOWN);
    expect(await devices().open(guess(), by)).toEqual(tooMany);
  });

  it('are answered alike, whether they are none, another’s, decided, expired or of another client by now', async () => {
    const session = await signIn();
    const [claimed, denied, expired] = [await begin(), await begin(), await begin()];
    held(await devices().open(claimed.user_code, approverOf(await signIn())));
    held(await decide(session, denied.user_code, false));
    const by = approverOf(await signIn());
    for (const code of [guess(), claimed.user_code, denied.user_code])
      expect(await devices().open(code, by)).toEqual(UNKNOWN);
    await later(600);
    expect(await devices().open(expired.user_code, by)).toEqual(UNKNOWN);
  });

  it('cannot be guessed at the decision instead: without the claim nothing is told, and nothing claimed', async () => {
    const { user_code, device_code } = await begin();
    const by = approverOf(await signIn());
    for (const claim of ['', 'x'.repeat(22), user_code])
      for (const isApproved of [true, false])
        expect(await devices().decide({ userCode: user_code, claim, isApproved }, by)).toEqual(UNKNOWN);
    held(await devices().open(user_code, approverOf(await signIn())));
    expect(await oauthRefusal(await poll(device_code))).toEqual(refused('authorization_pending'));
  });
});

describe('OA-14 › polling', () => {
  it('too soon is slow_down, and the interval is five seconds longer each time', async () => {
    const { device_code } = await begin();
    const polls: unknown[] = [];
    await later(0);
    for (const seconds of [0, 1, 5, 14, 15]) {
      await later(seconds);
      polls.push((await oauthRefusal(await poll(device_code))).error);
    }
    // Intervals: 5, then 10 (too soon), 15 (too soon), 20 (too soon), 20.
    expect(polls).toEqual([...['authorization_pending', 'slow_down', 'slow_down', 'slow_down', 'slow_down']]);
    await later(25);
    expect((await oauthRefusal(await poll(device_code))).error).toBe('authorization_pending');
  });

  it('in time is never slow_down', async () => {
    const { device_code } = await begin();
    await later(0);
    for (let i = 0; i < 5; i++) {
      expect((await oauthRefusal(await poll(device_code))).error).toBe('authorization_pending');
      await later(5);
    }
  });

  it('by another client neither slows the device down nor learns anything', async () => {
    const { device_code } = await begin();
    expect((await oauthRefusal(await poll(device_code))).error).toBe('authorization_pending');
    await later(5);
    for (let i = 0; i < 5; i++)
      expect(await oauthRefusal(await poll(device_code, 'acme-reader'))).toEqual(refused('invalid_grant'));
    expect((await oauthRefusal(await poll(device_code))).error).toBe('authorization_pending');
  });

  it('after the end is expired_token, before and after the code is forgotten', async () => {
    const codes = await begin();
    const session = await signIn();
    await approve(session, codes.user_code);
    await later(600);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('expired_token'));
    await forget();
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('expired_token'));
    expect(await stytchClients(session)).toEqual([]);
  });

  it('with a code that was made up costs nothing, however many', async () => {
    const { device_code } = await begin();
    const here = isolate();
    const before = await stytchCalls();
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    for (let i = 8; i < device_code.length; i++) {
      const at = alphabet.indexOf(device_code.charAt(i));
      const code = device_code.slice(0, i) + alphabet.charAt((at + 1) % 62) + device_code.slice(i + 1);
      const answer = await ask('token', asking(code), {}, here.fetch);
      expect(await oauthRefusal(answer)).toEqual(refused('invalid_grant'));
    }
    expect([here.calls, await stytchCalls()]).toEqual([[], before]);
  });
});

describe('OA-15 › a code that one session opened', () => {
  it('is no other’s to see, to approve or to deny: not even of the same user (CVE-2026-45337)', async () => {
    const { user_code: userCode, device_code } = await begin();
    const session = await signIn();
    const { claim } = held(await devices().open(userCode, approverOf(session)));
    const second = { ...approverOf(session), sessionId: 'session-test-other' };
    for (const other of [approverOf(await signIn()), second])
      for (const isApproved of [true, false]) {
        expect(await devices().open(userCode, other)).toEqual(UNKNOWN);
        // With the claim even, as from a page that somebody else was shown.
        expect(await devices().decide({ userCode, claim, isApproved }, other)).toEqual(UNKNOWN);
      }
    expect(await oauthRefusal(await poll(device_code))).toEqual(refused('authorization_pending'));
    // Its own it is still, and as often as it is opened.
    expect(held(await devices().open(userCode, approverOf(session))).claim).toBe(claim);
    held(await devices().decide({ userCode, claim, isApproved: true }, approverOf(session)));
  });

  it('is decided with what that opening was given alone: a page of another one decides nothing', async () => {
    const { user_code: userCode, device_code } = await begin();
    const by = approverOf(await signIn());
    const { claim } = held(await devices().open(userCode, by));
    const other = held(await devices().open((await begin()).user_code, by)).claim;
    for (const wrong of ['', claim.slice(1), other])
      expect(await devices().decide({ userCode, claim: wrong, isApproved: true }, by)).toEqual(UNKNOWN);
    expect(await oauthRefusal(await poll(device_code))).toEqual(refused('authorization_pending'));
    held(await devices().decide({ userCode, claim, isApproved: true }, by));
  });

  it('is of one session, however many open it at once', async () => {
    const { user_code } = await begin();
    const sessions = await Promise.all(Array.from({ length: 20 }, () => signIn()));
    const opened = await Promise.all(
      sessions.map((session) => devices().open(user_code, approverOf(session))),
    );
    expect(opened.filter(({ ok }) => ok)).toHaveLength(1);
    expect(opened.filter(({ ok }) => !ok)).toEqual(Array.from({ length: 19 }, () => UNKNOWN));
  });

  it('is decided once: of yes and no at once, one is heard', async () => {
    const codes = await begin();
    const session = await signIn();
    const by = approverOf(session);
    const { claim } = held(await devices().open(codes.user_code, by));
    const decided = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        devices().decide({ userCode: codes.user_code, claim, isApproved: i % 2 === 0 }, by),
      ),
    );
    expect(decided.filter(({ ok }) => ok)).toHaveLength(1);
    expect(decided.filter(({ ok }) => !ok)).toEqual(Array.from({ length: 19 }, () => UNKNOWN));
    const yes = decided.findIndex(({ ok }) => ok) % 2 === 0;
    const answer = await noted(await ask('token', asking(codes.device_code)));
    expect(answer.status).toBe(yes ? 200 : 400);
  });
});

describe('OA-16 › a code that is redeemed by many at once (GHSA-7w99-5wm4-3g79)', () => {
  it('makes one key, for one of them', async () => {
    const codes = await begin();
    const session = await signIn();
    await approve(session, codes.user_code);
    const isolates = [isolate(), isolate(), isolate(), isolate()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const { fetch } = isolates[i % isolates.length] ?? isolate();
        return noted(await ask('token', asking(codes.device_code), {}, fetch));
      }),
    );
    const [won, ...more] = answers.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    for (const lost of answers.filter(({ status }) => status !== 200))
      expect(await oauthRefusal(lost)).toEqual(refused('invalid_grant'));
    const { key_id, access_token } = await given(won ?? Response.error());
    expect(await stytchClients(session)).toEqual([key_id]);
    const list = (await (await desk(session, 'GET', '/v1/keys?status=all')).json()) as { data: object[] };
    expect(list.data).toMatchObject([{ key_id, status: 'active' }]);
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('invalid_grant'));
    expect((await isolate().call(access_token)).status).toBe(200);
  });
});

describe('OA-16 › a redemption that lapsed', () => {
  it('cannot undo the one that took its place', async () => {
    const codes = await begin();
    await approve(await signIn(), codes.user_code);
    const code = codes.user_code.replace('-', '');
    const lobby = openLobbies(rooms.LOBBY)(lobbyOfUserCode(code)) as DeviceLobby;
    const names = await namesOf(code);
    const polls = { names, deviceCode: await hashOfDeviceCode(codes.device_code), clientId: 'acme-cli' };
    const first = await lobby.pollDevice(polls);
    await later(60);
    const second = await lobby.pollDevice(polls);
    if (first.result !== 'approved' || second.result !== 'approved') throw new Error('not approved');
    for (const state of ['approved', 'redeemed'] as const)
      await lobby.settleDevice({ names, redemption: first.redemption, outcome: { state } });
    expect(await lobby.pollDevice(polls)).toEqual({ result: 'unknown' });
    await later(60);
    const third = await lobby.pollDevice(polls);
    if (third.result !== 'approved') throw new Error('not approved');
    await lobby.settleDevice({ names, redemption: third.redemption, outcome: { state: 'redeemed' } });
    for (const redemption of [first, second, third].map((each) => each.redemption))
      await lobby.settleDevice({ names, redemption, outcome: { state: 'approved' } });
    expect(await lobby.pollDevice(polls)).toEqual({ result: 'unknown' });
  });
});

describe('OA-17 › what a device is given', () => {
  it('is never more than its user granted when he said yes, whatever he may grant by now', async () => {
    const codes = await begin();
    const session = await signIn();
    const by = { ...approverOf(session), roles: ['reader'] };
    const lesser = devices(undefined, (roles) => (roles.includes('reader') ? ['items:read'] : []));
    const { claim, scopes, beyond } = held(await lesser.open(codes.user_code, by));
    expect([scopes, beyond]).toEqual([['items:read'], ['items:write']]);
    held(await lesser.decide({ userCode: codes.user_code, claim, isApproved: true }, by));
    expect((await given(await poll(codes.device_code))).scope).toBe('items:read');
  });

  it('is never more than its client may ask for by now', async () => {
    const codes = await begin();
    await approve(await signIn(), codes.user_code);
    const deviceClients = { 'acme-cli': { title: 'Acme CLI', scopes: ['items:read'] } };
    const narrowed = isolate({}, latchkeyFor({ ...settings, deviceClients }));
    const answer = await noted(await ask('token', asking(codes.device_code), {}, narrowed.fetch));
    expect((await given(answer)).scope).toBe('items:read');
  });

  it('is not for who the form says that it is for (CVE-2025-61928)', async () => {
    const other = await signIn();
    const named = { user_id: subjectOf(other), owner: subjectOf(other), sub: subjectOf(other) };
    const codes = await begin(named);
    const session = await signIn();
    await approve(session, codes.user_code);
    const answer = await noted(
      await ask('token', { ...asking(codes.device_code), ...named, scope: 'admin:all' }),
    );
    const { key_id, scope } = await given(answer);
    expect(scope).toBe('items:read items:write');
    expect([await stytchClients(session), await stytchClients(other)]).toEqual([[key_id], []]);
  });
});

/** Every Lobby’s alarm rings: what has ended is forgotten. */
const forget = async (): Promise<void> => {
  for (const id of await listDurableObjectIds(rooms.LOBBY)) await runDurableObjectAlarm(rooms.LOBBY.get(id));
};

describe('DOS-14 › devices that begin to wait', () => {
  it('are twenty of a client from one /64, then none until the first of them ends (CVE-2026-45364)', async () => {
    await later(0);
    const net = address();
    const from = (i: number) => ({ 'cf-connecting-ip': net.replace('::7', `::${i.toString(16)}`) });
    for (let i = 1; i <= 20; i++) await begin({}, from(i));
    const { retryAfter, ...more } = await oauthRefusal(
      await ask('device_authorization', { client_id: 'acme-cli' }, from(99)),
    );
    expect(more).toEqual({ status: 429, error: 'address_limited', challenge: null });
    expect(Number(retryAfter)).toBeGreaterThan(590);
    expect(Number(retryAfter)).toBeLessThanOrEqual(600);
    await begin({ client_id: 'acme-reader' }, from(99));
    await begin({}, { 'cf-connecting-ip': address() });
    await later(600);
    await begin({}, from(99));
  });

  it('at once are no more', async () => {
    const headers = { 'cf-connecting-ip': address() };
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => ask('device_authorization', { client_id: 'acme-cli' }, headers)),
    );
    for (const answer of answers) if (answer.status === 200) await codesOf(answer);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  });

  it('do not count where they could not begin', async () => {
    const headers = { 'cf-connecting-ip': address() };
    const LOBBY = {
      getByName: (name: string) => {
        const lobby = rooms.LOBBY.getByName(name) as unknown as DeviceLobby;
        return {
          countTry: (who: string, max: number) => lobby.countTry(who, max),
          takeBackTry: (who: string, id: number) => lobby.takeBackTry(who, id),
          beginDevice: async () => {
            throw new Error('the Lobby is gone');
          },
        };
      },
    } as unknown as Env['LOBBY'];
    const here = isolate({ LOBBY });
    for (let i = 0; i < 25; i++) {
      const answer = await ask('device_authorization', { client_id: 'acme-cli' }, headers, here.fetch);
      expect(await oauthRefusal(answer)).toEqual(CANNOT_TELL);
    }
    await begin({}, headers);
  });

  it('are limited by the strangers’ limit before anything is read', async () => {
    const here = isolate({ STRANGERS: { limit: async () => ({ success: false }) } });
    const answer = await ask('device_authorization', 'not a form', { 'content-type': 'x' }, here.fetch);
    expect(await oauthRefusal(answer)).toEqual({
      ...{ status: 429, error: 'address_limited', challenge: null, retryAfter: '60' },
    });
    expect(here.calls).toEqual([]);
  });

  it('are five hundred in a Lobby: then another code is drawn, and where all are full, 503', async () => {
    const lobby = openLobbies(rooms.LOBBY)('a Lobby of its own') as DeviceLobby;
    const device = (i: number) => ({
      ...{ names: [`name-${i}`], deviceCode: 'x', clientId: 'acme-cli', scopes: [], about: '' },
    });
    const results: string[] = [];
    for (let i = 0; i < 501; i++) results.push((await lobby.beginDevice(device(i))).result);
    // What other tests have left there counts as well.
    expect(results.indexOf('full')).toBeGreaterThan(400);
    expect(results.slice(0, results.indexOf('full')).every((each) => each === 'begun')).toBe(true);
    expect(await lobby.beginDevice(device(1_000))).toEqual({
      ...{ result: 'full', retryAfterSeconds: expect.any(Number) },
    });
    const draws: string[] = [];
    const full = (ends: number) =>
      ({
        getByName: () => ({
          beginDevice: async ({ names }: { names: readonly string[] }) => {
            draws.push(names[0] ?? '');
            return draws.length > ends ? { result: 'begun' } : { result: 'full', retryAfterSeconds: 77 };
          },
        }),
      }) as unknown as Env['LOBBY'];
    const one = isolate({ LOBBY: full(1) });
    const answer = await ask('device_authorization', { client_id: 'acme-cli' }, {}, one.fetch);
    await codesOf(answer);
    expect(new Set(draws).size).toBe(2);
    const none = isolate({ LOBBY: full(100) });
    const refusal = await ask('device_authorization', { client_id: 'acme-cli' }, {}, none.fetch);
    expect(await oauthRefusal(refusal)).toEqual({ ...CANNOT_TELL, retryAfter: '77' });
    await later(600);
    expect(await lobby.beginDevice(device(2_000))).toEqual({ result: 'begun' });
  });

  it('get a code that no other has', async () => {
    const { user_code } = await begin();
    const code = user_code.replace('-', '');
    const lobby = openLobbies(rooms.LOBBY)(lobbyOfUserCode(code)) as DeviceLobby;
    const names: string[] = [];
    const LOBBY = {
      getByName: () => ({
        beginDevice: async (device: { names: readonly string[] }) => {
          names.push(device.names[0] ?? '');
          return { result: names.length < 3 ? 'taken' : 'begun' };
        },
      }),
    } as unknown as Env['LOBBY'];
    await codesOf(await ask('device_authorization', { client_id: 'acme-cli' }, {}, isolate({ LOBBY }).fetch));
    expect(new Set(names).size).toBe(3);
    const [taken = ''] = await namesOf(code);
    const again = { names: [taken], deviceCode: 'x', clientId: 'acme-cli', scopes: [], about: '' };
    expect(await lobby.beginDevice(again)).toEqual({ result: 'taken' });
  });

  it('and all that was tried make no Durable Object of their own', async () => {
    expect((await listDurableObjectIds(rooms.LOBBY)).length).toBeLessThanOrEqual(64);
  });
});

describe('what a Lobby keeps', () => {
  const WHERE = '2001:db8:feed:1::42';

  it('has no code, no address, no name and no user in clear, and nothing of it is in the log', async () => {
    const name = 'the very laptop of Ada';
    const waits = await begin({ device_name: name }, { 'cf-connecting-ip': WHERE, 'user-agent': 'curl/8' });
    const yes = await begin({ device_name: name }, { 'cf-connecting-ip': WHERE, 'user-agent': 'curl/8' });
    const session = await signIn();
    held(await decide(session, yes.user_code, true, WHERE));
    await devices().open(guess(), approverOf(session, WHERE));
    const told = `${await dumpOfAll(rooms.LOBBY)}\n${logged()
      .map((line) => JSON.stringify(line))
      .join('\n')}`;
    const plain = [waits, yes].flatMap(({ user_code, device_code }) => [
      ...[user_code, user_code.replace('-', ''), device_code, device_code.slice(8), device_code.slice(-11)],
    ]);
    for (const secret of [...plain, WHERE, '2001:db8:feed', name, 'curl', subjectOf(session)])
      expect(told.includes(secret), secret).toBe(false);
    // Nor a hash of the code that anybody could make: of 34.5 bits it would be found by trying.
    const digest = async (text: string) =>
      btoa(
        String.fromCharCode(
          ...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))),
        ),
      ).slice(0, 20);
    expect(told).not.toContain(await digest(waits.user_code));
    expect(told).not.toContain(await digest(waits.user_code.replace('-', '')));
  });

  it('is gone after ten minutes, whatever became of it', async () => {
    const session = await signIn();
    const [waits, denied, redeemed] = [await begin(), await begin(), await begin()];
    held(await decide(session, denied.user_code, false));
    await approve(session, redeemed.user_code);
    await given(await poll(redeemed.device_code));
    await devices().open(guess(), approverOf(session));
    const codes = [waits, denied, redeemed].map(({ user_code }) => user_code.replace('-', ''));
    const kept = (await Promise.all(codes.map(namesOf))).flat();
    const ring = (await ringStub(session)).name ?? '';
    for (const name of [...kept, ring]) expect(await dumpOfAll(rooms.LOBBY)).toContain(name);
    await later(600);
    await forget();
    for (const name of [...kept, ring]) expect(await dumpOfAll(rooms.LOBBY)).not.toContain(name);
  });
});

describe('a master key that is added, or retired, while a device waits', () => {
  beforeEach(() => now());

  it('changes nothing while the old one is listed, and ends the code when it is not', async () => {
    const codes = await begin();
    const session = await signIn();
    await approve(session, codes.user_code);
    const fresh = made('device-1');
    const retired = isolate(listed(fresh));
    const refusal = await ask('token', asking(codes.device_code), {}, retired.fetch);
    expect(await oauthRefusal(refusal)).toEqual(refused('invalid_grant'));
    expect(retired.calls).toEqual([]);
    const added = isolate(listed(fresh, OLD()));
    const { key_id } = await given(
      await noted(await ask('token', asking(codes.device_code), {}, added.fetch)),
    );
    expect(await stytchClients(session)).toEqual([key_id]);
  });
});
