import { misused } from '../answers.ts';
import type { Command } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';
import { HELP, readOptions } from './options.ts';
import { lineOf, summaryOf, titleOf } from './report.ts';

/** `latchkey doctor`: what is wrong between the operator's files and what runs, and what to do. */
export const doctor: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal, env } = world;
    const options = readOptions(args, env);
    if (!options.ok) return misused(terminal, options.refusal, HELP);
    const { only, json } = options.value;
    const findings: Finding[] = [];
    const tell = json ? () => undefined : teller(terminal);
    await examine(world, options.value, (...came) => {
      for (const finding of came.filter(({ id }) => isWanted(id, only))) {
        findings.push(finding);
        tell(finding);
      }
    });
    if (findings.length === 0) {
      terminal.tell(`There is no check ${only.join(', ')}.`);
      return 2;
    }
    const summary = summaryOf(findings);
    terminal.say(json ? JSON.stringify({ summary, findings }, null, 2) : `\n${summary}`);
    return findings.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;
  },
};

/** A check by its name, or by the words that its name begins with. */
const isWanted = (id: string, only: readonly string[]): boolean =>
  only.length === 0 ||
  only.some((each) => id === each || (/^[-.]/.test(id.slice(each.length)) && id.startsWith(each)));

/** Tells each finding when it comes, under the title of its group. */
const teller = ({ say }: Terminal) => {
  let last: string | null = null;
  return (finding: Finding): void => {
    const title = titleOf(finding);
    if (title !== last) say(`${last === null ? '' : '\n'}${title}\n`);
    say(lineOf(finding));
    last = title;
  };
};
