import { describe, expect, it } from 'vitest';
import {
  type Asked,
  endingAt,
  GRACE_MS,
  isEnding,
  judge,
  mostIn,
  type Truth,
  type Weather,
  wrongWith,
} from '../../outages/model.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const WELL: Weather = { stytch: 'well', ring: 'well', jwks: 'at hand' };
const SILENT: Weather = { ...WELL, stytch: 'silent' };
const READ: Asked = { scopes: ['read'], isStrict: false, isOverLimit: false };
const KEY: Truth = {
  kind: 'secret',
  self: { userId: 'ada', keyId: 'k1', auth: 'api_key' },
  scopes: ['read'],
  ...{ taken: null, ended: null, endsAt: null },
  acceptedUntil: NOON + 1_000,
};
const SESSION: Truth = { ...KEY, kind: 'session', acceptedUntil: null, endsAt: NOON + 1_000 };

/** The statuses that are right, and whether it is promised to be let in. */
const told = (truth: Truth, weather: Weather, at = NOON, asked = READ) => {
  const { right, promised } = judge(truth, asked, at, weather);
  return [[...right].sort(), promised];
};

describe('a secret that Stytch once accepted', () => {
  it('is let in while all is well, whenever that was', () => {
    expect(told(KEY, WELL)).toEqual([[200], true]);
    expect(told(KEY, WELL, NOON + 10 * GRACE_MS)).toEqual([[200], true]);
  });

  it('is let in without Stytch to the end of its token and of the grace, and not a millisecond longer', () => {
    const end = NOON + 1_000 + GRACE_MS;
    for (const at of [NOON, NOON + 1_000, end - 1]) expect(told(KEY, SILENT, at)).toEqual([[200], true]);
    expect(told(KEY, SILENT, end)).toEqual([[503], false]);
  });

  it('may be let in after that or not, where Stytch may answer or not', () => {
    const unsteady = { ...WELL, stytch: 'unsteady' } as const;
    expect(told(KEY, unsteady, NOON + 2 * GRACE_MS)).toEqual([[200, 503], false]);
    expect(told(KEY, unsteady)).toEqual([[200], true]);
  });

  it('may be 503 when the Ring or the signing keys may be silent, and is never 401', () => {
    for (const weather of [
      { ...WELL, ring: 'unsteady' },
      { ...WELL, jwks: 'unsure' },
    ] as const)
      expect(told(KEY, weather)).toEqual([[200, 503], false]);
  });

  it('may be 429 only where its owner asks for more than he may', () => {
    expect(told(KEY, WELL, NOON, { ...READ, isOverLimit: true })).toEqual([[200, 429], false]);
  });
});

describe('a secret that Stytch never accepted', () => {
  const fresh = { ...KEY, acceptedUntil: null };

  it('is let in when Stytch answers, and else nobody can tell', () => {
    expect(told(fresh, WELL)).toEqual([[200], true]);
    expect(told(fresh, SILENT)).toEqual([[503], false]);
  });

  it('is 503 on a route that it has no scope for: nothing is told of it', () => {
    expect(told(fresh, SILENT, NOON, { ...READ, scopes: ['write'] })).toEqual([[503], false]);
  });
});

describe('what has ended', () => {
  const ended: Truth = { ...KEY, ended: { since: NOON, answeredAt: NOON + 10, by: NOON + 5_000 } };

  it('is good before, both until effective_by, and 401 from then on, whatever Stytch says', () => {
    expect(told(ended, WELL, NOON - 1)).toEqual([[200], true]);
    expect(told(ended, WELL, NOON + 4_999)).toEqual([[200, 401], false]);
    for (const weather of [WELL, SILENT]) {
      expect(told(ended, weather, NOON + 5_000)).toEqual([[401], false]);
      expect(told(ended, weather, NOON + 3 * GRACE_MS)).toEqual([[401], false]);
    }
  });

  it('is 401 with the answer where each request asks', () => {
    expect(told(ended, WELL, NOON + 10, { ...READ, isStrict: true })).toEqual([[401], false]);
    expect(told(ended, WELL, NOON + 9, { ...READ, isStrict: true })).toEqual([[200, 401], false]);
  });

  it('is in doubt for as long as nobody answered', () => {
    const unanswered = { ...ended, ended: { since: NOON, answeredAt: null, by: null } };
    expect(told(unanswered, WELL, NOON + GRACE_MS)).toEqual([[200, 401], false]);
    expect(isEnding(unanswered, NOON + GRACE_MS)).toBe(true);
  });

  it('may be 503 where the Ring may be silent, and never 200', () => {
    expect(told(ended, { ...SILENT, ring: 'unsteady' }, NOON + 5_000)).toEqual([[401, 503], false]);
  });

  it('at a date that was known is over at that very moment', () => {
    const expiring = { ...KEY, ended: endingAt(NOON) };
    expect(told(expiring, SILENT, NOON - 1)).toEqual([[200], true]);
    expect(told(expiring, SILENT, NOON)).toEqual([[401], false]);
    expect([isEnding(expiring, NOON - 1), isEnding(expiring, NOON)]).toEqual([false, false]);
  });

  it('of its scopes is 403 from effective_by on, and the rest stays', () => {
    const narrowed: Truth = {
      ...KEY,
      scopes: ['read', 'write'],
      taken: { scope: 'write', ending: { since: NOON, answeredAt: NOON, by: NOON + 5_000 } },
    };
    const write = { ...READ, scopes: ['write'] };
    expect(told(narrowed, WELL, NOON - 1, write)).toEqual([[200], true]);
    expect(told(narrowed, WELL, NOON + 1, write)).toEqual([[200, 403], false]);
    expect(told(narrowed, SILENT, NOON + 5_000, write)).toEqual([[403], false]);
    expect(told(narrowed, SILENT, NOON + 5_000)).toEqual([[200], true]);
    expect([isEnding(narrowed, NOON + 1), isEnding(narrowed, NOON + 5_000)]).toEqual([true, false]);
    expect(judge(narrowed, READ, NOON + 4_999, WELL).scopes).toEqual(['read', 'write']);
    expect(judge(narrowed, READ, NOON + 5_000, WELL).scopes).toEqual(['read']);
  });

  it('and has not the scope either is told that it has ended', () => {
    expect(told(ended, WELL, NOON + 5_000, { ...READ, scopes: ['write'] })).toEqual([[401], false]);
  });
});

