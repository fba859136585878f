// What is right, for each request of test/outages: DESIGN.md sections 5, 6 and 12, written down anew and without the code that is
// tested. Pure. Times are milliseconds since the epoch.

/** Past the end of the last token of a secret, so long may it be let in on the Ring's word (`stytchGraceSeconds`). */
export const GRACE_MS = 3_600_000;

/** The end of something: a key's, or of a scope that it had. Between `since` and `by` nobody can say which it is. */
export interface Ending {
  /** When it was asked for. */
  readonly since: number;
  /** When that was answered; null as long as nobody answered. From here on it is over for whoever asks each time. */
  readonly answeredAt: number | null;
  /** The `effective_by` of the answer. */
  readonly by: number | null;
}

/** What is at a date that was known before. */
export const endingAt = (at: number): Ending => ({ since: at, answeredAt: at, by: at });

/** Who somebody is at the origin. */
export interface Self {
  readonly userId: string | null;
  readonly keyId: string | null;
  readonly auth: string;
}

/** What is true of a credential. */
export interface Truth {
  /**
   * `made_up`: a key of ours that nobody made. `unclaimed`: a pair of a client that nobody owns. `wrong_secret`: a pair
   * of a client that somebody owns, with a secret that it never had. `secret`: a key or a pair. `token`, `session`: a
   * JWT. `forged`: a JWT that Stytch did not sign.
   */
  readonly kind:
    | 'anonymous'
    | 'made_up'
    | 'unclaimed'
    | 'wrong_secret'
    | 'secret'
    | 'token'
    | 'session'
    | 'forged';
  readonly self: Self;
  /** All that it ever opened. */
  readonly scopes: readonly string[];
  /** A scope that was taken away. */
  readonly taken: { readonly scope: string; readonly ending: Ending } | null;
  readonly ended: Ending | null;
  /** The end of the last token that Stytch gave its Ring or Lobby for it; null for never. Of secrets. */
  readonly acceptedUntil: number | null;
  /** Its own end, of JWTs. */
  readonly endsAt: number | null;
}

/** What a request asks for. */
export interface Asked {
  readonly scopes: readonly string[];
  /** Whether its route takes no word that is older than itself. */
  readonly isStrict: boolean;
  /** Whether its owner asks for more than his limit. */
  readonly isOverLimit: boolean;
}

/** What answers. `unsteady`: perhaps, perhaps not. */
export interface Weather {
  readonly stytch: 'well' | 'silent' | 'unsteady';
  readonly ring: 'well' | 'unsteady';
  /** Whether there are keys to check signatures with, for whoever needs them. */
  readonly jwks: 'at hand' | 'unsure';
}

export interface Judgement {
  /** The statuses that are no wrong decision. */
  readonly right: ReadonlySet<number>;
  /** Whether section 12 promises that it is let in. */
  readonly promised: boolean;
  /** The most that it may have at the origin. */
  readonly scopes: readonly string[];
}

const CANNOT_TELL = 503;

export const judge = (truth: Truth, asked: Asked, at: number, weather: Weather): Judgement => ({
  ...answersTo(truth, asked, at, weather),
  scopes: truth.scopes.filter(
    (scope) => scope !== truth.taken?.scope || !isOver(truth.taken.ending, asked, at),
  ),
});

type Answers = Omit<Judgement, 'scopes'>;

const answersTo = (truth: Truth, asked: Asked, at: number, weather: Weather): Answers => {
  switch (truth.kind) {
    case 'anonymous':
      return judgement([200]);
    // What a key says of itself costs no call: nothing can be silent.
    case 'made_up':
      return judgement([401]);
    case 'forged':
      return judgement([401], weather.jwks === 'unsure');
    case 'unclaimed':
      return judgement([401], weather.ring === 'unsteady');
    // Only Stytch knows, and the Lobby asks it ten times in a minute; never without keys to check the answer with.
    case 'wrong_secret':
      return judgement([401, 429], weather.stytch !== 'well' || isUnsteady(weather));
    case 'secret':
      return ofSecret(truth, asked, at, weather);
    case 'token':
    case 'session':
      return ofJwt(truth, asked, at, weather);
  }
};

const isUnsteady = ({ ring, jwks }: Weather): boolean => ring === 'unsteady' || jwks === 'unsure';

const ofSecret = (truth: Truth, asked: Asked, at: number, weather: Weather): Answers => {
  const byRing = wordOfRing(truth, asked, at);
  const maySayNothing = weather.ring === 'unsteady';
  // Of what has ended the Ring knows, and Stytch is not asked.
  if (isOver(truth.ended, asked, at)) return judgement(byRing, maySayNothing);
  if (weather.stytch === 'well' || isVouchedFor(truth, at))
    return judgement(limited(byRing, asked), isUnsteady(weather));
  const known =
    weather.stytch === 'unsteady' ? limited(byRing, asked) : byRing.filter((each) => each === 401);
  return judgement(known, true);
};

