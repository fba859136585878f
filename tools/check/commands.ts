import { COMMANDS } from '../../cli/commands.ts';
import { blocksOf, documents } from '../documents/blocks.ts';
import { type Call, callsOf, namedScripts } from '../documents/form.ts';
import { read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** Whether every command of the project that a document names is there, with the options that it is given. */
export const checkCommands = async (): Promise<Outcome> => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
  const problems: string[] = [];
  let calls = 0;
  for (const path of documents()) {
    const text = read(path);
    for (const call of blocksOf(text).flatMap(callsOf)) {
      calls += 1;
      const problem = await problemOf(call, scripts);
      if (problem !== null) problems.push(`${path}:${call.line}: ${problem}`);
    }
    for (const name of namedScripts(text))
      if (!Object.hasOwn(scripts, name)) problems.push(`${path}: there is no npm run ${name}`);
  }
  return outcomeOf(problems, `${calls} calls`);
};

const problemOf = async (
  { script, words, options }: Call,
  scripts: Readonly<Record<string, string>>,
): Promise<string | null> => {
  if (!Object.hasOwn(scripts, script)) return `there is no npm run ${script}`;
  if (script !== 'latchkey') return null;
  const entry = [words.slice(0, 2), words.slice(0, 1)]
    .map((name) => COMMANDS.find((command) => command.name === name.join(' ')))
    .find((found) => found !== undefined);
  if (entry === undefined)
    return words.length === 0 && options.every((option) => option === '--help')
      ? null
      : `there is no command latchkey ${words.slice(0, 2).join(' ')}`;
  const { help } = await entry.load();
  const unknown = options.filter((option) => option !== '--help' && !wordsOf(help).has(option));
  return unknown.length === 0 ? null : `latchkey ${entry.name} has no ${unknown.join(', ')}`;
};

/** The options that a help names. */
const wordsOf = (help: string): ReadonlySet<string> => new Set(help.match(/--[\w-]+/g) ?? []);
