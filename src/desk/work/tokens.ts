import { ok, type Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import {
  DAY_MS,
  dayOf,
  type TokenCounts,
  type TokenDay,
  type TokenQuery,
  tokensIn,
} from '../../model/token-days.ts';
import type * as z from '../../model/zod.ts';
import type { DeskPorts } from '../ports.ts';
import type { tokensQuery } from '../schemas.ts';
import { type TokensBy, tokenRange } from '../token-range.ts';

type Query = z.output<typeof tokensQuery>;

/** Tokens over a range, with a bucket for each day or month of it. Times in milliseconds. */
export interface TokensReport {
  readonly from: number;
  readonly to: number;
  readonly by: TokensBy;
  readonly totals: TokenCounts;
  readonly buckets: readonly (TokenCounts & { readonly at: number })[];
}

/** Tokens that Stytch gave, and those that it did not have to give. */
export const createTokensWork = (ports: Pick<DeskPorts, 'tokens' | 'ringOf' | 'now'>) => ({
  /** For everybody: what the Lobbies were told. */
  ofAll: (query: Query): Promise<Result<TokensReport>> => reported(query, ports.now(), ports.tokens),
  /** For one owner: what his Ring knows. */
  of: ({ owner }: Subject, query: Query): Promise<Result<TokensReport>> =>
    reported(query, ports.now(), async (days) => (await ports.ringOf(owner)).tokens(owner, days)),
});

const reported = async (
  { by, from, to }: Query,
  now: number,
  ask: (days: TokenQuery) => Promise<Result<readonly TokenDay[]>>,
): Promise<Result<TokensReport>> => {
  const range = tokenRange(by, { from: millis(from), to: millis(to) }, now);
  if (!range.ok) return range;
  const { starts, to: end } = range.value;
  const start = starts[0] ?? end;
  const days = await ask({ fromDay: dayOf(start), toDay: dayOf(end) });
  if (!days.ok) return days;
  const buckets = starts.map((at, i) => {
    const next = starts[i + 1] ?? end;
    return { at, ...tokensIn(days.value.filter(({ day }) => day * DAY_MS >= at && day * DAY_MS < next)) };
  });
  return ok({ from: start, to: end, by, totals: tokensIn(days.value), buckets });
};

const millis = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);