const ofJwt = (truth: Truth, asked: Asked, at: number, weather: Weather): Answers => {
  const isUnsure = weather.jwks === 'unsure';
  if (truth.endsAt !== null && at >= truth.endsAt) return judgement([401], isUnsure);
  return judgement(limited(wordOfRing(truth, asked, at), asked), isUnsteady(weather));
};

/** Whether Stytch need not be asked: the last token, and after it the grace. */
export const isVouchedFor = ({ acceptedUntil }: Pick<Truth, 'acceptedUntil'>, at: number): boolean =>
  acceptedUntil !== null && at < acceptedUntil + GRACE_MS;

/** What becomes of it by what its Ring knows; more than one while a change is on its way. */
const wordOfRing = (truth: Truth, asked: Asked, at: number): readonly number[] => {
  if (isOver(truth.ended, asked, at)) return [401];
  const ofScopes = wordOfScopes(truth, asked, at);
  return hasBegun(truth.ended, at) ? [401, ...ofScopes] : ofScopes;
};

const wordOfScopes = ({ scopes, taken }: Truth, asked: Asked, at: number): readonly number[] => {
  if (!asked.scopes.every((scope) => scopes.includes(scope))) return [403];
  if (taken === null || !asked.scopes.includes(taken.scope)) return [200];
  if (isOver(taken.ending, asked, at)) return [403];
  return hasBegun(taken.ending, at) ? [200, 403] : [200];
};

const hasBegun = (ending: Ending | null, at: number): boolean => ending !== null && at >= ending.since;

/** Whether it is over everywhere; where each request asks, with the answer. */
export const isOver = (ending: Ending | null, { isStrict }: Pick<Asked, 'isStrict'>, at: number): boolean => {
  const end = ending === null ? null : isStrict ? ending.answeredAt : ending.by;
  return end !== null && at >= end;
};

/** Whether it is on its way out: neither good nor bad. */
export const isEnding = (truth: Truth, at: number): boolean =>
  (hasBegun(truth.ended, at) && !isOver(truth.ended, { isStrict: false }, at)) ||
  (truth.taken !== null &&
    hasBegun(truth.taken.ending, at) &&
    !isOver(truth.taken.ending, { isStrict: false }, at));

const limited = (statuses: readonly number[], { isOverLimit }: Asked): readonly number[] =>
  isOverLimit && statuses.includes(200) ? [...statuses, 429] : statuses;

const judgement = (statuses: readonly number[], maySayNothing = false): Answers => ({
  right: new Set(maySayNothing ? [...statuses, CANNOT_TELL] : statuses),
  promised: !maySayNothing && statuses.length === 1 && statuses[0] === 200,
});

/** What was answered, and what the origin saw of it; null where it was not called. */
export interface Answered {
  readonly status: number;
  readonly origin: (Self & { readonly scopes: readonly string[] }) | null;
}

/** What is wrong with an answer; null for nothing. */
export const wrongWith = (
  { self }: Truth,
  { right, scopes }: Judgement,
  { status, origin }: Answered,
): string | null => {
  const told = `${status}, and right is ${[...right].join(' or ')}`;
  if (!right.has(status)) return told;
  if (status !== 200) return origin === null ? null : `${told}: but the origin was called`;
  if (origin === null) return `${told}: but the origin was not called`;
  const { userId, keyId, auth } = self;
  if (origin.userId !== userId || origin.keyId !== keyId || origin.auth !== auth)
    return `let in as ${origin.auth} ${origin.keyId} of ${origin.userId}, who is ${auth} ${keyId} of ${userId}`;
  const more = origin.scopes.filter((scope) => !scopes.includes(scope));
  return more.length === 0 ? null : `let in with ${more.join(' ')}, which it has not`;
};

/** Units that were admitted, and when that was decided. */
export interface Spent {
  readonly at: number;
  readonly units: number;
}

/** The most that was spent in any interval of a length, its beginning left out (promise 3). */
export const mostIn = (spent: readonly Spent[], windowMs: number): number => {
  const inOrder = spent.toSorted((one, other) => one.at - other.at);
  let [most, units, first] = [0, 0, 0];
  for (const each of inOrder) {
    units += each.units;
    for (let old = inOrder[first]; old !== undefined && old.at <= each.at - windowMs; old = inOrder[++first])
      units -= old.units;
    most = Math.max(most, units);
  }
  return most;
};
