import { misused } from '../answers.ts';
import type { Command } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { HELP, readOptions } from './options.ts';
import { groupOf, lineOf, summaryOf } from './report.ts';
import { type Outcome, probe } from './run.ts';

/** `latchkey probe`: a deployment as whoever wants to get past it sees it. */
export const probeCommand: Command = {
  help: HELP,
  run: async (args, { terminal, env }) => {
    const options = readOptions(args, env);
    if (!options.ok) return misused(terminal, options.refusal, HELP);
    const { json } = options.value;
    const ran = await probe(options.value, json ? () => undefined : teller(terminal));
    if (!ran.ok) {
      terminal.tell(ran.refusal);
      return 2;
    }
    const summary = summaryOf(ran.value);
    terminal.say(json ? JSON.stringify({ summary, checks: ran.value }, null, 2) : `\n${summary}`);
    return ran.value.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;
  },
};

/** Tells each outcome when it is known, under the name of its API and apart from other groups. */
const teller = ({ say }: Terminal) => {
  let last: Outcome | null = null;
  return (outcome: Outcome): void => {
    if (outcome.api !== last?.api) say(`${last === null ? '' : '\n'}${outcome.api}`);
    if (last === null || groupOf(outcome) !== groupOf(last)) say('');
    say(lineOf(outcome));
    last = outcome;
  };
};
