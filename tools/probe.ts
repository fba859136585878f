import { HELP, readOptions } from './probe/options.ts';
import { groupOf, lineOf, summaryOf } from './probe/report.ts';
import { type Outcome, probe } from './probe/run.ts';

const main = async (): Promise<number> => {
  const options = readOptions(process.env);
  if (!options.ok) return misused(`${options.refusal}\n\n${HELP}`);
  if (options.value === null) {
    console.log(HELP);
    return 0;
  }
  const { json } = options.value;
  const ran = await probe(options.value, json ? () => undefined : teller());
  if (!ran.ok) return misused(ran.refusal);
  const summary = summaryOf(ran.value);
  console.log(json ? JSON.stringify({ summary, checks: ran.value }, null, 2) : `\n${summary}`);
  return ran.value.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;
};

const misused = (problem: string): number => {
  console.error(problem);
  return 2;
};

/** Tells each outcome when it is known, under the name of its API and apart from other groups. */
const teller = () => {
  let last: Outcome | null = null;
  return (outcome: Outcome): void => {
    if (outcome.api !== last?.api) console.log(`${last === null ? '' : '\n'}${outcome.api}`);
    if (last === null || groupOf(outcome) !== groupOf(last)) console.log('');
    console.log(lineOf(outcome));
    last = outcome;
  };
};

process.exitCode = await main();