describe('a JWT', () => {
  it('needs no Stytch, and is 401 from its own end on', () => {
    expect(told(SESSION, SILENT)).toEqual([[200], true]);
    expect(told(SESSION, SILENT, NOON + 999)).toEqual([[200], true]);
    expect(told(SESSION, SILENT, NOON + 1_000)).toEqual([[401], false]);
  });

  it('may be 503 without signing keys, in time or not', () => {
    const blind = { ...SILENT, jwks: 'unsure' } as const;
    expect(told(SESSION, blind)).toEqual([[200, 503], false]);
    expect(told(SESSION, blind, NOON + 1_000)).toEqual([[401, 503], false]);
  });

  it('of a key that has ended ends with it', () => {
    const token: Truth = { ...SESSION, kind: 'token', ended: endingAt(NOON) };
    expect(told(token, SILENT)).toEqual([[401], false]);
  });
});

describe('what nobody made', () => {
  it('is 401 whatever is silent, where it costs no call', () => {
    const storm: Weather = { stytch: 'silent', ring: 'unsteady', jwks: 'unsure' };
    expect(told({ ...KEY, kind: 'made_up' }, storm)).toEqual([[401], false]);
    expect(told({ ...KEY, kind: 'anonymous' }, storm)).toEqual([[200], true]);
  });

  it('is 401, or what only Stytch or a Lobby knows 503, and never let in', () => {
    expect(told({ ...KEY, kind: 'wrong_secret' }, WELL)).toEqual([[401, 429], false]);
    expect(told({ ...KEY, kind: 'wrong_secret' }, SILENT)).toEqual([[401, 429, 503], false]);
    const blind = { ...WELL, jwks: 'unsure' } as const;
    expect(told({ ...KEY, kind: 'wrong_secret' }, blind)).toEqual([[401, 429, 503], false]);
    expect(told({ ...KEY, kind: 'unclaimed' }, SILENT)).toEqual([[401], false]);
    expect(told({ ...KEY, kind: 'unclaimed' }, { ...WELL, ring: 'unsteady' })).toEqual([[401, 503], false]);
    expect(told({ ...KEY, kind: 'forged' }, SILENT)).toEqual([[401], false]);
  });
});

describe('an answer', () => {
  const good = judge(KEY, READ, NOON, WELL);
  const seen = { ...KEY.self, scopes: ['read'] };

  it('is right with the right status, and the right one at the origin', () => {
    expect(wrongWith(KEY, good, { status: 200, origin: seen })).toBeNull();
  });

  it.each([
    ['a good one is told 401', { status: 401, origin: null }, '401, and right is 200'],
    ['a good one is told 503', { status: 503, origin: null }, '503, and right is 200'],
    [
      'he is somebody else',
      { status: 200, origin: { ...seen, userId: 'bo' } },
      'let in as api_key k1 of bo, who is api_key k1 of ada',
    ],
    [
      'it is another key',
      { status: 200, origin: { ...seen, keyId: 'k2' } },
      'let in as api_key k2 of ada, who is api_key k1 of ada',
    ],
    [
      'it is another kind',
      { status: 200, origin: { ...seen, auth: 'session' } },
      'let in as session k1 of ada, who is api_key k1 of ada',
    ],
    [
      'he has more scopes',
      { status: 200, origin: { ...seen, scopes: ['read', 'write'] } },
      'let in with write, which it has not',
    ],
    [
      'nobody was asked',
      { status: 200, origin: null },
      '200, and right is 200: but the origin was not called',
    ],
  ] as const)('is wrong when %s', (_, answered, wrong) => {
    expect(wrongWith(KEY, good, answered)).toBe(wrong);
  });

  it('is wrong when a bad one is let in, and when the origin saw one that was refused', () => {
    const ended = { ...KEY, ended: endingAt(NOON) };
    const bad = judge(ended, READ, NOON, WELL);
    expect(wrongWith(ended, bad, { status: 200, origin: seen })).toBe('200, and right is 401');
    expect(wrongWith(ended, bad, { status: 401, origin: null })).toBeNull();
    expect(wrongWith(ended, bad, { status: 401, origin: seen })).toBe(
      '401, and right is 401: but the origin was called',
    );
  });
});

describe('the most in any window', () => {
  const spent = (...moments: readonly (readonly [at: number, units: number])[]) =>
    moments.map(([at, units]) => ({ at, units }));

  it('counts the end of an interval and not its beginning', () => {
    expect(mostIn(spent([0, 1], [10, 1]), 10)).toBe(1);
    expect(mostIn(spent([0, 1], [9, 1]), 10)).toBe(2);
  });

  it('finds the worst one, wherever it begins, in whatever order it was told', () => {
    expect(mostIn(spent([21, 1], [0, 1], [18, 4], [9, 2], [12, 3]), 10)).toBe(9);
    expect(mostIn([], 10)).toBe(0);
  });
});
