import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT, read } from '../check/project.ts';

/** The list of all decisions. */
export const path = 'docs/decisions/README.md';

const FOLDER = 'docs/decisions';

export const generate = (): string =>
  [
    '# Decisions\n',
    'Why things are as they are. A page for each decision that somebody will want to ask about: what was chosen, what was',
    'not, and why. A new import direction, a new dependency and a new version of what is stored need one.\n',
    '| | |',
    '|---|---|',
    ...readdirSync(resolve(ROOT, FOLDER))
      .filter((name) => /^\d+-.*\.md$/.test(name))
      .sort()
      .map(rowOf),
    '',
  ].join('\n');

/** A page begins with `# 3. What was decided`. */
const rowOf = (name: string): string => {
  const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(`${FOLDER}/${name}`)) ?? [];
  if (number === undefined) throw new Error(`${FOLDER}/${name} must begin with # NUMBER. TITLE`);
  return `| ${number} | [${title}](${name}) |`;
};
