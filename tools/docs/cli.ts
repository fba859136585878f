import { COMMANDS } from '../../cli/commands.ts';

/** docs/cli.md, from what each command says of itself. */
export const path = 'docs/cli.md';

export const generate = async (): Promise<string> => {
  const commands = await Promise.all(
    COMMANDS.map(async ({ name, says, load }) => ({ name, says, help: (await load()).help })),
  );
  return `# The command line

Made from \`cli/\` by \`node tools/check/docs.ts --write\`; do not edit. It is what \`npm run latchkey -- COMMAND --help\` says.

All commands end with 0 if all is well, with 1 if it is not, and with 2 if they were called wrongly, or if nobody was there
to be asked and \`--yes\` was not said: then nothing was done. What was asked for stands on stdout, everything else on stderr;
with \`--json\`, stdout has one document. No secret is ever an argument, which everybody on the machine can read: secrets come
from the environment, from files, or from whoever is asked.

| Command | What it does |
|---|---|
${commands.map(({ name, says }) => `| [${name}](#${anchor(name)}) | ${says} |`).join('\n')}
${commands.map(({ name, help }) => `\n## ${name}\n\n\`\`\`text\n${help.trim()}\n\`\`\`\n`).join('')}`;
};

/** As GitHub makes one of a heading. */
const anchor = (name: string): string => name.replaceAll(' ', '-');
