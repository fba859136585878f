import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { written } from '../json.ts';
import { GOALS, isPartial } from './goals.ts';
import { pictures } from './pictures.ts';
import { missesOf, type Run, runOf, tableOf } from './report.ts';
import type { Scenario } from './scenario.ts';
import { allScenarios, quickScenarios } from './scenarios.ts';

const RESULTS = join(import.meta.dirname, '../results');

/** What is kept is of this one, so that two runs can be compared. */
const USUAL_SEED = '1';

/** Progress goes to stderr, so that stdout is the table, or with --json the object, and nothing else. */
const main = (): number => {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      beyond: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      seed: { type: 'string', default: USUAL_SEED },
    },
  });
  if (values.help) {
    console.log(help());
    return 0;
  }
  const seed = Number(values.seed);
  const all = (values.quick ? quickScenarios : allScenarios)(seed);
  const isWanted = (scenario: Scenario): boolean =>
    values.only?.includes(scenario.name) ?? (values.beyond || !isPartial(scenario));
  const chosen = all.filter(isWanted);
  const unknown = values.only?.filter((name) => !all.some((scenario) => scenario.name === name)) ?? [];
  if (!Number.isSafeInteger(seed) || unknown.length > 0) {
    console.error(
      unknown.length > 0 ? `No such scenario: ${unknown.join(', ')}` : `No such seed: ${values.seed}`,
    );
    return 2;
  }
  const runs = chosen.map((scenario, index): Run => {
    const startedAt = performance.now();
    const run = runOf(scenario, seed, values.quick);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.error(`${index + 1}/${chosen.length} ${run.name} ${seconds} s${run.met ? '' : ' MISSED'}`);
    return run;
  });
  const misses = missesOf(runs);
  const isWhole = !values.quick && values.only === undefined && !values.beyond;
  if (isWhole && values.seed === USUAL_SEED) keep(runs);
  console.log(values.json ? JSON.stringify({ runs }, null, 1) : textOf(runs, misses, values.quick));
  return misses.length > 0 ? 1 : 0;
};

/** What a whole run came to: the same bytes for the same code and seed. */
const keep = (runs: readonly Run[]): void => {
  const files = { 'simulation.json': written({ runs }), ...pictures(runs) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(RESULTS, name), text);
};

const textOf = (runs: readonly Run[], misses: readonly string[], quick: boolean): string =>
  [
    tableOf(runs),
    '',
    quick ? 'Quick: fewer scenarios, some with too few windows to say anything about saturation.' : '',
    misses.length === 0 ? `All goals met in ${runs.length} runs.` : `Missed:\n${misses.join('\n')}`,
  ]
    .filter((line, index) => line !== '' || index === 1)
    .join('\n');

const help = (): string => `npm run simulate -- [--quick] [--beyond] [--only NAME]… [--seed N] [--json]

A whole run is kept in bench/results/simulation.json and simulation-*.svg: one without --quick, --beyond, --only and --seed.

Runs the real meter (src/model/meter.ts) and the real leases (src/model/lease.ts) in virtual time, and measures them
against an ideal central limiter that gets the same requests. The same seed gives the same numbers.

  --quick      fewer scenarios and windows
  --beyond     also those for which promise 3 is not made: a grace is configured, and the Ring is silent for some only or
               answers again
  --only NAME  only this one; may be repeated
  --seed N     an integer, ${USUAL_SEED} by default; the held-out scenarios are drawn from it
  --json       one object { "runs": [ … ] } on stdout, nothing else
  --help       this text

Exit code: 0 when every goal is met, 1 when one is missed, 2 when the command makes no sense.

Goals (LEASES.md section 9):
${GOALS.map(({ name, reason }) => `  ${name}\n      ${reason}`).join('\n')}

Scenarios:
  ${allScenarios(1)
    .map(({ name }) => name)
    .join(', ')}`;

process.exitCode = main();
