import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT, read } from '../check/project.ts';

/** docs/faults.md, from what the tests in test/hostile/faults-*.test.ts measured. */
export const path = 'docs/faults.md';

const MEASURED = 'test/faults/measured';

/** By case: what is seen without a fault, and by call and kinds of failure what is seen with one. */
type Measured = Readonly<Record<string, Readonly<Record<string, string | Readonly<Record<string, string>>>>>>;

/** The files, in the order in which they are told. */
const CHAPTERS: Readonly<Record<string, string>> = {
  gate: 'Requests to the API',
  keys: 'Keys, by their owner',
  operators: 'Owners and their keys, by operators, and leaked keys',
  oauth: 'OAuth endpoints and devices',
  pages: 'Pages',
  webhooks: 'Webhooks',
  alarms: 'What Rings and Lobbies do by alarm',
};

export const generate = (): string => {
  const files = readdirSync(resolve(ROOT, MEASURED)).map((file) => file.replace(/\.json$/, ''));
  const unknown = files.filter((file) => CHAPTERS[file] === undefined);
  if (unknown.length > 0) throw new Error(`${MEASURED}: no chapter for ${unknown.join(', ')}`);
  const chapters = Object.entries(CHAPTERS).filter(([file]) => files.includes(file));
  return `# When a call fails

Made from \`${MEASURED}\` by \`node tools/check/docs.ts --write\`; do not edit. \`npm run faults\` measures anew and
writes both. What stands here is what the tests \`test/hostile/faults-*.test.ts\` see, and they fail on any difference.

Each kind of request, and of work that an alarm does, is made once to know its calls to Stytch, KV, Rings, Lobbies, the
rate-limit binding and the origin. Then it is made anew for each way in which each of them can fail, with everything new:

| Fault | Of a fetch | Of a binding |
|---|---|---|
| throw | It rejects | It rejects: a binding has no status, and this is its 500 |
| hang | No answer, until it is given up | No answer, ever |
| 500 | Status 500 | |
| overloaded | | It rejects as a Durable Object does that has too much to do |
| null, text, object | 200 with HTML, or with JSON that means nothing | \`null\`, HTML in the place of a text, an object that means nothing |
| truncated | The answer breaks off in its middle | Every other member of the answer is missing, or half of the text |
| cut | The answer ends in its middle, as if that were all | |
| lost | The work is done, and the answer is not heard | The same |

"Answer" is what the client is told, with the code of a refusal; each 503 and 429 has \`Retry-After\`. "Afterwards" is what is
seen when nothing fails any more, six seconds later: of a request to the API, the answer to the same once more; of a change,
how things are when the alarms have rung, after "again" the answer to the same request once more, and how things are
then. In each row of owners' and operators' changes and of alarms of a living Ring, the Ring and Stytch know the same
keys, no slot is lost, no rotation is left half done, and the operator was told. Where a key was made or rotated and nobody heard of it, it is made once, and its secret is shown to nobody: rotate
it, or revoke it.

What may be seen is a judgement of its own (DESIGN.md section 12): \`test/faults/judgement.ts\`, and \`rule\` of each case. The
tests fail on what it does not allow, whatever is written here. The second call of a name in the same request has (2) behind it.
${chapters.map(([file, title]) => chapter(title, JSON.parse(read(`${MEASURED}/${file}.json`)) as Measured)).join('')}`;
};

const chapter = (title: string, measured: Measured): string =>
  `\n## ${title}\n${Object.entries(measured)
    .map(([name, { good = '', ...calls }]) => section(name, String(good), calls))
    .join('')}`;

const section = (
  name: string,
  good: string,
  calls: Readonly<Record<string, string | Readonly<Record<string, string>>>>,
): string => {
  const rows = Object.entries(calls).flatMap(([call, outcomes]) =>
    typeof outcomes === 'string'
      ? []
      : Object.entries(outcomes).map(([kinds, seen]) => ({ call, kinds, seen })),
  );
  // Calls that come to the same in the same ways are one row.
  const alike = [...Map.groupBy(rows, ({ kinds, seen }) => `${kinds}\n${seen}`).values()];
  const table = [
    '| Call | Fault | Answer | Afterwards |',
    '|---|---|---|---|',
    row('none', '', good),
    ...alike.map((of) => row(of.map(({ call }) => call).join('<br>'), of[0]?.kinds ?? '', of[0]?.seen ?? '')),
  ];
  return `\n### ${name[0]?.toUpperCase()}${name.slice(1)}\n\n${table.join('\n')}\n`;
};

const row = (calls: string, kinds: string, seen: string): string => {
  const [answer = '', after = ''] = seen.split(' → ');
  return `| ${calls} | ${kinds} | ${answer} | ${after} |`;
};
