import { BILLED, type Bill, billOf, type Counters, priced } from './bill.ts';
import { type Design, designsOf } from './designs.ts';
import { asksPerSecond, type Load, MONTH_SECONDS } from './load.ts';
import { PRICES, PRICES_READ, STYTCH } from './prices.ts';

/** Dollars for a million requests that a key in steady use may cost. */
const GOAL = 0.45;

/** A key in steady use: so many requests a second to each isolate (the middle of what is simulated at light load). */
const STEADY_RATE = 10;

/** Requests a second of one key to one isolate, for which it is told what a million of them cost. */
const RATES = [0.01, 0.1, 1, STEADY_RATE, 100] as const;

/** What a million requests cost of keys that are in use all the time, by how often an isolate has them. */
export interface Steady {
  readonly rate: number;
  readonly asksPerThousand: number;
  readonly perMillion: number;
}

export interface Report {
  readonly load: Load;
  readonly bill: Bill;
  readonly steady: readonly Steady[];
  readonly goal: { readonly dollars: number; readonly seen: number; readonly isMet: boolean };
  readonly designs: readonly Design[];
}

export const reportOf = (load: Load, counters: Counters): Report => {
  const bill = billOf(load, counters);
  const steady = RATES.map((rate) => steadyOf(load, counters, rate));
  const seen = steady.find(({ rate }) => rate === STEADY_RATE)?.perMillion ?? Number.NaN;
  const cpuMs = bill.amounts.cpu_ms / load.requests;
  return {
    ...{ load, bill, steady },
    goal: { dollars: GOAL, seen, isMet: seen <= GOAL },
    designs: designsOf(load, cpuMs),
  };
};

/** The same file and isolates under keys that never rest. What logs cost is left out: whoever keeps them chooses it. */
const steadyOf = (load: Load, counters: Counters, rate: number): Steady => {
  const requests = rate * load.isolates * MONTH_SECONDS;
  const { perMillion } = billOf(
    { ...load, requests, keys: 1, busy: 1, skew: 0, refused: 0, issued: 0, logs: 0, points: 0 },
    counters,
  );
  return { rate, asksPerThousand: (asksPerSecond(rate, load.leaseSeconds) / rate) * 1_000, perMillion };
};

/** The report as Markdown. */
export const asText = ({ load, bill, steady, goal, designs }: Report): string => {
  const perMillion = 1_000_000 / load.requests;
  const lines = BILLED.map((billed) => {
    const { says, dollars, per, included } = PRICES[billed];
    const unit = per === 1 ? '' : ' a million';
    return `| ${says} | ${amount(bill.amounts[billed])} | $${dollars}${unit} | ${amount(included)} | ${money(bill.dollars[billed])} | ${money(bill.dollars[billed] * perMillion)} |`;
  });
  const tokens =
    bill.tokenDollars === null
      ? `Stytch gives ${amount(bill.tokens)} tokens (${STYTCH.freeTokens} are free; what each further one costs is not published: --token-price).`
      : `Stytch gives ${amount(bill.tokens)} tokens: ${money(bill.tokenDollars)}.`;
  return [
    `List prices of ${PRICES_READ}. ${amount(load.requests)} requests a month with ${amount(load.keys)} keys.`,
    '',
    '| billed | a month | price | included | $ | $ per million requests |',
    '|---|---|---|---|---|---|',
    ...lines,
    `| **all, nothing included** | | | | ${money(bill.total)} | **${money(bill.perMillion)}** |`,
    `| with what the $5 of the plan include | | | | ${money(bill.withPlan)} | ${money(bill.withPlan * perMillion)} |`,
    '',
    `Rings are asked ${amount(bill.paths.asks)} times (${((bill.paths.asks / bill.paths.served) * 1_000).toFixed(1)} for 1,000 requests), by an isolate that is new to the key ${amount(bill.paths.cold)} times.`,
    tokens,
    `An exchange on each request would take ${amount(bill.paths.served * (1 - load.jwts))}.`,
    `Workers Logs, our line of each request: ${money(priced('log_events', 1_000_000))} per million requests besides; Cloudflare's own event as much again.`,
    `Analytics Engine, a point of each request: ${money(priced('data_points', 1_000_000))} per million, once it is billed.`,
    '',
    `Goal: ≤ $${goal.dollars} per million for a key in steady use, ${STEADY_RATE} requests a second to each isolate: ${money(goal.seen)}, ${goal.isMet ? 'yes' : 'no'}.`,
    '',
    '| requests a second of a key to an isolate | asks for 1,000 | $ per million |',
    '|---|---|---|',
    ...steady.map(
      (each) => `| ${each.rate} | ${each.asksPerThousand.toFixed(1)} | ${money(each.perMillion)} |`,
    ),
    '',
    '| instead | | $ per million | source |',
    '|---|---|---|---|',
    ...designs.map(
      ({ name, says, perMillion: dollars, source }) =>
        `| ${name} | ${says} | ${money(dollars)} | ${source ?? 'the same prices'} |`,
    ),
  ].join('\n');
};

const money = (dollars: number): string => `$${dollars < 100 ? dollars.toFixed(3) : Math.round(dollars)}`;

const amount = (value: number): string => {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  return String(Math.round(value * 100) / 100);
};
