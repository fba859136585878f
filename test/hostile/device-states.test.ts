import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import type { DeviceLobby } from '../../src/model/device-lobby.ts';
import { openLobbies } from '../../src/ring/lobby-name.ts';
import { rooms } from '../world.ts';

afterEach(() => vi.useRealTimers());

const SESSIONS = ['session-1', 'session-2'] as const;
const END_MS = 600_000;
const LAPSE_MS = 60_000;

const command = fc.oneof(
  fc.record({ does: fc.constant('open' as const), session: fc.constantFrom(...SESSIONS) }),
  fc.record({
    does: fc.constant('decide' as const),
    session: fc.constantFrom(...SESSIONS),
    isHis: fc.boolean(),
    yes: fc.boolean(),
  }),
  fc.record({ does: fc.constant('poll' as const), isHis: fc.boolean() }),
  fc.record({
    does: fc.constant('settle' as const),
    isLast: fc.boolean(),
    state: fc.constantFrom('redeemed' as const, 'approved' as const, 'denied' as const),
  }),
  fc.record({ does: fc.constant('wait' as const), seconds: fc.constantFrom<number>(1, 5, 59, 61, 300) }),
);

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

let devices = 0;

/** Does to one device what is asked, and looks after each step at what must hold whatever happened before. */
const live = async (commands: readonly Command[]): Promise<void> => {
  const lobby = openLobbies(rooms.LOBBY)(`device ${++devices}`) as DeviceLobby;
  const names = [`name-${devices}`];
  const whole = { names, deviceCode: 'hash', clientId: 'acme-cli' };
  vi.useFakeTimers({ toFake: ['Date'] });
  const beganAt = Date.now();
  expect(await lobby.beginDevice({ ...whole, scopes: ['items:read'], about: 'box' })).toEqual({
    result: 'begun',
  });
  const claims = new Map<string, string>();
  const redemptions: { readonly id: string; readonly at: number; settled: boolean }[] = [];
  let decided: 'yes' | 'no' | null = null;
  let final: 'redeemed' | 'denied' | null = null;
  const hasEnded = () => Date.now() - beganAt >= END_MS;

  for (const each of commands) {
    switch (each.does) {
      case 'wait':
        vi.setSystemTime(Date.now() + each.seconds * 1000);
        break;
      case 'open': {
        const opened = await lobby.openDevice({ names, sessionId: each.session, claim: null });
        if (opened === null) break;
        claims.set(each.session, opened.claim);
        expect([hasEnded(), decided, claims.size]).toEqual([false, null, 1]);
        break;
      }
      case 'decide': {
        const claim = each.isHis ? (claims.get(each.session) ?? 'none') : ([...claims.values()][0] ?? 'none');
        const approval = each.yes ? { scopes: ['items:read'], approver: 'box' } : null;
        const done = await lobby.decideDevice({ names, sessionId: each.session, claim, approval });
        // Only the session that it was shown to, once, in time.
        expect(done).toBe(claims.has(each.session) && decided === null && !hasEnded());
        if (done) decided = each.yes ? 'yes' : 'no';
        break;
      }
      case 'poll': {
        const polled = await lobby.pollDevice({
          ...whole,
          ...(each.isHis ? {} : { clientId: 'acme-reader' }),
        });
        if (hasEnded()) expect(['expired', 'unknown']).toContain(polled.result);
        else if (!each.isHis) expect(polled).toEqual({ result: 'unknown' });
        else if (decided === null) expect(['pending', 'slow_down']).toContain(polled.result);
        else if (decided === 'no' || final === 'denied') expect(polled.result).toBe('denied');
        else if (final === 'redeemed') expect(polled).toEqual({ result: 'unknown' });
        if (polled.result !== 'approved') break;
        expect([decided, final, hasEnded(), each.isHis]).toEqual(['yes', null, false, true]);
        // Nobody else is at it, but who was given up.
        for (const { settled, at } of redemptions) expect(settled || Date.now() - at >= LAPSE_MS).toBe(true);
        redemptions.push({ id: polled.redemption, at: Date.now(), settled: false });
        break;
      }
      case 'settle': {
        const last = redemptions.at(-1);
        const one = each.isLast ? last : redemptions[0];
        const outcome = each.state === 'denied' ? { state: each.state, because: 'x' } : { state: each.state };
        await lobby.settleDevice({ names, redemption: one?.id ?? 'none', outcome });
        if (one === undefined || one !== last || one.settled) break;
        one.settled = true;
        if (each.state !== 'approved') final = each.state;
      }
    }
  }
};

const OPENED: readonly Command[] = [{ does: 'open', session: 'session-1' }];
const APPROVED: readonly Command[] = [
  ...OPENED,
  { does: 'decide', session: 'session-1', isHis: true, yes: true },
];
const LAPSED: readonly Command[] = [
  ...APPROVED,
  { does: 'poll', isHis: true },
  { does: 'wait', seconds: 61 },
  { does: 'poll', isHis: true },
];
const ENDING: readonly Command[] = [...APPROVED, { does: 'wait', seconds: 540 }];

it('OA-14, OA-15, OA-16 › whatever is done to a device in whatever order, one session decides and one redeems', async () => {
  const beginning = fc.constantFrom<readonly Command[]>([], OPENED, APPROVED, LAPSED, ENDING);
  const property = fc.asyncProperty(beginning, fc.array(command, { maxLength: 20 }), (first, then) =>
    live([...first, ...then]),
  );
  await fc.assert(property, { numRuns: 120 });
}, 60_000);
