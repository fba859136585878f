import { type Check, GROUPS } from '../../cli/doctor/checks/index.ts';
import { CHECKS } from '../../cli/probe/run.ts';

/** docs/doctor.md, from the tables that the doctor and the probe find by. */
export const path = 'docs/doctor.md';

export const generate = (): string => `# What the doctor finds

Made from \`cli/doctor/checks\` and \`cli/probe/checks\` by \`node tools/check/docs.ts --write\`; do not edit.

\`\`\`sh elsewhere
npm run latchkey -- doctor --env production
\`\`\`

With \`npm run dev\` running, it looks at what is on this machine:

\`\`\`sh
npm run latchkey -- doctor --env '' --only CONFIG --only WRANGLER --only EDGE
\`\`\`

It looks at your files, your secrets, Stytch, and the deployment from outside, and has a line for each thing: \`ok\`, \`WARN\` (the
Worker works, and something is worth a look), \`FAIL\`, or \`skipped\` with why. Beneath a \`WARN\` or a \`FAIL\` stand what is wrong and what
to do. It ends with 0 if nothing FAILs, with 1 if something does. The names stay as they are: scripts may go by them, with
\`--json\`, and \`--only STYTCH\` looks at one group. Where one thing hides others, they are skipped and say which is first.

At Stytch it makes a client as for a key, takes one token of it (which Stytch counts), has it checked by the Worker's own code, and
deletes the client, also after Ctrl-C. Should its machine lose power just then, the next reconciliation finds the client without a Ring
and deletes it. What it sends is named \`latchkey doctor\`. Cloudflare is asked by \`wrangler secret list\`, for names alone; where
wrangler is not signed in, that is skipped. Nothing is changed anywhere else, and no secret is shown.

The checks in small letters are those of \`npm run latchkey -- probe\`, which works without your files. Those that need a key are made with
\`--key-file\` or \`LATCHKEY_KEY\`; \`limits.strangers\` and \`hosts.elsewhere\` are the probe's alone.
${GROUPS.map(({ title, checks }) => `\n## ${title}\n\n${HEAD}\n${rows(checks)}\n`).join('')}${CHECKS.map(
  ({ id, says, advice }) => row(id, { says, advice }),
).join('\n')}
`;

const HEAD = '| Name | What holds where all is well | What to do where it does not |\n|---|---|---|';

const rows = (checks: Readonly<Record<string, Check>>): string =>
  Object.entries(checks)
    .map(([id, check]) => row(id, check))
    .join('\n');

const row = (id: string, { says, advice, warns }: Check): string =>
  `| \`${id}\`${warns === true ? ' (WARN)' : ''} | ${says} | ${advice.replaceAll('|', '\\|')} |`;
