import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askLeave, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, ExitCode, World } from '../command.ts';
import { diff } from '../diff.ts';
import { environmentOf } from '../project.ts';
import { secretsPath, writeSecrets } from '../secrets-file.ts';
import { type Plan, planInit } from './plan.ts';
import type { Change } from './settings-file.ts';

const HELP = `Makes this clone yours: asks for what it has to know, writes latchkey.config.ts and the environment's part of
wrangler.toml, and makes the keys that are Latchkey's own.

  npm run latchkey -- init
  npm run latchkey -- init --yes --vertical consumer --project-id project-live-… --api-host api.acme.com
    --desk-host keys.acme.com --origin-url https://origin.acme.com --brand acme

  --vertical    consumer, where users sign in; b2b, where members of organizations do
  --project-id  of the Stytch project: project-test-… or project-live-…; it decides what keys look like
  --api-host    the host that API clients call; several with commas
  --desk-host   the host of key management and portal; it must be another one
  --origin-url  where the API runs now
  --brand       the first word of every key: acme makes acme_live_…
  --origin-id   the API's name in what Latchkey signs for it; BRAND-api
  --env         the environment of wrangler.toml, production; --env '' is its top level, which npm run dev uses
  --yes         asks nothing: what has no option is as it was
  --json        what was done, as one JSON document

Every answer is judged at once, as the Worker judges it when it starts. What would change is shown before it is
written; a second run with the same answers changes nothing. Routes and scopes that you wrote are never touched.

Secrets are kept in .latchkey/secrets.ENVIRONMENT.json, for you alone; git ignores it. LATCHKEY_MASTER_KEYS and
ASSERTION_JWKS are made once and never made again over those that are there. STYTCH_SECRET is asked for without being
shown, or taken from the environment of the command, as are STYTCH_WEBHOOK_SECRET, EVENTS_SECRET and DECISION_SECRET.

It ends with 0 if all is as wished, with 1 if something could not be written or was not agreed to, with 2 if it was
called wrongly, or nobody was there to say yes.
`;

const OPTIONS = {
  vertical: { type: 'string' },
  'project-id': { type: 'string' },
  'api-host': { type: 'string' },
  'desk-host': { type: 'string' },
  'origin-url': { type: 'string' },
  brand: { type: 'string' },
  'origin-id': { type: 'string' },
  env: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const run = async (args: readonly string[], world: World): Promise<ExitCode> => {
  const { terminal, folder } = world;
  const read = readArgs(args, OPTIONS);
  if (!read.ok) return misused(terminal, read.refusal, HELP);
  const { yes = false, json = false, env, ...given } = read.value.values;
  const environment = environmentOf(env);
  const planned = await planInit(world, environment, given, yes);
  if (!planned.ok) {
    for (const problem of planned.refusal.problems) terminal.tell(problem);
    return planned.refusal.ending;
  }
  const { changes, secrets, missing } = planned.value;
  for (const line of linesOf(planned.value, environment)) terminal.tell(line);
  const changed = changes.filter(({ before, after }) => before !== after);
  const isNewSecret = secrets.made.length + secrets.taken.length > 0;
  if (changed.length > 0 || isNewSecret) {
    const leave = await askLeave(terminal, 'Write this', yes);
    if (leave !== null) return leave;
  }
  for (const { file, after } of changed) writeFileSync(join(folder, file), after);
  if (isNewSecret) writeSecrets(secretsPath(folder, environment), secrets.secrets);
  if (json) {
    const { made, taken, kept } = secrets;
    const files = changes.map((change) => ({ file: change.file, change: changeOf(change) }));
    terminal.say(JSON.stringify({ environment, files, secrets: { made, taken, kept, missing } }, null, 2));
  } else for (const line of whatNext(environment, missing)) terminal.say(line);
  return 0;
};

const changeOf = ({ before, after }: Change): 'new' | 'none' | 'changed' =>
  before === null ? 'new' : before === after ? 'none' : 'changed';

/** What is going to be written, for the eyes of whoever says yes to it. No secret is among it. */
const linesOf = ({ changes, secrets }: Plan, environment: string | null): readonly string[] => [
  ...changes.flatMap((change) => {
    const { file, before, after } = change;
    const kind = changeOf(change);
    return kind === 'none'
      ? [`${file}: as it is`]
      : [`${file}: ${kind}`, ...diff(before ?? '', after).map((line) => `    ${line}`)];
  }),
  `secrets of ${environment ?? 'the top level'}: ${
    [
      ...secrets.made.map((name) => `${name} made`),
      ...secrets.taken.map((name) => `${name} taken`),
      ...secrets.kept.map((name) => `${name} kept`),
    ].join(', ') || 'none'
  }`,
];

const whatNext = (environment: string | null, missing: readonly string[]): readonly string[] => {
  const option = environment === 'production' ? '' : ` --env '${environment ?? ''}'`;
  return [
    ...missing.map(
      (name) => `${name} is still missing: ${name}=… npm run latchkey -- init${option} --yes takes it in.`,
    ),
    'Next:',
    ...[
      ['npm run dev', 'Latchkey on this machine, without any account'],
      [`npm run latchkey -- setup${option}`, 'makes at Cloudflare and Stytch what it needs there'],
      [`npm run latchkey -- deploy${option}`, 'puts it there'],
    ].map(([command = '', says = '']) => `  ${command.padEnd(40)}  ${says}`),
  ];
};

/** `latchkey init`. */
export const init: Command = { help: HELP, run };
