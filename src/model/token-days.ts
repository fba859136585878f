/** One UTC day, in milliseconds. */
export const DAY_MS = 86_400_000;

/** For how many days it is kept how many tokens were spent: the running month, and the same one of the year before. */
export const TOKEN_DAYS_KEPT = 400;

/** The UTC day that a moment lies in, counted from 1970. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);

/** What tokens there were in a time, and for how many requests. */
export interface TokenCounts {
  /** Tokens that Stytch gave: successful exchanges. */
  readonly spent: number;
  /** Requests that were admitted with a key or a client pair: each would be an exchange where nobody keeps tokens. */
  readonly presented: number;
}

/** The same of one UTC day. */
export interface TokenDay extends TokenCounts {
  readonly day: number;
}

/** Days from one to before another. */
export interface TokenQuery {
  readonly fromDay: number;
  readonly toDay: number;
}

/** What several times add up to. */
export const tokensIn = (all: readonly TokenCounts[]): TokenCounts => ({
  spent: all.reduce((sum, { spent }) => sum + spent, 0),
  presented: all.reduce((sum, { presented }) => sum + presented, 0),
});

/** Tokens that an integration would have spent besides that exchanges on each request. A token that nobody used saves none. */
export const savedOf = ({ spent, presented }: TokenCounts): number => Math.max(0, presented - spent);
