import { failed, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, ExitCode } from '../command.ts';
import { openDesk, refusedByDesk } from '../desk.ts';
import { askExport, keepExport, pourExport } from '../exports.ts';
import { OWNER_HELP, OWNER_OPTIONS, ownerMeant } from '../keys/owner.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `Exports all that is kept of a user, a member or an organisation: keys, use, and the audit trail.

  npm run latchkey -- audit export --user USER_ID --desk URL --out export.ndjson

${OWNER_HELP}
  --out           the file that it becomes, for its owner alone; without it, stdout
${OPERATOR_HELP}
  --json          as it is: it is JSON, an object in each line
  --help

The export is itself the last row of the trail. It ends with 0 when it is whole, and only then is there a file of that
name; with 1 when it is not.`;

const text = { type: 'string' } as const;

export const auditExport: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...OWNER_OPTIONS, ...OPERATOR_OPTIONS, out: text, json: { type: 'boolean' } },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const owner = ownerMeant(values);
    if (!owner.ok) return misused(terminal, owner.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const exported = await askExport(ask.value, owner.value);
    if (!exported.ok) return refusedByDesk(terminal, exported.refusal, false);
    return keep(terminal, exported.value, values.out);
  },
};

/** Writes line by line, to the terminal or into a file. */
const keep = async (
  terminal: Terminal,
  stream: ReadableStream,
  out: string | undefined,
): Promise<ExitCode> => {
  const { tell, say } = terminal;
  const { lines, isWhole } =
    out === undefined ? await pourExport(stream, say, tell) : await keepExport(stream, out, tell);
  if (!isWhole)
    return failed(terminal, `It broke off after ${lines} lines, and is not whole: export it again.`);
  tell(`${lines} lines${out === undefined ? '' : `, in ${out}`}.`);
  return 0;
};
