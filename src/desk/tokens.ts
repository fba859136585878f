import { json } from '../http/answer.ts';
import { time } from '../model/objects.ts';
import { ok } from '../model/refusal.ts';
import { savedOf, type TokenCounts } from '../model/token-days.ts';
import * as z from '../model/zod.ts';
import type { Doors } from './doors.ts';
import { time as TIME } from './objects.ts';
import { operation } from './operation.ts';
import { tokensQuery } from './schemas.ts';
import type { Work } from './work/index.ts';
import type { TokensReport } from './work/tokens.ts';

const counted = (description: string) => z.int().check(z.minimum(0), z.meta({ description }));

const counts = {
  presented: counted('Requests that were admitted with a key or a client pair'),
  spent: counted('Tokens that Stytch gave: successful exchanges'),
  saved: counted('What exchanging on each of those requests would have spent besides; never below 0'),
};

const TOKENS = z
  .strictObject({
    from: TIME,
    to: TIME,
    by: z.enum(['day', 'month']),
    totals: z.strictObject(counts),
    data: z.array(z.strictObject({ at: TIME, ...counts })),
    approximate: z.literal(true),
  })
  .check(z.meta({ id: 'Tokens', description: 'Tokens of Stytch, spent and saved' }));

/** Operators see what Stytch will charge for, and what it would without Latchkey. */
export const tokensOperations = ({ tokens }: Work, { operator, ofUser }: Doors) => {
  const common = { method: 'GET', tag: 'Operators', query: tokensQuery } as const;
  const answers = { 200: { description: 'Tokens by UTC day or month', body: TOKENS } };
  return [
    operation({
      ...{ ...common, path: '/v1/tokens', operationId: 'getTokens', door: operator, answers },
      summary: 'Tells how many tokens of Stytch were spent and saved',
      description: `${ABOUT} Counted is what Rings told so far: each tells when it has bought a token, at most once an hour, and once a day.`,
      handle: async ({ query, call }) => {
        const report = await tokens.ofAll(query);
        return report.ok ? ok(json(shown(report.value), 200, call.requestId)) : report;
      },
    }),
    operation({
      ...{
        ...common,
        path: '/v1/users/{user_id}/tokens',
        operationId: 'getUserTokens',
        door: ofUser,
        answers,
      },
      summary: "Tells how many tokens an owner's credentials spent and saved",
      description: `${ABOUT} Tokens for the pairs of foreign clients are in the total of all alone.`,
      handle: async ({ who, query, call }) => {
        const report = await tokens.of(who, query);
        return report.ok ? ok(json(shown(report.value), 200, call.requestId)) : report;
      },
    }),
  ] as const;
};

const ABOUT = 'Kept for 400 days. `spent` is exact; `presented` may lack what an isolate took with it.';

const shown = ({ from, to, by, totals, buckets }: TokensReport): z.input<typeof TOKENS> => ({
  ...{ from: time(from), to: time(to), by, totals: countsOf(totals) },
  data: buckets.map(({ at, ...day }) => ({ at: time(at), ...countsOf(day) })),
  approximate: true,
});

const countsOf = ({ spent, presented }: TokenCounts) => ({
  ...{ presented, spent },
  saved: savedOf({ spent, presented }),
});
