import { type Figures, percent, type Row } from './tally.ts';

// What section 12 of DESIGN.md comes to, in percent of the time, by who asks. Written once, here.

/** The least and the most of 100 that is right. */
export type Expected = Readonly<Partial<Record<Row, readonly [least: number, most: number]>>>;

const ALWAYS = [100, 100] as const;
const NEVER = [0, 0] as const;
/** Anything but nothing: who asks for too much gets his limit, and no more (promise 3). */
const SOME = [5, 95] as const;
/** As long as its JWT, which is for five minutes, in an hour: renewed a minute to four minutes before the outage. */
const ITS_FIVE_MINUTES = [1, 10] as const;

const keys = (range: readonly [number, number]): Expected => ({
  'API key': range,
  'API key in X-API-Key': range,
  'own pair': range,
  'foreign pair': range,
  'key or pair, new isolate': range,
});

/** Whatever is silent: nobody is asked about these. */
const WHATEVER_FAILS: Expected = {
  anonymous: ALWAYS,
  'made up': NEVER,
  'ended or not allowed': NEVER,
};

/** Nothing fails, or nothing that anybody needs: KV, and what a Ring holds in memory. */
export const NOT_NOTICED: Expected = {
  ...WHATEVER_FAILS,
  ...keys(ALWAYS),
  'key never used before': ALWAYS,
  'access token': ALWAYS,
  session: ALWAYS,
  'over the limit': SOME,
  'issue a key': ALWAYS,
  'end a key': ALWAYS,
};

/** Without Stytch, up to the end of the tokens and then of the grace: whom it once accepted, and nobody new. */
export const WITHOUT_STYTCH: Expected = {
  ...WHATEVER_FAILS,
  ...keys(ALWAYS),
  'key never used before': NEVER,
  'over the limit': SOME,
  'issue a key': NEVER,
  'end a key': ALWAYS,
};

export const FIRST_HOUR_WITHOUT_STYTCH: Expected = { ...WITHOUT_STYTCH, session: ITS_FIVE_MINUTES };

/** A JWT cannot be renewed. */
export const SECOND_HOUR_WITHOUT_STYTCH: Expected = {
  ...WITHOUT_STYTCH,
  session: NEVER,
  'access token': NEVER,
};

/** Stytch answers again, and is not asked before its last Retry-After is over: who needs it is 503 until then. */
export const UP_TO_RETRY_AFTER: Expected = {
  ...NOT_NOTICED,
  'key never used before': [0, 100],
  'issue a key': [0, 100],
};

export const BEYOND_THE_GRACE: Expected = {
  ...SECOND_HOUR_WITHOUT_STYTCH,
  ...keys(NEVER),
  'over the limit': NEVER,
};

/** The tokens of some were younger than those of others. */
export const GRACE_ENDS: Expected = {
  ...SECOND_HOUR_WITHOUT_STYTCH,
  ...keys([0, 100]),
  'over the limit': [0, 95],
};

/** More than a day without signing keys: what a JWT says cannot be known, and no token can be bought. Of keys nothing is promised. */
export const BEYOND_THE_JWKS: Expected = {
  ...WHATEVER_FAILS,
  'key never used before': NEVER,
  session: NEVER,
};

/** Each call has an even chance, and who has no lease in hand makes at least one. */
export const HALF_A_RING: Expected = {
  ...WHATEVER_FAILS,
  ...keys([30, 80]),
  'access token': [25, 80],
  session: [25, 80],
  'over the limit': SOME,
  'end a key': [1, 100],
};

/** Nothing but that nobody gets in who should not, and that those are served for whom nobody has to be asked. */
export const EVERYTHING_FAILS: Expected = {
  ...WHATEVER_FAILS,
  ...keys([2, 95]),
  'key never used before': NEVER,
  'issue a key': NEVER,
};

/** What is not as expected; a line each. */
export const missesOf = (expected: Expected, figures: readonly Figures[]): readonly string[] =>
  figures.flatMap(({ phase, row, availability }) => {
    const [least, most] = expected[row] ?? [0, 100];
    const isWithin = availability >= least - 1e-9 && availability <= most + 1e-9;
    return isWithin ? [] : [`${phase}: ${row}: ${percent(availability)} %, expected ${told([least, most])}`];
  });

/** As the table says it. */
export const told = ([least, most]: readonly [number, number]): string =>
  least === most ? `${least} %` : `${least} to ${most} %`;
